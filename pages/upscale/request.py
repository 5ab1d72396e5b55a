"""What the page Upscale is asked for and what it answers: a network that is ready, a picture, a wish, a result."""

from dataclasses import dataclass
from typing import Any

from gan_core.errors import UsageError
from gan_core.images.reading import DecodedImage
from gan_core.upscaling import pipeline
from pages.ui.limits import current_limits
from pages.ui.upscaler_cache import LoadedUpscaler

BENCHMARK_SIDE_PX = 1024  # pixels of the middle that a proof is made with
MIN_BENCHMARK_SIDE_PX = 64
HOST_S_PER_PIXEL = 2.5e-7  # a large pixel, beside the network: to paste, resize and encode it
METRICS_S_PER_PIXEL = 5e-6  # a pixel of the original and a method: to measure it


@dataclass(frozen=True)
class SourceImage:
    """A visitor's picture; `key` tells it from others, `stem` names files made of it."""

    key: str
    stem: str
    image: DecodedImage


@dataclass(frozen=True)
class UpscaleRequest:
    """What is to be done: `scale` None is the network's own; rivals are measured beside the tool, in a proof only."""

    source: SourceImage
    model: LoadedUpscaler
    scale: float | None = None
    benchmark: bool = False
    comparison_models: tuple[LoadedUpscaler, ...] = ()

    @property
    def key(self) -> tuple[Any, ...]:
        return (
            self.source.key,
            self.model.key,
            self.scale,
            self.benchmark,
            tuple(model.key for model in self.comparison_models),
        )

    def validate(self) -> None:
        """Raises InputError where it cannot be done."""
        width, height = self.source.image.size
        if self.benchmark:
            if min(width, height) < MIN_BENCHMARK_SIDE_PX:
                raise UsageError(
                    f"A proof needs a picture of at least {MIN_BENCHMARK_SIDE_PX} pixels a side; this one has "
                    f"{width} × {height}."
                )
            return
        result_height, result_width = pipeline.validate_output_size(self.model.upscaler, width, height, self.scale)
        max_pixels = current_limits().result_pixels
        if result_height * result_width > max_pixels:
            raise UsageError(
                f"{width} × {height} pixels would become {result_width} × {result_height}, {result_height * result_width / 1e6:.0f} megapixels; this "
                f"page makes up to {max_pixels / 1e6:.0f}: choose a smaller scale, or use the command line."
            )

    def result_size(self) -> tuple[int, int]:
        """Width and height of the result."""
        if self.benchmark:
            return self.benchmark_size()
        height, width = pipeline.validate_output_size(self.model.upscaler, *self.source.image.size, self.scale)
        return width, height

    def benchmark_size(self) -> tuple[int, int]:
        """Width and height of what a proof is made with: multiples of the scale."""
        scale, (width, height) = self.model.upscaler.scale, self.source.image.size
        return min(width, BENCHMARK_SIDE_PX) // scale * scale, min(height, BENCHMARK_SIDE_PX) // scale * scale

    def predicted_seconds(self) -> float:
        """How long it will take, about."""
        result_width, result_height = self.result_size()
        if self.benchmark:
            source_pixels, models = (
                result_width * result_height / self.model.upscaler.scale**2,
                (self.model, *self.comparison_models),
            )
            metrics_seconds = result_width * result_height * METRICS_S_PER_PIXEL * (len(models) + 1)
            return source_pixels * sum(model.seconds_per_pixel for model in models) + metrics_seconds
        width, height = self.source.image.size
        return width * height * self.model.seconds_per_pixel + result_width * result_height * HOST_S_PER_PIXEL


@dataclass(frozen=True)
class QualityScore:
    name: str
    psnr: float
    ssim: float


@dataclass(frozen=True)
class EncodedImage:
    """A file for the browser."""

    data: bytes
    mime: str


@dataclass(frozen=True)
class UpscaleResult:
    """The large picture, what the page shows of it and of what it is held against, and the measurements."""

    image: DecodedImage
    source_size: tuple[int, int]
    seconds: float
    display_size: tuple[int, int]
    after: EncodedImage
    before: dict[str, EncodedImage]
    scores: tuple[QualityScore, ...] = ()

    @property
    def held_bytes(self) -> int:
        return self.image.pixels.nbytes + sum(len(encoded.data) for encoded in (self.after, *self.before.values()))


# Networks ------------------------------------------------------------------------------------------------------------

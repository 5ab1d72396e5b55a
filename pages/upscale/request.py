"""What the page Upscale is asked for and what it answers: a source image, a request with its cost, a result."""

from dataclasses import dataclass
from typing import Any

from gan_core.errors import UsageError
from gan_core.evaluation import restoration
from gan_core.evaluation.restoration import QualityScore
from gan_core.images.reading import DecodedImage
from gan_core.upscaling import pipeline
from pages.ui.limits import current_limits
from pages.ui.upscaler_cache import LoadedUpscaler

HOST_S_PER_PIXEL = 2.5e-7  # per pixel of the result, outside the network: tiles pasted, resized, encoded
METRICS_S_PER_PIXEL = 5e-6  # per pixel of the original and method: quality measured


@dataclass(frozen=True)
class SourceImage:
    """A visitor's image; `key` identifies it, `stem` begins the names of files made from it."""

    key: str
    stem: str
    image: DecodedImage


@dataclass(frozen=True)
class UpscaleRequest:
    """One image to upscale by `scale` (None: the model's own), or to measure models on.

    As a `benchmark`, the image is downscaled, restored by the model and by `comparison_models`, and compared with the
    original.
    """

    source: SourceImage
    model: LoadedUpscaler
    scale: float | None = None
    benchmark: bool = False
    comparison_models: tuple[LoadedUpscaler, ...] = ()

    @property
    def key(self) -> tuple[Any, ...]:
        """Identifies the request: equal keys have equal results."""
        comparison_keys = tuple(model.key for model in self.comparison_models)
        return self.source.key, self.model.key, self.scale, self.benchmark, comparison_keys

    def validate(self) -> None:
        """Raises UsageError where the image is too small to measure, or the result would be too large."""
        width, height = self.source.image.size
        if self.benchmark:
            restoration.validate_measured_size(width, height)
            return
        result_width, result_height = self.result_size()
        pixels, max_pixels = result_width * result_height, current_limits().result_pixels
        if pixels > max_pixels:
            raise UsageError(
                f"{width} × {height} pixels would become {result_width} × {result_height}, {pixels / 1e6:.0f}"
                f" megapixels; this page makes up to {max_pixels / 1e6:.0f}: choose a smaller scale, or use the command"
                " line."
            )

    def result_size(self) -> tuple[int, int]:
        """Width and height of the result. Raises UsageError where the scale cannot be used."""
        if self.benchmark:
            return restoration.measured_size(*self.source.image.size, self.model.upscaler.scale)
        height, width = pipeline.validate_output_size(self.model.upscaler, *self.source.image.size, self.scale)
        return width, height

    def predicted_seconds(self) -> float:
        """Estimate of the time to serve the request, from the measured speed of the models."""
        result_width, result_height = self.result_size()
        result_pixels = result_width * result_height
        if self.benchmark:
            models = (self.model, *self.comparison_models)
            downscaled_pixels = result_pixels / self.model.upscaler.scale**2
            metrics_seconds = result_pixels * METRICS_S_PER_PIXEL * (len(models) + 1)  # bicubic is measured too
            return downscaled_pixels * sum(model.seconds_per_pixel for model in models) + metrics_seconds
        width, height = self.source.image.size
        return width * height * self.model.seconds_per_pixel + result_pixels * HOST_S_PER_PIXEL


@dataclass(frozen=True)
class EncodedImage:
    """An image file for the browser, with its MIME type."""

    data: bytes
    mime: str


@dataclass(frozen=True)
class UpscaleResult:
    """The result in full size, the images that the slider compares, and the quality scores of a benchmark.

    `source_size` and `display_size` are (width, height); `before` holds the images to compare with, by name.
    """

    image: DecodedImage
    source_size: tuple[int, int]
    seconds: float
    display_size: tuple[int, int]
    after: EncodedImage
    before: dict[str, EncodedImage]
    scores: tuple[QualityScore, ...] = ()

    @property
    def held_bytes(self) -> int:
        """Memory that the result takes."""
        return self.image.pixels.nbytes + sum(len(encoded.data) for encoded in (self.after, *self.before.values()))

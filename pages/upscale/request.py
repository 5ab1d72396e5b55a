"""What the page Upscale is asked for and what it answers: a source image, a request with its cost, a result."""

from dataclasses import dataclass, field
from typing import Any

from gan_core.errors import UsageError
from gan_core.evaluation import restoration
from gan_core.evaluation.restoration import QualityScore
from gan_core.images import writing
from gan_core.images.animation.formats import FORMAT_TO_KEEP
from gan_core.images.animation.frames import Animation
from gan_core.images.quality import ImageQuality
from gan_core.images.reading import DecodedImage
from gan_core.upscaling import pipeline
from gan_core.upscaling.planning import planned_window_pixels
from gan_core.upscaling.upscaler import Upscaler
from pages.ui.limits import current_limits
from pages.ui.upscaler_cache import LoadedUpscaler

HOST_S_PER_PIXEL = (1e-7, 4e-7)  # per pixel of the result, outside the network: tiles pasted, resized, encoded
METRICS_S_PER_PIXEL = 5e-6  # per pixel of the original and method: quality measured
MAX_TILE_COST = 1.15  # of small tiles, relative to that of the largest: they overlap more often


@dataclass(frozen=True)
class SourceImage:
    """A visitor's image; `key` identifies it, `stem` begins the names of files made from it.

    Of an animated picture, `image` is the first frame.
    """

    key: str
    stem: str
    image: DecodedImage
    quality: ImageQuality = field(default_factory=ImageQuality)
    animation: Animation | None = None


@dataclass(frozen=True)
class UpscaleRequest:
    """One image to upscale by `scale` (None: the model's own), or to measure models on.

    As a `benchmark`, the image is downscaled, restored by the model and by `comparison_models`, and compared with the
    original. With `all_frames` an animated picture is upscaled whole, else its first frame.
    """

    source: SourceImage
    model: LoadedUpscaler
    scale: float | None = None
    benchmark: bool = False
    comparison_models: tuple[LoadedUpscaler, ...] = ()
    all_frames: bool = False

    @property
    def animation(self) -> Animation | None:
        """The animation to upscale; None where one picture is."""
        return self.source.animation if self.all_frames and not self.benchmark else None

    @property
    def frame_count(self) -> int:
        return self.animation.frame_count if self.animation else 1

    @property
    def key(self) -> tuple[Any, ...]:
        """Identifies the request: equal keys have equal results."""
        comparison_keys = tuple(model.key for model in self.comparison_models)
        return self.source.key, self.model.key, self.scale, self.benchmark, comparison_keys, self.animation is not None

    def validate(self) -> None:
        """Raises UsageError where the image is too small to measure, ResultTooLarge where the result would be."""
        width, height = self.source.image.size
        if self.benchmark:
            restoration.validate_measured_size(width, height)
            return
        result_width, result_height = self.result_size()
        pixels, max_pixels = result_width * result_height, current_limits().result_pixels
        if pixels > max_pixels:
            raise ResultTooLarge(
                f"{width} × {height} pixels would become {result_width} × {result_height}, {pixels / 1e6:.0f}"
                f" megapixels; this page makes up to {max_pixels / 1e6:.0f}.",
                pipeline.largest_scale(width, height, max_pixels),
            )
        if self.animation is None:
            return
        writing.validate_image_output(FORMAT_TO_KEEP[self.animation.format], result_width, result_height)
        all_pixels, max_pixels = pixels * self.frame_count, current_limits().animation_pixels
        if all_pixels > max_pixels:
            raise ResultTooLarge(
                f"{self.frame_count} frames would become {all_pixels / 1e6:,.0f} megapixels in all; this page makes up"
                f" to {max_pixels / 1e6:,.0f}. The first frame alone, or the command `upscale`, takes less.",
                pipeline.largest_scale(width, height, max_pixels // self.frame_count),
            )

    def result_size(self) -> tuple[int, int]:
        """Width and height of the result. Raises UsageError where the scale cannot be used."""
        if self.benchmark:
            return restoration.measured_size(*self.source.image.size, self.model.upscaler.scale)
        factor = self.scale or self.model.upscaler.scale
        width, height = self.source.image.size
        if round(width * factor) * round(height * factor) <= current_limits().result_pixels:
            height, width = pipeline.validate_output_size(self.model.upscaler, width, height, self.scale)
            return width, height
        return round(width * factor), round(height * factor)  # refused by `validate`

    def predicted_seconds(self) -> tuple[float, float]:
        """The shortest and the longest time to expect, from the measured speed of the models."""
        result_width, result_height = self.result_size()
        result_pixels = result_width * result_height
        if self.benchmark:
            models = (self.model, *self.comparison_models)
            downscaled_pixels = result_pixels / self.model.upscaler.scale**2
            metrics_seconds = result_pixels * METRICS_S_PER_PIXEL * (len(models) + 1)  # bicubic is measured too
            low, high = (
                downscaled_pixels * sum(speeds)
                for speeds in zip(*(model.speed.seconds_per_pixel() for model in models), strict=True)
            )
            return low + metrics_seconds / 2, high + metrics_seconds
        window_pixels = planned_window_pixels(
            self.model.upscaler, *self.source.image.size, tile_bytes_for(self.model.upscaler, *self.source.image.size)
        )
        speeds = zip(self.model.speed.seconds_per_pixel(), HOST_S_PER_PIXEL, strict=True)
        low, high = (window_pixels * network + result_pixels * host for network, host in speeds)
        return low * self.frame_count, high * self.frame_count

    def typical_seconds(self) -> float:
        """The middle of the times to expect."""
        return sum(self.predicted_seconds()) / 2


class ResultTooLarge(UsageError):
    """The result would have too many pixels; `fitting_scale` is the largest scale that fits."""

    def __init__(self, message: str, fitting_scale: float) -> None:
        super().__init__(message)
        self.fitting_scale = fitting_scale


def tile_bytes_for(upscaler: Upscaler, width: int, height: int) -> int:
    """Memory for the tiles of an image: less than allowed where that costs little, for tiles that come sooner.

    Only where tiles leave no trace: elsewhere their number would change the result.
    """
    allowed = current_limits().tile_bytes
    if upscaler.receptive_radius is None:
        return allowed
    cheapest = planned_window_pixels(upscaler, width, height, allowed)
    smaller = (allowed // divisor for divisor in (8, 4, 2))
    costs = ((tile_bytes, planned_window_pixels(upscaler, width, height, tile_bytes)) for tile_bytes in smaller)
    return next((tile_bytes for tile_bytes, cost in costs if cost <= MAX_TILE_COST * cheapest), allowed)


@dataclass(frozen=True)
class EncodedImage:
    """An image file for the browser, with its MIME type."""

    data: bytes
    mime: str


@dataclass(frozen=True)
class UpscaleResult:
    """The result in full size, the images that the slider compares, and the quality scores of a benchmark.

    `source_size` and `display_size` are (width, height); `before` holds the images to compare with, by name. Of an
    animation, `image` is the first frame, `after` the file with all of them, and `animation_format` its format.
    """

    image: DecodedImage
    source_size: tuple[int, int]
    seconds: float
    display_size: tuple[int, int]
    after: EncodedImage
    before: dict[str, EncodedImage]
    scores: tuple[QualityScore, ...] = ()
    animation_format: str = ""
    frame_count: int = 1

    @property
    def held_bytes(self) -> int:
        """Memory that the result takes."""
        return self.image.pixels.nbytes + sum(len(encoded.data) for encoded in (self.after, *self.before.values()))

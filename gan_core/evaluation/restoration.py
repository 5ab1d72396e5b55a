"""Measures upscalers on one image: downscales it, restores it by each upscaler, compares with the original.

Scores follow the protocol of `super_resolution`: on luma, without a border of `scale` pixels.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from gan_core.data.degradation import bicubic_downscale
from gan_core.errors import UsageError
from gan_core.evaluation.super_resolution import bicubic, restoration_metrics
from gan_core.images.reading import DecodedImage
from gan_core.images.tensors import to_chw, to_hwc
from gan_core.upscaling import pipeline
from gan_core.upscaling.pipeline import Finished, Notice, Progress
from gan_core.upscaling.upscaler import Upscaler

BICUBIC = "Bicubic"  # the name of the baseline in the scores
MAX_SIDE_PX = 1024  # a larger image is measured on its centre
MIN_SIDE_PX = 64


@dataclass(frozen=True)
class QualityScore:
    """PSNR in dB and SSIM of an image restored by one method; higher is nearer to the original."""

    name: str
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Measured:
    """The images compared, those restored by bicubic interpolation and by the first upscaler, and all scores.

    `downscaled_size` is width and height of what was restored, `seconds` the time the first upscaler took. Scores
    begin with bicubic interpolation; the upscalers follow in their order.
    """

    original: DecodedImage
    downscaled_size: tuple[int, int]
    interpolated: DecodedImage
    restored: DecodedImage
    seconds: float
    scores: tuple[QualityScore, ...]


def measure_restoration(
    upscalers: Sequence[Upscaler],
    image: DecodedImage,
    *,
    tile_bytes: int = pipeline.TILE_MEMORY_BYTES,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Progress | Notice | Measured]:
    """Downscales the image, restores it by each of `upscalers` (all of one scale); events that end with `Measured`.

    `tile_bytes` and `should_stop` are those of `pipeline.upscale`; stopped, it ends without `Measured`.
    Raises UsageError where the image is too small, ExternalError when memory is short.
    """
    validate_measured_size(*image.size)
    scale = upscalers[0].scale
    if any(upscaler.scale != scale for upscaler in upscalers):
        raise UsageError("Upscalers of different scales cannot be compared on one image.")
    return measurement_events(upscalers, image, scale, tile_bytes, should_stop)


def validate_measured_size(width: int, height: int) -> None:
    """Raises UsageError where an image is too small to be measured on."""
    if min(width, height) < MIN_SIDE_PX:
        raise UsageError(
            f"To measure quality, an image must have at least {MIN_SIDE_PX} pixels a side; this one has "
            f"{width} × {height}."
        )


def measured_size(width: int, height: int, scale: int) -> tuple[int, int]:
    """Width and height of the part that is measured: multiples of the scale, at most MAX_SIDE_PX."""
    return min(width, MAX_SIDE_PX) // scale * scale, min(height, MAX_SIDE_PX) // scale * scale


def measurement_events(
    upscalers: Sequence[Upscaler], image: DecodedImage, scale: int, tile_bytes: int, should_stop: Callable[[], bool]
) -> Iterator[Progress | Notice | Measured]:
    original = crop_centre(image, measured_size(*image.size, scale))
    if original.size != image.size:
        yield Notice(f"Quality is measured on {original.size[0]} × {original.size[1]} pixels from the centre.")
    target = to_chw(original.pixels)
    downscaled = bicubic_downscale(target, scale)
    interpolated = bicubic(downscaled, scale)
    if should_stop():
        return
    scores, source = [score(BICUBIC, target, interpolated, scale)], DecodedImage(to_hwc(downscaled))
    restored, seconds = None, 0.0
    for index, upscaler in enumerate(upscalers):
        start = time.perf_counter()
        for event in pipeline.upscale(upscaler, source, tile_bytes=tile_bytes, should_stop=should_stop):
            match event:
                case Progress(done_pixels=done, total_pixels=total):
                    yield Progress(index * total + done, len(upscalers) * total)
                case Finished(image=result):
                    if restored is None:
                        restored, seconds = result, time.perf_counter() - start
                    scores.append(score(upscaler.name, target, to_chw(result.pixels), scale))
                case _:
                    yield event
        if len(scores) < index + 2:
            return  # stopped
    if restored is not None:
        yield Measured(original, source.size, DecodedImage(to_hwc(interpolated)), restored, seconds, tuple(scores))


def crop_centre(image: DecodedImage, size: tuple[int, int]) -> DecodedImage:
    """The centre of the image, `size` (width, height), with 8 bits, without alpha and metadata."""
    (width, height), image = size, image.to_8_bit()
    left, top = (image.size[0] - width) // 2, (image.size[1] - height) // 2
    return DecodedImage(np.ascontiguousarray(image.pixels[top : top + height, left : left + width]))


def score(name: str, original: Tensor, restored: Tensor, scale: int) -> QualityScore:
    """Compares (C, H, W) uint8, C = 1 or 3; grey counts as three equal channels."""
    metrics = restoration_metrics(original.expand(3, -1, -1), restored.expand(3, -1, -1), scale)
    return QualityScore(name, metrics["psnr"], metrics["ssim"])

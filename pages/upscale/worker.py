"""The work behind the page Upscale: a picture enlarged, or in proof mode shrunk, restored and measured.

All of it runs in the thread of the waiting line, the encoding of what the page shows included.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_core.data.super_resolution import bicubic_downscale
from gan_core.evaluation.super_resolution import bicubic, restoration_metrics
from gan_core.images import writing
from gan_core.images.reading import DecodedImage, ImageMetadata
from gan_core.upscaling import pipeline
from gan_core.upscaling.pipeline import Finished, Notice, Progress
from gan_core.upscaling.tiling import resize, resize_alpha
from pages.ui.limits import current_limits
from pages.upscale.request import EncodedImage, QualityScore, UpscaleRequest, UpscaleResult

MAX_DISPLAY_PIXELS = 40_000_000  # pixels that a browser is asked to show; what has more is shown smaller
MAX_LOSSLESS_PIXELS = 2_000_000  # pixels up to which it is shown as PNG
DISPLAY_JPEG_QUALITY = 95
BICUBIC, ORIGINAL = "Bicubic", "Original"


def run_request(
    request: UpscaleRequest, should_stop: Callable[[], bool]
) -> Iterator[Progress | Notice | UpscaleResult]:
    """Events that end with a Result, unless it is stopped."""
    return upscale_and_measure(request, should_stop) if request.benchmark else upscale(request, should_stop)


def upscale(request: UpscaleRequest, should_stop: Callable[[], bool]) -> Iterator[Progress | Notice | UpscaleResult]:
    source, start = request.source.image, time.perf_counter()
    tile_bytes = current_limits().tile_bytes
    for event in pipeline.upscale(
        request.model.upscaler, source, request.scale, tile_bytes=tile_bytes, should_stop=should_stop
    ):
        if not isinstance(event, Finished):
            yield event
            continue
        seconds = time.perf_counter() - start
        size = display_size(event.image)
        if size != event.image.size:
            yield Notice(
                f"It is too large for most browsers and shown at {size[0]} × {size[1]}; the download has it all."
            )
        before = {BICUBIC: encode_for_browser(resize_image(source, size, Image.Resampling.BICUBIC))}
        after = encode_for_browser(resize_image(event.image, size, Image.Resampling.LANCZOS))
        yield UpscaleResult(event.image, source.size, seconds, size, after, before)


def upscale_and_measure(
    request: UpscaleRequest, should_stop: Callable[[], bool]
) -> Iterator[Progress | Notice | UpscaleResult]:
    """Shrink, restore by each network, measure against what was there."""
    scale, original_pixels = request.model.upscaler.scale, benchmark_pixels(request)
    original = to_chw(original_pixels)
    downscaled = bicubic_downscale(original, scale)
    if original_pixels.shape[:2] != request.source.image.pixels.shape[:2]:
        yield Notice(
            f"The proof is made with {original_pixels.shape[1]} × {original_pixels.shape[0]} pixels from the middle of the picture."
        )
    interpolated = bicubic(downscaled, scale)
    if should_stop():
        return
    scores, restored, seconds = [measure_quality(BICUBIC, original, interpolated, scale)], None, 0.0
    models, tile_bytes = (request.model, *request.comparison_models), current_limits().tile_bytes
    for index, model in enumerate(models):
        start = time.perf_counter()
        source = DecodedImage(to_hwc(downscaled))
        for event in pipeline.upscale(model.upscaler, source, tile_bytes=tile_bytes, should_stop=should_stop):
            match event:
                case Progress(done_pixels=done, total_pixels=total):
                    yield Progress(index * total + done, len(models) * total)
                case Finished(image=image):
                    restored, seconds = restored or image, seconds or time.perf_counter() - start
                    scores.append(measure_quality(model.name, original, to_chw(image.pixels), scale))
                case _:
                    yield event
        if len(scores) < index + 2:
            return  # stopped
    if restored is not None:
        before = {
            ORIGINAL: encode_for_browser(DecodedImage(original_pixels)),
            BICUBIC: encode_for_browser(DecodedImage(to_hwc(interpolated))),
        }
        size = (downscaled.shape[2], downscaled.shape[1])
        yield UpscaleResult(restored, size, seconds, restored.size, encode_for_browser(restored), before, tuple(scores))


def benchmark_pixels(request: UpscaleRequest) -> NDArray[np.uint8]:
    """The middle of the picture (H, W, C) with 8 bits, its sides multiples of the scale."""
    image, (width, height) = request.source.image.to_8_bit(), request.result_size()
    left, top = (image.size[0] - width) // 2, (image.size[1] - height) // 2
    return np.ascontiguousarray(image.pixels[top : top + height, left : left + width])


def measure_quality(name: str, original: torch.Tensor, restored: torch.Tensor, scale: int) -> QualityScore:
    first, second = (image.expand(3, -1, -1) for image in (original, restored))  # grey is three equal channels
    metrics = restoration_metrics(first, second, scale)
    return QualityScore(name, metrics["psnr"], metrics["ssim"])


def to_chw(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """(H, W, C) -> (C, H, W)"""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)


def to_hwc(pixels: torch.Tensor) -> NDArray[np.uint8]:
    """(C, H, W) -> (H, W, C)"""
    return np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())


# What the browser gets -----------------------------------------------------------------------------------------------


def display_size(image: DecodedImage) -> tuple[int, int]:
    """Width and height, at most MAX_SHOWN pixels."""
    width, height = image.size
    factor = min(1.0, sqrt(MAX_DISPLAY_PIXELS / (width * height)))
    return max(1, round(width * factor)), max(1, round(height * factor))


def resize_image(image: DecodedImage, size: tuple[int, int], resampling: Image.Resampling) -> DecodedImage:
    """Pixels and alpha at another width and height."""
    if image.size == size:
        return image
    pixels = resize(image.pixels, size[1], size[0], filter=resampling)
    alpha = image.alpha
    if alpha is not None:
        alpha = resize_alpha(alpha, size[1], size[0])
    return replace(image, pixels=pixels, alpha=alpha)


def encode_for_browser(image: DecodedImage) -> EncodedImage:
    """With its colours and no other metadata: PNG where it is small or clear in places, else a fine JPEG."""
    width, height = image.size
    lossless = image.alpha is not None or width * height <= MAX_LOSSLESS_PIXELS
    format = "PNG" if lossless or max(width, height) > writing.MAX_SIDE_PX["JPEG"] else "JPEG"
    with_profile_only = replace(image.to_8_bit(), metadata=ImageMetadata(image.metadata.icc_profile))
    return EncodedImage(
        writing.encode_image(with_profile_only, format, DISPLAY_JPEG_QUALITY)[0], f"image/{format.lower()}"
    )

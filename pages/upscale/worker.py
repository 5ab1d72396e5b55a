"""Runs a request of the page Upscale: upscales an image, or measures upscalers on it, and encodes what the page shows.

All of it, the encoding included, runs in the thread of the job queue.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from math import sqrt

from PIL import Image

from gan_core.evaluation import restoration
from gan_core.evaluation.restoration import BICUBIC, Measured
from gan_core.images import writing
from gan_core.images.animation import formats
from gan_core.images.animation.frames import Animation
from gan_core.images.reading import DecodedImage, ImageMetadata
from gan_core.images.resizing import resize_image
from gan_core.upscaling import animated, pipeline
from gan_core.upscaling.pipeline import Finished, Notice, Progress
from pages.ui.limits import current_limits
from pages.upscale.preview import Preview, PreviewImage
from pages.upscale.request import EncodedImage, UpscaleRequest, UpscaleResult, tile_bytes_for

WorkEvent = Progress | Notice | PreviewImage | UpscaleResult

MAX_DISPLAY_PIXELS = 40_000_000  # larger images are shown smaller: browsers fail on them
MAX_LOSSLESS_PIXELS = 2_000_000  # larger images without transparency are shown as JPEG
DISPLAY_JPEG_QUALITY = 95
ORIGINAL = "Original"


def run_request(
    request: UpscaleRequest, should_stop: Callable[[], bool], on_progress: Callable[[float], object]
) -> Iterator[WorkEvent]:
    """Events that end with an UpscaleResult, unless `should_stop` says so before.

    `on_progress` is called with the share of the work that is done, also while the network is in the middle of a tile.
    """
    if request.benchmark:
        return upscale_and_measure(request, should_stop)
    if request.animation is not None:
        return upscale_frames(request, request.animation, should_stop, on_progress)
    return upscale(request, should_stop, on_progress)


def upscale(
    request: UpscaleRequest, should_stop: Callable[[], bool], on_progress: Callable[[float], object]
) -> Iterator[WorkEvent]:
    """Upscales the image; it is compared with itself at the result's size, interpolated."""
    source, upscaler, start = request.source.image, request.model.upscaler, time.perf_counter()
    preview = Preview(source, upscaler.scale)
    if image := preview.image_if_due():
        yield image
    for event in pipeline.upscale(
        upscaler, source, request.scale, tile_bytes=tile_bytes_for(upscaler, *source.size), should_stop=should_stop,
        on_progress=on_progress,
    ):  # fmt: skip
        if isinstance(event, Progress):
            request.model.speed.add_tile(event.window_pixels, event.seconds)
            if event.patch is not None:
                preview.add(event.patch)
            if image := preview.image_if_due():
                yield image
        if not isinstance(event, Finished):
            yield event
            continue
        seconds = time.perf_counter() - start
        size = display_size(event.image)
        if size != event.image.size:
            yield Notice(
                f"The result is too large for most browsers and is shown at {size[0]} × {size[1]}; "
                "the download has every pixel."
            )
        before = {BICUBIC: encode_for_browser(resize_image(source, *size, Image.Resampling.BICUBIC))}
        after = encode_for_browser(resize_image(event.image, *size, Image.Resampling.LANCZOS))
        yield UpscaleResult(event.image, source.size, seconds, size, after, before)


def upscale_frames(
    request: UpscaleRequest,
    animation: Animation,
    should_stop: Callable[[], bool],
    on_progress: Callable[[float], object],
) -> Iterator[WorkEvent]:
    """Upscales every frame of an animation and writes each to a file of the same kind; it is compared with itself."""
    upscaler, start = request.model.upscaler, time.perf_counter()
    format = formats.FORMAT_TO_KEEP[animation.format]
    preview, first, file = Preview(request.source.image, upscaler.scale), None, BytesIO()
    writer = formats.make_writer(format, file, animation)
    if image := preview.image_if_due():
        yield image
    for event in animated.upscale_animation(
        upscaler, animation, request.scale, tile_bytes=tile_bytes_for(upscaler, *animation.size),
        should_stop=should_stop, on_progress=on_progress,
    ):  # fmt: skip
        match event:
            case animated.FrameFinished(image=large, duration=duration, is_still=is_still):
                writer.add(large, duration, is_still)
                first = first or large
            case Progress():
                request.model.speed.add_tile(event.window_pixels, event.seconds)
                if event.patch is not None:
                    preview.add(event.patch)
                if image := preview.image_if_due():
                    yield image
                yield event
            case Notice():
                yield event
    if first is None or should_stop():
        return
    yield from map(Notice, writer.close())
    source = animation.source if isinstance(animation.source, bytes) else animation.source.read_bytes()
    before = {ORIGINAL: EncodedImage(source, mime_type(animation.format))}
    after = EncodedImage(file.getvalue(), mime_type(format))
    yield UpscaleResult(
        first, animation.size, time.perf_counter() - start, first.size, after, before, animation_format=format,
        frame_count=animation.frame_count,
    )  # fmt: skip


def upscale_and_measure(request: UpscaleRequest, should_stop: Callable[[], bool]) -> Iterator[WorkEvent]:
    """Measures the selected model and those it is compared with; the images are compared with the original."""
    upscalers = [model.upscaler for model in (request.model, *request.comparison_models)]
    for event in restoration.measure_restoration(
        upscalers, request.source.image, tile_bytes=current_limits().tile_bytes, should_stop=should_stop
    ):
        if not isinstance(event, Measured):
            yield event
            continue
        restored, references = event.restored, {ORIGINAL: event.original, BICUBIC: event.interpolated}
        before = {name: encode_for_browser(reference) for name, reference in references.items()}
        yield UpscaleResult(
            restored, event.downscaled_size, event.seconds, restored.size, encode_for_browser(restored), before,
            event.scores,
        )  # fmt: skip


# What the browser gets -----------------------------------------------------------------------------------------------


def display_size(image: DecodedImage) -> tuple[int, int]:
    """Width and height to show the image at: its own, or those of MAX_DISPLAY_PIXELS."""
    width, height = image.size
    factor = min(1.0, sqrt(MAX_DISPLAY_PIXELS / (width * height)))
    return max(1, round(width * factor)), max(1, round(height * factor))


def mime_type(format: str) -> str:
    return f"image/{format.lower()}"


def encode_for_browser(image: DecodedImage) -> EncodedImage:
    """The image with its profile and no other metadata: PNG where it is small or has transparency, else JPEG."""
    width, height = image.size
    lossless = image.alpha is not None or width * height <= MAX_LOSSLESS_PIXELS
    format = "PNG" if lossless or max(width, height) > writing.MAX_SIDE_PX["JPEG"] else "JPEG"
    with_profile_only = replace(image.to_8_bit(), metadata=ImageMetadata(image.metadata.icc_profile))
    return EncodedImage(writing.encode_image(with_profile_only, format, DISPLAY_JPEG_QUALITY)[0], mime_type(format))

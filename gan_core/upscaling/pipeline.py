"""Upscales an image with any super-resolution network to any size, in bounded memory, and yields events.

One tile at a time is on the device, and the result grows on the host in the bit depth of the input (see `tiled`).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import floor, isfinite

from gan_core.errors import UsageError
from gan_core.images.reading import DecodedImage
from gan_core.images.resizing import resize_alpha
from gan_core.upscaling.events import Event, Finished, Notice, Progress
from gan_core.upscaling.planning import MAX_WHOLE_PIXELS, TILE_MEMORY_BYTES
from gan_core.upscaling.precision import PRECISIONS
from gan_core.upscaling.tiled import TiledUpscale
from gan_core.upscaling.upscaler import Upscaler

__all__ = [
    "TILE_MEMORY_BYTES",
    "Event",
    "Finished",
    "Notice",
    "Progress",
    "upscale",
    "validate_output_size",
    "validate_settings",
]

MAX_OUTPUT_PIXELS = 400_000_000
MAX_SCALE = 64
MIN_TILE_SIDE_PX, MAX_TILE_SIDE_PX = 16, 65_536  # the range of the setting


def upscale(
    upscaler: Upscaler,
    image: DecodedImage,
    scale: float | None = None,
    *,
    tile: int | None = None,
    precision: str = "auto",
    tile_bytes: int = TILE_MEMORY_BYTES,
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float], object] = lambda share: None,
) -> Iterator[Event]:
    """Upscales the image `scale` times (default: the network's own scale), as events that end with `Finished`.

    `tile` is the largest side of a tile in pixels of the input; by default tiles are as large as memory allows, on a
    CPU `tile_bytes` of working memory in float32. `precision` is one of PRECISIONS; `auto` takes bfloat16 where the
    device computes it natively and the result stays within 45 dB of float32. Closing the iterator cancels, and so does
    `should_stop`, which is called before each tile and between the layers of the network: then there is no `Finished`.
    `on_progress` is called with the share of the image that is done, between the layers too, where `Progress` comes
    only after each tile. Notes of the image are not repeated.
    Raises UsageError on a size, tile or precision out of range, before the first event, and ExternalError when memory
    is short even for the smallest tile.
    """
    validate_settings(scale, tile, precision)
    output_size = validate_output_size(upscaler, *image.size, scale)
    return upscale_events(
        TiledUpscale(upscaler, image.pixels, output_size, tile, tile_bytes), image, precision, should_stop, on_progress
    )


def upscale_image(upscaler: Upscaler, image: DecodedImage, scale: float | None = None) -> DecodedImage:
    """The result of `upscale` without its events."""
    *_, last = upscale(upscaler, image, scale)
    assert isinstance(last, Finished)  # nothing can have stopped it
    return last.image


def upscale_events(
    job: TiledUpscale,
    image: DecodedImage,
    precision: str,
    should_stop: Callable[[], bool],
    on_progress: Callable[[float], object],
) -> Iterator[Event]:
    """The generator behind `upscale`, whose arguments are validated."""
    yield from job.choose_precision(precision)
    yield from job.upscale_tiles(should_stop, on_progress)
    if job.stopped:
        return
    alpha = image.alpha
    if alpha is not None:
        alpha = resize_alpha(alpha, *job.canvas.output_size)
    yield Finished(replace(image, pixels=job.canvas.result, alpha=alpha))


def validate_settings(scale: float | None = None, tile: int | None = None, precision: str = "auto") -> None:
    """Raises UsageError on settings that are out of range for every image and network."""
    if scale is not None and not (isfinite(scale) and 0 < scale <= MAX_SCALE):
        raise UsageError(f"Scale must be above 0 and at most {MAX_SCALE}, not {scale:g}.")
    if tile is not None and not MIN_TILE_SIDE_PX <= tile <= MAX_TILE_SIDE_PX:
        raise UsageError(
            f"A tile must have between {MIN_TILE_SIDE_PX} and {MAX_TILE_SIDE_PX} pixels a side, not {tile}."
        )
    if precision not in PRECISIONS:
        raise UsageError(f"Precision must be one of {', '.join(PRECISIONS)}, not {precision!r}.")


def validate_output_size(upscaler: Upscaler, width: int, height: int, scale: float | None = None) -> tuple[int, int]:
    """Height and width of the result; to be called before decoding.

    Raises UsageError where the result would be too large, or the input is for a network that cannot be tiled.
    """
    factor = upscaler.scale if scale is None else scale
    output_height, output_width = (max(1, round(side * factor)) for side in (height, width))
    if output_height * output_width > MAX_OUTPUT_PIXELS:
        raise UsageError(
            f"{width} x {height} pixels times {factor:g} make {output_height * output_width / 1e6:.0f} megapixels; at "
            f"most {MAX_OUTPUT_PIXELS / 1e6:.0f} are allowed: {suggest_scale(width, height)}."
        )
    if upscaler.untileable and width * height > MAX_WHOLE_PIXELS:
        raise UsageError(
            f"{upscaler.name} ({upscaler.architecture}) cannot process an image in tiles, and {width} x {height} "
            f"pixels are too many at once; it takes up to {MAX_WHOLE_PIXELS // 1000},000, such as 512 x 512."
        )
    return output_height, output_width


def suggest_scale(width: int, height: int) -> str:
    """What would fit, as the end of a sentence."""
    scale = largest_scale(width, height, MAX_OUTPUT_PIXELS)
    return f"a scale of {scale:g} fits" if scale > 1 else "reduce the image"


def largest_scale(width: int, height: int, max_pixels: int) -> float:
    """The largest scale, in tenths, whose result has at most `max_pixels`; a whole one where that is above 2."""
    scale = floor((max_pixels / (width * height)) ** 0.5 * 10) / 10
    return floor(scale) if scale > 2 else scale

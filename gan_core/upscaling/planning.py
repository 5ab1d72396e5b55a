"""Plans the tiles of an image for a network: their overlap, their number, and what they cost in all."""

from dataclasses import replace
from math import isqrt

from gan_core.upscaling.tiling import MIN_CORE_SIDE_PX, Overlap, cheapest_grid, split_axis
from gan_core.upscaling.upscaler import Upscaler

TILE_MEMORY_BYTES = 480_000_000  # working memory of a tile on a CPU, by `bytes_per_pixel`, which estimates too high
FALLBACK_OVERLAP = Overlap(16, feather=8)  # for networks of a receptive field too large or unknown
# For networks for which tiles are discouraged. Against the whole image a SwinIR of 24 layers keeps 43, 82 and 104 dB at
# overlaps of 0, 8 and 16 pixels after a short training on photos, 28, 58 and 73 dB with large random weights. Those of
# long trainings see further; their authors take 32 pixels.
WIDE_OVERLAP = Overlap(48, feather=24)
MAX_WHOLE_PIXELS = 512 * 512  # of an input that such a network is given at once, and of its tiles otherwise


def tile_overlap(upscaler: Upscaler) -> Overlap:
    """How far the tiles of a network overlap."""
    if upscaler.tiling_discouraged:
        overlap = WIDE_OVERLAP
    else:
        overlap = Overlap(upscaler.receptive_radius) if upscaler.receptive_radius is not None else FALLBACK_OVERLAP
    return replace(overlap, align=upscaler.multiple_of)


def min_tile_pixels(upscaler: Upscaler) -> int:
    """Pixels that a tile may have whatever memory it takes: networks for which tiles are discouraged need a view."""
    return MAX_WHOLE_PIXELS if upscaler.tiling_discouraged else 0


def plan_grid(
    upscaler: Upscaler, height: int, width: int, max_tile_pixels: float, overlap: Overlap, tile_side: int | None = None
) -> tuple[int, int]:
    """Rows and columns of tiles: one for an image that the network takes whole, squares where it takes no others."""
    if upscaler.untileable:
        return 1, 1
    if upscaler.needs_square and tile_side is None and max(height, width) ** 2 > max_tile_pixels:
        tile_side = max(MIN_CORE_SIDE_PX, isqrt(int(max_tile_pixels)) - 2 * overlap.size)
    return cheapest_grid(height, width, max_tile_pixels, overlap, tile_side)


def planned_window_pixels(upscaler: Upscaler, width: int, height: int, tile_bytes: int = TILE_MEMORY_BYTES) -> int:
    """Pixels that a network on a CPU reads in all for an image of this size, overlaps included: its cost."""
    if upscaler.untileable or upscaler.device.type != "cpu":
        return width * height
    overlap = tile_overlap(upscaler)
    max_tile_pixels = max(tile_bytes / upscaler.bytes_per_pixel, min_tile_pixels(upscaler))
    rows, columns = plan_grid(upscaler, height, width, max_tile_pixels, overlap)
    lengths = (
        sum(span.read_stop - span.read_start for span in split_axis(0, length, length, parts, overlap))
        for length, parts in ((height, rows), (width, columns))
    )
    return next(lengths) * next(lengths)

"""Cuts an image into tiles.

A tile has a core, whose result is kept, and around it an overlap that the network only reads. Strips over the whole
width and square tiles are both grids of rows and columns; the cheapest grid is that with the fewest pixels in all.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, inf

MIN_CORE_SIDE_PX = 32  # of the smallest tiles


@dataclass(frozen=True)
class Overlap:
    """How far tiles reach beyond their cores, in pixels of the input.

    `size` is read beyond the core to each side, of which `feather` is blended over the neighbour; 0 where `size` covers
    the network's receptive radius. Edges of tiles lie at multiples of `align`.
    """

    size: int
    feather: int = 0
    align: int = 1


@dataclass(frozen=True)
class Span:
    """One axis of a tile in pixels of the input: its core, what the network reads, what is written."""

    start: int
    stop: int
    read_start: int
    read_stop: int
    write_start: int
    write_stop: int


def split_axis(axis_start: int, axis_stop: int, length: int, parts: int, overlap: Overlap) -> list[Span]:
    """Splits [axis_start, axis_stop) of an axis of `length` pixels into `parts` cores of about equal length."""
    edges = [
        axis_start + (axis_stop - axis_start) * part // parts // overlap.align * overlap.align for part in range(parts)
    ]
    edges = [*dict.fromkeys(edges), axis_stop]
    padding = ceil(overlap.size / overlap.align) * overlap.align
    return [
        Span(
            start, end,
            max(0, start - padding), min(length, end + padding),
            max(0, start - overlap.feather), min(length, end + overlap.feather),
        )
        for start, end in pairwise(edges)
    ]  # fmt: skip


def cheapest_grid(
    height: int, width: int, max_tile_pixels: float, overlap: Overlap, core_side: int | None = None
) -> tuple[int, int]:
    """Rows and columns of the grid with the fewest pixels in all, of tiles with at most `max_tile_pixels`.

    `core_side` is the largest side of a core, if any. Where even tiles with cores of MIN_CORE_SIDE_PX are too large,
    the grid is that of these tiles.
    """
    min_counts = [ceil(length / core_side) if core_side else 1 for length in (height, width)]
    max_counts = [
        max(length // MIN_CORE_SIDE_PX, 1, min_count)
        for length, min_count in zip((height, width), min_counts, strict=True)
    ]
    shared = 2 * overlap.size
    best, best_cost = (max_counts[0], max_counts[1]), inf
    for rows in range(min_counts[0], max_counts[0] + 1):
        tile_height = min(height, ceil(height / rows) + shared)
        for columns in range(min_counts[1], max_counts[1] + 1):
            tile_width = min(width, ceil(width / columns) + shared)
            if tile_height * tile_width > max_tile_pixels:
                continue
            cost = (height + shared * (rows - 1)) * (width + shared * (columns - 1))
            if cost < best_cost:
                best, best_cost = (rows, columns), cost
            break  # with more columns the cost only grows
    return best

"""How a picture is cut into tiles, and how their results become one picture on the host.

A tile has a core, whose result is kept, and around it an overlap that the network only looks at. Full-width strips and
square tiles are both grids of rows and columns: the grid whose tiles hold the fewest pixels in all is the cheapest.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MIN_CORE_SIDE_PX = 32  # pixels of a core's side below which no tile is cut further
LANCZOS_SUPPORT_PX = 3  # pixels of the coarser picture to either side


@dataclass(frozen=True)
class Overlap:
    """Pixels that tiles share to each side of a seam, the inner `fade` of them blended; edges at multiples of `align`.

    Where the overlap covers the network's reach nothing needs blending and `fade` is 0.
    """

    size: int
    feather: int = 0
    align: int = 1


@dataclass(frozen=True)
class Span:
    """One axis of a tile, in pixels of the small picture: the core, what the network reads, what is written."""

    start: int
    stop: int
    read_start: int
    read_stop: int
    write_start: int
    write_stop: int


def split_axis(axis_start: int, axis_stop: int, length: int, parts: int, overlap: Overlap) -> list[Span]:
    """[first, last) of an axis of `length` in `parts` about equal cores."""
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
    """Rows and columns of the grid with the fewest pixels in all: tiles of at most `limit` pixels, cores `side` long.

    Where even the smallest tiles (cores of FLOOR) are larger than `limit`, those.
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
            break  # more columns only cost more
    return best


class Canvas:
    """The large picture on the host, filled tile by tile from the top.

    Where another size than the network's is asked for, finished rows are resized by Lanczos and forgotten: what the
    network drew is never there as a whole.
    """

    def __init__(self, network_size: tuple[int, int], output_size: tuple[int, int], channels: int, dtype: Any) -> None:
        """`drawn` and `wanted` are height and width as the network draws and as the caller wants them."""
        self.network_size, self.output_size = network_size, output_size
        self.result: NDArray[Any] = np.empty((*output_size, channels), dtype)
        self.is_same_size = network_size == output_size
        self.rows = self.result if self.is_same_size else np.empty((0, network_size[1], channels), dtype)
        self.row_offset = 0  # the drawn row that `rows` begins with
        self.rows_done = 0  # rows of the result that are final

    def paste(self, tile: NDArray[Any], top: int, left: int, feather_rows: int = 0, feather_columns: int = 0) -> None:
        """A tile (h, w, C) at drawn row and column, faded in over its first rows and columns where tiles are there."""
        height, width = tile.shape[:2]
        self.grow_rows(top + height)
        region = self.rows[top - self.row_offset : top - self.row_offset + height, left : left + width]
        if feather_rows or feather_columns:
            weights = (
                feather_weights(height, feather_rows)[:, None, None]
                * feather_weights(width, feather_columns)[None, :, None]
            )
            previous = region.astype(np.float32)
            tile = (previous + (tile - previous) * weights).round().astype(tile.dtype)
        region[:] = tile

    def grow_rows(self, row_stop: int) -> None:
        missing = row_stop - self.row_offset - len(self.rows)
        if missing > 0:
            self.rows = np.concatenate([self.rows, np.zeros((missing, *self.rows.shape[1:]), self.rows.dtype)])

    def finish_rows(self, row_stop: int) -> None:
        """Drawn rows before `last` are final: make what can be made of them."""
        if self.is_same_size:
            return
        factor = self.network_size[0] / self.output_size[0]
        support = LANCZOS_SUPPORT_PX * max(factor, 1) + 1
        rows_ready = (
            self.output_size[0]
            if row_stop == self.network_size[0]
            else max(self.rows_done, floor((row_stop - support) / factor - 0.5))
        )
        if rows_ready > self.rows_done:
            box = (
                0,
                self.rows_done * factor - self.row_offset,
                self.network_size[1],
                rows_ready * factor - self.row_offset,
            )
            available_rows = self.rows[: row_stop - self.row_offset]
            self.result[self.rows_done : rows_ready] = resize(
                available_rows, rows_ready - self.rows_done, self.output_size[1], box
            )
            self.rows_done = rows_ready
        first_kept = min(max(self.row_offset, floor((self.rows_done + 0.5) * factor - support)), row_stop)
        self.rows, self.row_offset = self.rows[first_kept - self.row_offset :].copy(), first_kept


def feather_weights(length: int, feather: int) -> NDArray[np.float32]:
    """Weights (length,) that rise over the first `fade` values and stay at 1."""
    weights = np.ones(length, np.float32)
    weights[:feather] = (np.arange(min(feather, length)) + 0.5) / max(feather, 1)
    return weights


def resize(
    pixels: NDArray[Any], height: int, width: int, box: tuple[float, float, float, float] | None = None,
    filter: Image.Resampling = Image.Resampling.LANCZOS,
) -> NDArray[Any]:  # fmt: skip
    """Pixels (H, W, C), C = 1 or 3, uint8 or uint16, to another size; of them the `box` (left, top, right, bottom)."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    return np.asarray(image.resize((width, height), filter, box)).reshape(height, width, -1)


def resize_alpha(alpha: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Alpha (H, W) to another size. Bicubic: its overshoot is clipped at 0 and 255, and no network invents holes."""
    return resize(alpha[:, :, None], height, width, filter=Image.Resampling.BICUBIC)[:, :, 0]

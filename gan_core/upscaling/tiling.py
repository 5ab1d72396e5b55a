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

FLOOR = 32  # pixels of a core's side below which no tile is cut further
LANCZOS_SUPPORT = 3  # pixels of the coarser picture to either side


@dataclass(frozen=True)
class Overlap:
    """Pixels that tiles share to each side of a seam, the inner `fade` of them blended; edges at multiples of `align`.

    Where the overlap covers the network's reach nothing needs blending and `fade` is 0.
    """

    size: int
    fade: int = 0
    align: int = 1


@dataclass(frozen=True)
class Span:
    """One axis of a tile, in pixels of the small picture: the core, what the network reads, what is written."""

    first: int
    last: int
    read_first: int
    read_last: int
    write_first: int
    write_last: int


def spans(first: int, last: int, length: int, parts: int, overlap: Overlap) -> list[Span]:
    """[first, last) of an axis of `length` in `parts` about equal cores."""
    edges = [first + (last - first) * part // parts // overlap.align * overlap.align for part in range(parts)]
    edges = [*dict.fromkeys(edges), last]
    step = ceil(overlap.size / overlap.align) * overlap.align
    return [
        Span(
            start, end,
            max(0, start - step), min(length, end + step),
            max(0, start - overlap.fade), min(length, end + overlap.fade),
        )
        for start, end in pairwise(edges)
    ]  # fmt: skip


def cheapest_grid(height: int, width: int, limit: float, overlap: Overlap, side: int | None = None) -> tuple[int, int]:
    """Rows and columns of the grid with the fewest pixels in all: tiles of at most `limit` pixels, cores `side` long.

    Where even the smallest tiles (cores of FLOOR) are larger than `limit`, those.
    """
    least = [ceil(length / side) if side else 1 for length in (height, width)]
    most = [max(length // FLOOR, 1, low) for length, low in zip((height, width), least, strict=True)]
    around = 2 * overlap.size
    best, best_cost = (most[0], most[1]), inf
    for rows in range(least[0], most[0] + 1):
        tall = min(height, ceil(height / rows) + around)
        for columns in range(least[1], most[1] + 1):
            wide = min(width, ceil(width / columns) + around)
            if tall * wide > limit:
                continue
            cost = (height + around * (rows - 1)) * (width + around * (columns - 1))
            if cost < best_cost:
                best, best_cost = (rows, columns), cost
            break  # more columns only cost more
    return best


class Canvas:
    """The large picture on the host, filled tile by tile from the top.

    Where another size than the network's is asked for, finished rows are resized by Lanczos and forgotten: what the
    network drew is never there as a whole.
    """

    def __init__(self, drawn: tuple[int, int], wanted: tuple[int, int], channels: int, dtype: Any) -> None:
        """`drawn` and `wanted` are height and width as the network draws and as the caller wants them."""
        self.drawn, self.wanted = drawn, wanted
        self.result: NDArray[Any] = np.empty((*wanted, channels), dtype)
        self.direct = drawn == wanted
        self.rows = self.result if self.direct else np.empty((0, drawn[1], channels), dtype)
        self.first = 0  # the drawn row that `rows` begins with
        self.done = 0  # rows of the result that are final

    def paste(self, tile: NDArray[Any], top: int, left: int, fade_rows: int = 0, fade_columns: int = 0) -> None:
        """A tile (h, w, C) at drawn row and column, faded in over its first rows and columns where tiles are there."""
        height, width = tile.shape[:2]
        self.make_room(top + height)
        place = self.rows[top - self.first : top - self.first + height, left : left + width]
        if fade_rows or fade_columns:
            weights = ramp(height, fade_rows)[:, None, None] * ramp(width, fade_columns)[None, :, None]
            before = place.astype(np.float32)
            tile = (before + (tile - before) * weights).round().astype(tile.dtype)
        place[:] = tile

    def make_room(self, last: int) -> None:
        missing = last - self.first - len(self.rows)
        if missing > 0:
            self.rows = np.concatenate([self.rows, np.zeros((missing, *self.rows.shape[1:]), self.rows.dtype)])

    def finish(self, last: int) -> None:
        """Drawn rows before `last` are final: make what can be made of them."""
        if self.direct:
            return
        factor = self.drawn[0] / self.wanted[0]
        support = LANCZOS_SUPPORT * max(factor, 1) + 1
        ready = self.wanted[0] if last == self.drawn[0] else max(self.done, floor((last - support) / factor - 0.5))
        if ready > self.done:
            box = (0, self.done * factor - self.first, self.drawn[1], ready * factor - self.first)
            used = self.rows[: last - self.first]
            self.result[self.done : ready] = resize(used, ready - self.done, self.wanted[1], box)
            self.done = ready
        kept = min(max(self.first, floor((self.done + 0.5) * factor - support)), last)
        self.rows, self.first = self.rows[kept - self.first :].copy(), kept


def ramp(length: int, fade: int) -> NDArray[np.float32]:
    """Weights (length,) that rise over the first `fade` values and stay at 1."""
    weights = np.ones(length, np.float32)
    weights[:fade] = (np.arange(min(fade, length)) + 0.5) / max(fade, 1)
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

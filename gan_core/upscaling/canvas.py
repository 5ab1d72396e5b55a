"""Assembles the results of tiles on the host, resizing them where another size is asked for."""

from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_core.images.resizing import resize_pixels

LANCZOS_SUPPORT_PX = 3  # to either side, in pixels of the coarser image


class Canvas:
    """The result on the host, filled tile by tile from the top.

    Where another size than the network's output is asked for, finished rows are resized by Lanczos interpolation and
    dropped: the network's output is never held as a whole.
    """

    def __init__(self, network_size: tuple[int, int], output_size: tuple[int, int], channels: int, dtype: Any) -> None:
        """`network_size` and `output_size` are height and width of the network's output and of the result."""
        self.network_size, self.output_size = network_size, output_size
        self.result: NDArray[Any] = np.empty((*output_size, channels), dtype)
        self.is_same_size = network_size == output_size
        self.rows = self.result if self.is_same_size else np.empty((0, network_size[1], channels), dtype)
        self.row_offset = 0  # the row of the network's output that `rows` begins with
        self.rows_done = 0  # final rows of the result

    def paste(self, tile: NDArray[Any], top: int, left: int, feather_rows: int = 0, feather_columns: int = 0) -> None:
        """Writes a tile (h, w, C) at a position in the network's output, its first rows and columns blended."""
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
        """Allocates rows of the network's output before `row_stop`."""
        missing = row_stop - self.row_offset - len(self.rows)
        if missing > 0:
            self.rows = np.concatenate([self.rows, np.zeros((missing, *self.rows.shape[1:]), self.rows.dtype)])

    def finish_rows(self, row_stop: int) -> None:
        """Rows of the network's output before `row_stop` are final: resizes those of the result they suffice for."""
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
            self.result[self.rows_done : rows_ready] = resize_pixels(
                available_rows, rows_ready - self.rows_done, self.output_size[1], box
            )
            self.rows_done = rows_ready
        first_kept = min(max(self.row_offset, floor((self.rows_done + 0.5) * factor - support)), row_stop)
        self.rows, self.row_offset = self.rows[first_kept - self.row_offset :].copy(), first_kept


def feather_weights(length: int, feather: int) -> NDArray[np.float32]:
    """Weights (length,) that rise linearly over the first `feather` values, then stay at 1."""
    weights = np.ones(length, np.float32)
    weights[:feather] = (np.arange(min(feather, length)) + 0.5) / max(feather, 1)
    return weights

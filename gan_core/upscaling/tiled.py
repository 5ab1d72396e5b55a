"""Upscales one image tile by tile: one tile at a time is on the device, the result grows on the host."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from math import inf, isfinite
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.devices import is_out_of_memory
from gan_core.errors import ExternalError, UsageError
from gan_core.upscaling.canvas import Canvas
from gan_core.upscaling.events import Notice, Patch, Progress
from gan_core.upscaling.planning import TILE_MEMORY_BYTES, min_tile_pixels, plan_grid, tile_overlap
from gan_core.upscaling.planning import planned_window_pixels as planned_window_pixels
from gan_core.upscaling.precision import MIN_BFLOAT16_PSNR_DB, bfloat16_psnr, is_bfloat16_worthwhile
from gan_core.upscaling.tiling import Span, split_axis
from gan_core.upscaling.upscaler import Upscaler
from gan_core.upscaling.windows import has_overflowed, is_finite, tensor_to_pixels, upscale_window

BFLOAT16_MEMORY_SHARE = 0.6  # of the memory in float32 that a tile takes in bfloat16
FREE_MEMORY_SHARE = 0.5  # of a GPU's free memory that a tile may take


class Stopped(Exception):
    """Ends a forward pass whose result is not wanted any more."""


class TiledUpscale:
    """The upscaling of one image by one network: precision, tile size and canvas.

    Tiles overlap by the network's receptive radius where that is known, and the result is then that of the whole image
    up to rounding; else they overlap by FALLBACK_OVERLAP or WIDE_OVERLAP and are blended.
    """

    def __init__(
        self,
        upscaler: Upscaler,
        pixels: NDArray[Any],
        output_size: tuple[int, int],
        tile_side: int | None = None,
        tile_bytes: int = TILE_MEMORY_BYTES,
    ) -> None:
        """`pixels` (h, w, C) become `output_size` (height, width).

        `tile_side` is the largest side of a tile without overlap, in pixels of the input; None takes as large a tile
        as memory allows, on a CPU `tile_bytes`.
        """
        self.upscaler, self.pixels, self.tile_side, self.tile_bytes = upscaler, pixels, tile_side, tile_bytes
        height, width, channels = pixels.shape
        network_size = (height * upscaler.scale, width * upscaler.scale)
        self.canvas = Canvas(network_size, output_size, channels, pixels.dtype)
        self.use_bfloat16 = False
        self.overlap = tile_overlap(upscaler)
        self.max_tile_pixels = inf  # of the input, overlap included; estimated once the precision is known
        self.is_tiled = False  # whether there was more than one tile
        self.failed_tile_pixels = inf  # of the smallest tile for which memory was short
        self.stopped = False
        self.on_layer: Callable[[float], object] = lambda share: None  # called with the share of a tile that is done

    def choose_precision(self, precision: str) -> Iterator[Notice]:
        """Sets bfloat16 as asked, or for `auto` where it is fast and exact enough on the centre of the image."""
        if precision == "bfloat16" and not self.upscaler.supports_bfloat16:
            yield Notice(f"{self.upscaler.name} does not compute in bfloat16; float32 is used.")
        elif precision == "bfloat16":
            self.use_bfloat16 = True
        elif precision == "auto" and is_bfloat16_worthwhile(self.upscaler, self.pixels):
            try:
                psnr_db = bfloat16_psnr(self.upscaler, self.pixels)
            except (RuntimeError, MemoryError) as error:
                if is_out_of_memory(error):
                    return  # float32, in tiles whose size is found later
                raise
            self.use_bfloat16 = psnr_db >= MIN_BFLOAT16_PSNR_DB
            if not self.use_bfloat16:
                outcome = f"keeps only {psnr_db:.0f} dB" if isfinite(psnr_db) else "fails"
                yield Notice(f"{self.upscaler.name} {outcome} in bfloat16; float32 is used.")

    def upscale_tiles(
        self, should_stop: Callable[[], bool], on_progress: Callable[[float], object]
    ) -> Iterator[Progress | Notice]:
        """Fills the canvas row by row.

        `should_stop` is called before each tile and between its layers, and sets `stopped`; `on_progress` with the
        share of the image that is done, between layers too.
        """
        self.max_tile_pixels = self.estimate_max_tile_pixels()
        height, width = self.pixels.shape[:2]
        top, done = 0, 0
        while top < height:
            rows, columns = self.choose_grid(height - top, width)
            row = split_axis(top, height, height, rows, self.overlap)[0]
            column_spans = split_axis(0, width, width, columns, self.overlap)
            if self.is_first_seam(rows * len(column_spans)):
                yield Notice(self.describe_seams())
            for column in column_spans:
                tile_pixels = (row.stop - row.start) * (column.stop - column.start)
                self.on_layer = layer_listener(should_stop, on_progress, done, tile_pixels, height * width)
                self.stopped = should_stop()
                if self.stopped:
                    return
                start = time.perf_counter()
                try:
                    notices, patch = self.upscale_tile(row, column)
                except Stopped:
                    self.stopped = True
                    return
                yield from notices
                if patch is None:
                    break  # the row again, in smaller tiles
                done = top * width + (row.stop - top) * column.stop
                window_pixels = (row.read_stop - row.read_start) * (column.read_stop - column.read_start)
                yield Progress(done, height * width, window_pixels, time.perf_counter() - start, patch)
            else:
                top, done = row.stop, row.stop * width
                final_row = (
                    top if top == height else top - self.overlap.feather
                )  # the next row is blended over the rest
                self.canvas.finish_rows(final_row * self.upscaler.scale)

    def estimate_max_tile_pixels(self) -> float:
        """Pixels of the input that a tile may have, its overlap included."""
        if self.upscaler.untileable or self.tile_side is not None:
            return inf
        if self.upscaler.device.type == "cuda":
            available = torch.cuda.mem_get_info(self.upscaler.device)[0] * FREE_MEMORY_SHARE
            return max(available / self.upscaler.bytes_per_pixel, min_tile_pixels(self.upscaler))
        share = BFLOAT16_MEMORY_SHARE if self.use_bfloat16 else 1
        return max(self.tile_bytes / self.upscaler.bytes_per_pixel / share, min_tile_pixels(self.upscaler))

    def choose_grid(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of tiles for the rest of the image."""
        return plan_grid(self.upscaler, height, width, self.max_tile_pixels, self.overlap, self.tile_side)

    def is_first_seam(self, tile_count: int) -> bool:
        """Whether these tiles are the first whose seams must be blended."""
        is_first = tile_count > 1 and not self.is_tiled and self.overlap.feather > 0
        self.is_tiled = self.is_tiled or tile_count > 1
        return is_first

    def describe_seams(self) -> str:
        """What is different from a network whose tiles leave no trace."""
        name, overlap = self.upscaler.name, self.overlap.size
        if self.upscaler.tiling_discouraged:
            return (
                f"{name} works best on a whole image, and this one is too large for that: it is cut into tiles, which "
                f"overlap by {overlap} pixels and are blended."
            )
        return (
            f"The receptive field of {name} exceeds the overlap of its tiles ({overlap} pixels): their seams are "
            f"blended."
        )

    def upscale_tile(self, row: Span, column: Span) -> tuple[list[Notice], Patch | None]:
        """Writes one tile to the canvas. Returns notices and the result, None where memory was short and tiles are now
        smaller.

        Raises ExternalError where they cannot be smaller.
        """
        window = self.pixels[row.read_start : row.read_stop, column.read_start : column.read_stop]
        try:
            large, notices = self.run_network(window)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        else:
            return notices, self.paste_tile(large, row, column)
        # Outside of `except`, whose exception would keep the failed tensors alive.
        tile_pixels = window.shape[0] * window.shape[1]
        if self.upscaler.device.type == "cuda":
            torch.cuda.empty_cache()
        if self.upscaler.untileable or tile_pixels >= self.failed_tile_pixels:
            raise ExternalError(
                f"There is not enough memory for {self.upscaler.name}, even for {tile_pixels} pixels at once."
            )
        self.failed_tile_pixels, self.max_tile_pixels = tile_pixels, tile_pixels / 2
        return [Notice("Memory is short: tiles now have at most half as many pixels.")], None

    def run_network(self, window: NDArray[Any]) -> tuple[Tensor, list[Notice]]:
        """A window (h, w, C) -> (1, C, scale h, scale w), again in float32 where bfloat16 fails; and notices.

        Raises UsageError where the network yields values that are not finite.
        """
        layers = self.upscaler.layer_progress
        with layers.listen(self.on_layer) if layers else nullcontext():
            large = upscale_window(self.upscaler, window, use_bfloat16=self.use_bfloat16)
        if self.use_bfloat16 and has_overflowed(large, window):
            self.use_bfloat16 = False
            self.max_tile_pixels = min(self.max_tile_pixels, self.estimate_max_tile_pixels())
            notice = Notice(f"{self.upscaler.name} fails in bfloat16; it continues in float32.")
            return upscale_window(self.upscaler, window, use_bfloat16=False), [notice]
        if not is_finite(large):
            raise UsageError(f"{self.upscaler.name} yields values that are not finite: its weights cannot be used.")
        return large, []

    def paste_tile(self, large: Tensor, row: Span, column: Span) -> Patch:
        """Writes the part of an upscaled window that is kept to its position, and returns it."""
        scale, feather = self.upscaler.scale, 2 * self.overlap.feather * self.upscaler.scale
        down = slice((row.write_start - row.read_start) * scale, (row.write_stop - row.read_start) * scale)
        right = slice((column.write_start - column.read_start) * scale, (column.write_stop - column.read_start) * scale)
        patch = Patch(
            row.write_start * scale, column.write_start * scale,
            tensor_to_pixels(large[:, :, down, right], self.pixels.dtype),
        )  # fmt: skip
        self.canvas.paste(
            patch.pixels, patch.top, patch.left, feather if row.start else 0, feather if column.start else 0
        )
        return patch


def layer_listener(
    should_stop: Callable[[], bool], on_progress: Callable[[float], object], done: int, tile_pixels: int, total: int
) -> Callable[[float], None]:
    """The function that is told the share of a tile of `tile_pixels`, when `done` of `total` pixels were finished."""

    def on_layer(share: float) -> None:
        if should_stop():
            raise Stopped
        on_progress((done + share * tile_pixels) / total)

    return on_layer

"""Any picture, through any super-resolution network, to any size, in bounded memory: events as they happen.

Only one tile is ever on the device; the large picture grows on the host in 8 (16-bit grey: 16) bits. Where the network
is ours, tiles overlap by as much as it looks, and the result is that of the whole picture to rounding.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isfinite, log10
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.devices import is_out_of_memory, supports_bfloat16
from gan_core.errors import ExternalError, UsageError
from gan_core.images.reading import DecodedImage
from gan_core.upscaling.tiling import Canvas, Overlap, Span, cheapest_grid, resize_alpha, split_axis
from gan_core.upscaling.upscaler import Upscaler, has_overflowed, is_finite, tensor_to_pixels, upscale_window

MAX_OUTPUT_PIXELS = 400_000_000  # pixels of the large picture
MAX_UNTILED_PIXELS = 512 * 512  # small pixels of a picture for a network that tiling harms
MAX_SCALE = 64
MIN_TILE_SIDE_PX, MAX_TILE_SIDE_PX = 16, 65_536  # what may be asked for
TILE_MEMORY_BYTES = 480_000_000  # working memory of a tile on a processor, as `bytes_per_pixel` estimates it (too high)
BFLOAT16_MEMORY_SHARE = 0.6  # of that memory which a tile takes in bfloat16
FREE_MEMORY_SHARE = 0.5  # of an accelerator's free memory
FALLBACK_OVERLAP = Overlap(16, feather=8)  # for networks that look further than an overlap can pay for
MIN_BFLOAT16_PSNR_DB = 45.0  # dB of bfloat16 against float32 from which on it is used unasked
BFLOAT16_TRIAL_SIDE_PX = 64  # side in pixels of the part that bfloat16 is tried on
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Progress:
    """Small pixels that are done, of all: one event a tile."""

    done_pixels: int
    total_pixels: int


@dataclass(frozen=True)
class Notice:
    """A sentence for the person who waits: what was done otherwise than one would think."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The large picture, its metadata those of the small one."""

    image: DecodedImage


Event = Progress | Notice | Finished


def upscale(
    upscaler: Upscaler,
    image: DecodedImage,
    scale: float | None = None,
    *,
    tile: int | None = None,
    precision: str = "auto",
    tile_bytes: int = TILE_MEMORY_BYTES,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """The picture `scale` times larger (by default the network's own scale), as events that end with `Done`.

    `tile` is the largest side of a tile in small pixels; without it tiles are as memory allows, which on a processor is
    `tile_bytes` of working memory in float32. `precision` auto takes bfloat16 where the processor computes it and the
    result stays within 45 dB. Closing the iterator cancels, as does `should_stop`, asked before each tile: then no
    `Done` comes. The notes of the picture itself are not repeated.
    Raises InputError on a size, tile or precision out of range, OutsideError when memory is short beyond repair.
    """
    validate_settings(scale, tile, precision)
    output_size = validate_output_size(upscaler, *image.size, scale)
    return upscale_events(
        TiledUpscale(upscaler, image.pixels, output_size, tile, tile_bytes), image, precision, should_stop
    )


def validate_settings(scale: float | None = None, tile: int | None = None, precision: str = "auto") -> None:
    """Raises InputError on what no picture and no network could make right."""
    if scale is not None and not (isfinite(scale) and 0 < scale <= MAX_SCALE):
        raise UsageError(f"Scale must be above 0 and at most {MAX_SCALE}, not {scale:g}.")
    if tile is not None and not MIN_TILE_SIDE_PX <= tile <= MAX_TILE_SIDE_PX:
        raise UsageError(
            f"A tile must have between {MIN_TILE_SIDE_PX} and {MAX_TILE_SIDE_PX} pixels a side, not {tile}."
        )
    if precision not in PRECISIONS:
        raise UsageError(f"Precision must be one of {', '.join(PRECISIONS)}, not {precision!r}.")


def validate_output_size(upscaler: Upscaler, width: int, height: int, scale: float | None = None) -> tuple[int, int]:
    """Height and width of the result. Raises InputError where it cannot be: ask before decoding or starting."""
    factor = upscaler.scale if scale is None else scale
    output_height, output_width = (max(1, round(side * factor)) for side in (height, width))
    if output_height * output_width > MAX_OUTPUT_PIXELS:
        raise UsageError(
            f"{width} x {height} pixels times {factor:g} make {output_height * output_width / 1e6:.0f} megapixels; at most "
            f"{MAX_OUTPUT_PIXELS / 1e6:.0f} can be made: choose a smaller scale, or reduce the picture."
        )
    if upscaler.untileable and width * height > MAX_UNTILED_PIXELS:
        raise UsageError(
            f"{upscaler.name} ({upscaler.architecture}) must see a picture as a whole, and {width} x {height} pixels are "
            f"too many for that; it takes up to {MAX_UNTILED_PIXELS // 1000},000, such as 512 x 512."
        )
    return output_height, output_width


def upscale_events(
    job: "TiledUpscale", image: DecodedImage, precision: str, should_stop: Callable[[], bool]
) -> Iterator[Event]:
    yield from job.choose_precision(precision)
    yield from job.draw_tiles(should_stop)
    if job.stopped:
        return
    alpha = image.alpha
    if alpha is not None:
        alpha = resize_alpha(alpha, *job.canvas.output_size)
    yield Finished(replace(image, pixels=job.canvas.result, alpha=alpha))


class TiledUpscale:
    """One picture on its way through one network."""

    def __init__(
        self, upscaler: Upscaler, pixels: NDArray[Any], output_size: tuple[int, int], tile_side: int | None = None,
        tile_bytes: int = TILE_MEMORY_BYTES,
    ) -> None:  # fmt: skip
        self.upscaler, self.pixels, self.tile_side, self.tile_bytes = upscaler, pixels, tile_side, tile_bytes
        height, width, channels = pixels.shape
        network_size = (height * upscaler.scale, width * upscaler.scale)
        self.canvas = Canvas(network_size, output_size, channels, pixels.dtype)
        self.use_bfloat16 = False
        self.overlap = Overlap(upscaler.receptive_radius) if upscaler.receptive_radius is not None else FALLBACK_OVERLAP
        self.overlap = replace(self.overlap, align=upscaler.multiple_of)
        self.max_tile_pixels = float("inf")  # small pixels that a tile may have; found once the precision is known
        self.is_tiled = False  # whether the picture needed more than one tile
        self.failed_tile_pixels = float("inf")  # pixels of the smallest tile that there was no memory for
        self.stopped = False

    def estimate_max_tile_pixels(self) -> float:
        """Small pixels that a tile may have, its overlap included."""
        if self.upscaler.untileable or self.tile_side is not None:
            return float("inf")
        if self.upscaler.device.type == "cuda":
            return torch.cuda.mem_get_info(self.upscaler.device)[0] * FREE_MEMORY_SHARE / self.upscaler.bytes_per_pixel
        return self.tile_bytes / self.upscaler.bytes_per_pixel / (BFLOAT16_MEMORY_SHARE if self.use_bfloat16 else 1)

    # Precision

    def choose_precision(self, precision: str) -> Iterator[Event]:
        """bfloat16 as asked, or where the device computes it and this picture's middle shows that it may be."""
        if precision == "bfloat16" and not self.upscaler.supports_bfloat16:
            yield Notice(f"{self.upscaler.name} does not compute in bfloat16; float32 is taken.")
        elif precision == "bfloat16":
            self.use_bfloat16 = True
        elif precision == "auto" and self.is_bfloat16_worthwhile():
            try:
                psnr_db = self.bfloat16_psnr()
            except (RuntimeError, MemoryError) as error:
                if is_out_of_memory(error):
                    return  # float32, in tiles that find their size
                raise
            self.use_bfloat16 = psnr_db >= MIN_BFLOAT16_PSNR_DB
            if not self.use_bfloat16:
                outcome = f"keeps only {psnr_db:.0f} dB" if isfinite(psnr_db) else "fails"
                yield Notice(f"{self.upscaler.name} {outcome} in bfloat16; float32 is taken.")

    def is_bfloat16_worthwhile(self) -> bool:
        small = self.pixels.shape[0] * self.pixels.shape[1] <= BFLOAT16_TRIAL_SIDE_PX**2
        is_16_bit = self.pixels.dtype != np.uint8  # bfloat16 has not the digits for 16 bits
        return (
            self.upscaler.supports_bfloat16
            and not small
            and not is_16_bit
            and supports_bfloat16(self.upscaler.device.type == "cpu")
        )

    def bfloat16_psnr(self) -> float:
        """PSNR in dB of bfloat16 against float32 in the middle of the picture; minus infinity where it fails."""
        height, width = self.pixels.shape[:2]
        top, left = max(0, (height - BFLOAT16_TRIAL_SIDE_PX) // 2), max(0, (width - BFLOAT16_TRIAL_SIDE_PX) // 2)
        window = self.pixels[top : top + BFLOAT16_TRIAL_SIDE_PX, left : left + BFLOAT16_TRIAL_SIDE_PX]
        exact, rounded = (
            upscale_window(self.upscaler, window, use_bfloat16=use_bfloat16).clamp(-1, 1)
            for use_bfloat16 in (False, True)
        )
        error = (exact - rounded).square().mean().item()
        return -10 * log10(max(error, 1e-12) / 4) if isfinite(error) else float("-inf")

    # Tiles

    def draw_tiles(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Row after row of tiles, until they are all there or it is stopped."""
        self.max_tile_pixels = self.estimate_max_tile_pixels()
        height, width = self.pixels.shape[:2]
        top = 0
        while top < height:
            rows, columns = self.choose_grid(height - top, width)
            row = split_axis(top, height, height, rows, self.overlap)[0]
            column_spans = split_axis(0, width, width, columns, self.overlap)
            if self.is_first_seam(rows * len(column_spans)):
                yield Notice(
                    f"{self.upscaler.name} looks further than its tiles overlap ({self.overlap.size} pixels): their "
                    f"seams are blended."
                )
            for column in column_spans:
                self.stopped = should_stop()
                if self.stopped:
                    return
                notes, fits = self.draw_tile(row, column)
                yield from notes
                if not fits:
                    break  # the row again, in smaller tiles
                yield Progress(top * width + (row.stop - top) * column.stop, height * width)
            else:
                top = row.stop
                self.canvas.finish_rows(
                    (top if top == height else row.stop - self.overlap.feather) * self.upscaler.scale
                )

    def choose_grid(self, height: int, width: int) -> tuple[int, int]:
        if self.upscaler.untileable:
            return 1, 1
        return cheapest_grid(height, width, self.max_tile_pixels, self.overlap, self.tile_side)

    def is_first_seam(self, tile_count: int) -> bool:
        """Whether these are the first seams that must be blended."""
        is_first = tile_count > 1 and not self.is_tiled and self.overlap.feather > 0
        self.is_tiled = self.is_tiled or tile_count > 1
        return is_first

    def draw_tile(self, row: Span, column: Span) -> tuple[list[Notice], bool]:
        """Draw one tile into the canvas; what there is to say, and False where memory was short and tiles now smaller.

        Raises OutsideError where they can be no smaller.
        """
        window = self.pixels[row.read_start : row.read_stop, column.read_start : column.read_stop]
        try:
            large, notes = self.draw_window(window)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            area = window.shape[0] * window.shape[1]
        else:
            self.paste_tile(large, row, column)
            return notes, True
        if self.upscaler.device.type == "cuda":
            torch.cuda.empty_cache()
        if self.upscaler.untileable or area >= self.failed_tile_pixels:  # tiles that cannot be smaller
            raise ExternalError(f"There is not enough memory for {self.upscaler.name}, even for {area} pixels at once.")
        self.failed_tile_pixels, self.max_tile_pixels = area, area / 2
        return [Notice("Memory is short: tiles now have at most half as many pixels.")], False

    def draw_window(self, window: NDArray[Any]) -> tuple[Tensor, list[Notice]]:
        """A window (h, w, C) as the network enlarges it, (1, C, scale h, scale w); in float32 where half failed."""
        large = upscale_window(self.upscaler, window, use_bfloat16=self.use_bfloat16)
        if self.use_bfloat16 and has_overflowed(large, window):
            self.use_bfloat16 = False
            self.max_tile_pixels = min(self.max_tile_pixels, self.estimate_max_tile_pixels())
            notices = [Notice(f"{self.upscaler.name} fails in bfloat16; it goes on in float32.")]
            return upscale_window(self.upscaler, window, use_bfloat16=False), notices
        if not is_finite(large):
            raise UsageError(f"{self.upscaler.name} draws values that are not finite: its weights are unusable.")
        return large, []

    def paste_tile(self, large: Tensor, row: Span, column: Span) -> None:
        """The part of a drawn window that is written, to its place."""
        scale, feather = self.upscaler.scale, 2 * self.overlap.feather * self.upscaler.scale
        down = slice((row.write_start - row.read_start) * scale, (row.write_stop - row.read_start) * scale)
        right = slice((column.write_start - column.read_start) * scale, (column.write_stop - column.read_start) * scale)
        self.canvas.paste(
            tensor_to_pixels(large[:, :, down, right], self.pixels.dtype),
            row.write_start * scale,
            column.write_start * scale,
            feather if row.start else 0,
            feather if column.start else 0,
        )

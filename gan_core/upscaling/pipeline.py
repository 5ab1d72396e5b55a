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

from gan_core.devices import supports_bfloat16, is_out_of_memory
from gan_core.errors import UsageError, ExternalError
from gan_core.images.reading import Picture
from gan_core.upscaling.tiling import Canvas, Overlap, Span, cheapest_grid, resize_alpha, spans
from gan_core.upscaling.upscaler import Upscaler, draw, finite, spoilt, to_array

MAX_RESULT = 400_000_000  # pixels of the large picture
MAX_WHOLE = 512 * 512  # small pixels of a picture for a network that tiling harms
MAX_SCALE = 64
SMALLEST_TILE, LARGEST_TILE = 16, 65_536  # what may be asked for
TILE_BYTES = 480_000_000  # working memory of a tile on a processor, as `bytes_per_pixel` estimates it (too high)
HALF_SHARE = 0.6  # of that memory which a tile takes in bfloat16
DEVICE_SHARE = 0.5  # of an accelerator's free memory
FOREIGN_OVERLAP = Overlap(16, fade=8)  # for networks that look further than an overlap can pay for
FAITHFUL = 45.0  # dB of bfloat16 against float32 from which on it is used unasked
TRIAL = 64  # side in pixels of the part that bfloat16 is tried on
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Progress:
    """Small pixels that are done, of all: one event a tile."""

    done: int
    total: int


@dataclass(frozen=True)
class Note:
    """A sentence for the person who waits: what was done otherwise than one would think."""

    text: str


@dataclass(frozen=True)
class Done:
    """The large picture, its metadata those of the small one."""

    picture: Picture


Event = Progress | Note | Done


def upscale(
    network: Upscaler,
    picture: Picture,
    scale: float | None = None,
    *,
    tile: int | None = None,
    precision: str = "auto",
    tile_bytes: int = TILE_BYTES,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """The picture `scale` times larger (by default the network's own scale), as events that end with `Done`.

    `tile` is the largest side of a tile in small pixels; without it tiles are as memory allows, which on a processor is
    `tile_bytes` of working memory in float32. `precision` auto takes bfloat16 where the processor computes it and the
    result stays within 45 dB. Closing the iterator cancels, as does `should_stop`, asked before each tile: then no
    `Done` comes. The notes of the picture itself are not repeated.
    Raises InputError on a size, tile or precision out of range, OutsideError when memory is short beyond repair.
    """
    check_settings(scale, tile, precision)
    size = check_size(network, *picture.size, scale)
    return events(Work(network, picture.pixels, size, tile, tile_bytes), picture, precision, should_stop)


def check_settings(scale: float | None = None, tile: int | None = None, precision: str = "auto") -> None:
    """Raises InputError on what no picture and no network could make right."""
    if scale is not None and not (isfinite(scale) and 0 < scale <= MAX_SCALE):
        raise UsageError(f"Scale must be above 0 and at most {MAX_SCALE}, not {scale:g}.")
    if tile is not None and not SMALLEST_TILE <= tile <= LARGEST_TILE:
        raise UsageError(f"A tile must have between {SMALLEST_TILE} and {LARGEST_TILE} pixels a side, not {tile}.")
    if precision not in PRECISIONS:
        raise UsageError(f"Precision must be one of {', '.join(PRECISIONS)}, not {precision!r}.")


def check_size(network: Upscaler, width: int, height: int, scale: float | None = None) -> tuple[int, int]:
    """Height and width of the result. Raises InputError where it cannot be: ask before decoding or starting."""
    factor = network.scale if scale is None else scale
    tall, wide = (max(1, round(side * factor)) for side in (height, width))
    if tall * wide > MAX_RESULT:
        raise UsageError(
            f"{width} x {height} pixels times {factor:g} make {tall * wide / 1e6:.0f} megapixels; at most "
            f"{MAX_RESULT / 1e6:.0f} can be made: choose a smaller scale, or reduce the picture."
        )
    if network.whole and width * height > MAX_WHOLE:
        raise UsageError(
            f"{network.name} ({network.architecture}) must see a picture as a whole, and {width} x {height} pixels are "
            f"too many for that; it takes up to {MAX_WHOLE // 1000},000, such as 512 x 512."
        )
    return tall, wide


def events(work: "Work", picture: Picture, precision: str, should_stop: Callable[[], bool]) -> Iterator[Event]:
    yield from work.choose_precision(precision)
    yield from work.tiles(should_stop)
    if work.stopped:
        return
    alpha = picture.alpha
    if alpha is not None:
        alpha = resize_alpha(alpha, *work.canvas.wanted)
    yield Done(replace(picture, pixels=work.canvas.result, alpha=alpha))


class Work:
    """One picture on its way through one network."""

    def __init__(
        self, network: Upscaler, pixels: NDArray[Any], size: tuple[int, int], side: int | None = None,
        tile_bytes: int = TILE_BYTES,
    ) -> None:  # fmt: skip
        self.network, self.pixels, self.side, self.tile_bytes = network, pixels, side, tile_bytes
        height, width, channels = pixels.shape
        drawn = (height * network.scale, width * network.scale)
        self.canvas = Canvas(drawn, size, channels, pixels.dtype)
        self.half = False
        self.overlap = Overlap(network.reach) if network.reach is not None else FOREIGN_OVERLAP
        self.overlap = replace(self.overlap, align=network.multiple_of)
        self.limit = float("inf")  # small pixels that a tile may have; found once the precision is known
        self.cut = False  # whether the picture needed more than one tile
        self.failed = float("inf")  # pixels of the smallest tile that there was no memory for
        self.stopped = False

    def first_limit(self) -> float:
        """Small pixels that a tile may have, its overlap included."""
        if self.network.whole or self.side is not None:
            return float("inf")
        if self.network.device.type == "cuda":
            return torch.cuda.mem_get_info(self.network.device)[0] * DEVICE_SHARE / self.network.bytes_per_pixel
        return self.tile_bytes / self.network.bytes_per_pixel / (HALF_SHARE if self.half else 1)

    # Precision

    def choose_precision(self, asked: str) -> Iterator[Event]:
        """bfloat16 as asked, or where the device computes it and this picture's middle shows that it may be."""
        if asked == "bfloat16" and not self.network.bfloat16:
            yield Note(f"{self.network.name} does not compute in bfloat16; float32 is taken.")
        elif asked == "bfloat16":
            self.half = True
        elif asked == "auto" and self.pays():
            try:
                quality = self.quality_of_half()
            except (RuntimeError, MemoryError) as error:
                if is_out_of_memory(error):
                    return  # float32, in tiles that find their size
                raise
            self.half = quality >= FAITHFUL
            if not self.half:
                kept = f"keeps only {quality:.0f} dB" if isfinite(quality) else "fails"
                yield Note(f"{self.network.name} {kept} in bfloat16; float32 is taken.")

    def pays(self) -> bool:
        small = self.pixels.shape[0] * self.pixels.shape[1] <= TRIAL**2
        deep = self.pixels.dtype != np.uint8  # bfloat16 has not the digits for 16 bits
        return self.network.bfloat16 and not small and not deep and supports_bfloat16(self.network.device.type == "cpu")

    def quality_of_half(self) -> float:
        """PSNR in dB of bfloat16 against float32 in the middle of the picture; minus infinity where it fails."""
        height, width = self.pixels.shape[:2]
        top, left = max(0, (height - TRIAL) // 2), max(0, (width - TRIAL) // 2)
        middle = self.pixels[top : top + TRIAL, left : left + TRIAL]
        exact, rounded = (draw(self.network, middle, half=half).clamp(-1, 1) for half in (False, True))
        error = (exact - rounded).square().mean().item()
        return -10 * log10(max(error, 1e-12) / 4) if isfinite(error) else float("-inf")

    # Tiles

    def tiles(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Row after row of tiles, until they are all there or it is stopped."""
        self.limit = self.first_limit()
        height, width = self.pixels.shape[:2]
        top = 0
        while top < height:
            rows, columns = self.grid(height - top, width)
            row = spans(top, height, height, rows, self.overlap)[0]
            across = spans(0, width, width, columns, self.overlap)
            if self.is_news(rows * len(across)):
                yield Note(
                    f"{self.network.name} looks further than its tiles overlap ({self.overlap.size} pixels): their "
                    f"seams are blended."
                )
            for column in across:
                self.stopped = should_stop()
                if self.stopped:
                    return
                notes, fits = self.attempt(row, column)
                yield from notes
                if not fits:
                    break  # the row again, in smaller tiles
                yield Progress(top * width + (row.last - top) * column.last, height * width)
            else:
                top = row.last
                self.canvas.finish((top if top == height else row.last - self.overlap.fade) * self.network.scale)

    def grid(self, height: int, width: int) -> tuple[int, int]:
        if self.network.whole:
            return 1, 1
        return cheapest_grid(height, width, self.limit, self.overlap, self.side)

    def is_news(self, count: int) -> bool:
        """Whether these are the first seams that must be blended."""
        news = count > 1 and not self.cut and self.overlap.fade > 0
        self.cut = self.cut or count > 1
        return news

    def attempt(self, row: Span, column: Span) -> tuple[list[Note], bool]:
        """Draw one tile into the canvas; what there is to say, and False where memory was short and tiles now smaller.

        Raises OutsideError where they can be no smaller.
        """
        window = self.pixels[row.read_first : row.read_last, column.read_first : column.read_last]
        try:
            large, notes = self.drawn(window)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            area = window.shape[0] * window.shape[1]
        else:
            self.paste(large, row, column)
            return notes, True
        if self.network.device.type == "cuda":
            torch.cuda.empty_cache()
        if self.network.whole or area >= self.failed:  # tiles that cannot be smaller
            raise ExternalError(f"There is not enough memory for {self.network.name}, even for {area} pixels at once.")
        self.failed, self.limit = area, area / 2
        return [Note("Memory is short: tiles now have at most half as many pixels.")], False

    def drawn(self, window: NDArray[Any]) -> tuple[Tensor, list[Note]]:
        """A window (h, w, C) as the network enlarges it, (1, C, scale h, scale w); in float32 where half failed."""
        large = draw(self.network, window, half=self.half)
        if self.half and spoilt(large, window):
            self.half = False
            self.limit = min(self.limit, self.first_limit())
            again = [Note(f"{self.network.name} fails in bfloat16; it goes on in float32.")]
            return draw(self.network, window, half=False), again
        if not finite(large):
            raise UsageError(f"{self.network.name} draws values that are not finite: its weights are unusable.")
        return large, []

    def paste(self, large: Tensor, row: Span, column: Span) -> None:
        """The part of a drawn window that is written, to its place."""
        scale, fade = self.network.scale, 2 * self.overlap.fade * self.network.scale
        down = slice((row.write_first - row.read_first) * scale, (row.write_last - row.read_first) * scale)
        right = slice((column.write_first - column.read_first) * scale, (column.write_last - column.read_first) * scale)
        self.canvas.paste(
            to_array(large[:, :, down, right], self.pixels.dtype),
            row.write_first * scale,
            column.write_first * scale,
            fade if row.first else 0,
            fade if column.first else 0,
        )

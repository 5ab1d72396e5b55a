"""Unpacks the pixels of a BMP file: palettes, masks, run lengths, rows from the bottom or from the top."""

from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from gan_core.images.bmp import header as headers
from gan_core.images.bmp.header import BmpHeader, DamagedBmpError, mask_bits, mask_shift

MAX_RUN_LENGTH_BYTES = 16 * 1024**2  # of compressed data, which take seconds to unpack
SMALL_PIXELS = 1_000_000  # up to which an image of run lengths may be empty for the most part
ROWS_PER_BAND = 256  # rows that are converted at once
END_OF_LINE, END_OF_IMAGE, DELTA = 0, 1, 2  # what the byte behind a 0 means, unless it is a count


def read_pixels(stream: BinaryIO, header: BmpHeader) -> NDArray[np.uint8]:
    """The pixels (H, W, C), top row first: grey, RGB or RGBA. Raises DamagedBmpError where some are missing."""
    if header.compression in (headers.RLE4, headers.RLE8, headers.RLE24):
        values = read_run_lengths(stream, header)
    else:
        values = unpack_rows(read_rows(stream, header), header)
    pixels = values if header.depth > 8 else apply_palette(values[:, :, 0], header.palette, header.depth)
    return pixels if header.is_top_down else pixels[::-1]


def read_rows(stream: BinaryIO, header: BmpHeader) -> NDArray[np.uint8]:
    """The bytes (H, row bytes) of uncompressed rows as stored; the padding of the last one may be missing."""
    size = header.row_bytes * header.height
    stream.seek(header.position)
    data = stream.read(size)
    needed = size - header.row_bytes + (header.width * header.depth + 7) // 8
    if len(data) < needed:
        missing = header.height - len(data) // header.row_bytes
        raise DamagedBmpError(f"it lacks {missing} of {header.height} rows")
    return np.frombuffer(data.ljust(size, b"\0"), np.uint8).reshape(header.height, header.row_bytes)


def unpack_rows(rows: NDArray[np.uint8], header: BmpHeader) -> NDArray[np.uint8]:
    """Rows of bytes -> indices (H, W, 1), RGB (H, W, 3), or RGBA where the masks have alpha that is not all zero."""
    width, depth = header.width, header.depth
    if depth == 8:
        return rows[:, :width, None]
    if depth < 8:
        return unpack_indices(rows, width, depth)[:, :, None]
    if depth == 24:
        return rows[:, : 3 * width].reshape(len(rows), width, 3)[:, :, ::-1]
    masks = header.masks if header.masks[3] else header.masks[:3]
    pixels = np.empty((len(rows), width, len(masks)), np.uint8)
    for start in range(0, len(rows), ROWS_PER_BAND):
        band = rows[start : start + ROWS_PER_BAND, : width * depth // 8]
        words = np.ascontiguousarray(band).view(f"<u{depth // 8}").astype(np.uint32)
        for channel, mask in enumerate(masks):
            pixels[start : start + ROWS_PER_BAND, :, channel] = apply_mask(words, mask)
    if len(masks) == 4 and not pixels[:, :, 3].any():  # alpha that nobody filled in
        return pixels[:, :, :3]
    return pixels


def holds_unused_bytes(rows: NDArray[np.uint8], width: int) -> bool:
    """Whether the fourth bytes of pixels of 32 bits differ, though the header gives them no meaning."""
    unused = rows[:, 3 : 4 * width : 4]
    return bool((unused != unused[0, 0]).any())


def unpack_indices(rows: NDArray[np.uint8], width: int, depth: int) -> NDArray[np.uint8]:
    """Indices (H, W) of fewer than 8 bits each, the highest bits first."""
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    indices = (rows[:, :, None] >> shifts & (2**depth - 1)).astype(np.uint8)
    return indices.reshape(len(rows), -1)[:, :width]


def apply_mask(words: NDArray[np.uint32], mask: int) -> NDArray[np.uint8]:
    """One channel of words (h, w), scaled to [0, 255]; rounded down up to 8 bits, as Pillow does."""
    bits = mask_bits(mask)
    if bits == 0:
        return np.zeros(words.shape, np.uint8)
    largest = 2**bits - 1
    values = (words & np.uint32(mask)) >> np.uint32(mask_shift(mask))
    if bits == 8:
        return values.astype(np.uint8)
    rounding = 0 if bits < 8 else largest // 2
    return ((values.astype(np.uint64) * 255 + rounding) // largest).astype(np.uint8)


def apply_palette(indices: NDArray[np.uint8], palette: NDArray[np.uint8], depth: int) -> NDArray[np.uint8]:
    """Indices (H, W) -> grey (H, W, 1) where the palette is that of a grey image, else RGB; black beyond its end."""
    full = np.zeros((2**depth, 3), np.uint8)
    full[: len(palette)] = palette
    return full[:, :1][indices] if is_grey_palette(palette) else full[indices]


def is_grey_palette(palette: NDArray[np.uint8]) -> bool:
    """Whether a palette (colours, 3) is that of a grey image."""
    ramp = np.array([0, 255]) if len(palette) == 2 else np.arange(len(palette))
    return len(palette) > 0 and bool((palette == ramp[:, None]).all())


# Run lengths ---------------------------------------------------------------------------------------------------------


def read_run_lengths(stream: BinaryIO, header: BmpHeader) -> NDArray[np.uint8]:
    """Indices (H, W, 1), or RGB (H, W, 3) of 24 bits, from runs of equal values; those that are left out are 0."""
    stream.seek(header.position)
    data = stream.read(MAX_RUN_LENGTH_BYTES + 1)
    if len(data) > MAX_RUN_LENGTH_BYTES:
        raise DamagedBmpError(f"its run lengths take more than {MAX_RUN_LENGTH_BYTES // 1024**2} MB")
    if header.width * header.height > max(SMALL_PIXELS, 255 * len(data)):
        raise DamagedBmpError(f"its {len(data)} bytes cannot hold {header.width} x {header.height} pixels")
    unpack = {headers.RLE4: unpack_nibbles, headers.RLE8: unpack_bytes, headers.RLE24: unpack_triples}
    channels = 3 if header.compression == headers.RLE24 else 1
    return decode_runs(data, header.height, header.width, channels, unpack[header.compression])


def decode_runs(
    data: bytes, height: int, width: int, channels: int, unpack: Callable[[bytes, int], tuple[NDArray[np.uint8], int]]
) -> NDArray[np.uint8]:
    """Values (height, width, channels), the bottom row first; what lies outside is left out.

    `unpack` gives the first so many values of some bytes, and how many bytes they take.
    """
    values = np.zeros((height, width, channels), np.uint8)
    x = y = position = 0
    value_bytes = channels
    while y < height:
        if position + 2 > len(data):
            if y == height - 1 and x >= width:
                break
            raise DamagedBmpError(f"it lacks {height - y} of {height} rows")
        count, second = data[position], data[position + 1]
        if count:
            pattern, used = unpack(data[position + 1 : position + 1 + value_bytes], min(count, 2))
            run = np.resize(pattern, (count, channels))[: max(0, width - x)]
            values[y, x : x + len(run)] = run
            x, position = x + count, position + 1 + value_bytes
        elif second == END_OF_LINE:
            x, y, position = 0, y + 1, position + 2
        elif second == END_OF_IMAGE:
            break
        elif second == DELTA:
            if position + 4 > len(data):
                raise DamagedBmpError(f"it lacks {height - y} of {height} rows")
            x, y, position = x + data[position + 2], y + data[position + 3], position + 4
        else:
            literal, used = unpack(data[position + 2 : position + 2 + second * value_bytes], second)
            if len(literal) < second:
                raise DamagedBmpError(f"it lacks {height - y} of {height} rows")
            fitting = literal[: max(0, width - x)]
            values[y, x : x + len(fitting)] = fitting
            x, position = x + second, position + 2 + used + used % 2
    return values


def unpack_bytes(data: bytes, count: int) -> tuple[NDArray[np.uint8], int]:
    """Indices (n, 1) of 8 bits: one where it is repeated."""
    return np.frombuffer(data[:count], np.uint8)[:, None], count


def unpack_nibbles(data: bytes, count: int) -> tuple[NDArray[np.uint8], int]:
    """Indices (n, 1) of 4 bits: two where they are repeated in turn."""
    size = (count + 1) // 2
    packed = np.frombuffer(data[:size], np.uint8)
    return np.stack([packed >> 4, packed & 15], 1).astype(np.uint8).reshape(-1, 1)[:count], size


def unpack_triples(data: bytes, count: int) -> tuple[NDArray[np.uint8], int]:
    """RGB (n, 3) of blue, green and red bytes."""
    size = 3 * count
    whole = data[:size][: len(data[:size]) // 3 * 3]
    return np.frombuffer(whole, np.uint8).reshape(-1, 3)[:, ::-1], size

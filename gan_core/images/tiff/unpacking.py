"""Unpacks the bytes of a tile in a TIFF file to values: byte order, bits, predictors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_core.images.tiff.layout import Layout

BIT_ROWS_BYTES = 4 * 1024**2  # packed bytes that are unpacked to bits at once


def unpack(packed: NDArray[np.uint8], layout: Layout, order: str) -> NDArray[Any]:
    """Bytes (h, row bytes) of a tile -> values (h, w, C) in the processor's byte order; `order` is that of the file."""
    width, channels = layout.tile_size[0], layout.interleaved
    shape = (len(packed), width, channels)
    size = layout.depth // 8
    if layout.predictor == 3:
        return undo_float_predictor(packed, shape, layout.number_type)
    if layout.depth in (8, 16, 32, 64):
        stored = np.dtype(f"{order}u{size}")
        values = np.ascontiguousarray(packed).view(stored).reshape(shape).astype(stored.newbyteorder("="))
        if layout.predictor == 2:
            np.cumsum(values, axis=1, dtype=values.dtype, out=values)
        return values.view(layout.number_type)
    if layout.depth == 24:
        return unpack_24_bits(packed.reshape(*shape, 3), order).astype(layout.number_type)
    return unpack_bits(packed, layout.depth, width * channels, layout.number_type).reshape(shape)


def undo_float_predictor(packed: NDArray[np.uint8], shape: tuple[int, int, int], type: np.dtype) -> NDArray[Any]:
    """Differences of bytes, all first bytes of a row before all second ones (TIFF technical note 3) -> values."""
    height, width, channels = shape
    rows = packed.reshape(height, -1, channels).cumsum(axis=1, dtype=np.uint8)
    planes = rows.reshape(height, type.itemsize, width * channels)
    numbers = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(type.newbyteorder(">"))
    return numbers.astype(type).reshape(shape)


def unpack_24_bits(triples: NDArray[np.uint8], order: str) -> NDArray[Any]:
    """(h, w, C, 3) bytes -> integers (h, w, C).

    Writers disagree on whether the byte order of the file holds for 24 bits. It does, unless the byte that would be the
    highest differs more than twice as much between neighbours as the one that would be the lowest.
    """
    first, last = (np.abs(np.diff(triples[..., byte].view(np.int8), axis=1).astype(int)).sum() for byte in (0, 2))
    is_little = last <= 2 * first if order == "<" else 2 * last < first
    low, middle, high = (triples[..., byte].astype(np.uint32) for byte in ((0, 1, 2) if is_little else (2, 1, 0)))
    return low | middle << 8 | high << 16


def unpack_bits(packed: NDArray[np.uint8], depth: int, count: int, type: np.dtype) -> NDArray[Any]:
    """Rows of bytes (h, row bytes) that hold `count` integers of `depth` bits each -> (h, count)."""
    values = np.empty((len(packed), count), type)
    rows = max(1, BIT_ROWS_BYTES // max(packed.shape[1], 1))
    for start in range(0, len(packed), rows):
        bits = np.unpackbits(packed[start : start + rows], axis=1, count=count * depth).reshape(-1, count, depth)
        numbers = np.zeros(bits.shape[:2], np.uint64)
        for position in range(depth):
            numbers = numbers << np.uint64(1) | bits[:, :, position]
        if type.kind == "i":
            numbers = numbers.astype(np.int64)
            numbers[numbers >= 1 << (depth - 1)] -= 1 << depth
        values[start : start + rows] = numbers
    return values


def reverse_bits(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each byte with its bits in the other order."""
    return np.packbits(np.unpackbits(packed, bitorder="little"))

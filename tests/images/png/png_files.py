"""PNG files of every kind, written by hand: all colour types, depths, interlacing, filters and chunks."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from tests.images.image_files import build_png

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = [(0, depth) for depth in (1, 2, 4, 8, 16)] + [(3, depth) for depth in (1, 2, 4, 8)]
KINDS += [(kind, depth) for kind in (2, 4, 6) for depth in (8, 16)]
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
PALETTE = np.array([[index * 37 % 256, index * 91 % 256, 255 - index] for index in range(256)], np.uint8)


def sample_values(kind: int, depth: int, width: int = 33, height: int = 17) -> NDArray[np.uint16]:
    """(H, W, C): every value of the depth, as far as the size allows."""
    count = width * height * CHANNELS[kind]
    values = (np.arange(count, dtype=np.uint64) * 7919 + 3) % (1 << depth)
    return values.astype(np.uint16).reshape(height, width, -1)


def pack_rows(values: NDArray[np.uint16], depth: int) -> bytes:
    """The rows of values (H, W, C), each after a filter byte of 0."""
    height, width, channels = values.shape
    if height == 0 or width == 0:
        return b""
    flat = values.reshape(height, width * channels)
    if depth == 16:
        packed = flat.astype(">u2").view(np.uint8).reshape(height, -1)
    elif depth == 8:
        packed = flat.astype(np.uint8)
    else:
        bits = (flat[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
        packed = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    return b"".join(b"\0" + row.tobytes() for row in packed)


def interlaced_rows(values: NDArray[np.uint16], depth: int) -> bytes:
    return b"".join(pack_rows(values[top::down, left::right], depth) for left, top, right, down in PASSES)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def write_png(
    values: NDArray[np.uint16], kind: int, depth: int, *chunks: tuple[bytes, bytes], interlaced: bool = False
) -> bytes:
    """A PNG of the values with these chunks before its pixels; the palette is PALETTE."""
    if kind == 3:
        chunks = ((b"PLTE", PALETTE[: 1 << depth].tobytes()), *chunks)
    rows = interlaced_rows(values, depth) if interlaced else pack_rows(values, depth)
    data = build_png(values.shape[1], values.shape[0], depth, kind, rows, *chunks)
    if not interlaced:
        return data
    header = data[16:28] + b"\1"
    return SIGNATURE + chunk(b"IHDR", header) + data[33:]


def expected_pixels(values: NDArray[np.uint16], kind: int, depth: int) -> NDArray[np.uint16]:
    """(H, W, 1 or 3): what the values mean, in 8 bits, or in 16 where the file has them."""
    if kind == 3:
        return PALETTE[values[:, :, 0]].astype(np.uint16)
    colours = values[:, :, :-1] if kind in (4, 6) else values
    return colours * (255 // ((1 << depth) - 1)) if depth < 8 else colours


def split_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG file."""
    found, position = [], 8
    while position < len(data):
        size = struct.unpack(">I", data[position : position + 4])[0]
        found.append((data[position + 4 : position + 8], data[position + 8 : position + 8 + size]))
        position += size + 12
    return found


def join_chunks(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return SIGNATURE + b"".join(chunk(kind, content) for kind, content in chunks)

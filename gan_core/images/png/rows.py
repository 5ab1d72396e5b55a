"""Counts the rows of pixels that a damaged PNG file still holds, and mends a file that lacks none of them.

Viewers open a file whose pixels are all there although the end of their compressed data, or its checksum, is not.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from gan_core.images.png.chunks import END_CHUNK, SIGNATURE, PngFile, build_chunk
from gan_core.images.streams import FilePart

CHANNELS_BY_COLOUR_TYPE = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # of Adam7
READ_BYTES = 1 << 16
ZLIB_HEADER_BYTES = 2


def row_sizes(png: PngFile) -> list[tuple[int, int]]:
    """Number and bytes of the rows, the filter byte included, of the image or of each pass of an interlaced one."""
    bits = CHANNELS_BY_COLOUR_TYPE.get(png.colour_type, 1) * png.depth
    passes = PASSES if png.is_interlaced else ((0, 0, 1, 1),)
    sizes = []
    for left, top, step_x, step_y in passes:
        width, height = -(-(png.width - left) // step_x), -(-(png.height - top) // step_y)
        if width > 0 and height > 0:
            sizes.append((height, 1 + (width * bits + 7) // 8))
    return sizes


def inflate(png: PngFile, stream: BinaryIO, limit: int) -> Iterator[bytes]:
    """The decompressed data of the pixels piece by piece, up to `limit` bytes or to the first damage.

    The checksum at the end of the data is not looked at.
    """
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    skipped = total = 0
    for chunk in png.pixel_chunks:
        if chunk.kind != "IDAT":
            continue
        position = chunk.start
        while position < chunk.end:
            stream.seek(position)
            data = stream.read(min(READ_BYTES, chunk.end - position))
            position += len(data)
            start = min(ZLIB_HEADER_BYTES - skipped, len(data))
            skipped, data = skipped + start, data[start:]
            while data:
                try:
                    piece = decompressor.decompress(data, READ_BYTES * 16)
                except zlib.error:
                    return
                total += len(piece)
                yield piece
                if decompressor.eof or total >= limit:
                    return
                data = decompressor.unconsumed_tail


def held_share(png: PngFile, stream: BinaryIO) -> int:
    """How many per cent of the pixel data are there, rounded down."""
    expected = sum(count * size for count, size in row_sizes(png))
    return min(100, 100 * sum(len(piece) for piece in inflate(png, stream, expected)) // max(1, expected))


def mend_rows(png: PngFile, stream: BinaryIO, parts: list[bytes | FilePart]) -> list[bytes | FilePart] | int:
    """`parts` with the pixels compressed anew, or, where rows lack, how many per cent of the pixel data are there."""
    expected = sum(count * size for count, size in row_sizes(png))
    compressor, total, packed = zlib.compressobj(1), 0, []
    for piece in inflate(png, stream, expected):
        piece = piece[: expected - total]
        total += len(piece)
        packed.append(compressor.compress(piece))
    if total < expected:
        return total * 100 // expected if expected else 0
    packed.append(compressor.flush())
    head = [SIGNATURE, build_chunk(b"IHDR", image_header(png)), *(part for part in parts[1:] if is_palette(part))]
    return [*head, build_chunk(b"IDAT", b"".join(packed)), END_CHUNK]


def image_header(png: PngFile) -> bytes:
    return struct.pack(
        ">IIBBBBB", png.width, png.height, png.depth, png.colour_type, 0, 0, int(png.is_interlaced)
    )  # fmt: skip


def is_palette(part: bytes | FilePart) -> bool:
    """Whether a part is the palette, or its transparency."""
    return isinstance(part, bytes) and part[4:8] in (b"PLTE", b"tRNS")

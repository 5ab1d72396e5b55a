"""Reads the headers of a BMP file: size, depth, compression, masks, palette, resolution and colour profile.

The size of the second header tells its version: 12 bytes in OS/2 1, 16 and 64 in OS/2 2, 40 in Windows, 52, 56, 108 and
124 with masks and colour spaces (Microsoft, "Bitmap Header Types").
"""

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

FILE_HEADER_BYTES = 14
CORE_HEADER, SHORT_OS2_HEADER, OS2_HEADER, INFO_HEADER, V5_HEADER = 12, 16, 64, 40, 124
MASK_START = 40  # of the masks within a header, or behind one of 40 bytes
UNCOMPRESSED, RLE8, RLE4, BITFIELDS, EMBEDDED_JPEG, EMBEDDED_PNG, ALPHA_BITFIELDS = range(7)
RLE24 = 24  # stands for the 4 of OS/2
HUFFMAN = 30  # stands for the 3 of OS/2
OTHER_COMPRESSIONS = {11: "CMYK", 12: "CMYK with RLE", 13: "CMYK with RLE", HUFFMAN: "Huffman coding of OS/2"}
DEPTHS = (1, 2, 4, 8, 16, 24, 32)
DEFAULT_MASKS = {16: (0x7C00, 0x03E0, 0x001F, 0), 32: (0xFF0000, 0x00FF00, 0x0000FF, 0)}  # red, green, blue, alpha
INCHES_PER_METRE = 39.3701
EMBEDDED_PROFILE = b"DEBM"  # the value `MBED` of the field CSType
MAX_PROFILE_BYTES = 16 * 1024**2


class DamagedBmpError(ValueError):
    """A BMP file contradicts itself or is cut off."""


@dataclass(frozen=True)
class BmpHeader:
    """What the headers state; `position` is that of the pixels, `masks` are of red, green, blue and alpha (0: none)."""

    width: int
    height: int
    is_top_down: bool
    depth: int
    compression: int
    position: int
    file_bytes: int
    masks: tuple[int, int, int, int] = (0, 0, 0, 0)
    palette: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 3), np.uint8))  # (colours, 3)
    dpi: tuple[float, float] | None = None
    profile: bytes | None = None

    @property
    def row_bytes(self) -> int:
        """Bytes of an uncompressed row, with its padding."""
        return (self.width * self.depth + 31) // 32 * 4

    @property
    def channel_bits(self) -> int:
        """Bits of the deepest colour."""
        return max(mask_bits(mask) for mask in self.masks[:3]) if self.masks[0] else 8


def read_header(stream: BinaryIO) -> BmpHeader:
    """The headers of a BMP file. Raises DamagedBmpError."""
    file_bytes = stream.seek(0, 2)
    stream.seek(0)
    start = stream.read(FILE_HEADER_BYTES + 4)
    if len(start) < FILE_HEADER_BYTES + 4:
        raise DamagedBmpError("its header is cut off")
    position, header_bytes = struct.unpack_from("<II", start, 10)
    header = start[-4:] + stream.read(header_bytes - 4 if header_bytes <= 1024 else 0)
    if len(header) < header_bytes or header_bytes < CORE_HEADER:
        raise DamagedBmpError("its header is cut off")
    if header_bytes == CORE_HEADER:
        width, height, _, depth = struct.unpack_from("<HHHH", header, 4)
        compression = colours_used = 0
    else:
        if header_bytes < SHORT_OS2_HEADER:
            raise DamagedBmpError(f"its header has {header_bytes} bytes")
        width, height, _, depth = struct.unpack_from("<iiHH", header, 4)
        padded = header.ljust(MASK_START, b"\0")
        compression, _, _, _, colours_used = struct.unpack_from("<IIiiI", padded, 16)
    if width < 1 or height == 0 or height == -(2**31):
        raise DamagedBmpError(f"it states a size of {width} x {height}")
    if header_bytes in (SHORT_OS2_HEADER, OS2_HEADER):
        compression = {3: HUFFMAN, 4: RLE24}.get(compression, compression)
    masks, after_masks = read_masks(stream, header, depth, compression)
    palette = read_palette(stream, header_bytes, depth, colours_used, after_masks, position)
    end = after_masks + len(palette) * (3 if header_bytes == CORE_HEADER else 4)
    return BmpHeader(
        width,
        abs(height),
        height < 0,
        depth,
        compression,
        position if FILE_HEADER_BYTES + header_bytes <= position < file_bytes else end,
        file_bytes,
        masks,
        palette,
        read_dpi(header),
        read_profile(stream, header, file_bytes),
    )


def read_masks(stream: BinaryIO, header: bytes, depth: int, compression: int) -> tuple[tuple[int, int, int, int], int]:
    """The masks of red, green, blue and alpha, and the position behind them; zeros where colours have no masks."""
    end = FILE_HEADER_BYTES + len(header)
    if depth not in DEFAULT_MASKS:
        return (0, 0, 0, 0), end
    if compression not in (BITFIELDS, ALPHA_BITFIELDS):
        return DEFAULT_MASKS[depth], end
    count = 3 if len(header) == 52 or (len(header) == INFO_HEADER and compression == BITFIELDS) else 4
    if len(header) >= 52:
        data = header[MASK_START : MASK_START + 4 * count]
    else:
        stream.seek(end)
        data = stream.read(4 * count)
        end += 4 * count
    if len(data) < 4 * count:
        raise DamagedBmpError("its masks are cut off")
    masks = struct.unpack(f"<{count}I", data)
    if not any(masks[:3]):
        return DEFAULT_MASKS[depth], end
    return (masks[0], masks[1], masks[2], masks[3] if count == 4 else 0), end


def read_palette(
    stream: BinaryIO, header_bytes: int, depth: int, colours_used: int, start: int, pixels: int
) -> NDArray[np.uint8]:
    """The colours (N, 3) as red, green and blue: as many as are stated, and as lie before the pixels."""
    if depth > 8:
        return np.empty((0, 3), np.uint8)
    entry_bytes = 3 if header_bytes == CORE_HEADER else 4
    count = min(colours_used or 2**depth, 2**depth)
    if pixels > start:
        count = min(count, (pixels - start) // entry_bytes)
    stream.seek(start)
    data = stream.read(count * entry_bytes)
    entries = np.frombuffer(data[: len(data) // entry_bytes * entry_bytes], np.uint8).reshape(-1, entry_bytes)
    return entries[:, 2::-1]


def read_dpi(header: bytes) -> tuple[float, float] | None:
    """Dots per inch; None where the header does not tell."""
    if len(header) < 32:
        return None
    across, down = struct.unpack_from("<ii", header, 24)
    return (across / INCHES_PER_METRE, down / INCHES_PER_METRE) if across > 0 and down > 0 else None


def read_profile(stream: BinaryIO, header: bytes, file_bytes: int) -> bytes | None:
    """The embedded ICC profile; None where there is none or it does not lie in the file."""
    if len(header) < V5_HEADER or header[56:60] != EMBEDDED_PROFILE:
        return None
    position, size = struct.unpack_from("<II", header, 112)
    position += FILE_HEADER_BYTES
    if not 128 < size <= MAX_PROFILE_BYTES or position + size > file_bytes:
        return None
    stream.seek(position)
    profile = stream.read(size)
    return profile if profile[36:40] == b"acsp" else None


def mask_bits(mask: int) -> int:
    """The number of bits from the lowest to the highest of a mask."""
    return mask.bit_length() - mask_shift(mask) if mask else 0


def mask_shift(mask: int) -> int:
    """The position of the lowest bit of a mask that is not 0."""
    return (mask & -mask).bit_length() - 1

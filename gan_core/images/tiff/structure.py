"""Reads the directories of a TIFF or BigTIFF file: their tags, in bounded time and memory (TIFF 6.0, section 2).

A directory describes one image. The directories form a chain, and each may have children (`SubIFDs`).
"""

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAX_DIRECTORIES = 1000  # that are looked at in one file
MAX_ENTRIES = 4096  # of one directory
MAX_TEXT_BYTES = 1_000_000

NEW_SUBFILE_TYPE, SUBFILE_TYPE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
FILL_ORDER, DESCRIPTION, MAKE, STRIP_OFFSETS, ORIENTATION, SAMPLES, ROWS_PER_STRIP = 266, 270, 271, 273, 274, 277, 278
STRIP_BYTES, MAX_SAMPLE_VALUE, PLANAR, PREDICTOR, COLOUR_MAP, TILE_WIDTH, TILE_HEIGHT = (
    279,
    281,
    284,
    317,
    320,
    322,
    323,
)
TILE_OFFSETS, TILE_BYTES, SUB_DIRECTORIES, INK_SET, EXTRA_SAMPLES, SAMPLE_FORMAT = 324, 325, 330, 332, 338, 339
JPEG_TABLES, YCBCR_WEIGHTS, YCBCR_SUBSAMPLING, REFERENCE_BLACK_WHITE = 347, 529, 530, 532
MISSING_VALUE, DNG_VERSION = 42113, 50706
DIRECTORY_TAGS = (SUB_DIRECTORIES, 34665, 34853, 40965)  # whose values are positions of directories, such as EXIF
LAYOUT_TAGS = (  # without which an image is read wrongly
    WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES,
    PLANAR, PREDICTOR, COLOUR_MAP, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES, EXTRA_SAMPLES, SAMPLE_FORMAT,
    JPEG_TABLES, YCBCR_SUBSAMPLING,
)  # fmt: skip

NUMBER_TYPES = {  # number type of a field, as numpy names it, and how many make up one value
    1: ("u1", 1), 2: ("u1", 1), 3: ("u2", 1), 4: ("u4", 1), 5: ("u4", 2), 6: ("i1", 1), 7: ("u1", 1), 8: ("i2", 1),
    9: ("i4", 1), 10: ("i4", 2), 11: ("f4", 1), 12: ("f8", 1), 13: ("u4", 1), 16: ("u8", 1), 17: ("i8", 1),
    18: ("u8", 1),
}  # fmt: skip


class DamagedTiffError(ValueError):
    """The structure of a TIFF file is damaged, or it is cut off."""


@dataclass(frozen=True)
class Field:
    """A tag's value: number type, count of values, position in the file, and the entry's own bytes."""

    type: int
    count: int
    position: int
    entry: bytes


@dataclass(frozen=True)
class Directory:
    """The fields of one image by tag, and the positions of this directory and of the next (0: none)."""

    position: int
    fields: dict[int, Field]
    next_position: int


class TiffFile:
    """A TIFF file in a stream that can seek; directories are read when they are asked for."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises DamagedTiffError where the stream holds no whole header."""
        self.stream = stream
        self.size = stream.seek(0, 2)
        stream.seek(0)
        header = stream.read(16)
        self.order = "<" if header[:2] == b"II" else ">"
        self.is_big = 43 in header[2:4]
        if len(header) < (16 if self.is_big else 8):
            raise DamagedTiffError("its header is cut off")
        self.header_bytes = header[: 16 if self.is_big else 8]
        self.first_position = self.unpack("Q" if self.is_big else "I", header[8 if self.is_big else 4 :])
        self.offset_code, self.count_code = ("Q", "Q") if self.is_big else ("I", "H")

    def unpack(self, code: str, data: bytes) -> int:
        return struct.unpack_from(self.order + code, data)[0]

    def read(self, position: int, count: int) -> bytes:
        """Bytes of the file. Raises DamagedTiffError where it ends before."""
        if min(position, count) < 0 or position + count > self.size:
            raise DamagedTiffError("it refers to data beyond its end")
        self.stream.seek(position)
        return self.stream.read(count)

    @cached_property
    def chain(self) -> list[Directory]:
        """The directories from the first on, at most MAX_DIRECTORIES; damage after the first ends the chain.

        Raises DamagedTiffError where the first cannot be read.
        """
        directories = [self.read_directory(self.first_position)]
        seen = {self.first_position}
        while (position := directories[-1].next_position) and position not in seen and len(seen) < MAX_DIRECTORIES:
            seen.add(position)
            try:
                directories.append(self.read_directory(position))
            except DamagedTiffError:
                break
        return directories

    def children(self, directory: Directory) -> list[Directory]:
        """The directories that a directory refers to; damaged ones are left out."""
        children = []
        for position in self.integers(directory, SUB_DIRECTORIES)[:MAX_DIRECTORIES]:
            try:
                children.append(self.read_directory(position))
            except DamagedTiffError:
                continue
        return children

    def read_directory(self, position: int) -> Directory:
        count_bytes, entry_bytes, offset_bytes = (8, 20, 8) if self.is_big else (2, 12, 4)
        count = self.unpack(self.count_code, self.read(position, count_bytes))
        if not 0 < count <= MAX_ENTRIES:
            raise DamagedTiffError(f"a directory has {count} entries")
        start = position + count_bytes
        data = self.read(start, min(count * entry_bytes + offset_bytes, self.size - start))
        if len(data) < count * entry_bytes:
            raise DamagedTiffError("a directory is cut off")
        fields = {}
        for index in range(count):
            entry = data[index * entry_bytes : (index + 1) * entry_bytes]
            fields[self.unpack("H", entry)] = self.read_field(entry, start + index * entry_bytes)
        rest = data[count * entry_bytes :]
        return Directory(position, fields, self.unpack(self.offset_code, rest) if len(rest) >= offset_bytes else 0)

    def read_field(self, entry: bytes, position: int) -> Field:
        """The field of a directory's entry at a position; short values lie in the entry itself."""
        offset_bytes = 8 if self.is_big else 4
        type, count = self.unpack("H", entry[2:]), self.unpack(self.offset_code, entry[4:])
        name, factor = NUMBER_TYPES.get(type, ("u1", 1))
        if int(name[1]) * factor * count <= offset_bytes:
            return Field(type, count, position + 4 + offset_bytes, entry)
        return Field(type, count, self.unpack(self.offset_code, entry[4 + offset_bytes :]), entry)

    def narrow_directory(self, directory: Directory, position: int) -> tuple[dict[int, bytes], bytes]:
        """The fields of a BigTIFF file as entries of a TIFF file by tag, and numbers that are to lie at a position.

        What does not fit in a TIFF file is left out, and so are tags that refer to directories: these are of BigTIFF.
        """
        entries, lists = {}, b""
        for tag, field in directory.fields.items():
            name, factor = NUMBER_TYPES.get(field.type, ("u8", 1))
            size, type, value_position = int(name[1]) * factor * field.count, field.type, field.position
            if tag in DIRECTORY_TAGS or field.count >= 2**31 or (name[1] == "8" and name[0] != "u" and type != 12):
                continue
            if type in (16, 18):
                numbers = self.numbers(directory, tag)
                if not len(numbers) or numbers.max() >= 2**32:
                    continue
                data, type = numbers.astype(f"{self.order}u4").tobytes(), 4
                size, value_position = len(data), position + len(lists)
                lists += data if size > 4 else b""
                value = data
            else:
                value = field.entry[12:16]
            if size > 4 and value_position >= 2**32:
                continue
            value = value if size <= 4 else struct.pack(self.order + "I", value_position)
            entries[tag] = struct.pack(f"{self.order}HHI", tag, type, field.count) + value
        return entries, lists

    # Values ----------------------------------------------------------------------------------------------------------

    def numbers(self, directory: Directory, tag: int) -> NDArray[Any]:
        """The values of a tag, fractions as numerator and denominator; empty where it is missing or damaged."""
        field = directory.fields.get(tag)
        if field is None or field.type not in NUMBER_TYPES:
            return np.empty(0)
        name, factor = NUMBER_TYPES[field.type]
        try:
            data = self.read(field.position, int(name[1]) * factor * field.count)
        except DamagedTiffError:
            return np.empty(0)
        return np.frombuffer(data, self.order + name)

    def integers(self, directory: Directory, tag: int) -> list[int]:
        """The values of a tag as integers; empty where it is missing, damaged or of another type."""
        values = self.numbers(directory, tag)
        return values.tolist() if values.dtype.kind in "ui" else []

    def integer(self, directory: Directory, tag: int, default: int) -> int:
        """The first value of a tag."""
        values = self.integers(directory, tag)
        return values[0] if values else default

    def fractions(self, directory: Directory, tag: int) -> list[float]:
        """The values of a tag as fractions; empty where it is missing, damaged or divides by zero."""
        values = self.numbers(directory, tag).astype(np.float64)
        if len(values) % 2 or (values[1::2] == 0).any():
            return []
        return (values[::2] / values[1::2]).tolist()

    def text(self, directory: Directory, tag: int) -> str:
        """The value of a text tag; "" where it is missing, damaged or very long."""
        field = directory.fields.get(tag)
        if field is None or field.count > MAX_TEXT_BYTES:
            return ""
        return self.numbers(directory, tag).astype(np.uint8).tobytes().split(b"\0")[0].decode("utf-8", "replace")

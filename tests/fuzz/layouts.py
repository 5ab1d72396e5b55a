"""Where a file of a known format keeps its numbers and its parts, for mutations that keep the rest of it whole."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

MAX_ITEMS = 5000  # numbers and parts of a file: mutations may nest and repeat without end
MAX_DEPTH = 6  # of boxes within boxes
BOX_CONTAINERS = (b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"iinf", b"dinf")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
ZIP_NUMBERS = {  # of each record of a zip: where its numbers begin, and their bytes
    b"PK\x03\x04": ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    b"PK\x01\x02": (
        (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (34, 2), (38, 4), (42, 4),
    ),
    b"PK\x05\x06": ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """An integer in a file: where it begins, its bytes, and their order."""

    start: int
    width: int
    order: str  # "big" or "little"


@dataclass(frozen=True)
class Layout:
    """The numbers of a file, and its parts as ranges of bytes. Both may be empty."""

    numbers: list[Number]
    parts: list[tuple[int, int]]


def find_layout(data: bytes) -> Layout:
    """The layout of a file by its first bytes; that of a damaged one ends where it cannot be followed."""
    layout = Layout([], [])
    walk = walk_headers
    if data.startswith(PNG_SIGNATURE):
        walk = walk_png
    elif data.startswith(b"\xff\xd8"):
        walk = walk_jpeg
    elif data.startswith(b"RIFF"):
        walk = walk_riff
    elif data[4:8] == b"ftyp":
        walk = walk_boxes
    elif data[:4] in (b"II*\x00", b"MM\x00*"):
        walk = walk_tiff
    elif data.startswith(b"PK"):
        walk = walk_zip
    for item in islice(walk(data), MAX_ITEMS):
        if isinstance(item, Number):
            layout.numbers.append(item)
        else:
            layout.parts.append(item)
    return Layout([number for number in layout.numbers if number.start + number.width <= len(data)], layout.parts)


Item = Number | tuple[int, int]


def walk_headers(data: bytes) -> Iterator[Item]:
    """Any other file: every pair of bytes at its start may be a number."""
    for start in range(0, min(len(data), 140), 2):
        yield Number(start, 2, "little")
        yield Number(start, 4, "little")
    for start in range(0, len(data), 64):
        yield start, min(start + 64, len(data))


def walk_png(data: bytes) -> Iterator[Item]:
    start = len(PNG_SIGNATURE)
    while start + 12 <= len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        yield Number(start, 4, "big")
        if data[start + 4 : start + 8] in (b"IHDR", b"acTL", b"fcTL", b"gAMA", b"pHYs"):
            yield from (Number(start + 8 + offset, 4, "big") for offset in range(0, length - 3, 4))
            yield from (Number(start + 8 + offset, 1, "big") for offset in range(max(length - 5, 0), length))
        yield start, min(start + 12 + length, len(data))
        start += 12 + length


def walk_jpeg(data: bytes) -> Iterator[Item]:
    start = 2
    while start + 4 <= len(data) and data[start] == 0xFF:
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        yield Number(start + 2, 2, "big")
        yield Number(start + 1, 1, "big")
        if 0xC0 <= data[start + 1] <= 0xCF:  # a frame: precision, height, width, components
            yield from (Number(start + offset, width, "big") for offset, width in ((4, 1), (5, 2), (7, 2), (9, 1)))
        yield start, min(start + 2 + length, len(data))
        if data[start + 1] == 0xDA:  # the scan follows, up to the end
            break
        start += 2 + length


def walk_riff(data: bytes) -> Iterator[Item]:
    yield Number(4, 4, "little")
    start = 12
    while start + 8 <= len(data):
        length = int.from_bytes(data[start + 4 : start + 8], "little")
        yield Number(start + 4, 4, "little")
        yield from (Number(start + 8 + offset, 3, "little") for offset in range(0, min(length, 24), 3))
        yield start, min(start + 8 + length + length % 2, len(data))
        start += 8 + length + length % 2


def walk_boxes(data: bytes, start: int = 0, end: int | None = None, depth: int = 0) -> Iterator[Item]:
    """The boxes of HEIC and AVIF, those within containers included."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        length, kind = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        yield Number(start, 4, "big")
        yield start, min(start + max(length, 8), end)
        if kind in BOX_CONTAINERS and depth < MAX_DEPTH:
            skipped = 12 if kind == b"meta" else 14 if kind == b"iinf" else 8
            yield from walk_boxes(data, start + skipped, min(start + length, end), depth + 1)
        elif length < 200:
            yield from (Number(start + offset, 4, "big") for offset in range(8, length - 3, 2))
        start += max(length, 8)


def walk_tiff(data: bytes) -> Iterator[Item]:
    order, mark = ("little", "<") if data[:2] == b"II" else ("big", ">")
    yield Number(4, 4, order)
    (start,), seen = struct.unpack(f"{mark}I", data[4:8]) if len(data) >= 8 else (0,), set()
    while 0 < start <= len(data) - 2 and start not in seen:
        seen.add(start)
        count = min(int.from_bytes(data[start : start + 2], order), 500)
        yield Number(start, 2, order)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            yield entry, entry + 12
            yield from (
                Number(entry + offset, width, order) for offset, width in ((0, 2), (2, 2), (4, 4), (8, 4), (8, 2))
            )
        start = int.from_bytes(data[start + 2 + 12 * count : start + 6 + 12 * count], order)
    yield from ((piece, min(piece + 256, len(data))) for piece in range(8, len(data), 256))


def walk_zip(data: bytes) -> Iterator[Item]:
    starts = [match.start() for match in re.finditer(rb"PK(\x01\x02|\x03\x04|\x05\x06)", data)]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield start, end
        numbers = ZIP_NUMBERS[data[start : start + 4]]
        yield from (Number(start + offset, width, "little") for offset, width in numbers)


def with_right_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums of their contents, so that a decoder looks at these; others as they are."""
    if not data.startswith(PNG_SIGNATURE):
        return data
    parts, start = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while start + 12 <= len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        body = data[start + 4 : start + 8 + length]
        parts += [data[start : start + 4], body, struct.pack(">I", zlib.crc32(body))]
        start += 12 + length
    return b"".join([*parts, data[start:]])

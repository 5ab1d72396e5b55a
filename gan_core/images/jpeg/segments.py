"""Reads the segments of a JPEG file and finds its scans and its end (ITU-T T.81, annex B)."""

import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

START, END, START_OF_SCAN, COMMENT, APP1, APP2 = 0xD8, 0xD9, 0xDA, 0xFE, 0xE1, 0xE2
FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC} | {0xF7}
LOSSLESS_MARKERS, HIERARCHICAL_MARKERS, LS_MARKER = {0xC3, 0xCB}, {0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF}, 0xF7
PROGRESSIVE_MARKERS = {0xC2, 0xCA}
MAX_SEGMENTS = 20_000
KEPT_MARKERS = {COMMENT, APP1, APP2}
MAX_KEPT_BYTES = 64 * 1024**2
READ_BYTES = 1 << 20
MARKER_IN_SCAN = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)  # restart marks belong to the scan


@dataclass(frozen=True)
class Scan:
    """A scan: the components that it holds, its coefficients from `low` to `high`, the bits that come before and after
    it (`high_bit` 0: none before), and where its data lie."""

    components: tuple[int, ...]
    low: int
    high: int
    high_bit: int
    low_bit: int
    start: int
    end: int

    @property
    def is_coarse(self) -> bool:
        """Whether it holds the means of the blocks, without which nothing is seen of them."""
        return self.low == 0 and self.high_bit == 0


@dataclass
class JpegFile:
    """What the segments of a JPEG file say. `end` is the position behind its last scan or end mark; without an end
    mark `has_end` is False."""

    frame_marker: int = 0
    precision: int = 8
    width: int = 0
    height: int = 0
    components: tuple[int, ...] = ()
    segments: list[tuple[int, bytes]] = field(default_factory=list)  # marker and content, of KEPT_MARKERS
    scans: list[Scan] = field(default_factory=list)
    end: int = 0
    has_end: bool = False

    @property
    def is_progressive(self) -> bool:
        return self.frame_marker in PROGRESSIVE_MARKERS

    def contents(self, marker: int, prefix: bytes = b"") -> list[bytes]:
        """The contents of the segments of a marker that begin with a prefix, without it."""
        return [
            content[len(prefix) :] for kind, content in self.segments if kind == marker and content.startswith(prefix)
        ]


def read_jpeg(stream: BinaryIO, length: int, with_scans: bool) -> JpegFile:
    """The segments of a JPEG file of `length` bytes up to its first scan, or up to its end `with_scans`."""
    file, position, kept = JpegFile(), 2, 0
    for _ in range(MAX_SEGMENTS):
        found = find_marker(stream, position, length)
        if found is None:
            file.end = file.scans[-1].end if file.scans else length
            return file
        marker, _, position = found
        if marker == END:
            file.end, file.has_end = position, True
            return file
        if marker in (START, 0x01):
            continue
        content_start, size = position + 2, read_length(stream, position)
        if size is None or content_start + size > length:  # a segment that is cut off
            file.end = position - 2
            return file
        position = content_start + size
        if marker == START_OF_SCAN:
            if not with_scans:
                return file
            end = find_end_of_scan(stream, position, length)
            add_scan(file, read_at(stream, content_start, size), position, end)
            position = file.end = end
        elif marker in FRAME_MARKERS:
            read_frame(file, marker, read_at(stream, content_start, size))
        elif marker in KEPT_MARKERS and kept + size <= MAX_KEPT_BYTES:
            kept += size
            file.segments.append((marker, read_at(stream, content_start, size)))
    file.end = length
    return file


def read_at(stream: BinaryIO, position: int, size: int) -> bytes:
    stream.seek(position)
    return stream.read(size)


def read_length(stream: BinaryIO, position: int) -> int | None:
    """The bytes of the content of a segment, None where the file ends before they are stated."""
    data = read_at(stream, position, 2)
    return None if len(data) < 2 else max(0, struct.unpack(">H", data)[0] - 2)


def find_marker(stream: BinaryIO, position: int, length: int) -> tuple[int, int, int] | None:
    """The next marker from a position on, what is none is passed over, and where it begins and ends."""
    while position < length:
        data = read_at(stream, position, READ_BYTES)
        match = MARKER_IN_SCAN.search(data)
        if match:
            return match[1][0], position + match.start(), position + match.end()
        position += max(1, len(data) - 1)  # 0xFF may be its last byte
    return None


def find_end_of_scan(stream: BinaryIO, position: int, length: int) -> int:
    """The position of the marker that ends the scan, or the end of the file, less the first byte of a marker."""
    found = find_marker(stream, position, length)
    if found is not None:
        return found[1]
    while length > position and read_at(stream, length - 1, 1) == b"\xff":
        length -= 1
    return length


def read_frame(file: JpegFile, marker: int, content: bytes) -> None:
    """Fills in what a frame header says; the first one counts."""
    if len(content) < 6 or file.frame_marker:
        return
    file.frame_marker = marker
    file.precision, file.height, file.width, count = struct.unpack(">BHHB", content[:6])
    file.components = tuple(content[6 : 6 + 3 * count : 3])


def add_scan(file: JpegFile, header: bytes, start: int, end: int) -> None:
    """Adds a scan by its header."""
    count = header[0] if header else 0
    if len(header) < 4 + 2 * count:
        return
    low, high, bits = header[1 + 2 * count : 4 + 2 * count]
    file.scans.append(Scan(tuple(header[1 : 1 + 2 * count : 2]), low, high, bits >> 4, bits & 15, start, end))

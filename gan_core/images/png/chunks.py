"""Reads the chunks of a PNG file, and puts together a file with no more than Pillow needs to decode the pixels.

Texts, profiles and colours are read from the chunks here, within bounds of their size: Pillow refuses the whole file
where one of them is longer than a megabyte, has a wrong checksum, or is cut off.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from gan_core.errors import UsageError
from gan_core.images.streams import FilePart, stream_length

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHUNK_OVERHEAD_BYTES = 12  # length, kind and checksum
END_CHUNK = bytes(4) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
MAX_CHUNK_BYTES = 64 * 1024**2  # of a chunk whose content is kept
MAX_KEPT_BYTES = 128 * 1024**2  # of all chunks whose content is kept
MAX_CHUNKS = 1_000_000
ANIMATION_CHUNKS = ("acTL", "fcTL", "fdAT")
COLOUR_CHUNKS = ("cICP", "iCCP", "sRGB", "gAMA", "cHRM", "mDCV", "cLLI", "pHYs", "tRNS")
TEXT_CHUNKS = ("tEXt", "zTXt", "iTXt", "eXIf")
PALETTE_COLOUR_TYPE = 3
PALETTE_BYTES = 256 * 3


@dataclass(frozen=True)
class Chunk:
    """A chunk as it lies in the file: its content is file[start:end], cut off where `is_cut`."""

    kind: str
    start: int
    end: int
    is_cut: bool = False


@dataclass
class PngFile:
    """What a PNG file holds: header, the chunks that decoding needs, and the contents of the others by their kind.

    `trailing_bytes` follow the end mark. `damaged` are the kinds of chunks with a wrong checksum, `oversized` of those
    too long to be kept.
    """

    width: int = 0
    height: int = 0
    depth: int = 0
    colour_type: int = 0
    is_interlaced: bool = False
    pixel_chunks: list[Chunk] = field(default_factory=list)
    contents: list[tuple[str, bytes]] = field(default_factory=list)
    has_end: bool = False
    trailing_bytes: int = 0
    damaged: list[str] = field(default_factory=list)
    oversized: list[str] = field(default_factory=list)

    def content(self, kind: str) -> bytes | None:
        """The content of the first chunk of a kind."""
        return next((content for chunk_kind, content in self.contents if chunk_kind == kind), None)

    @property
    def is_animated(self) -> bool:
        return any(chunk.kind == "acTL" for chunk in self.pixel_chunks)


def read_png(stream: BinaryIO, name: str) -> PngFile:
    """The chunks of a PNG file. Raises UsageError on an Apple variant that is no PNG, and on a header that is none."""
    png = PngFile()
    length = stream_length(stream)
    kept_bytes = 0
    for chunk in iterate_chunks(stream, length):
        if chunk.kind == "CgBI":
            raise UsageError(
                f"{name} is a PNG optimised for Apple devices (CgBI), not a readable image. Supported is ordinary PNG: "
                "convert it, for example with Xcode's pngcrush -revert-iphone-optimizations."
            )
        if chunk.kind == "IEND":
            png.has_end = chunk.end + 4 <= length
            png.trailing_bytes = max(0, length - chunk.end - 4)
            break
        if chunk.kind in (*COLOUR_CHUNKS, *TEXT_CHUNKS) and not chunk.is_cut:
            size = chunk.end - chunk.start
            if size > MAX_CHUNK_BYTES or kept_bytes + size > MAX_KEPT_BYTES:
                png.oversized.append(chunk.kind)
                continue
            kept_bytes += size
            content = read_content(stream, chunk)
            if content is None:
                png.damaged.append(chunk.kind)
            else:
                png.contents.append((chunk.kind, content))
        elif chunk.kind == "PLTE" and read_content(stream, chunk) is None:
            png.damaged.append(chunk.kind)
        elif chunk.kind in ("IHDR", "PLTE", "IDAT", *ANIMATION_CHUNKS):
            png.pixel_chunks.append(chunk)
    read_image_header(png, stream, name)
    if png.colour_type == PALETTE_COLOUR_TYPE and not any(chunk.kind == "PLTE" for chunk in png.pixel_chunks):
        raise UsageError(f"{name} is damaged: its palette is missing.")
    return png


def iterate_chunks(stream: BinaryIO, length: int) -> Iterator[Chunk]:
    """The chunks of a file of `length` bytes, up to its end mark, its end, or what is no chunk."""
    position = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        stream.seek(position)
        head = stream.read(8)
        if len(head) < 8 or not re.fullmatch(rb"[A-Za-z]{4}", head[4:]):
            return
        start, size = position + 8, struct.unpack(">I", head[:4])[0]
        yield Chunk(head[4:].decode("ascii"), start, min(start + size, length), start + size > length)
        position = start + size + 4


def read_content(stream: BinaryIO, chunk: Chunk) -> bytes | None:
    """The content of a chunk, None where its checksum is wrong."""
    stream.seek(chunk.start)
    content, checksum = stream.read(chunk.end - chunk.start), stream.read(4)
    return content if checksum == struct.pack(">I", zlib.crc32(content, zlib.crc32(chunk.kind.encode()))) else None


def read_image_header(png: PngFile, stream: BinaryIO, name: str) -> None:
    """Fills in what IHDR says."""
    header = png.pixel_chunks[0] if png.pixel_chunks else None
    content = read_content(stream, header) if header and header.kind == "IHDR" else None
    if content is None or len(content) != 13:
        raise UsageError(f"{name} starts like a PNG file, but is damaged or cut off.")
    png.width, png.height, png.depth, png.colour_type, _, _, interlace = struct.unpack(">IIBBBBB", content)
    png.is_interlaced = bool(interlace)


# The file for Pillow -------------------------------------------------------------------------------------------------


def decodable_parts(png: PngFile, stream: BinaryIO, with_animation: bool = True) -> list[bytes | FilePart]:
    """The parts of a PNG file that holds the pixels, the palette with its transparency, and the frames.

    A palette is filled up with black, which indices beyond it stand for. A chunk that is cut off gets the length that
    it has, and the end mark is there.
    """
    parts: list[bytes | FilePart] = [SIGNATURE]
    for chunk in png.pixel_chunks:
        if chunk.kind in ANIMATION_CHUNKS and not with_animation:
            continue
        if chunk.kind == "PLTE":
            content = read_content(stream, chunk)
            if content is not None and png.colour_type == PALETTE_COLOUR_TYPE:
                parts.append(build_chunk(b"PLTE", content[:PALETTE_BYTES].ljust(PALETTE_BYTES, b"\0")))
                if transparency := png.content("tRNS"):
                    parts.append(build_chunk(b"tRNS", transparency[:256]))
        elif chunk.is_cut:
            head = struct.pack(">I", chunk.end - chunk.start) + chunk.kind.encode()
            parts += [head, FilePart(chunk.start, chunk.end), bytes(4)]
        else:
            previous = parts[-1]
            start = chunk.start - 8
            if isinstance(previous, FilePart) and previous.end == start:
                start = previous.start
                parts.pop()
            parts.append(FilePart(start, chunk.end + 4))
    return [*parts, END_CHUNK]


# Whole files in memory -----------------------------------------------------------------------------------------------


def build_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))


def split_chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk of a file that is whole."""
    position = len(SIGNATURE)
    while position < len(file):
        length, kind = struct.unpack_from(">I4s", file, position)
        yield kind, file[position + 8 : position + 8 + length]
        position += CHUNK_OVERHEAD_BYTES + length

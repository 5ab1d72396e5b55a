"""Opens a WebP file of any origin as a Pillow image; one that is cut off behind its pixels is mended.

The decoder refuses a file that is a byte short. A file whose pixels are cut off is filled up, with zeros and with noise
in turn: the rows that differ are those that are missing.
"""

import random
import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import WebPImagePlugin

from gan_core.errors import UsageError
from gan_core.images.streams import FilePart, patched_stream, stream_length

PIXEL_CHUNKS = (b"VP8 ", b"VP8L", b"ALPH", b"ANMF")
METADATA_FLAGS = 0b00101100  # of VP8X: profile, EXIF and XMP
FLAGS_BY_CHUNK = {b"ICCP": 0b00100000, b"EXIF": 0b00001000, b"XMP ": 0b00000100}
FILLINGS = (b"\0", b"\xff", b"\x55", *(random.Random(seed).randbytes(4093) for seed in (1, 2, 3)))
FEW_BYTES = 16  # that are missing and may be the last block
BLOCK_PX = 24  # of the last block and what the filter of the decoder spreads of it
MAX_CHUNKS = 100_000
MAX_FILLED_BYTES = 1024  # that are missing at most where it is worth looking which rows they hold
MAX_PIXELS = 25_000_000  # of an image that is decoded several times


@dataclass(frozen=True)
class Chunk:
    """A chunk: its content is file[start:end], of which the file holds no more than up to `held`."""

    kind: bytes
    start: int
    end: int
    held: int

    @property
    def is_cut(self) -> bool:
        return self.held < self.end


class WebpImage(WebPImagePlugin.WebPImageFile):
    """A WebP image; `notes` are sentences on what is missing without a loss of rows."""

    notes: list[str]


def open_webp_image(stream: BinaryIO, name: str) -> WebpImage:
    """Opens a WebP file. Raises UsageError where rows are missing, and what Pillow raises where it is damaged."""
    length = stream_length(stream)
    chunks, filling = list_chunks(stream, length), b"\0"
    cut = next((chunk for chunk in chunks if chunk.is_cut), None)
    try:
        image = WebpImage(patched_stream(stream, [FilePart(0, length)]))
        image.notes = []
        return image
    except Exception:  # Pillow raises all kinds of exceptions on damaged data
        pixels = [chunk for chunk in chunks if chunk.kind in PIXEL_CHUNKS]
        if not pixels or (cut and cut.kind == b"ANMF"):
            raise
        if cut and cut.kind in PIXEL_CHUNKS:
            filling = validate_rows(stream, chunks, name)
    image = WebpImage(rebuild(stream, chunks, filling))
    image.notes = [f"{name} is cut off or damaged at its end; it is read as far as it goes."]
    return image


def list_chunks(stream: BinaryIO, length: int) -> list[Chunk]:
    """The chunks of a file of `length` bytes, at most MAX_CHUNKS."""
    chunks, position = [], 12
    while position + 8 <= length and len(chunks) < MAX_CHUNKS:
        stream.seek(position)
        kind, size = struct.unpack("<4sI", stream.read(8))
        start = position + 8
        chunks.append(Chunk(kind, start, start + size, min(start + size, length)))
        position = start + size + size % 2
    return chunks


def rebuild(stream: BinaryIO, chunks: list[Chunk], filling: bytes) -> BinaryIO:
    """A file of the chunks: one of pixels that is cut off is filled up, one of metadata is left out."""
    parts: list[bytes | FilePart] = []
    size = 4
    kept = [chunk for chunk in chunks if not chunk.is_cut or chunk.kind in PIXEL_CHUNKS]
    kinds = {chunk.kind for chunk in kept}
    for chunk in kept:
        missing = chunk.end - chunk.held
        content: list[bytes | FilePart] = [FilePart(chunk.start, chunk.held)]
        if chunk.kind == b"VP8X":
            content = [header_for(stream, chunk, kinds)]
        content.append((filling * (missing // len(filling) + 1))[:missing])
        length = chunk.end - chunk.start
        parts += [struct.pack("<4sI", chunk.kind, length), *content, bytes(length % 2)]
        size += 8 + length + length % 2
    return patched_stream(stream, [b"RIFF" + struct.pack("<I", size) + b"WEBP", *parts])


def header_for(stream: BinaryIO, chunk: Chunk, kinds: set[bytes]) -> bytes:
    """The content of VP8X that announces only the metadata that are there."""
    stream.seek(chunk.start)
    content = stream.read(chunk.end - chunk.start)
    flags = sum(flag for kind, flag in FLAGS_BY_CHUNK.items() if kind in kinds)
    return bytes([content[0] & ~METADATA_FLAGS | content[0] & flags]) + content[1:]


def validate_rows(stream: BinaryIO, chunks: list[Chunk], name: str) -> bytes:
    """A filling with which the file can be decoded. Raises UsageError where more than its last block is missing."""
    missing = sum(chunk.end - chunk.held for chunk in chunks)
    fillings = FILLINGS if missing <= MAX_FILLED_BYTES else ()  # to decode that often takes long
    decoded = [(filling, pixels) for filling in fillings if (pixels := decode(stream, chunks, filling)) is not None]
    if not decoded or (len(decoded) == 1 and missing > FEW_BYTES):
        share = (
            100 * sum(chunk.held - chunk.start for chunk in chunks) // sum(chunk.end - chunk.start for chunk in chunks)
        )
        raise UsageError(f"{name} is damaged or cut off: {share} % of its data are there.")
    (filling, first), *others = decoded
    differs = np.zeros(first.shape, bool)
    for _, other in others:
        differs |= first != other
    rows, columns, _ = differs.nonzero()
    height, width = first.shape[:2]
    if len(rows) and (rows.min() < height - BLOCK_PX or columns.min() < width - BLOCK_PX):
        share = 100 * int(rows.min()) // height
        raise UsageError(f"{name} is damaged or cut off: {share} % of its rows are there, from the top.")
    return filling


def decode(stream: BinaryIO, chunks: list[Chunk], filling: bytes) -> NDArray[np.uint8] | None:
    """The pixels (H, W, 4) with what is missing filled up; None where that cannot be decoded."""
    try:
        image = WebPImagePlugin.WebPImageFile(rebuild(stream, chunks, filling))
        if image.width * image.height > MAX_PIXELS:
            return None
        return np.asarray(image.convert("RGBA"))
    except MemoryError:
        raise
    except Exception:  # Pillow raises all kinds of exceptions on damaged data
        return None

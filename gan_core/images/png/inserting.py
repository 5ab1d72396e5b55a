"""Inserts chunks into a PNG file while Pillow writes it, of kinds that Pillow leaves out."""

import struct
from typing import IO

from gan_core.images.png.chunks import SIGNATURE, build_chunk

HEADER_BYTES = len(SIGNATURE) + 25  # the signature and the chunk IHDR


class InsertingStream:
    """A stream for Pillow's writer that passes everything on to `stream`, with `chunks` behind the header."""

    def __init__(self, stream: IO[bytes], chunks: bytes) -> None:
        self.stream, self.chunks, self.written = stream, chunks, 0

    def write(self, data: bytes) -> int:
        missing = HEADER_BYTES - self.written
        self.written += len(data)
        if 0 < missing <= len(data):
            self.stream.write(data[:missing])
            self.stream.write(self.chunks)
            self.stream.write(data[missing:])
        else:
            self.stream.write(data)
        return len(data)

    def flush(self) -> None:
        self.stream.flush()


def aspect_chunk(aspect: tuple[int, int]) -> bytes:
    """The chunk pHYs that states how many pixels, across and down, have the same length."""
    return build_chunk(b"pHYs", struct.pack(">IIB", *aspect, 0))

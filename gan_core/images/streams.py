"""A read-only stream that is put together from parts of a file and other bytes, without copying the file.

Decoders get files through it whose faults were mended, such as a brand that they do not know or a missing end mark.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

TAIL_READ_BYTES = 1 << 16


@dataclass(frozen=True)
class FilePart:
    """Bytes of the file, from `start` up to `end`."""

    start: int
    end: int


class PatchedStream(io.RawIOBase):
    """A stream of `parts` in order: bytes as they are, and parts of the stream `file`."""

    def __init__(self, file: BinaryIO, parts: Sequence[bytes | FilePart]) -> None:
        self.file, self.parts = file, [part for part in parts if part_length(part) > 0]
        self.starts = [0]
        for part in self.parts:
            self.starts.append(self.starts[-1] + part_length(part))
        self.position, self.index = 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.starts[-1]}[whence]
        if base + offset < 0:
            raise OSError(22, "Invalid argument")
        self.position = base + offset
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Fills the buffer from the part at the position; at most to the end of that part."""
        index = self.index_of_part()
        if index is None:
            return 0
        part, offset = self.parts[index], self.position - self.starts[index]
        count = min(len(buffer), self.starts[index + 1] - self.position)
        if isinstance(part, bytes):
            data = part[offset : offset + count]
        else:
            self.file.seek(part.start + offset)
            data = self.file.read(count)
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)

    def index_of_part(self) -> int | None:
        """The index of the part at the position, None at the end; the search begins at the last one."""
        if not 0 <= self.position < self.starts[-1]:
            return None
        if self.position < self.starts[self.index]:
            self.index = 0
        while self.position >= self.starts[self.index + 1]:
            self.index += 1
        return self.index


def part_length(part: bytes | FilePart) -> int:
    return len(part) if isinstance(part, bytes) else part.end - part.start


def patched_stream(file: BinaryIO, parts: Sequence[bytes | FilePart]) -> BinaryIO:
    """A buffered stream of the parts; `file` must stay open while it is used."""
    return io.BufferedReader(PatchedStream(file, parts), 1 << 16)  # pyright: ignore[reportReturnType]


def stream_length(file: BinaryIO) -> int:
    """The number of bytes of a stream; its position becomes 0."""
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    return length


def without_zero_tail(file: BinaryIO, shortest: int) -> BinaryIO:
    """The stream without the zeros at its end, where there are at least `shortest`; its position is 0.

    Downloads that were broken off leave them in place of the rest, and decoders take them for pixels.
    """
    end = length = stream_length(file)
    while end:
        start = max(0, end - TAIL_READ_BYTES)
        file.seek(start)
        kept = len(file.read(end - start).rstrip(b"\0"))
        end = start + kept
        if kept:
            break
    file.seek(0)
    return patched_stream(file, [FilePart(0, end)]) if length - end >= shortest else file

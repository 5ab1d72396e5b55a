"""Writes animated WebPs."""

import struct
from collections.abc import Iterator
from fractions import Fraction

from gan_core.errors import UsageError
from gan_core.images.animation.writer import AnimationWriter, FrameClock, encode_still
from gan_core.images.reading import DecodedImage

MAX_PLAYS = 65_535
MAX_MS = 2**24 - 1
ANIMATED_FLAG, ALPHA_FLAG = 0x02, 0x10  # of the extended header
METADATA_FLAGS = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}
REPLACE_FLAG = 0x02  # of a frame: its pixels replace what is there
MAX_RIFF_BYTES = 2**32 - 16


class WebpAnimationWriter(AnimationWriter):
    """Writes an animated WebP: an extended header, an ANIM chunk, then one ANMF chunk a frame."""

    def write_frame(self, image: DecodedImage, duration: Fraction, is_still: bool) -> None:
        box = self.changed_box(image, 2)
        file, notes = encode_still(box.crop(image), "WebP", self.quality, with_metadata=self.written == 0)
        chunks = dict(split_riff(file))
        if self.written == 0:
            for text in notes:
                self.note(text)
            self.clock = FrameClock(1000, MAX_MS)
            self.write_head(image.size, chunks)
        numbers = (box.left // 2, box.top // 2, box.width - 1, box.height - 1, self.clock.ticks(duration))
        header = b"".join(struct.pack("<I", number)[:3] for number in numbers) + bytes([REPLACE_FLAG])
        data = [(name, chunks[name]) for name in (b"ALPH", b"VP8 ", b"VP8L") if name in chunks]
        self.stream.write(build_riff(b"ANMF", header + b"".join(build_riff(*chunk) for chunk in data)))
        if self.stream.tell() > MAX_RIFF_BYTES:
            raise UsageError("The animation exceeds the 4 GB of a WebP: choose .png, or a smaller --scale.")

    def write_head(self, size: tuple[int, int], chunks: dict[bytes, bytes]) -> None:
        """Writes what precedes the frames, and keeps the metadata that follow them."""
        flags = ANIMATED_FLAG | (ALPHA_FLAG if self.transparent else 0)
        flags |= sum(flag for name, flag in METADATA_FLAGS.items() if name in chunks)
        sides = b"".join(struct.pack("<I", side - 1)[:3] for side in size)
        self.stream.write(b"RIFF\0\0\0\0WEBP" + build_riff(b"VP8X", struct.pack("<I", flags) + sides))
        if b"ICCP" in chunks:
            self.stream.write(build_riff(b"ICCP", chunks[b"ICCP"]))
        self.stream.write(build_riff(b"ANIM", bytes(4) + struct.pack("<H", min(self.plays, MAX_PLAYS))))
        self.tail = b"".join(build_riff(name, chunks[name]) for name in (b"EXIF", b"XMP ") if name in chunks)

    def close(self) -> tuple[str, ...]:
        self.stream.write(self.tail)
        length = self.stream.tell()
        self.stream.seek(4)
        self.stream.write(struct.pack("<I", length - 8))
        self.stream.seek(length)
        if self.clock.was_rounded:
            self.note("WebP counts time in milliseconds: times of frames were rounded.")
        return tuple(self.notes)


def split_riff(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk of a WebP."""
    position = 12
    while position + 8 <= len(file):
        name, length = struct.unpack_from("<4sI", file, position)
        yield name, file[position + 8 : position + 8 + length]
        position += 8 + length + length % 2


def build_riff(name: bytes, content: bytes) -> bytes:
    """The bytes of a RIFF chunk: name, length, content, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)

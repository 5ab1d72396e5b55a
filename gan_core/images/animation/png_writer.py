"""Writes animated PNGs (APNG)."""

import struct
from dataclasses import replace
from fractions import Fraction

from gan_core.images.animation.writer import AnimationWriter, Box, alpha_or_opaque, encode_still
from gan_core.images.png.chunks import SIGNATURE, build_chunk, split_chunks
from gan_core.images.reading import DecodedImage

MAX_16_BIT = 65_535


class PngAnimationWriter(AnimationWriter):
    """Writes an APNG: full metadata with the first frame, then fcTL and fdAT chunks."""

    holds_still = True
    sequence_number = 0
    tail = b""

    def write_frame(self, image: DecodedImage, duration: Fraction, is_still: bool) -> None:
        if self.transparent:  # all frames are of one colour type
            image = replace(image, alpha=alpha_or_opaque(image))
        is_first = self.written == 0
        box = self.changed_box(image)
        file, notes = encode_still(box.crop(image), "PNG", self.quality, with_metadata=is_first)
        chunks = [*split_chunks(file)]
        if is_first:
            for text in notes:
                self.note(text)
            self.write_head(chunks, is_still)
        if not is_still:
            self.write_control(box, duration)
        for name, content in chunks:
            if name == b"IDAT" and is_first:
                self.stream.write(build_chunk(name, content))
            elif name == b"IDAT":
                self.stream.write(build_chunk(b"fdAT", self.next_number() + content))

    def write_head(self, chunks: list[tuple[bytes, bytes]], has_still: bool) -> None:
        """Writes what precedes the pixels, and keeps what follows them."""
        first_data = next(position for position, (name, _) in enumerate(chunks) if name == b"IDAT")
        control = struct.pack(">II", self.frame_count - has_still, min(self.plays, 2**31 - 1))
        head = [chunks[0], (b"acTL", control), *chunks[1:first_data]]
        self.stream.write(SIGNATURE + b"".join(build_chunk(*chunk) for chunk in head))
        tail = [chunk for chunk in chunks[first_data:] if chunk[0] != b"IDAT"]
        self.tail = b"".join(build_chunk(*chunk) for chunk in tail)

    def write_control(self, box: Box, duration: Fraction) -> None:
        time = fit_fraction(duration)
        position = struct.pack(">IIII", box.width, box.height, box.left, box.top)
        delay = struct.pack(">HHBB", time.numerator, time.denominator, 0, 0)  # kept afterwards, replaces what is there
        self.stream.write(build_chunk(b"fcTL", self.next_number() + position + delay))

    def next_number(self) -> bytes:
        self.sequence_number += 1
        return struct.pack(">I", self.sequence_number - 1)

    def close(self) -> tuple[str, ...]:
        self.stream.write(self.tail)
        return tuple(self.notes)


def fit_fraction(duration: Fraction) -> Fraction:
    """Seconds as a fraction of two numbers of 16 bits, exactly where that can be."""
    duration = min(duration, Fraction(MAX_16_BIT))
    if max(duration.numerator, duration.denominator) <= MAX_16_BIT:
        return duration
    return duration.limit_denominator(max(1, int(MAX_16_BIT / max(duration, 1))))

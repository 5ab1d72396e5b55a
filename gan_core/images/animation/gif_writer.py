"""Writes GIFs, animated and still."""

import struct
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from gan_core.images.animation.gif_palette import OPAQUE_FROM, TRANSPARENT_INDEX, GifPalette, choose_palette
from gan_core.images.animation.writer import AnimationWriter, Box, FrameClock, alpha_or_opaque
from gan_core.images.metadata import ImageMetadata
from gan_core.images.reading import DecodedImage, convert_to_srgb
from gan_core.images.texts import COMMENT

MAX_16_BIT = 65_535


class GifAnimationWriter(AnimationWriter):
    """Writes a GIF: a palette for the whole file, and one for a frame where that serves it far better.

    A frame is written once the next is known, for its disposal depends on what that one leaves free.
    """

    KEEP_AFTERWARDS, CLEAR_AFTERWARDS = 1, 2
    palette: GifPalette | None = None
    is_from_gif = False  # whose half transparent pixels have come by the enlargement alone
    pending: tuple[DecodedImage, Box, Fraction] | None = None

    def write_frame(self, image: DecodedImage, duration: Fraction, is_still: bool) -> None:
        if self.written == 0:
            self.clock = FrameClock(100, MAX_16_BIT)
            self.icc_profile = image.metadata.icc_profile
            self.comment = image.metadata.text_chunks.get(COMMENT, "")
            if parts := unheld_parts(image.metadata):
                self.note(f"GIF has no place for {', '.join(parts)}: left out.")
        image = self.fit(image)
        box = Box(0, 0, *image.size)
        if self.pending is not None:
            box = self.flush(image)
        self.pending = image, box, duration

    def fit(self, image: DecodedImage) -> DecodedImage:
        """The frame as sRGB, its alpha 0 or 255."""
        if self.icc_profile:
            image = to_srgb(image, self.icc_profile)
            self.note("GIF cannot hold the colour profile: the image was converted to sRGB.")
        if image.alpha is None:
            return image
        hard = np.where(image.alpha < OPAQUE_FROM, 0, 255).astype(np.uint8)
        if (hard != image.alpha).any() and not self.is_from_gif:
            self.note("GIF has no half transparency: pixels are either opaque or transparent.")
        return replace(image, alpha=None if hard.min() == 255 else hard)

    def flush(self, following: DecodedImage | None) -> Box:
        """Writes the pending frame; returns the rectangle that the following one must draw."""
        assert self.pending is not None
        image, box, duration = self.pending
        whole = Box(0, 0, *image.size)
        clears = following is not None and bool(
            ((alpha_or_opaque(following) == 0) & (alpha_or_opaque(image) == 255)).any()
        )
        if clears:
            box = whole
        self.write_image(box.crop(image), box, duration, self.CLEAR_AFTERWARDS if clears else self.KEEP_AFTERWARDS)
        if clears or following is None:
            return whole
        self.previous = image
        return self.changed_box(following)

    def write_image(self, image: DecodedImage, box: Box, duration: Fraction, disposal: int) -> None:
        pixels = np.repeat(image.pixels, 3, 2) if image.pixels.shape[2] == 1 else np.ascontiguousarray(image.pixels)
        palette = choose_palette(pixels, self.palette)
        is_local = self.palette is not None and palette is not self.palette
        if self.palette is None:
            self.palette = palette
            self.write_head(box, palette)
        indices = palette.to_indices(pixels, image.alpha)
        if not palette.is_exact:
            self.note("GIF holds 256 colours: they were chosen for the result, and dithered.")
        flags = disposal << 2 | self.transparent
        control = struct.pack("<BHB", flags, self.clock.ticks(duration), TRANSPARENT_INDEX if self.transparent else 0)
        self.stream.write(b"!\xf9\x04" + control + b"\0,")
        self.stream.write(struct.pack("<HHHHB", *(box.left, box.top, box.width, box.height), 0x87 if is_local else 0))
        self.stream.write((palette.table if is_local else b"") + encode_indices(indices))

    def write_head(self, canvas: Box, palette: GifPalette) -> None:
        size = struct.pack("<HH", canvas.width, canvas.height)
        self.stream.write(b"GIF89a" + size + bytes([0xF7, 0, 0]) + palette.table)
        if self.frame_count > 1 and self.plays != 1:
            repetitions = min(self.plays - 1, MAX_16_BIT) if self.plays else 0
            self.stream.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", repetitions) + b"\0")
        if self.comment:
            self.stream.write(b"!\xfe" + build_sub_blocks(self.comment.encode("utf-8", "replace")))

    def close(self) -> tuple[str, ...]:
        self.flush(None)
        self.stream.write(b";")
        if self.clock.was_rounded:
            self.note("GIF counts time in hundredths of a second: times of frames were rounded.")
        return tuple(self.notes)


def write_gif(image: DecodedImage, stream: IO[bytes]) -> tuple[str, ...]:
    """Writes a still picture as a GIF. Returns notes on what the format could not hold."""
    writer = GifAnimationWriter(stream, 1, 1, transparent=image.alpha is not None)
    if image.is_16_bit:
        writer.note("16-bit grey as GIF is written with 8 bits.")
    writer.add(image, Fraction(0))
    return writer.close()


def unheld_parts(metadata: ImageMetadata) -> list[str]:
    """What metadata hold that a GIF does not."""
    parts = {
        "EXIF data": metadata.exif, "XMP data": metadata.xmp, "captions (IPTC)": metadata.iptc,
        "the resolution": metadata.dpi, "the aspect of pixels": metadata.aspect,
    }  # fmt: skip
    texts = [f"the text {keyword}" for keyword in metadata.text_chunks if keyword != COMMENT]
    return [*(part for part, value in parts.items() if value), *texts]


def build_sub_blocks(content: bytes) -> bytes:
    """Content in blocks of up to 255 bytes, and the empty one that ends them."""
    parts = (content[start : start + 255] for start in range(0, len(content), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def encode_indices(indices: NDArray[np.uint8]) -> bytes:
    """The LZW data of indices (h, w) as they stand in a GIF, from the file that Pillow makes of them as grey values."""
    buffer = BytesIO()
    Image.fromarray(indices).save(buffer, "GIF", optimize=False, interlace=0)
    file = buffer.getvalue()
    position = 13 + (3 << (file[10] & 7) + 1 if file[10] & 0x80 else 0)
    while file[position] != 0x2C:  # extensions before the image
        position += 2
        while file[position]:
            position += 1 + file[position]
        position += 1
    flags = file[position + 9]
    return file[position + 10 + (3 << (flags & 7) + 1 if flags & 0x80 else 0) : -1]


def to_srgb(image: DecodedImage, icc_profile: bytes) -> DecodedImage:
    """The image with its colours converted from an ICC profile to sRGB; as it is where the profile cannot be used."""
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc_profile))
        return replace(image, pixels=np.array(convert_to_srgb(replace(image, alpha=None).to_pil(), profile)))
    except (ImageCms.PyCMSError, OSError):
        return image

"""A PNG file of any origin as a Pillow image, with what its chunks say; a file that lacks no pixel is mended."""

import struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import PngImagePlugin

from gan_core.errors import UsageError
from gan_core.images.png.chunks import PngFile, decodable_parts, read_png
from gan_core.images.png.colours import carried_chunks
from gan_core.images.png.rows import held_share, mend_rows
from gan_core.images.png.texts import PngTexts, read_texts
from gan_core.images.streams import FilePart, patched_stream

METRES_PER_INCH = 0.0254
GREY_COLOUR_TYPE, RGB_COLOUR_TYPE, GREY_ALPHA_COLOUR_TYPE, RGBA_COLOUR_TYPE = 0, 2, 4, 6
# Modes and layouts by which Pillow decodes all bytes of samples of 16 bits: it keeps one byte of each, the high one of
# "B", and of "L", in which low bytes would come first, the low one of PNG.
LAYOUTS_OF_BYTES = {
    RGB_COLOUR_TYPE: (("RGB", "RGB;16B"), ("RGB", "RGB;16L")),
    GREY_ALPHA_COLOUR_TYPE: (("RGBA", "RGBA"),),
    RGBA_COLOUR_TYPE: (("RGBA", "RGBA;16B"), ("RGBA", "RGBA;16L")),
}


class PngImage(PngImagePlugin.PngImageFile):
    """A PNG image: `file` are its chunks, `texts` its texts, `colour_chunks` the contents of those on colours that an
    upscaled PNG keeps, `notes` sentences on what was left out or mended."""

    file: PngFile
    texts: PngTexts
    colour_chunks: dict[str, bytes]
    notes: list[str]
    name: str
    stream: BinaryIO
    parts: list[bytes | FilePart]

    def load(self) -> Any:
        """Decodes the pixels. Raises UsageError where rows of them are missing."""
        is_first = bool(self.tile) and not self.file.is_animated
        try:
            loaded = super().load()
        except MemoryError:
            raise
        except Exception as error:  # Pillow raises all kinds of exceptions on damaged data
            mended = mend_rows(self.file, self.stream, self.parts)
            if isinstance(mended, int):
                raise self.missing_rows_error(mended) from error
            self.parts = mended
            whole = PngImagePlugin.PngImageFile(patched_stream(self.stream, mended))
            whole.load()
            self.im, self._mode, self.tile = whole.im, whole.mode, []
            self.notes.append(f"The end of the pixel data of {self.name} is damaged; no pixel is missing.")
            return super().load()
        if is_first and self.may_lack_rows() and (share := held_share(self.file, self.stream)) < 100:
            raise self.missing_rows_error(share)
        return loaded

    def may_lack_rows(self) -> bool:
        """Whether the compressed data may end before the last row: Pillow leaves what is missing at 0, and says
        nothing."""
        last_row = self.crop((0, self.height - 1, self.width, self.height))
        return self.file.is_interlaced or last_row.getbbox(alpha_only=False) is None

    def missing_rows_error(self, share: int) -> UsageError:
        order = "" if self.file.is_interlaced else ", from the top"
        return UsageError(f"{self.name} is damaged or cut off: {share} % of its pixels are there{order}.")

    @property
    def is_deep(self) -> bool:
        """Whether it has colours or transparency of 16 bits, of which Pillow decodes 8; see `read_deep_samples`."""
        return self.file.depth == 16 and self.file.colour_type in LAYOUTS_OF_BYTES

    def read_deep_samples(self) -> tuple[NDArray[np.uint16], NDArray[np.uint8] | None]:
        """Pixels (H, W, C), C = 1 or 3, and alpha (H, W) or None of a deep image, as they lie in the file.

        Raises UsageError where rows are missing.
        """
        self.load()
        planes = [self.decode_bytes(*layout) for layout in LAYOUTS_OF_BYTES[self.file.colour_type]]
        if self.file.colour_type == GREY_ALPHA_COLOUR_TYPE:  # Pillow sees two samples of two bytes as four bytes
            samples = np.ascontiguousarray(planes[0]).view(">u2").astype(np.uint16)
        else:
            samples = (planes[0].astype(np.uint16) << 8 | planes[1]).astype(np.uint16)
        if self.file.colour_type == RGB_COLOUR_TYPE:
            return samples, self.alpha_of_transparent_colour(samples)
        alpha = (samples[:, :, -1].astype(np.uint32) + 128) // 257
        return np.ascontiguousarray(samples[:, :, :-1]), alpha.astype(np.uint8)

    def decode_bytes(self, mode: str, layout: str) -> NDArray[np.uint8]:
        """The pixels with their bytes laid out in a mode of Pillow."""
        image = PngImagePlugin.PngImageFile(patched_stream(self.stream, self.parts))
        image._mode = mode
        image.tile = [tile._replace(args=layout) for tile in image.tile]
        return np.asarray(image)

    def alpha_of_transparent_colour(self, pixels: NDArray[Any]) -> NDArray[np.uint8] | None:
        """Alpha (H, W) of the one colour that tRNS declares transparent; None without one. `pixels` (H, W, C) are its
        own, uint8, or uint16 where the file has 16 bits."""
        samples = {GREY_COLOUR_TYPE: 1, RGB_COLOUR_TYPE: 3}.get(self.file.colour_type, 0)
        content = self.file.content("tRNS") or b""
        if not samples or len(content) < 2 * samples:
            return None
        highest = (1 << self.file.depth) - 1
        colour = np.array(struct.unpack(f">{samples}H", content[: 2 * samples])) & highest
        level = colour * 255 // highest if self.file.depth < 8 else colour
        return np.where((pixels == level).all(2), 0, 255).astype(np.uint8)


def open_png_image(stream: BinaryIO, name: str) -> PngImage:
    """Opens a PNG file; its pixels are decoded on demand. `stream` must stay open.

    Raises UsageError where the header is damaged, and what Pillow raises where the rest of it is.
    """
    file = read_png(stream, name)
    parts = decodable_parts(file, stream)
    notes: list[str] = []
    try:
        image = PngImage(patched_stream(stream, parts))
    except Exception:  # Pillow raises all kinds of exceptions on damaged data
        if not file.is_animated:
            raise
        parts = decodable_parts(file, stream, with_animation=False)
        image = PngImage(patched_stream(stream, parts))
        notes.append(f"The animation of {name} is damaged and left out.")
    image.file, image.name, image.stream, image.parts = file, name, stream, parts
    image.texts = read_texts(file, name)
    image.notes = [*notes, *image.texts.notes, *notes_on_end(file, name)]
    image.colour_chunks = carried_chunks(file)
    found = {"icc_profile": image.texts.icc_profile, "exif": image.texts.exif, "xmp": image.texts.xmp}
    image.info |= image.texts.texts | {key: value for key, value in found.items() if value}
    image.info |= read_resolution(file)
    return image


def notes_on_end(file: PngFile, name: str) -> list[str]:
    """Sentences on a missing end mark, and on data behind it."""
    if not file.has_end:
        return [f"{name} is cut off at its end; it is read as far as it goes."]
    if file.trailing_bytes:
        return [f"{name} holds data behind its end ({file.trailing_bytes} bytes), which are left out."]
    return []


def read_resolution(file: PngFile) -> dict[str, tuple[float, float] | tuple[int, int]]:
    """What pHYs says: `dpi`, or where it has no unit `aspect`, pixels by length across and down."""
    content = file.content("pHYs") or b""
    if len(content) < 9:
        return {}
    across, down, unit = struct.unpack(">IIB", content[:9])
    if unit == 1:
        return {"dpi": (across * METRES_PER_INCH, down * METRES_PER_INCH)}
    return {"aspect": (across, down)} if across and down else {}

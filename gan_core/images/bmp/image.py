"""Opens a BMP file as a Pillow image whose pixels are decoded on demand, by this package."""

from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageFile

from gan_core.errors import UsageError
from gan_core.images.bmp import header as headers
from gan_core.images.bmp.header import BmpHeader, DamagedBmpError, read_header
from gan_core.images.bmp.pixels import holds_unused_bytes, read_pixels, read_rows

EMBEDDED_FORMATS = {headers.EMBEDDED_JPEG: "JPEG", headers.EMBEDDED_PNG: "PNG"}
DEPTHS_BY_COMPRESSION = {
    headers.UNCOMPRESSED: headers.DEPTHS, headers.RLE8: (8,), headers.RLE4: (4,), headers.RLE24: (24,),
    headers.BITFIELDS: headers.DEPTHS, headers.ALPHA_BITFIELDS: headers.DEPTHS,
}  # fmt: skip


class BmpImage(ImageFile.ImageFile):
    """A BMP image: its size is known at once, its mode (L, RGB or RGBA) when it is loaded; `notes` say what was left
    out."""

    format = "BMP"
    format_description = "Windows Bitmap"
    header: BmpHeader
    name: str
    notes: list[str]
    is_decoded = False

    def _open(self) -> None:
        self.header = read_header(self.fp)  # pyright: ignore[reportArgumentType]
        self._size, self._mode = (self.header.width, self.header.height), "RGB"
        if self.header.dpi:
            self.info["dpi"] = self.header.dpi
        if self.header.profile:
            self.info["icc_profile"] = self.header.profile
        if self.header.channel_bits > 8:
            self.info["bit_depth"] = self.header.channel_bits

    def load(self) -> Any:
        """Decodes the pixels. Raises UsageError where some are missing."""
        if not self.is_decoded:
            try:
                decoded = decode_bmp(self.fp, self.header)  # pyright: ignore[reportArgumentType]
            except MemoryError:
                raise
            except Exception as error:  # the decoders of embedded images raise all kinds of exceptions
                reason = str(error) if isinstance(error, DamagedBmpError) else "the image in it is damaged"
                raise UsageError(f"{self.name} is damaged or cut off: {reason}.") from error
            self.im, self._mode, self.is_decoded = decoded.im, decoded.mode, True
            if decoded.info.get("unused_bytes"):
                self.notes.append(f"{self.name} has a fourth channel that its header does not define; it is left out.")
        return super().load()


def decode_bmp(stream: BinaryIO, header: BmpHeader) -> Image.Image:
    """The image of a BMP file in mode L, RGB or RGBA. Raises DamagedBmpError, and whatever embedded images raise."""
    if header.compression in EMBEDDED_FORMATS:
        return load_embedded(stream, header)
    pixels = np.ascontiguousarray(read_pixels(stream, header))
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    if header.depth == 32 and header.compression == headers.UNCOMPRESSED:
        image.info["unused_bytes"] = holds_unused_bytes(read_rows(stream, header), header.width)
    return image


def load_embedded(stream: BinaryIO, header: BmpHeader) -> Image.Image:
    """The JPEG or PNG image that a BMP file for printers holds."""
    stream.seek(header.position)
    with Image.open(BytesIO(stream.read()), formats=(EMBEDDED_FORMATS[header.compression],)) as image:
        if image.size != (header.width, header.height):
            raise DamagedBmpError(f"the image in it has {image.width} x {image.height} pixels")
        image.load()
        return image.copy()


def open_bmp(stream: BinaryIO, name: str) -> Image.Image:
    """Opens a BMP file. Raises UsageError where its header is damaged, or states what is not read."""
    try:
        image = BmpImage(stream)
    except (DamagedBmpError, SyntaxError) as error:  # Pillow turns some exceptions into the latter
        raise UsageError(f"{name} starts like a BMP file, but is damaged or cut off: {error}.") from error
    image.name, image.notes, header = name, [], image.header
    if header.compression in EMBEDDED_FORMATS:
        return image
    if header.depth not in DEPTHS_BY_COMPRESSION.get(header.compression, ()):
        kind = headers.OTHER_COMPRESSIONS.get(header.compression, f"compression {header.compression}")
        raise UsageError(
            f"{name} is a BMP file of a kind that is not read: {header.depth} bits a pixel, "
            f"{'uncompressed' if header.compression == headers.UNCOMPRESSED else kind}. Save it as PNG."
        )
    return image

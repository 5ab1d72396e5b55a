"""Images with values of more than 8 bits: measured, and scaled to 8 bits by the range of their data set.

Which values are black and white is decided over all images of a set of one number type and depth (`DeepKind`), so that
a dark one stays dark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.images.bmp.image import BmpImage
from gan_core.images.bmp.pixels import is_grey_palette
from gan_core.images.depth import ValueExtent, ValueRange, choose_range, measure_values, scale_values
from gan_core.images.png.image import PngImage
from gan_core.images.tensors import grey_to_8_bit
from gan_core.images.tiff.colours import measure_colours, stated_bits
from gan_core.images.tiff.decoding import read_picture
from gan_core.images.tiff.layout import BLACK_IS_ZERO, MASK, WHITE_IS_ZERO
from gan_core.images.tiff.pages import PageImage

GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B", "F")  # of Pillow
DEEP_MODES = ("I", "F")  # how the names of Pillow's modes of more than 8 bits begin
WHITE_16_BIT = 65_535


@dataclass(frozen=True)
class DeepKind:
    """Number type of values, and the bits that the file states, None where it states none."""

    number_type: str
    bits: int | None = None


Ranges = Mapping[DeepKind, ValueRange]


def is_grey(image: Image.Image) -> bool:
    """Whether an image, of which only the header was read, is grey."""
    if isinstance(image, PageImage) and not image.is_decodable:
        return image.page.layout.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO, MASK)
    if isinstance(image, BmpImage):  # its mode is not known before its pixels are read
        return image.header.depth <= 8 and is_grey_palette(image.header.palette)
    return image.mode in GREY_MODES


def is_deep(image: Image.Image) -> bool:
    """Whether an image, of which only the header was read, has more than 8 bits."""
    if isinstance(image, PageImage) and not image.is_decodable:
        return image.page.layout.number_type.itemsize > 1
    return image.mode.startswith(DEEP_MODES) or (isinstance(image, PngImage) and image.is_deep)


def measure_deep(image: Image.Image, name: str) -> tuple[DeepKind, ValueExtent] | None:
    """The kind of a deep image and the extent of its values; None where its values are no plain colours."""
    if isinstance(image, PageImage) and not image.is_decodable:
        measured = measure_colours(image.page, name)
        return measured and (DeepKind(measured[0].dtype.name, measured[1]), measured[0])
    values = image.read_deep_samples()[0] if isinstance(image, PngImage) and image.is_deep else native_values(image)
    return DeepKind(values.dtype.name), measure_values(values)


def native_values(image: Image.Image) -> NDArray[Any]:
    """The values (H, W) of an image in one of Pillow's deep modes, in the processor's byte order."""
    values = np.asarray(image)
    return values.astype(values.dtype.newbyteorder("="))


# Scaling --------------------------------------------------------------------------------------------------------------


def scale_deep(image: Image.Image, ranges: Ranges) -> Image.Image:
    """A loaded image that Pillow decodes, with values of more than 8 bits scaled to 8. Any other comes back as it is.

    Colours of plain 16 bits keep their upper 8, as Pillow reads them.
    """
    if image.mode.startswith(DEEP_MODES):
        values = native_values(image)
        kind = DeepKind(values.dtype.name)
        chosen = ranges.get(kind) or choose_range(measure_values(values))
        return Image.fromarray(scale_values(values, chosen, np.uint8))
    chosen = ranges.get(DeepKind("uint16"))
    if isinstance(image, PngImage) and image.is_deep and chosen and chosen.white != WHITE_16_BIT:
        pixels, alpha = image.read_deep_samples()
        return with_alpha(scale_values(pixels, chosen, np.uint8), alpha)
    return image


def read_foreign_page(image: PageImage, name: str, ranges: Ranges) -> Image.Image:
    """The image of a TIFF file that Pillow does not decode, upright, with 8 bits. Raises UsageError."""
    page = image.page
    kind = DeepKind(page.layout.number_type.name, stated_bits(page))
    chosen = ranges.get(kind)
    picture = read_picture(replace(page, value_range=chosen), name)
    values = picture.values
    if picture.mode in ("CMYK", "LAB"):
        return Image.frombytes(picture.mode, values.shape[1::-1], np.ascontiguousarray(values).tobytes())
    if values.dtype != np.uint8:
        is_plain = kind.number_type == "uint16" and (chosen is None or chosen.white == WHITE_16_BIT)
        values = (values >> 8).astype(np.uint8) if values.shape[2] == 3 and is_plain else grey_to_8_bit(values)
    return with_alpha(values, picture.alpha)


def with_alpha(values: NDArray[np.uint8], alpha: NDArray[np.uint8] | None) -> Image.Image:
    """Pixels (H, W, C), C = 1 or 3, and alpha (H, W) -> Pillow's L, LA, RGB or RGBA."""
    image = Image.fromarray(values[:, :, 0] if values.shape[2] == 1 else values)
    if alpha is not None:
        image.putalpha(Image.fromarray(alpha))
    return image

"""Decodes an image of a TIFF file that Pillow does not decode, or not rightly."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from gan_core.errors import UsageError
from gan_core.images.tiff.colours import Picture, to_picture
from gan_core.images.tiff.pages import Page, metadata_stream
from gan_core.images.tiff.samples import read_samples
from gan_core.images.tiff.structure import DamagedTiffError


def read_picture(page: Page, name: str) -> Picture:
    """The image of a page, rotated upright. Raises UsageError where it is damaged or of a kind that is not read."""
    try:
        picture = to_picture(read_samples(page, name), page, name)
    except DamagedTiffError as error:
        raise UsageError(f"{name} is damaged or cut off: {error}.") from error
    orientation, alpha = page.layout.orientation, picture.alpha
    return replace(
        picture,
        values=apply_orientation(picture.values, orientation),
        alpha=None if alpha is None else apply_orientation(alpha, orientation),
    )


def apply_orientation(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Rows and columns (H, W, ...) as stored -> upright, by the tag of TIFF and EXIF."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return np.ascontiguousarray(values)


def open_metadata(page: Page) -> Image.Image:
    """A Pillow image of one pixel with the metadata of a page."""
    return TiffImagePlugin.TiffImageFile(metadata_stream(page, 1, 1))

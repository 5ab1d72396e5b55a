"""Decodes an image of a TIFF file that Pillow does not decode, or not rightly."""

from dataclasses import replace

from PIL import Image, TiffImagePlugin

from gan_core.errors import UsageError
from gan_core.images.orientation import rotate_pixels
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
        values=rotate_pixels(picture.values, orientation),
        alpha=None if alpha is None else rotate_pixels(alpha, orientation),
    )


def open_metadata(page: Page) -> Image.Image:
    """A Pillow image of one pixel with the metadata of a page."""
    return TiffImagePlugin.TiffImageFile(metadata_stream(page, 1, 1))

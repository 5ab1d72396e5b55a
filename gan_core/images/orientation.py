"""Rotates pixels upright by the orientation that EXIF and TIFF state: a number from 1, which is upright, to 8."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height


def rotate_pixels(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Pixels (H, W, ...) as stored -> upright, as Pillow rotates an image of this orientation."""
    if orientation in SIDEWAYS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)

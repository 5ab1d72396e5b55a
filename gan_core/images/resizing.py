"""Resizes decoded images (H, W, C) of 8 or 16 bits, with their alpha."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.images.reading import DecodedImage
from gan_core.images.tensors import to_pil


def resize_image(image: DecodedImage, width: int, height: int, filter: Image.Resampling) -> DecodedImage:
    """The image at another size, its alpha resized by bicubic interpolation, its metadata kept."""
    if image.size == (width, height):
        return image
    alpha = image.alpha if image.alpha is None else resize_alpha(image.alpha, height, width)
    return replace(image, pixels=resize_pixels(image.pixels, height, width, filter=filter), alpha=alpha)


def resize_pixels(
    pixels: NDArray[Any],
    height: int,
    width: int,
    box: tuple[float, float, float, float] | None = None,
    filter: Image.Resampling = Image.Resampling.LANCZOS,
) -> NDArray[Any]:
    """Pixels (H, W, C), C = 1 or 3, uint8 or uint16 -> (height, width, C) of the same type.

    With `box` (left, top, right, bottom, in pixels, fractions allowed) only that region is resized.
    """
    if pixels.dtype == np.uint16 and pixels.shape[2] > 1:  # Pillow has no 16-bit colours
        channels = (pixels[:, :, [channel]] for channel in range(pixels.shape[2]))
        return np.concatenate([resize_pixels(channel, height, width, box, filter) for channel in channels], 2)
    return np.asarray(to_pil(pixels).resize((width, height), filter, box)).reshape(height, width, -1)


def resize_alpha(alpha: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Alpha (H, W) -> (height, width), bicubic: overshoot is clipped at 0 and 255, and no ringing makes holes."""
    return resize_pixels(alpha[:, :, None], height, width, filter=Image.Resampling.BICUBIC)[:, :, 0]

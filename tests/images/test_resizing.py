"""Resizing decoded images of 8 and 16 bits with their alpha."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_core.images.reading import DecodedImage, ImageMetadata
from gan_core.images.resizing import resize_alpha, resize_image, resize_pixels


def noise_pixels(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def test_pixels_are_resized_as_pillow_resizes_images() -> None:
    pixels = noise_pixels(40, 50)
    expected = np.asarray(Image.fromarray(pixels).resize((25, 20), Image.Resampling.LANCZOS))
    assert np.array_equal(resize_pixels(pixels, 20, 25), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_keeps_its_bit_depth_and_its_channel(dtype: Any) -> None:
    resized = resize_pixels(np.full((4, 6, 1), np.iinfo(dtype).max, dtype), 8, 3)
    assert (resized.shape, resized.dtype) == ((8, 3, 1), dtype)
    assert (resized == np.iinfo(dtype).max).all()


def test_only_the_box_is_resized() -> None:
    pixels = noise_pixels(10, 12)
    assert np.array_equal(resize_pixels(pixels, 4, 5, (3, 2, 8, 6)), pixels[2:6, 3:8])


def test_an_image_is_resized_with_its_alpha_and_keeps_its_metadata() -> None:
    image = DecodedImage(noise_pixels(8, 10), np.full((8, 10), 255, np.uint8), ImageMetadata(dpi=(300, 300)))
    resized = resize_image(image, 20, 16, Image.Resampling.BICUBIC)
    assert resized.size == (20, 16)
    assert resized.alpha is not None
    assert resized.alpha.shape == (16, 20)
    assert (resized.alpha == 255).all()
    assert resized.metadata == image.metadata
    assert resize_image(image, 10, 8, Image.Resampling.BICUBIC) is image


def test_a_sharp_edge_of_alpha_makes_no_holes() -> None:
    alpha = np.zeros((8, 8), np.uint8)
    alpha[:, 4:] = 255
    resized = resize_alpha(alpha, 32, 32)
    assert (resized[:, :8] == 0).all()
    assert (resized[:, 24:] == 255).all()


def test_colours_of_16_bits_are_resized_as_those_of_8() -> None:
    pixels = noise_pixels(16, 24) // 2 + 60  # no overshoot beyond the range
    deep = resize_pixels(pixels.astype(np.uint16) * 257, 33, 40)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - resize_pixels(pixels, 33, 40)).max() < 1.5

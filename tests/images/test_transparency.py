"""The colours under transparent pixels."""

import numpy as np
from PIL import Image

from gan_core.images.reading import read_image
from tests.images.image_files import encode_pillow


def test_colours_under_full_transparency_are_those_around() -> None:
    pixels = np.zeros((33, 41, 4), np.uint8)  # black and invisible
    pixels[10:20, 10:20] = (200, 100, 50, 255)
    image = read_image(encode_pillow(Image.fromarray(pixels), "PNG"))
    assert (image.pixels == (200, 100, 50)).all()
    assert image.alpha is not None
    assert np.array_equal(image.alpha, pixels[:, :, 3])


def test_visible_pixels_are_unchanged() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), dtype=np.uint8)
    image = read_image(encode_pillow(Image.fromarray(pixels), "PNG"))
    seen = pixels[:, :, 3] > 0
    assert np.array_equal(image.pixels[seen], pixels[:, :, :3][seen])


def test_an_image_that_is_all_transparent_is_read() -> None:
    assert read_image(encode_pillow(Image.new("RGBA", (5, 3), (9, 9, 9, 0)), "PNG")).pixels.max() == 9

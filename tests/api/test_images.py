"""Images as a caller of the library has them."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import gan_core
from gan_core.api.images import open_image, to_pil

RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


@pytest.mark.parametrize(
    "array",
    [RGB, RGB[:, :, :1], RGB[:, :, 0], np.dstack([RGB, np.full((6, 8), 200, np.uint8)])],
    ids=lambda a: str(a.shape),
)
def test_arrays_of_one_three_and_four_channels_keep_their_values(array: np.ndarray) -> None:
    np.testing.assert_array_equal(np.asarray(to_pil(open_image(array))).reshape(array.shape), array)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "HSV", "YCbCr", "I;16", "I"])
def test_pil_images_of_every_mode_are_read_as_the_same_image_in_a_file(mode: str) -> None:
    image = Image.fromarray(RGB).convert("L").convert(mode) if mode[0] in "1I" else Image.fromarray(RGB).convert(mode)
    decoded = open_image(image)
    assert decoded.size == (8, 6)
    if mode in ("HSV", "YCbCr"):  # no file format holds them
        return
    buffer = BytesIO()
    image.save(buffer, "TIFF")
    np.testing.assert_array_equal(open_image(buffer.getvalue()).pixels, decoded.pixels)


def test_an_image_is_rotated_as_its_exif_says_and_stays_as_it_was(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.fromarray(RGB).save(tmp_path / "x.png", exif=exif)
    with Image.open(tmp_path / "x.png") as image:
        assert open_image(image).size == open_image(tmp_path / "x.png").size == (6, 8)
        assert image.size == (8, 6)


def test_the_colour_profile_and_the_resolution_are_saved_with_the_image(tmp_path: Path) -> None:
    profile = bytes(16) + b"RGB " + bytes(108)
    image = Image.fromarray(RGB)
    image.info |= {"icc_profile": profile, "dpi": (300, 300)}
    to_pil(open_image(image)).save(tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as saved:
        assert saved.info["icc_profile"] == profile
    assert to_pil(open_image(image)).info["dpi"] == (300, 300)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4, 3)), r"must be uint8 .*, not float64 \(4, 4, 3\)"),
        (np.zeros((4, 4, 2), np.uint8), r"not uint8 \(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), r"not uint8 \(0, 4, 3\)"),
        ("nowhere.png", "There is no file nowhere.png"),
        (b"no image", "This file"),
        (None, "not NoneType"),
        (Image.fromarray(np.full((4, 4), np.nan, np.float32)), "The image holds no values"),
    ],
)
def test_what_is_no_image_raises_a_usage_error(image: Any, message: str) -> None:
    with pytest.raises(gan_core.UsageError, match=message):
        open_image(image)


def test_a_grid_has_the_images_in_rows_two_white_pixels_apart() -> None:
    images = [Image.new("L", (4, 3), 10 * index) for index in range(3)]
    grid = np.asarray(gan_core.make_grid(images, columns=2))
    assert grid.shape == (3 + 2 + 3, 4 + 2 + 4)
    assert (grid[0, 0], grid[0, 6], grid[5, 0], grid[3, 0], grid[5, 6]) == (0, 10, 20, 255, 255)
    assert gan_core.make_grid([Image.new("RGB", (4, 4))] * 4).size == (10, 10)


@pytest.mark.parametrize(
    "images",
    [[], [Image.new("L", (4, 4)), Image.new("L", (5, 4))], [Image.new("L", (4, 4)), Image.new("RGB", (4, 4))],
     [Image.new("P", (4, 4))]],
)  # fmt: skip
def test_images_that_make_no_grid_raise_a_usage_error(images: list[Image.Image]) -> None:
    with pytest.raises(gan_core.UsageError, match="A grid takes at least one image, all of the same size"):
        gan_core.make_grid(images)

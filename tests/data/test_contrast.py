"""A set that shows nothing is said to: nearly black, nearly white, or the same image again and again."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.data.contrast import Contrast
from gan_core.data.super_resolution import load_photos
from tests.data.image_sets import load_images, png, write_dataset
from tests.images.image_files import encode_pillow

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (20, 3, 16, 16), np.uint8)
ONE = NOISE[:1].repeat(20, 0)
DIGIT = np.zeros((20, 1, 28, 28), np.uint8)  # bright strokes on black
DIGIT[np.arange(20), 0, 6 + np.arange(20) // 2, 4:20] = 255

SETS = {  # by name: images, what is said of them
    "noise": (NOISE, []),
    "strokes": (DIGIT, []),
    "inverted strokes": (255 - DIGIT, []),
    "12 bits of 16": (NOISE // 16, ["nearly black"]),
    "0 to 1": (NOISE // 128, ["nearly black", "nearly all the same"]),
    "black": (NOISE * 0, ["nearly black", "nearly all the same"]),
    "faint": (255 - NOISE // 16, ["nearly white"]),
    "white": (NOISE * 0 + 255, ["nearly white", "nearly all the same"]),
    "one image": (ONE, ["nearly all the same"]),
    "one image with noise": (ONE // 2 + RANDOM.integers(0, 3, ONE.shape, np.uint8), ["nearly all the same"]),
    "one grey": (NOISE * 0 + 128, ["nearly all the same"]),
    "few": (NOISE[:7] * 0, []),
}


@pytest.mark.parametrize("name", SETS)
def test_sets_that_show_nothing_are_told_from_others(name: str) -> None:
    images, expected = SETS[name]
    contrast = Contrast()
    for image in images:
        contrast.add(image)
    warnings = contrast.warnings()
    assert len(warnings) == len(expected)
    assert all(text in warning for text, warning in zip(expected, warnings, strict=True))


def test_data_sets_of_images_and_of_photos_say_so(storage: str, tmp_path: Path) -> None:
    files = {f"{number}.png": encode_pillow(Image.fromarray(image.transpose(1, 2, 0) // 16).resize((32, 32)), "PNG")
             for number, image in enumerate(NOISE)}  # fmt: skip
    path = write_dataset(tmp_path, files, storage)
    assert "nearly black" in load_images(path).warnings[0]
    photos = load_photos(str(path), tmp_path, patch_size=16, scale=2, channels=3, degradation="bicubic")
    assert "nearly black" in photos.warnings[0]
    same = write_dataset(tmp_path / "same", {f"{number}.png": png((9, 200, 30)) for number in range(9)}, storage)
    assert load_images(same).warnings == [
        "The images are nearly all the same: there is hardly anything to learn from them."
    ]

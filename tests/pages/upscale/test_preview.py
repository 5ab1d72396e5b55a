"""The preview of a running job: finished tiles in their place, the rest paler, at a modest rate."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gan_core.images.reading import DecodedImage
from gan_core.upscaling.events import Patch
from pages.upscale import preview
from pages.upscale.preview import Preview


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def drawn(canvas: Preview) -> np.ndarray:
    image = canvas.image_if_due()
    assert image is not None
    return np.asarray(Image.open(BytesIO(image.jpeg)).convert("RGB")).astype(int)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_finished_tile_lies_in_its_place_and_the_rest_is_paler(dtype: type) -> None:
    clock, full = Clock(), np.iinfo(dtype).max
    channels = 3 if dtype == np.uint8 else 1
    canvas = Preview(DecodedImage(np.full((20, 40, channels), full, dtype)), 4, clock)
    before = drawn(canvas)
    assert before.shape == (80, 160, 3)
    assert before.max() < 215
    canvas.add(Patch(40, 80, np.full((40, 80, channels), full, dtype)))
    clock.now += preview.INTERVAL_S
    after = drawn(canvas)
    assert after[45:75, 85:155].min() > 245
    assert after[:35, :75].max() < 215


def test_a_preview_is_made_once_an_interval_and_is_no_larger_than_a_screen() -> None:
    clock = Clock()
    canvas = Preview(DecodedImage(np.zeros((1000, 1500, 3), np.uint8)), 4, clock)
    image = canvas.image_if_due()
    assert image is not None
    assert max(image.size) == preview.MAX_SIDE_PX
    assert canvas.image_if_due() is None
    canvas.add(Patch(0, 0, np.zeros((2000, 2000, 3), np.uint8)))
    clock.now += preview.INTERVAL_S
    assert canvas.image_if_due() is not None


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 2000)])
def test_a_picture_of_one_pixel_or_line_has_a_preview(size: tuple[int, int]) -> None:
    canvas = Preview(DecodedImage(np.zeros((size[1], size[0], 3), np.uint8)), 4, Clock())
    canvas.add(Patch(0, 0, np.zeros((4, 4, 3), np.uint8)))
    assert canvas.image_if_due() is not None

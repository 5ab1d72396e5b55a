"""Assembling tiles on the host: resizing in parts gives what resizing at once gives."""

import numpy as np
import pytest

from gan_core.images.resizing import resize_pixels
from gan_core.upscaling.canvas import Canvas
from tests.small_upscalers import max_difference, noise_pixels

pytestmark = pytest.mark.core


@pytest.mark.parametrize("size", [(30, 37), (61, 75), (97, 122), (260, 300)])
@pytest.mark.parametrize("sixteen_bit", [False, True])
def test_resizing_in_parts_equals_resizing_at_once(size: tuple[int, int], sixteen_bit: bool) -> None:
    drawn = noise_pixels(120, 150)
    drawn = drawn[:, :, :1].astype(np.uint16) * 255 if sixteen_bit else drawn
    canvas = Canvas((120, 150), size, drawn.shape[2], drawn.dtype)
    held = []
    for top in range(0, 120, 30):
        canvas.paste(drawn[top : top + 30, :80], top, 0)
        canvas.paste(drawn[top : top + 30, 80:], top, 80)
        held.append(len(canvas.rows))
        canvas.finish_rows(top + 30)
    assert max_difference(canvas.result, resize_pixels(drawn, *size)) <= (40 if sixteen_bit else 1)
    assert max(held) < 120

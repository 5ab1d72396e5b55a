"""The speed of an upscaler, from which pages predict durations."""

import time

import pytest
from torch import Tensor
from torch.nn.functional import interpolate

from gan_core.upscaling.speed import TILE_SIDE_PX, measure_seconds_per_pixel
from tests.small_upscalers import nearest_upscaler

pytestmark = pytest.mark.core


def test_the_speed_is_that_of_a_second_tile() -> None:
    sides: list[int] = []

    def network(small: Tensor) -> Tensor:
        sides.append(small.shape[-1])
        time.sleep(1 if len(sides) == 1 else 0.05)
        return interpolate(small, scale_factor=2, mode="nearest")

    seconds = measure_seconds_per_pixel(nearest_upscaler(network, supports_bfloat16=False)) * TILE_SIDE_PX**2
    assert sides == [TILE_SIDE_PX] * 2
    assert 0.05 <= seconds < 1

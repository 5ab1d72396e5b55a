"""The measured speed of an upscaler."""

from torch import Tensor
from torch.nn.functional import interpolate

from gan_core.upscaling.speed import TILE_SIDE_PX, measure_seconds_per_pixel
from tests.small_upscalers import nearest_upscaler


def test_the_speed_is_that_of_one_tile_after_a_warm_up() -> None:
    sizes: list[tuple[int, int]] = []

    def network(small: Tensor) -> Tensor:
        sizes.append((small.shape[2], small.shape[3]))
        return interpolate(small, scale_factor=2, mode="nearest")

    assert measure_seconds_per_pixel(nearest_upscaler(network)) > 0
    assert sizes == [(TILE_SIDE_PX, TILE_SIDE_PX)] * 2

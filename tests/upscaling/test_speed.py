"""The speed of an upscaler: trials when it is loaded, then the tiles of its jobs; pages predict durations by it."""

import pytest
from torch import Tensor
from torch.nn.functional import interpolate

from gan_core.upscaling.speed import FIRST_SIDE_PX, MAX_TRIAL_AGE_S, WARM_UP_SIDE_PX, SpeedLog, measure_trials
from tests.small_upscalers import nearest_upscaler

pytestmark = pytest.mark.core


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def trials_of(seconds_per_call: list[float]) -> tuple[list[int], list[float]]:
    """Sides of the tiles that are tried, and the trials, where the calls of a network take so long."""
    clock, sides = Clock(), []

    def network(small: Tensor) -> Tensor:
        clock.now += seconds_per_call[len(sides)]
        sides.append(small.shape[-1])
        return interpolate(small, scale_factor=2, mode="nearest")

    return sides, measure_trials(nearest_upscaler(network, supports_bfloat16=False), clock)


def test_the_trials_are_the_larger_tiles_after_two_that_warm_up() -> None:
    sides, trials = trials_of([9.0, 0.02, 0.3, 0.2, 0.4])
    assert sides == [WARM_UP_SIDE_PX, FIRST_SIDE_PX, 128, 128, 128]
    assert trials == pytest.approx([0.3 / 128**2, 0.2 / 128**2, 0.4 / 128**2])


def test_a_slow_network_is_tried_on_smaller_and_fewer_tiles() -> None:
    sides, trials = trials_of([1.0, 0.2, 1.5])
    assert sides == [WARM_UP_SIDE_PX, FIRST_SIDE_PX, 64]
    assert trials == pytest.approx([1.5 / 64**2])
    sides, trials = trials_of([1.0, 2.0])
    assert sides == [WARM_UP_SIDE_PX, FIRST_SIDE_PX]
    assert trials == pytest.approx([2.0 / 32**2])


def test_the_range_is_about_the_fastest_trial_until_tiles_narrow_it() -> None:
    log = SpeedLog(Clock())
    log.add_trials([4e-5, 2e-5, 9e-5])
    low, high = log.seconds_per_pixel()
    assert low < 2e-5 < high < 4e-5
    for _ in range(5):
        log.add_tile(100_000, 3.0)
    low, high = log.seconds_per_pixel()
    assert low < 3e-5 < high
    assert high / low < 1.4


def test_a_tiny_tile_tells_nothing() -> None:
    log = SpeedLog(Clock())
    log.add_trials([2e-5])
    before = log.seconds_per_pixel()
    log.add_tile(100, 1.0)
    assert log.seconds_per_pixel() == before


def test_an_old_measure_is_renewed_and_tiles_of_another_load_are_forgotten() -> None:
    clock = Clock()
    log = SpeedLog(clock)
    log.add_trials([2e-5])
    log.add_tile(100_000, 3.0)
    assert not log.is_old()
    clock.now += MAX_TRIAL_AGE_S + 1
    assert log.is_old()
    log.add_trials([2.2e-5])
    assert log.seconds_per_pixel()[0] == pytest.approx(2.7e-5)  # the same load: the tiles still hold
    log.add_trials([8e-5])
    assert log.seconds_per_pixel()[0] == pytest.approx(0.5 * 8e-5)
    assert not log.is_old()

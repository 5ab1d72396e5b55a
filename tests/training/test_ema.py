"""The exponential moving average of the weights."""

import pytest
from torch import nn

from gan_core.training.ema import MovingAverage


def filled_network(value: float) -> nn.Module:
    """A weight, a bias, running statistics and a count, all set to `value`."""
    built = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    for tensor in built.state_dict().values():
        tensor.fill_(value)
    return built


def test_the_average_keeps_half_after_its_half_life() -> None:
    average = MovingAverage(filled_network(0), half_life=10)
    for number in range(1001, 1011):  # long after the warm-up
        average.update(filled_network(1), number)
    for name, value in average.network.state_dict().items():
        expected = 1 if "num_batches" in name else 0.5  # a count is copied, weights and statistics are averaged
        assert value.item() == pytest.approx(expected, abs=1e-4)


def test_the_half_life_grows_at_first() -> None:
    average = MovingAverage(filled_network(0), half_life=10)
    assert average.decay(1) == pytest.approx(0.5**20)  # half-life of a twentieth of the updates so far
    assert average.decay(20) == pytest.approx(0.5)
    assert average.decay(100) == pytest.approx(0.5 ** (1 / 5))
    assert average.decay(200) == average.decay(10**6) == pytest.approx(0.5 ** (1 / 10))
    average.update(filled_network(1), 1)
    assert next(average.network.parameters()).item() == pytest.approx(1, abs=1e-5)


def test_without_a_half_life_the_average_is_the_network() -> None:
    average = MovingAverage(filled_network(0), half_life=0)
    average.update(filled_network(3), 7)
    assert all(value.item() == 3 for value in average.network.state_dict().values())


def test_the_average_never_trains() -> None:
    average = MovingAverage(filled_network(0), half_life=1)
    assert not average.network.training
    assert not any(parameter.requires_grad for parameter in average.network.parameters())

"""Exponential moving average of the generator's weights, which samples better than any step's (Yazici et al. 2019)."""

from copy import deepcopy

import torch
from torch import nn


class MovingAverage:
    """Exponential moving average (EMA) of parameters and buffers, with a half-life that grows at first."""

    def __init__(self, network: nn.Module, half_life: float) -> None:
        """`half_life` is counted in updates; with 0 the average equals the network."""
        self.network = deepcopy(network).eval().requires_grad_(False)
        self.half_life = half_life

    def decay(self, number: int) -> float:
        """The weight of the old average in update `number` (from 1), with the warm-up of Karras et al. 2020."""
        half_life = min(self.half_life, number / 20)
        return 0.5 ** (1 / half_life) if half_life else 0.0

    @torch.no_grad()
    def update(self, network: nn.Module, number: int) -> None:
        """Averages floating-point values in; copies integers, such as batch counts."""
        decay = self.decay(number)
        averaged, current = self.network.state_dict(), network.state_dict()
        float_names = [name for name, value in averaged.items() if value.is_floating_point()]
        pairs = [averaged[name] for name in float_names], [current[name] for name in float_names]
        torch._foreach_lerp_(*pairs, 1 - decay)  # pyright: ignore[reportPrivateImportUsage]
        for name in set(averaged) - set(float_names):
            averaged[name].copy_(current[name])

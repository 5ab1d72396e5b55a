"""Compares the statistics that BatchNorm keeps with those of a reading of the network, to tell right readings.

A BatchNorm layer keeps mean and variance of what it got in the training. A reading of a weights file, such as "the
label comes before the latent", is simulated: the right one gets the same means and variances, a wrong one does not.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

MAX_MISFIT = 0.05  # above it, the statistics fit no reading and decide nothing
MIN_EXCESS, MIN_SIGNIFICANCE = 0.15, 4.0  # by which a reading is clearly worse, relative to the misfit, and its t value
LARGE_EXCESS, GOOD_MISFIT = 2.0, 0.003  # an excess over a good fit, that counts even where there are few channels
BAD_MISFIT, WELL_MISFIT = 0.05, 0.01  # of a reading that is ruled out, and of one that rules it out
MIN_PATTERN_SIGNIFICANCE = 2.0  # the t value of the same comparison without a common scale of all channels
FLOOR = 0.0005  # misfits below it are chance
MAX_CHANNEL_MISFIT = 10.0


@dataclass(frozen=True)
class Fit:
    """How far the channels of all normalisations so far are from their statistics: a divergence for each channel.

    `patterns` are the same after the common scale of a layer's channels is taken out.
    """

    channels: tuple[Tensor, ...] = ()
    patterns: tuple[Tensor, ...] = ()

    def joined(self, values: Tensor, mean: Tensor, variance: Tensor) -> "Fit":
        """With those of one more layer, which gets `values` (N, C) or (N, C, H, W)."""
        return Fit(
            (*self.channels, channel_misfits(values, mean, variance)),
            (*self.patterns, channel_misfits(values, mean, variance, scale_free=True)),
        )

    @property
    def misfit(self) -> float:
        """The mean over layers of the mean over channels; 0 before the first layer."""
        return sum(float(layer.mean()) for layer in self.channels) / max(len(self.channels), 1)

    def is_ruled_out(self, other: "Fit") -> bool:
        """Whether this reading fits badly and another well, as must be to overrule the usual layout.

        The weights of a moving average lag behind the statistics, so that its right reading fits only roughly.
        """
        return self.misfit > BAD_MISFIT and other.misfit < WELL_MISFIT and self.misfit > 10 * other.misfit

    def is_clearly_worse(self, other: "Fit", *, decisive: bool = False) -> bool:
        """Whether another reading fits clearly better, by a paired test over the channels of all layers."""
        if not self.channels or other.misfit > MAX_MISFIT:
            return False
        pairs = [
            (ours, theirs)
            for ours, theirs in zip(self.channels, other.channels, strict=True)
            if not torch.equal(ours, theirs)
        ]
        if not pairs:
            return False
        excess = torch.cat([(ours - theirs) / (theirs.mean() + FLOOR) for ours, theirs in pairs])
        error = excess.std() / len(excess) ** 0.5 if len(excess) > 1 else excess.abs().mean()
        mean, t_value = float(excess.mean()), float(excess.mean() / error.clamp(min=1e-12))
        if decisive:
            return mean > LARGE_EXCESS and t_value > 2
        return (mean > MIN_EXCESS and t_value > MIN_SIGNIFICANCE) or (
            mean > LARGE_EXCESS and t_value > 2 and max(float(theirs.mean()) for _, theirs in pairs) < GOOD_MISFIT
        )

    def is_worse_in_pattern(self, other: "Fit") -> bool:
        """Whether another reading also fits better where a common scale of all channels is left aside.

        Weights that grow or shrink in the training, and moving averages of them, differ from the statistics by such a
        scale, and another order of label and latent changes it too: alone it tells nothing of the order.
        """
        excess = [ours - theirs for ours, theirs in zip(self.patterns, other.patterns, strict=True)]
        joined = torch.cat(excess) if excess else torch.zeros(1)
        if len(joined) < 2:
            return False
        error = joined.std() / len(joined) ** 0.5
        return float(joined.mean() / error.clamp(min=1e-12)) > MIN_PATTERN_SIGNIFICANCE


def channel_misfits(values: Tensor, mean: Tensor, variance: Tensor, *, scale_free: bool = False) -> Tensor:
    """The Kullback-Leibler divergence of each channel's normal distribution from the one that was kept.

    With `scale_free` all channels are divided by one number first, so that their variances fit best.
    """
    axes = [axis for axis in range(values.dim()) if axis != 1]
    simulated_mean, simulated_variance = values.mean(axes), values.var(axes, correction=0)
    kept = variance.clamp(min=1e-8)
    ratio = (simulated_variance / kept).clamp(min=1e-8)
    if scale_free:
        scale = ratio.log().mean().exp()
        ratio, simulated_mean = ratio / scale, simulated_mean / scale.sqrt()
    divergence = (ratio + (simulated_mean - mean) ** 2 / kept - 1 - torch.log(ratio)) / 2
    return divergence.nan_to_num(MAX_CHANNEL_MISFIT).clamp(max=MAX_CHANNEL_MISFIT)

"""What a family of GANs is to the rest of the project: a config, two networks, presets, the kind of its condition."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_core.configuration import Configuration, option
from gan_core.errors import UsageError
from gan_core.objectives import Objective
from gan_core.tasks import Task


@dataclass(frozen=True)
class ModelConfig(Configuration):
    """What every family needs to know: the picture's form and the latent's."""

    image_size: int = option(28, "side of the square picture in pixels", choices=(28, 32, 64, 128))
    image_channels: int = option(1, "1 for grey, 3 for RGB", choices=(1, 3))
    latent_size: int = option(100, "how many random values a picture starts from", low=1, high=1024)
    latent_distribution: str = option(
        "uniform", "uniform in [-1, 1], or the standard normal distribution", choices=("uniform", "normal")
    )
    latent_spread: float = option(
        1.0, "standard deviation of normal latents, or where uniform ones end", low=0.1, high=4.0
    )
    classes: int = option(0, "number of labels; 0 where the family knows none", low=0, high=1000)
    sentence_size: int = option(0, "values in a sentence's vector; 0 where the family reads none", low=0, high=1024)


@dataclass(frozen=True)
class Preset:
    """A named recipe: differences from the family's and the trainer's defaults, and what it is paid by."""

    about: str
    objective: Objective
    model: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """One line of FAMILIES. The first preset is the default.

    `generator(config)` maps latents (N, latent_size) and a condition to images (N, C, S, S) in [-1, 1]: class weights
    (N, K) where `condition` is "label", small pictures (N, C, s, s) where it is "picture", vectors of sentences
    (N, dim) where it is "text", else None.
    `discriminator(config)` maps images and the same condition to raw scores, (N,) or, a patch each, (N, H', W').
    """

    name: str
    title: str
    about: str
    config: type[ModelConfig]
    generator: Callable[[Any], nn.Module]
    discriminator: Callable[[Any], nn.Module]
    presets: dict[str, Preset]
    task: Task = Task.UNCONDITIONAL

    def preset(self, name: str | None = None) -> Preset:
        """A preset by name, the default one for None. Raises InputError naming those that exist."""
        if not self.presets:
            raise UsageError(
                f"{self.name} is for models that others trained: it is drawn from, and never trained here."
            )
        if name is None:
            return next(iter(self.presets.values()))
        if name not in self.presets:
            raise UsageError(f"{self.name} has no preset {name!r}; it has {', '.join(self.presets)}.")
        return self.presets[name]

    def encode_labels(self, labels: Tensor | None, config: ModelConfig) -> Tensor | None:
        """Labels (N,) as the condition that the networks take: one-hot rows (N, classes), or None.

        With modes, the labels are those of clusters, and None leaves the choice to the latents.
        """
        clusters = cluster_count(config)
        if clusters and labels is not None:
            return one_hot(labels, clusters).float()
        if self.task != Task.CLASS_CONDITIONAL:
            return None
        if labels is None:
            raise UsageError(f"The family {self.name} needs labelled pictures; this data set has none.")
        return one_hot(labels, config.classes).float()


def cluster_count(config: ModelConfig) -> int:
    """How many kinds of pictures the model keeps apart by itself; 0 where the family does not."""
    return getattr(config, "modes", 0)


def sample_latents(config: ModelConfig, count: int, generator: torch.Generator | None = None) -> Tensor:
    """Latents (count, latent_size) in float32 on the CPU, from the config's distribution. The values that choose among
    modes are not spread: every kind keeps its share."""
    shape = (count, config.latent_size)
    if config.latent_distribution == "uniform":
        latents = torch.rand(shape, generator=generator) * 2 - 1
    else:
        latents = torch.randn(shape, generator=generator)
    latents[:, cluster_count(config) :] *= config.latent_spread
    return latents

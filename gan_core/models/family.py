"""The interface of a model family: its config, its two networks, its presets and its task."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan_core.configuration import Configuration, option
from gan_core.data.class_names import MAX_CLASSES
from gan_core.errors import UsageError
from gan_core.objectives import Objective
from gan_core.tasks import Task


@dataclass(frozen=True)
class ModelConfig(Configuration):
    """The settings that every family has: the shape of images and the distribution of latents."""

    image_size: int = option(28, "side of the square image in pixels", choices=(28, 32, 64, 128))
    image_channels: int = option(1, "1 for grey, 3 for RGB", choices=(1, 3))
    latent_size: int = option(100, "dimensions of the latent vector", low=1, high=1024)
    latent_distribution: str = option(
        "uniform", "uniform in [-1, 1], or the standard normal distribution", choices=("uniform", "normal")
    )
    latent_spread: float = option(
        1.0, "standard deviation of normal latents, or half the range of uniform ones", low=0.1, high=4.0
    )
    classes: int = option(0, "number of classes; 0 for families without labels", low=0, high=MAX_CLASSES)
    sentence_size: int = option(0, "dimensions of the text embedding; 0 for families without prompts", low=0, high=1024)


@dataclass(frozen=True)
class Preset:
    """A named recipe: the objective, and the differences from the defaults of the family and of the trainer."""

    about: str
    objective: Objective
    model: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """A model family. The first preset is the default.

    `generator(config)` builds a network that maps latents (N, latent_size) and a condition to images (N, C, S, S) in
    [-1, 1]. The condition depends on `task`: class weights (N, classes), text embeddings (N, D), low-resolution images
    (N, C, h, w), or None. `discriminator(config)` builds a network that maps images and the same condition to raw
    scores, (N,) or, for each patch, (N, H', W').
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
        """A preset by name, the default one for None. Raises UsageError that lists the known ones."""
        if not self.presets:
            raise UsageError(f"{self.name} is a family of imported models: they can be used, but not trained.")
        if name is None:
            return next(iter(self.presets.values()))
        if name not in self.presets:
            raise UsageError(f"{self.name} has no preset {name!r}; it has {', '.join(self.presets)}.")
        return self.presets[name]

    def encode_labels(self, labels: Tensor | None, config: ModelConfig) -> Tensor | None:
        """Labels (N,) as the networks' condition: one-hot rows (N, classes), or None.

        For a self-conditioned model the labels are cluster indices, and None lets the latents choose the cluster.
        Raises UsageError where a class-conditional family gets no labels.
        """
        clusters = cluster_count(config)
        if clusters and labels is not None:
            return one_hot(labels, clusters).float()
        if self.task != Task.CLASS_CONDITIONAL:
            return None
        if labels is None:
            raise UsageError(f"The family {self.name} needs labelled images; this data set has no labels.")
        return one_hot(labels, config.classes).float()


def cluster_count(config: ModelConfig) -> int:
    """The number of clusters of a self-conditioned model (the field `modes`); 0 for all others."""
    return getattr(config, "modes", 0)


def sample_latents(config: ModelConfig, count: int, generator: torch.Generator | None = None) -> Tensor:
    """Latents (count, latent_size) in float32 on the CPU, from the config's distribution.

    The values that choose a cluster are not scaled by `latent_spread`, so that clusters keep their shares.
    """
    shape = (count, config.latent_size)
    if config.latent_distribution == "uniform":
        latents = torch.rand(shape, generator=generator) * 2 - 1
    else:
        latents = torch.randn(shape, generator=generator)
    latents[:, cluster_count(config) :] *= config.latent_spread
    return latents

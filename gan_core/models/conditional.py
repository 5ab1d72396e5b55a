"""The class-conditional GAN: DCGAN networks conditioned on labels, by concatenation or by projection.

Classic (Mirza and Osindero 2014): the one-hot label is concatenated to the latent and to the discriminator's features,
which pass one more dense layer. Modern: conditional BatchNorm computed from latent and label (de Vries et al. 2017),
and a projection discriminator (Miyato and Koyama 2018, equation 3). The condition is a row of class weights that sum to
1: one-hot for a label, a mixture for a blend of two.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_core.configuration import option
from gan_core.data.class_names import MAX_CLASSES
from gan_core.errors import UsageError
from gan_core.models import dcgan
from gan_core.models.blocks import LEAKY_SLOPE, maybe_spectral_norm
from gan_core.models.family import Family, Preset
from gan_core.tasks import Task


@dataclass(frozen=True)
class Config(dcgan.Config):
    """The DCGAN's config, with the number of classes and the method of conditioning."""

    classes: int = option(10, "number of classes", low=2, high=MAX_CLASSES)
    method: str = option(
        "modern",
        "classic: one-hot labels concatenated; modern: conditional BatchNorm and a projection discriminator",
        choices=("modern", "classic"),
    )
    modes: int = option(0, "no clusters: the labels are known", low=0, high=0)
    label_size: int = option(32, "dimensions of the label embedding (modern)", low=1, high=512)


class Generator(nn.Module):
    """Latents (N, latent_size) and class weights (N, classes) -> images (N, C, S, S)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        modern = config.method == "modern"
        extra_inputs = config.label_size if modern else config.classes
        self.embed = nn.Linear(config.classes, config.label_size, bias=False) if modern else nn.Identity()
        self.draw = dcgan.Generator(config, extra_inputs, config.latent_size + extra_inputs if modern else 0)

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        if condition is None:
            raise UsageError("A conditional generator needs a label for each latent.")
        joined = torch.cat([latents, self.embed(condition)], dim=1)  # (N, latent_size + extra)
        return self.draw(joined, style=joined)


class Discriminator(nn.Module):
    """Images (N, C, S, S) and class weights (N, classes) -> raw scores (N,)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.modern = config.method == "modern"
        self.trunk, features = dcgan.build_trunk(config)
        spectral = config.spectral_norm
        if self.modern:
            self.score = maybe_spectral_norm(nn.Linear(features, 1), spectral)
            self.project = maybe_spectral_norm(nn.Linear(config.classes, features, bias=False), spectral)
        else:
            self.dense = maybe_spectral_norm(nn.Linear(features + config.classes, 256), spectral)
            self.score = maybe_spectral_norm(nn.Linear(256, 1), spectral)

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score_features(self.trunk(images), condition)

    def score_features(self, features: Tensor, condition: Tensor | None) -> Tensor:
        """Raw scores (N,) of the trunk's features (N, features) under class weights (N, classes)."""
        if condition is None:
            raise UsageError("A conditional discriminator needs a label for each image.")
        if self.modern:
            return self.score(features).squeeze(1) + (features * self.project(condition)).sum(dim=1)
        joined = torch.cat([features, condition], dim=1)
        return self.score(leaky_relu(self.dense(joined), LEAKY_SLOPE)).squeeze(1)


PRESETS = dcgan.PRESETS | {
    "classic": Preset(
        "Labels concatenated (Mirza and Osindero 2014), on the networks of Radford et al. 2016.",
        dcgan.PRESETS["classic"].objective,
        dcgan.CLASSIC_MODEL | {"method": "classic"},
        dcgan.CLASSIC_TRAINING,
    )
}

FAMILY = Family(
    name="conditional",
    title="Conditional GAN",
    about="Convolutional networks conditioned on class labels.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets=PRESETS,
    task=Task.CLASS_CONDITIONAL,
)

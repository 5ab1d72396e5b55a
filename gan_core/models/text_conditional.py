"""The text-conditional GAN: conditional BatchNorm in the generator, a projection discriminator.

Scale and shift of every normalisation of the generator are computed from the latent and the text embedding (de Vries
et al. 2017, as in the deep fusion blocks of DF-GAN, Tao et al. 2022). The discriminator scores by projection on the
text embedding (Miyato and Koyama 2018, equation 3). For speed on CPUs all blocks work at half the image's side and
below (pixel shuffle, Shi et al. 2016), with one narrow convolution at full resolution to smooth its output.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pixel_shuffle, pixel_unshuffle, relu

from gan_core.configuration import option
from gan_core.errors import UsageError
from gan_core.models.blocks import LEAKY_SLOPE, ConditionalBatchNorm, UpBlock, dcgan_init, maybe_spectral_norm
from gan_core.models.family import Family, Preset
from gan_core.models.pyramid import FULL_RES_CHANNELS, PyramidConfig
from gan_core.objectives import MatchingAware, Relativistic
from gan_core.tasks import Task


@dataclass(frozen=True)
class Config(PyramidConfig):
    """The widths of the levels, and the size of the text embeddings."""

    sentence_size: int = option(96, "dimensions of the text embedding", low=2, high=1024)
    smoothing: float = option(
        0.1,
        "standard deviation of the noise on text embeddings in training: similar prompts, similar images",
        low=0,
        high=2,
    )
    width: int = option(40, "channels of the generator at half the image's side", low=4, high=512)
    critic_width: int = option(40, "channels of the discriminator at half the image's side", low=4, high=512)
    growth: float = option(1.8, "factor of the channels at each halving of the resolution", low=1, high=3)


class Generator(nn.Module):
    """Latents (N, latent_size) and text embeddings (N, sentence_size) -> images (N, C, S, S) in [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.smoothing = config.smoothing
        widths = config.widths(config.width)[::-1]  # from the smallest level on
        side = config.base_resolution()
        style = config.latent_size + config.sentence_size
        self.first_shape = (widths[0], side, side)
        self.dense = nn.Linear(style, widths[0] * side**2, bias=False)
        self.norm = ConditionalBatchNorm(widths[0], style)
        last = len(widths) - 2
        self.levels = nn.ModuleList(  # the last one, of the highest resolution, has no extra convolution
            [UpBlock(*pair, int(level < last), style) for level, pair in enumerate(pairwise(widths))]
        )
        self.detail = nn.Conv2d(widths[-1], 4 * FULL_RES_CHANNELS, 3, padding=1)
        self.to_pixels = nn.Conv2d(FULL_RES_CHANNELS, config.image_channels, 3, padding=1)
        dcgan_init(self)

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        if condition is None:
            raise UsageError("A text-conditional generator needs a text embedding for each latent.")
        if self.training and self.smoothing:
            condition = condition + self.smoothing * torch.randn_like(condition)
        style = torch.cat([latents, condition], dim=1)  # (N, latent_size + sentence_size)
        features = self.dense(style).unflatten(1, self.first_shape)  # (N, widths[0], base, base)
        features = relu(self.norm(features, style))
        for level in self.levels:
            features = level(features, style)  # (N, width, S / 2, S / 2) after the last one
        full_res = relu(pixel_shuffle(self.detail(features), 2))  # (N, FULL_RES_CHANNELS, S, S)
        return self.to_pixels(full_res).tanh()


class Discriminator(nn.Module):
    """Images (N, C, S, S) and text embeddings (N, sentence_size) -> raw scores (N,)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        widths, spectral = config.widths(config.critic_width), config.spectral_norm
        self.first = maybe_spectral_norm(nn.Conv2d(4 * config.image_channels, widths[0], 3, padding=1), spectral)
        self.levels = nn.ModuleList(
            [maybe_spectral_norm(nn.Conv2d(*pair, 4, 2, 1), spectral) for pair in pairwise(widths)]
        )
        size = widths[-1] * config.base_resolution() ** 2
        self.score = maybe_spectral_norm(nn.Linear(size, 1), spectral)
        self.project = maybe_spectral_norm(nn.Linear(config.sentence_size, size, bias=False), spectral)
        dcgan_init(self)

    def trunk(self, images: Tensor) -> Tensor:
        """The features (N, features) of images, independent of the text."""
        features = leaky_relu(self.first(pixel_unshuffle(images, 2)), LEAKY_SLOPE)  # (N, width, S / 2, S / 2)
        for level in self.levels:
            features = leaky_relu(level(features), LEAKY_SLOPE)
        return features.flatten(1)

    def score_features(self, features: Tensor, condition: Tensor | None) -> Tensor:
        """Raw scores (N,) of the trunk's features (N, features) under text embeddings (N, sentence_size)."""
        if condition is None:
            raise UsageError("A text-conditional discriminator needs a text embedding for each image.")
        return self.score(features).squeeze(1) + (features * self.project(condition)).sum(dim=1)

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score_features(self.trunk(images), condition)


TRAINING_RECIPE = {"batch_size": 64, "steps": 200_000, "ema_pictures": 30_000}

PRESETS = {
    "modern": Preset(
        "The relativistic loss with R1 and R2 penalties, and real images with captions of others as negatives.",
        Relativistic(r1=0.1, r2=0.1, penalty_every=8, mismatch=0.5),
        {},
        TRAINING_RECIPE,
    ),
    "df-gan": Preset(
        "DF-GAN's hinge loss with matching-aware gradient penalty, the discriminator at four times the learning rate.",
        MatchingAware(),
        {},
        TRAINING_RECIPE | {"generator_rate": 1e-4, "discriminator_rate": 4e-4, "beta2": 0.9},
    ),
}

FAMILY = Family(
    name="text_conditional",
    title="Text-conditional GAN",
    about="Convolutional networks conditioned on a prompt.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets=PRESETS,
    task=Task.TEXT_TO_IMAGE,
)

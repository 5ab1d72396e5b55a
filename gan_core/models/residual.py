"""Residual networks without normalisation, after R3GAN (Huang et al. 2024): for small data sets of colour photos.

Without batch statistics an image does not depend on the rest of its batch, and gradient penalties are well defined.
Instead of normalisation each residual block is initialised to the identity (Fixup, Zhang et al. 2019), so that
activations neither vanish nor explode. Levels are resampled by bilinear interpolation and average pooling, which leave
no checkerboard pattern.

Two differences from the paper make it fast on CPUs. Blocks are two dense 3x3 convolutions; the paper's grouped ones
take as long for half the weights. All blocks work at half the image's side and below (pixel shuffle, Shi et al. 2016),
with one narrow convolution at full resolution to smooth its output.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, pixel_shuffle, pixel_unshuffle

from gan_core.configuration import option
from gan_core.models.blocks import LEAKY_SLOPE, maybe_spectral_norm
from gan_core.models.family import Family, Preset
from gan_core.models.pyramid import FULL_RES_CHANNELS, PyramidConfig
from gan_core.objectives import Relativistic

OUTPUT_GAIN = 0.3  # initial gain of the last convolution: grey images, far from the saturation of tanh


@dataclass(frozen=True)
class Config(PyramidConfig):
    """The widths of the levels, and the number of blocks in each."""

    width: int = option(48, "channels of the generator at half the image's side", low=4, high=512)
    critic_width: int = option(32, "channels of the discriminator at half the image's side", low=4, high=512)
    blocks: int = option(1, "residual blocks in each level, of two convolutions each", low=1, high=8)


class ResidualBlock(nn.Module):
    """A pre-activation residual block of two convolutions on (N, C, H, W) (He et al. 2016b).

    The second convolution is initialised to zero and the first one scaled by depth^(-1/2), where `depth` is the number
    of blocks in the network (Zhang et al. 2019, section 3, for branches of two layers).
    """

    def __init__(self, channels: int, depth: int, *, spectral: bool = False) -> None:
        super().__init__()
        first, second = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        he_init(first, depth**-0.5)
        he_init(second, 1.0 if spectral else 0.0)  # spectral normalisation divides by the norm
        self.first, self.second = maybe_spectral_norm(first, spectral), maybe_spectral_norm(second, spectral)

    def forward(self, features: Tensor) -> Tensor:
        residual = self.first(leaky_relu(features, LEAKY_SLOPE))
        return features + self.second(leaky_relu(residual, LEAKY_SLOPE))


class Generator(nn.Module):
    """Latents (N, latent_size) -> images (N, C, S, S) in [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        widths = config.widths(config.width)[::-1]  # from the smallest level on
        depth = config.blocks * len(widths)
        self.first_shape = (widths[0], config.base_resolution(), config.base_resolution())
        self.dense = nn.Linear(config.latent_size, widths[0] * config.base_resolution() ** 2)
        self.levels = nn.ModuleList([residual_blocks(width, config.blocks, depth) for width in widths])
        self.widen = nn.ModuleList([he_init(nn.Conv2d(*pair, 1)) for pair in pairwise(widths)])
        self.detail = he_init(nn.Conv2d(widths[-1], 4 * FULL_RES_CHANNELS, 3, padding=1))
        self.to_pixels = he_init(nn.Conv2d(FULL_RES_CHANNELS, config.image_channels, 3, padding=1), OUTPUT_GAIN)
        he_init(self.dense)
        icnr_init(self.detail)

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        features = self.levels[0](self.dense(latents).unflatten(1, self.first_shape))  # (N, widths[0], base, base)
        for widen, level in zip(self.widen, self.levels[1:], strict=True):  # pyright: ignore[reportArgumentType]
            features = level(interpolate(widen(features), scale_factor=2.0, mode="bilinear"))
        detail = self.detail(leaky_relu(features, LEAKY_SLOPE))  # (N, 4 FULL_RES_CHANNELS, S / 2, S / 2)
        return self.to_pixels(leaky_relu(pixel_shuffle(detail, 2), LEAKY_SLOPE)).tanh()


class Discriminator(nn.Module):
    """Images (N, C, S, S) -> raw scores (N,)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        widths, spectral = config.widths(config.critic_width), config.spectral_norm
        depth = config.blocks * len(widths)
        self.first = maybe_spectral_norm(
            he_init(nn.Conv2d(4 * config.image_channels, widths[0], 3, padding=1)), spectral
        )
        self.levels = nn.ModuleList([residual_blocks(width, config.blocks, depth, spectral) for width in widths])
        self.widen = nn.ModuleList(
            [maybe_spectral_norm(he_init(nn.Conv2d(*pair, 1)), spectral) for pair in pairwise(widths)]
        )
        self.score = maybe_spectral_norm(he_init(nn.Linear(widths[-1] * config.base_resolution() ** 2, 1)), spectral)

    def trunk(self, images: Tensor) -> Tensor:
        """The features (N, features) of images, before the last layer."""
        features = self.levels[0](self.first(pixel_unshuffle(images, 2)))  # (N, widths[0], S / 2, S / 2)
        for widen, level in zip(self.widen, self.levels[1:], strict=True):  # pyright: ignore[reportArgumentType]
            features = level(widen(avg_pool2d(features, 2)))
        return leaky_relu(features, LEAKY_SLOPE).flatten(1)

    def score_features(self, features: Tensor, condition: Tensor | None = None) -> Tensor:
        """Raw scores (N,) of the trunk's features (N, features)."""
        return self.score(features).squeeze(1)

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score_features(self.trunk(images))


def residual_blocks(channels: int, count: int, depth: int, spectral: bool = False) -> nn.Sequential:
    """`count` residual blocks, out of `depth` in the whole network."""
    return nn.Sequential(*[ResidualBlock(channels, depth, spectral=spectral) for _ in range(count)])


def he_init(layer: Any, gain: float = 1.0) -> Any:
    """The layer, initialised by He et al. 2015 times `gain`, with biases of zero."""
    nn.init.kaiming_normal_(layer.weight, LEAKY_SLOPE)
    nn.init.zeros_(layer.bias)
    layer.weight.data.mul_(gain)
    return layer


@torch.no_grad()
def icnr_init(layer: nn.Conv2d) -> None:
    """Initialise the four sub-pixels of a pixel shuffle to the same weights (ICNR, Aitken et al. 2017)."""
    layer.weight.copy_(layer.weight[::4].repeat_interleave(4, dim=0))


PRESETS = {
    "modern": Preset(
        "The relativistic loss with light R1 and R2 penalties, and data augmentation: for small data sets.",
        Relativistic(r1=0.1, r2=0.1),
        {},
        {
            "batch_size": 64,
            "steps": 30_000,
            "ema_pictures": 100_000,
            "augment": "mirror+colour+translation",
            "augment_chance": 0.4,
        },
    ),
    "plain": Preset(
        "The same without data augmentation: for large data sets.",
        Relativistic(r1=0.1, r2=0.1),
        {},
        {"batch_size": 64, "steps": 30_000, "ema_pictures": 100_000},
    ),
}

FAMILY = Family(
    name="residual",
    title="Residual GAN",
    about="Residual networks without normalisation, for colour photos; without a condition.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets=PRESETS,
)

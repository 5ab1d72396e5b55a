"""DCGAN (Radford et al. 2016): strided convolutions down, fractionally strided ones up, no pooling, one dense layer."""

from dataclasses import dataclass
from itertools import pairwise
from math import log2

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, relu

from gan_core.configuration import option
from gan_core.errors import UsageError
from gan_core.models.blocks import (
    ConditionalBatchNorm,
    DownBlock,
    UpBlock,
    base_resolution,
    dcgan_init,
    maybe_spectral_norm,
)
from gan_core.models.family import Family, ModelConfig, Preset
from gan_core.objectives import Hinge, NonSaturating, Relativistic, WassersteinGP

CLUSTER_CODE_SIZE = 32  # values that a kind of picture is embedded in


@dataclass(frozen=True)
class Config(ModelConfig):
    """Channels double from level to level away from the picture, up to `max_width`."""

    width: int = option(48, "channels of the generator's last hidden level", low=4, high=512)
    critic_width: int = option(32, "channels of the discriminator's first level", low=4, high=512)
    max_width: int = option(512, "most channels a level may have", low=4, high=2048)
    depth: int = option(1, "plain convolutions in the generator after each step up", low=0, high=3)
    critic_depth: int = option(0, "plain convolutions in the discriminator after each step down", low=0, high=3)
    critic_norm: str = option(
        "none",
        "batch normalisation in the discriminator is the classic; gradient penalties need none",
        choices=("none", "batch"),
    )
    spectral_norm: bool = option(False, "bound each layer of the discriminator (Miyato et al. 2018)")
    modes: int = option(0, "kinds of pictures to find without labels and keep apart; 0 for none", low=0, high=1024)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.modes == 1 or self.modes >= self.latent_size:
            raise UsageError(
                f"--modes takes as many of the latent's values to choose by: it must be 0, or at least 2 and less than "
                f"--latent-size {self.latent_size}."
            )

    def base_resolution(self) -> int:
        """Side of the generator's smallest level."""
        return base_resolution(self.image_size)

    def generator_widths(self) -> list[int]:
        """Channels from the smallest level to the last hidden one."""
        levels = int(log2(self.image_size // self.base_resolution()))
        return [min(self.width * 2**level, self.max_width) for level in reversed(range(levels))]

    def discriminator_widths(self) -> list[int]:
        """Channels from the picture down to a side of 3 (from 28) or 4."""
        levels = int(log2(self.image_size)) - 1 - (self.image_size != 28)
        return [min(self.critic_width * 2**level, self.max_width) for level in range(levels)]


class Generator(nn.Module):
    """Latents -> dense -> (start, start) -> levels of twice the side -> tanh -> images (N, C, S, S).

    With `style_size`, each normalisation is driven by a style vector besides (used by the conditional family);
    with `extra_inputs`, the dense layer takes so many values more than the latent has. With `modes`, the latent's
    first values choose a kind of picture, unless a condition (N, modes) names it, and the kind's code drives the
    normalisations (Liu et al. 2020, self-conditioned GANs).
    """

    def __init__(self, config: Config, extra_inputs: int = 0, style_size: int = 0) -> None:
        super().__init__()
        self.normal_latents = config.latent_distribution == "normal"
        self.modes = ClusterPrior(config.modes) if config.modes else None
        if self.modes is not None:
            self.codes = nn.Linear(config.modes, CLUSTER_CODE_SIZE, bias=False)
            extra_inputs = CLUSTER_CODE_SIZE - config.modes
            style_size = config.latent_size + extra_inputs
        widths = config.generator_widths()
        self.first_shape = (widths[0], config.base_resolution(), config.base_resolution())
        self.dense = nn.Linear(config.latent_size + extra_inputs, widths[0] * config.base_resolution() ** 2, bias=False)
        self.norm = ConditionalBatchNorm(widths[0], style_size)
        self.levels = nn.ModuleList([UpBlock(*pair, config.depth, style_size) for pair in pairwise(widths)])
        self.to_pixels = nn.ConvTranspose2d(widths[-1], config.image_channels, 4, 2, 1)
        dcgan_init(self)

    def forward(self, latents: Tensor, condition: Tensor | None = None, style: Tensor | None = None) -> Tensor:
        if self.modes is not None:
            code = self.codes(self.sample_cluster(latents) if condition is None else condition)  # (N, CODE_SIZE)
            latents = style = torch.cat([latents[:, self.modes.count :], code], dim=1)
        features = self.dense(latents).unflatten(1, self.first_shape)  # (N, widths[0], start, start)
        features = relu(self.norm(features, style))
        for level in self.levels:
            features = level(features, style)
        return self.to_pixels(features).tanh()

    def sample_cluster(self, latents: Tensor) -> Tensor:
        """The kind (N, modes), one-hot, that latents mean: each in its share of the data (Gumbel-max, Gumbel 1954)."""
        assert self.modes is not None
        selectors = latents[:, : self.modes.count]
        uniform = torch.special.ndtr(selectors) if self.normal_latents else (selectors + 1) / 2  # uniform in [0, 1]
        gumbel = -(-uniform.clamp(1e-6, 1 - 1e-6).log()).log()
        return one_hot((self.modes.shares.log() + gumbel).argmax(dim=1), self.modes.count).float()


class Discriminator(nn.Module):
    """Images (N, C, S, S) -> levels of half the side -> one convolution over all that is left -> raw scores (N,).

    With `modes`, a condition (N, modes) asks: real, and of that kind? (Projection, Miyato and Koyama 2018.) Without
    one the score is that of any kind, weighed by their shares.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.trunk, self.feature_count = build_trunk(config)
        self.score = maybe_spectral_norm(nn.Linear(self.feature_count, 1), config.spectral_norm)
        self.modes = ClusterPrior(config.modes) if config.modes else None
        if self.modes is not None:
            self.project = maybe_spectral_norm(
                nn.Linear(config.modes, self.feature_count, bias=False), config.spectral_norm
            )

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score_features(self.trunk(images), condition)

    def score_features(self, features: Tensor, condition: Tensor | None) -> Tensor:
        """Raw scores (N,) of the trunk's features (N, features) beside the condition."""
        score = self.score(features).squeeze(1)
        if self.modes is None:
            return score
        if condition is not None:
            return score + (features * self.project(condition)).sum(dim=1)
        return score + (features @ self.project.weight + self.modes.shares.log()).logsumexp(dim=1)


class ClusterPrior(nn.Module):
    """How many kinds of pictures there are, and the share of each in the data."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.shares: Tensor
        self.register_buffer("shares", torch.full((count,), 1 / count))


def build_trunk(config: Config) -> tuple[nn.Sequential, int]:
    """The discriminator's convolutions, flattened, and how many features come out.

    The first level has no BatchNorm: Radford et al. 2016 found that it makes samples oscillate.
    """
    widths = [config.image_channels, *config.discriminator_widths()]
    levels: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        batch_norm = config.critic_norm == "batch" and bool(levels)
        levels.append(
            DownBlock(inputs, outputs, config.critic_depth, batch_norm=batch_norm, spectral=config.spectral_norm)
        )
    network = nn.Sequential(*levels, nn.Flatten())
    dcgan_init(network)
    side = config.image_size >> len(levels)
    return network, widths[-1] * side**2


CLASSIC_MODEL = {"critic_norm": "batch", "depth": 0}
CLASSIC_TRAINING = {"beta1": 0.5, "beta2": 0.999}

PRESETS = {
    "modern": Preset(
        "Relativistic pairing with R1 and R2: stable, all modes.",
        Relativistic(r1=0.1, r2=0.1),
        {"latent_size": 64, "latent_distribution": "normal"},
        {"generator_rate": 5e-4, "discriminator_rate": 5e-4},
    ),
    "classic": Preset(
        "Radford et al. 2016: BatchNorm in both networks, Adam with beta1 0.5.",
        NonSaturating(),
        CLASSIC_MODEL,
        CLASSIC_TRAINING,
    ),
    "sngan": Preset(
        "Hinge loss and spectral norm, the discriminator at twice the rate (Miyato et al. 2018).",
        Hinge(),
        {"spectral_norm": True},
        {"beta1": 0.0, "beta2": 0.9, "discriminator_rate": 4e-4},
    ),
    "wgan-gp": Preset(
        "The critic trained five times a step under a gradient penalty (Gulrajani et al. 2017).",
        WassersteinGP(),
        {},
        {"beta1": 0.0, "beta2": 0.9, "discriminator_steps": 5},
    ),
}

FAMILY = Family(
    name="dcgan",
    title="DCGAN",
    about="Convolutional networks that draw from noise alone.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets=PRESETS,
)

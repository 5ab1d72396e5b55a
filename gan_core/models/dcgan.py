"""DCGAN (Radford et al. 2016): transposed convolutions in the generator, strided ones in the discriminator.

With `modes` clusters it becomes a self-conditioned GAN (Liu et al. 2020): it is conditioned on clusters of the data
that are found in training, without labels.
"""

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

CLUSTER_CODE_SIZE = 32  # dimensions of a cluster's embedding


@dataclass(frozen=True)
class Config(ModelConfig):
    """The channels double at each halving of the resolution, up to `max_width`."""

    width: int = option(48, "channels of the generator's last hidden level", low=4, high=512)
    critic_width: int = option(32, "channels of the discriminator's first level", low=4, high=512)
    max_width: int = option(512, "the most channels that a level has", low=4, high=2048)
    depth: int = option(1, "3x3 convolutions in the generator after each upsampling", low=0, high=3)
    critic_depth: int = option(0, "3x3 convolutions in the discriminator after each downsampling", low=0, high=3)
    critic_norm: str = option(
        "none",
        "normalisation in the discriminator; gradient penalties need none, the classic recipe has batch",
        choices=("none", "batch"),
    )
    spectral_norm: bool = option(False, "spectral normalisation in the discriminator (Miyato et al. 2018)")
    modes: int = option(
        0, "clusters of a self-conditioned GAN, found without labels (Liu et al. 2020); 0 for none", low=0, high=1024
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.modes == 1 or self.modes >= self.latent_size:
            raise UsageError(
                f"--modes must be 0, or at least 2 and less than --latent-size {self.latent_size}: that many of the "
                "latent's values choose the cluster."
            )

    def base_resolution(self) -> int:
        """Side of the generator's smallest feature maps in pixels."""
        return base_resolution(self.image_size)

    def generator_widths(self) -> list[int]:
        """Channels of the levels, from the smallest resolution to half the image's."""
        levels = int(log2(self.image_size // self.base_resolution()))
        return [min(self.width * 2**level, self.max_width) for level in reversed(range(levels))]

    def discriminator_widths(self) -> list[int]:
        """Channels of the levels, from half the image's resolution down to a side of 3 (for 28 pixels) or 4."""
        levels = int(log2(self.image_size)) - 1 - (self.image_size != 28)
        return [min(self.critic_width * 2**level, self.max_width) for level in range(levels)]


class Generator(nn.Module):
    """Latents (N, latent_size) -> dense layer -> upsampling levels -> tanh -> images (N, C, S, S).

    The conditional family passes `style_size`, the size of the style vector of each conditional normalisation, and
    `extra_inputs`, the number of inputs of the dense layer besides the latent. With `modes`, the condition (N, modes)
    names the cluster, or, where it is None, the latent's first `modes` values choose it; latent and embedding of the
    cluster then form the style vector (Liu et al. 2020).
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
        features = self.dense(latents).unflatten(1, self.first_shape)  # (N, widths[0], base, base)
        features = relu(self.norm(features, style))
        for level in self.levels:
            features = level(features, style)
        return self.to_pixels(features).tanh()

    def sample_cluster(self, latents: Tensor) -> Tensor:
        """One-hot clusters (N, modes) of latents, each as often as its share of the data (Gumbel-max, Gumbel 1954)."""
        assert self.modes is not None
        selectors = latents[:, : self.modes.count]
        uniform = torch.special.ndtr(selectors) if self.normal_latents else (selectors + 1) / 2  # uniform in [0, 1]
        gumbel = -(-uniform.clamp(1e-6, 1 - 1e-6).log()).log()
        return one_hot((self.modes.shares.log() + gumbel).argmax(dim=1), self.modes.count).float()


class Discriminator(nn.Module):
    """Images (N, C, S, S) -> downsampling levels -> one dense layer -> raw scores (N,).

    With `modes` it is a projection discriminator (Miyato and Koyama 2018) with clusters (N, modes) as the condition.
    Without a condition the score is the log-sum-exp over all clusters, weighted by their shares.
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
        """Raw scores (N,) of the trunk's features (N, features) under the condition."""
        score = self.score(features).squeeze(1)
        if self.modes is None:
            return score
        if condition is not None:
            return score + (features * self.project(condition)).sum(dim=1)
        return score + (features @ self.project.weight + self.modes.shares.log()).logsumexp(dim=1)


class ClusterPrior(nn.Module):
    """The number of clusters, and as a buffer the share of each in the data (clusters,)."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.shares: Tensor
        self.register_buffer("shares", torch.full((count,), 1 / count))


def build_trunk(config: Config) -> tuple[nn.Sequential, int]:
    """The discriminator's convolutions with flattened output, and the number of features.

    The first level has no BatchNorm: with it, samples oscillate (Radford et al. 2016).
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
        "The relativistic loss with R1 and R2 penalties: stable, and covers all modes.",
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
        "Hinge loss and spectral normalisation, the discriminator at twice the learning rate (Miyato et al. 2018).",
        Hinge(),
        {"spectral_norm": True},
        {"beta1": 0.0, "beta2": 0.9, "discriminator_rate": 4e-4},
    ),
    "wgan-gp": Preset(
        "Wasserstein loss with gradient penalty, five discriminator updates a step (Gulrajani et al. 2017).",
        WassersteinGP(),
        {},
        {"beta1": 0.0, "beta2": 0.9, "discriminator_steps": 5},
    ),
}

FAMILY = Family(
    name="dcgan",
    title="DCGAN",
    about="Convolutional networks, without a condition.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets=PRESETS,
)

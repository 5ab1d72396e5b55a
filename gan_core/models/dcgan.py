"""DCGAN (Radford et al. 2016): strided convolutions down, fractionally strided ones up, no pooling, one dense layer."""

from dataclasses import dataclass
from itertools import pairwise
from math import log2

from torch import Tensor, nn
from torch.nn.functional import relu

from gan_core.configuration import option
from gan_core.models.blocks import Down, Norm, Up, bounded, initialise
from gan_core.models.family import Family, ModelConfig, Preset
from gan_core.objectives import Hinge, NonSaturating, Relativistic, WassersteinGP


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

    def start(self) -> int:
        """Side of the generator's smallest level: 28 pixels come from 7, all others from 4."""
        return 7 if self.image_size == 28 else 4

    def generator_widths(self) -> list[int]:
        """Channels from the smallest level to the last hidden one."""
        levels = int(log2(self.image_size // self.start()))
        return [min(self.width * 2**level, self.max_width) for level in reversed(range(levels))]

    def critic_widths(self) -> list[int]:
        """Channels from the picture down to a side of 3 (from 28) or 4."""
        levels = int(log2(self.image_size)) - 1 - (self.image_size != 28)
        return [min(self.critic_width * 2**level, self.max_width) for level in range(levels)]


class Generator(nn.Module):
    """Latents -> dense -> (start, start) -> levels of twice the side -> tanh -> images (N, C, S, S).

    With `style_size`, each normalisation is driven by a style vector besides (used by the conditional family);
    with `extra_inputs`, the dense layer takes so many values more than the latent has.
    """

    def __init__(self, config: Config, extra_inputs: int = 0, style_size: int = 0) -> None:
        super().__init__()
        widths = config.generator_widths()
        self.first_shape = (widths[0], config.start(), config.start())
        self.dense = nn.Linear(config.latent_size + extra_inputs, widths[0] * config.start() ** 2, bias=False)
        self.norm = Norm(widths[0], style_size)
        self.levels = nn.ModuleList([Up(*pair, config.depth, style_size) for pair in pairwise(widths)])
        self.to_pixels = nn.ConvTranspose2d(widths[-1], config.image_channels, 4, 2, 1)
        initialise(self)

    def forward(self, latents: Tensor, condition: Tensor | None = None, style: Tensor | None = None) -> Tensor:
        features = self.dense(latents).unflatten(1, self.first_shape)  # (N, widths[0], start, start)
        features = relu(self.norm(features, style))
        for level in self.levels:
            features = level(features, style)
        return self.to_pixels(features).tanh()


class Discriminator(nn.Module):
    """Images (N, C, S, S) -> levels of half the side -> one convolution over all that is left -> raw scores (N,)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.trunk, self.features_size = trunk(config)
        self.score = bounded(nn.Linear(self.features_size, 1), config.spectral_norm)

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.trunk(images)).squeeze(1)


def trunk(config: Config) -> tuple[nn.Sequential, int]:
    """The discriminator's convolutions, flattened, and how many features come out.

    The first level has no BatchNorm: Radford et al. 2016 found that it makes samples oscillate.
    """
    widths = [config.image_channels, *config.critic_widths()]
    levels: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        normalised = config.critic_norm == "batch" and bool(levels)
        levels.append(Down(inputs, outputs, config.critic_depth, normalised=normalised, spectral=config.spectral_norm))
    network = nn.Sequential(*levels, nn.Flatten())
    initialise(network)
    side = config.image_size >> len(levels)
    return network, widths[-1] * side**2


CLASSIC_MODEL = {"critic_norm": "batch", "depth": 0}
CLASSIC_TRAINING = {"beta1": 0.5, "beta2": 0.999}

PRESETS = {
    "modern": Preset(
        "Relativistic pairing with R1 and R2: stable, all modes.",
        Relativistic(),
        {"latent_size": 64, "latent_distribution": "normal"},
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

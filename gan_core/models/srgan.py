"""SRGAN (Ledig et al. 2017): super-resolution, trained first for fidelity, then for sharpness.

The generator works at the low resolution and ends in a pixel shuffle (Shi et al. 2016); it learns the difference from
bicubic interpolation. It has no BatchNorm (EDSR, Lim et al. 2017), so a tile gives the same pixels as the whole image.
The discriminator scores patches (PatchGAN, Isola et al. 2017) under spectral normalisation.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pixel_shuffle

from gan_core.configuration import option
from gan_core.errors import UsageError
from gan_core.models.blocks import LEAKY_SLOPE, maybe_spectral_norm
from gan_core.models.family import Family, ModelConfig, Preset
from gan_core.objectives import Restoration
from gan_core.tasks import Task

BICUBIC_RADIUS_PX = 2  # low-resolution pixels that a bicubic sample depends on, to either side


@dataclass(frozen=True)
class Config(ModelConfig):
    """Scale and size of the networks. There is no latent: the output depends on the input alone."""

    image_size: int = option(128, "side of the high-resolution training patches in pixels", low=16, high=1024)
    image_channels: int = option(3, "1 for grey, 3 for RGB", choices=(1, 3))
    latent_size: int = option(0, "no latent", low=0, high=0)
    scale: int = option(4, "factor by which each side is upscaled", choices=(2, 3, 4))
    features: int = option(64, "channels of the generator", low=4, high=256)
    blocks: int = option(12, "residual blocks of the generator, two convolutions each", low=1, high=64)
    critic_width: int = option(48, "channels of the discriminator's first level", low=4, high=512)
    spectral_norm: bool = option(True, "spectral normalisation in the discriminator (Miyato et al. 2018)")
    degradation: str = option(
        "bicubic",
        "how training images are degraded; bicubic: as in the benchmarks; photo: also blur, noise and JPEG",
        choices=("bicubic", "photo"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.image_size % self.scale:
            raise UsageError(f"--image-size must be a multiple of the scale {self.scale}, not {self.image_size}.")

    def receptive_radius(self) -> int:
        """Receptive field: low-resolution pixels, to each side, that an output pixel depends on."""
        return max(3 + 2 * self.blocks, BICUBIC_RADIUS_PX)


class ResidualBlock(nn.Module):
    """A residual block of two convolutions without normalisation (He et al. 2016; Lim et al. 2017).

    LeakyReLU instead of SRGAN's PReLU, which takes a sixth of a training step's time on a CPU and gains less than as
    much more training.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(features, features, 3, padding=1)
        self.second = nn.Conv2d(features, features, 3, padding=1)
        nn.init.zeros_(self.second.weight)  # the block is initialised to the identity

    def forward(self, features: Tensor) -> Tensor:
        return features + self.second(leaky_relu(self.first(features), LEAKY_SLOPE))


class Generator(nn.Module):
    """Low-resolution images (N, C, h, w) in [-1, 1] as the condition -> (N, C, scale h, scale w), about [-1, 1].

    The first argument, the latents of other generators, is ignored and may be None.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.scale = config.scale
        self.head = nn.Conv2d(config.image_channels, config.features, 3, padding=1)
        self.blocks = nn.Sequential(*[ResidualBlock(config.features) for _ in range(config.blocks)])
        self.body = nn.Conv2d(config.features, config.features, 3, padding=1)
        self.tail = nn.Conv2d(config.features, config.image_channels * config.scale**2, 3, padding=1)
        nn.init.zeros_(self.tail.weight)  # the network is initialised to bicubic interpolation

    def forward(self, latents: Tensor | None, condition: Tensor | None = None) -> Tensor:
        if condition is None:
            raise UsageError("A super-resolution generator needs a low-resolution image.")
        features = self.head(condition)  # (N, F, h, w)
        features = features + self.body(self.blocks(features))
        details = pixel_shuffle(self.tail(features), self.scale)  # (N, C, scale h, scale w)
        return details + interpolate(condition, scale_factor=self.scale, mode="bicubic")


class Discriminator(nn.Module):
    """Images (N, C, H, W) -> raw scores (N, H', W'), one for each patch of about 35 pixels.

    The condition is ignored: the real and the generated image of a pair have the same one.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, channels = config.critic_width, config.image_channels
        layers = [
            nn.Conv2d(channels, width, 3, padding=1),
            nn.Conv2d(width, width, 4, 2, 1),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.Conv2d(2 * width, 2 * width, 4, 2, 1),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1),
            nn.Conv2d(4 * width, 4 * width, 4, 2, 1),
        ]
        self.levels = nn.ModuleList([maybe_spectral_norm(layer, config.spectral_norm) for layer in layers])
        self.score = maybe_spectral_norm(nn.Conv2d(4 * width, 1, 3, padding=1), config.spectral_norm)

    def features(self, images: Tensor) -> list[Tensor]:
        """The feature maps of each level, in order, and last the scores: inputs of the feature matching loss."""
        features = []
        for level in self.levels:
            images = leaky_relu(level(images), LEAKY_SLOPE)
            features.append(images)
        return [*features, self.score(images).squeeze(1)]

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.features(images)[-1]


PRESETS = {
    "faithful": Preset(
        "Stage one: absolute error alone; the most faithful and the softest images.",
        Restoration(pixel=1.0, adversarial=0.0, feature=0.0),
        {},
        {
            "steps": 24_000, "batch_size": 8, "generator_rate": 1e-3, "beta1": 0.9, "beta2": 0.99,
            "decay_until": 24_000, "ema_pictures": 8_000,
        },
    ),
    "sharp": Preset(
        "Stage two, started from a faithful run: adversarial and feature matching loss, for texture.",
        Restoration(),
        {},
        {
            "steps": 10_000, "batch_size": 16, "generator_rate": 1e-4, "discriminator_rate": 2e-4, "beta1": 0.0,
            "beta2": 0.99, "decay_from": 5_000, "decay_until": 10_000, "ema_pictures": 16_000,
        },
    ),
}  # fmt: skip

FAMILY = Family(
    name="srgan",
    title="SRGAN",
    about="Super-resolution: upscales images.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets=PRESETS,
    task=Task.SUPER_RESOLUTION,
)

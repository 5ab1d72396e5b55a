"""SRGAN (Ledig et al. 2017): a small picture becomes a large one, first faithful, then sharp.

The generator works at the small picture's resolution and ends in a pixel shuffle (Shi et al. 2016); what it adds to
the bicubically enlarged picture is all it has to learn. No BatchNorm (Lim et al. 2017, EDSR), so a tile is drawn as it
is in the whole picture. The discriminator scores patches (Isola et al. 2017) under spectral normalisation.
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

BICUBIC_RADIUS_PX = 2  # pixels of the small picture that a bicubic sample looks at, to either side


@dataclass(frozen=True)
class Config(ModelConfig):
    """Scale and size of the networks. There is no latent: the same small picture always gives the same large one."""

    image_size: int = option(128, "side of the sharp patches it is trained on, in pixels", low=16, high=1024)
    image_channels: int = option(3, "1 for grey, 3 for RGB", choices=(1, 3))
    latent_size: int = option(0, "no random values", low=0, high=0)
    scale: int = option(4, "how many times larger the picture becomes, each side", choices=(2, 3, 4))
    features: int = option(64, "channels of the generator", low=4, high=256)
    blocks: int = option(12, "residual blocks of the generator, two convolutions each", low=1, high=64)
    critic_width: int = option(48, "channels of the discriminator's first level", low=4, high=512)
    spectral_norm: bool = option(True, "bound each layer of the discriminator (Miyato et al. 2018)")
    degradation: str = option(
        "bicubic",
        "what made the training pictures small: bicubic as in the benchmarks, or photo: blur, noise and JPEG besides",
        choices=("bicubic", "photo"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.image_size % self.scale:
            raise UsageError(f"--image-size must be a multiple of the scale {self.scale}, not {self.image_size}.")

    def receptive_radius(self) -> int:
        """Receptive field: how many pixels of the small picture, to each side, a large pixel depends on."""
        return max(3 + 2 * self.blocks, BICUBIC_RADIUS_PX)


class ResidualBlock(nn.Module):
    """Two convolutions around one non-linearity, added to what came in (He et al. 2016; Lim et al. 2017).

    LeakyReLU: SRGAN's PReLU takes a sixth of a step's time on a processor, and as much training without it gains more.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(features, features, 3, padding=1)
        self.second = nn.Conv2d(features, features, 3, padding=1)
        nn.init.zeros_(self.second.weight)  # a block begins as the identity: deep stacks start calm

    def forward(self, features: Tensor) -> Tensor:
        return features + self.second(leaky_relu(self.first(features), LEAKY_SLOPE))


class Generator(nn.Module):
    """Small pictures (N, C, h, w) in [-1, 1] as the condition -> large ones (N, C, scale h, scale w), about [-1, 1].

    Latents are taken as by every generator, and may be None: there is nothing random.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.scale = config.scale
        self.head = nn.Conv2d(config.image_channels, config.features, 3, padding=1)
        self.blocks = nn.Sequential(*[ResidualBlock(config.features) for _ in range(config.blocks)])
        self.body = nn.Conv2d(config.features, config.features, 3, padding=1)
        self.tail = nn.Conv2d(config.features, config.image_channels * config.scale**2, 3, padding=1)
        nn.init.zeros_(self.tail.weight)  # the network begins as the bicubic enlargement

    def forward(self, latents: Tensor | None, condition: Tensor | None = None) -> Tensor:
        if condition is None:
            raise UsageError("A super-resolution generator needs a small picture.")
        features = self.head(condition)  # (N, F, h, w)
        features = features + self.body(self.blocks(features))
        details = pixel_shuffle(self.tail(features), self.scale)  # (N, C, scale h, scale w)
        return details + interpolate(condition, scale_factor=self.scale, mode="bicubic")


class Discriminator(nn.Module):
    """Large pictures (N, C, H, W) -> raw scores (N, H', W'), one for each patch of about 35 pixels.

    Which small picture they belong to is not asked: real and fake of a pair share it.
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
        """What each level sees, the first one first, and last the scores: compared by the feature loss."""
        features = []
        for level in self.levels:
            images = leaky_relu(level(images), LEAKY_SLOPE)
            features.append(images)
        return [*features, self.score(images).squeeze(1)]

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.features(images)[-1]


PRESETS = {
    "faithful": Preset(
        "Stage one: absolute error alone, the most faithful and the softest picture.",
        Restoration(pixel=1.0, adversarial=0.0, feature=0.0),
        {},
        {
            "steps": 24_000, "batch_size": 8, "generator_rate": 1e-3, "beta1": 0.9, "beta2": 0.99,
            "decay_until": 24_000, "ema_pictures": 8_000,
        },
    ),
    "sharp": Preset(
        "Stage two, started from a faithful run: a discriminator and its features ask for texture.",
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
    about="Makes small pictures large and sharp.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets=PRESETS,
    task=Task.SUPER_RESOLUTION,
)

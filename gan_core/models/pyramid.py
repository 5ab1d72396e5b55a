"""The config that the families for colour images share: feature maps that get wider at each halving of the side."""

from dataclasses import dataclass

from gan_core.configuration import option
from gan_core.models.blocks import base_resolution
from gan_core.models.family import ModelConfig

FULL_RES_CHANNELS = 8  # channels of the feature maps at the image's own resolution


@dataclass(frozen=True)
class PyramidConfig(ModelConfig):
    """The channels grow by `growth` at each halving of the resolution."""

    image_size: int = option(64, "side of the square image in pixels", choices=(28, 32, 64, 128))
    image_channels: int = option(3, "1 for grey, 3 for RGB", choices=(1, 3))
    latent_size: int = option(64, "dimensions of the latent vector", low=1, high=1024)
    latent_distribution: str = option(
        "normal", "uniform in [-1, 1], or the standard normal distribution", choices=("uniform", "normal")
    )
    growth: float = option(1.75, "factor of the channels at each halving of the resolution", low=1, high=3)
    spectral_norm: bool = option(False, "spectral normalisation in the discriminator (Miyato et al. 2018)")

    def base_resolution(self) -> int:
        """Side of the smallest feature maps in pixels."""
        return base_resolution(self.image_size)

    def widths(self, width: int) -> list[int]:
        """Channels from half the image's side down to the smallest level, rounded to multiples of 8 from 32 on."""
        levels = (self.image_size // 2 // self.base_resolution()).bit_length()
        sizes = [width * self.growth**level for level in range(levels)]
        return [round(size / 8) * 8 if size >= 32 else round(size) for size in sizes]

"""What the families for photos in colour share: a ladder of levels, the widest far from the picture."""

from dataclasses import dataclass

from gan_core.configuration import option
from gan_core.models.blocks import base_resolution
from gan_core.models.family import ModelConfig

FULL_RES_CHANNELS = 8  # channels at the full resolution


@dataclass(frozen=True)
class PyramidConfig(ModelConfig):
    """Channels nearly double from level to level away from the picture."""

    image_size: int = option(64, "side of the square picture in pixels", choices=(28, 32, 64, 128))
    image_channels: int = option(3, "1 for grey, 3 for RGB", choices=(1, 3))
    latent_size: int = option(64, "how many random values a picture starts from", low=1, high=1024)
    latent_distribution: str = option(
        "normal", "uniform in [-1, 1], or the standard normal distribution", choices=("uniform", "normal")
    )
    growth: float = option(1.75, "how many times more channels each smaller level has", low=1, high=3)
    spectral_norm: bool = option(False, "bound each layer of the discriminator (Miyato et al. 2018)")

    def base_resolution(self) -> int:
        """Side of the smallest level."""
        return base_resolution(self.image_size)

    def widths(self, width: int) -> list[int]:
        """Channels from half the picture's side down to the smallest level, in multiples of 8 where they are many."""
        levels = (self.image_size // 2 // self.base_resolution()).bit_length()
        sizes = [width * self.growth**level for level in range(levels)]
        return [round(size / 8) * 8 if size >= 32 else round(size) for size in sizes]

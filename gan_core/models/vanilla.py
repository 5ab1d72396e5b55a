"""The first GAN (Goodfellow et al. 2014): two multilayer perceptrons, no convolution, no condition."""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from gan_core.configuration import option
from gan_core.models.blocks import LEAKY_SLOPE, maybe_spectral_norm
from gan_core.models.family import Family, ModelConfig, Preset
from gan_core.objectives import Minimax, NonSaturating, Relativistic


@dataclass(frozen=True)
class Config(ModelConfig):
    """A pyramid of dense layers: width, 2 width, 4 width ... up to the pixels, and its mirror image."""

    width: int = option(
        256, "units of the layer next to the latent; each further one has twice as many", low=8, high=4096
    )
    layers: int = option(3, "hidden layers of each network", low=1, high=6)
    spectral_norm: bool = option(False, "bound each layer of the discriminator (Miyato et al. 2018)")

    def hidden_sizes(self) -> list[int]:
        return [self.width * 2**level for level in range(self.layers)]

    def flat_image_size(self) -> int:
        return self.image_channels * self.image_size**2


class Generator(nn.Module):
    """Latents (N, latent_size) -> dense, LeakyReLU, ... -> tanh -> images (N, C, S, S)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.shape = (config.image_channels, config.image_size, config.image_size)
        self.layers = mlp([config.latent_size, *config.hidden_sizes(), config.flat_image_size()])

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.layers(latents).tanh().unflatten(1, self.shape)


class Discriminator(nn.Module):
    """Images (N, C, S, S) -> the mirrored layers -> one raw score each (N,)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.layers = mlp([config.flat_image_size(), *reversed(config.hidden_sizes()), 1], config.spectral_norm)

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.layers(images.flatten(1)).squeeze(1)

    def trunk(self, images: Tensor) -> Tensor:
        """The features (N, units) that the last layer decides by."""
        return self.layers[:-1](images.flatten(1))


def mlp(sizes: list[int], spectral: bool = False) -> nn.Sequential:
    """Dense layers of these sizes with a LeakyReLU between each two."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [maybe_spectral_norm(nn.Linear(inputs, outputs), spectral), nn.LeakyReLU(LEAKY_SLOPE)]
    return nn.Sequential(*layers[:-1])


FAMILY = Family(
    name="vanilla",
    title="Vanilla GAN",
    about="Two multilayer perceptrons, as in the paper that began it all.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets={
        "modern": Preset(
            "The old networks under the modern objective, strongly regularised.", Relativistic(r1=20.0, r2=20.0)
        ),
        "classic": Preset(
            "As the tutorials have it: non-saturating loss and Adam with a high momentum.",
            NonSaturating(),
            training={"beta1": 0.5, "beta2": 0.999},
        ),
        "minimax": Preset(
            "The loss of equation 1, which saturates: watch the generator's gradient vanish.",
            Minimax(),
            training={"beta1": 0.9, "beta2": 0.999, "discriminator_steps": 2},
        ),
    },
)

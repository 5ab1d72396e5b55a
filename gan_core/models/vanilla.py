"""The original GAN (Goodfellow et al. 2014): two multilayer perceptrons, without convolutions or condition."""

from dataclasses import dataclass

from torch import Tensor, nn

from gan_core.configuration import option
from gan_core.models.blocks import mlp
from gan_core.models.family import Family, ModelConfig, Preset
from gan_core.objectives import Minimax, NonSaturating, Relativistic


@dataclass(frozen=True)
class Config(ModelConfig):
    """Dense layers of width, 2 width, 4 width ... units in the generator, the reverse in the discriminator."""

    width: int = option(
        256, "units of the generator's first hidden layer; each further one has twice as many", low=8, high=4096
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
    """Images (N, C, S, S) -> dense, LeakyReLU, ... -> raw scores (N,)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.layers = mlp([config.flat_image_size(), *reversed(config.hidden_sizes()), 1], config.spectral_norm)

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.layers(images.flatten(1)).squeeze(1)

    def trunk(self, images: Tensor) -> Tensor:
        """The input (N, width) of the last layer."""
        return self.layers[:-1](images.flatten(1))


FAMILY = Family(
    name="vanilla",
    title="Vanilla GAN",
    about="Two multilayer perceptrons, as in the first GAN paper.",
    config=Config,
    generator=Generator,
    discriminator=Discriminator,
    presets={
        "modern": Preset("The relativistic loss with strong R1 and R2 penalties.", Relativistic(r1=20.0, r2=20.0)),
        "classic": Preset(
            "As in most tutorials: the non-saturating loss, and Adam with beta1 0.5.",
            NonSaturating(),
            training={"beta1": 0.5, "beta2": 0.999},
        ),
        "minimax": Preset(
            "The loss of equation 1, which saturates: the generator's gradient vanishes.",
            Minimax(),
            training={"beta1": 0.9, "beta2": 0.999, "discriminator_steps": 2},
        ),
    },
)

"""Families of models that others trained: generators described as a chain of layers, and networks built by spandrel.

The chain is a text in the config, which `layer_chain` reads. These models are not trained here, so they have neither
presets nor a discriminator. Super-resolution networks are built by spandrel from their weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.configuration import option
from gan_core.errors import UsageError
from gan_core.models.family import Family, ModelConfig
from gan_core.models.layer_chain import build_layers, count_weights
from gan_core.tasks import Task

LABEL_ORDERS = ("label-first", "latent-first", "product")  # how label and latent are joined


@dataclass(frozen=True)
class Config(ModelConfig):
    """A chain of layers, and the sizes of its inputs and of its output."""

    image_size: int = option(64, "side of the square image in pixels", low=4, high=1024)
    latent_size: int = option(100, "dimensions of the latent vector", low=1, high=4096)
    latent_distribution: str = option("normal", "distribution of the latents", choices=("uniform", "normal"))
    embedding: int = option(0, "dimensions of the label embedding; 0: one-hot label", low=0, high=4096)
    label_order: str = option(
        "",
        "how label and latent are joined; nothing: an embedding is put before the latent, a one-hot label after it",
        choices=("", *LABEL_ORDERS),
    )
    layers: str = option("dense 4096 bias, tanh", "the layers, from the latent to the pixels")

    def input_size(self) -> int:
        """Inputs of the first layer: latent and label."""
        if self.label_order == "product":
            return self.latent_size
        return self.latent_size + (self.embedding or self.classes)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.label_order == "product" and self.embedding != self.latent_size:
            raise UsageError("--label-order product needs a label embedding of the size of the latent.")
        # raises UsageError where the chain cannot be built
        count_weights(self.layers, self.input_size(), self.image_channels, self.image_size)


@dataclass(frozen=True)
class UpscalerConfig(ModelConfig):
    """The properties of a super-resolution network that spandrel builds."""

    image_size: int = option(0, "images of any size", low=0, high=0)
    image_channels: int = option(3, "1 for grey, 3 for RGB", choices=(1, 3))
    latent_size: int = option(0, "no latent", low=0, high=0)
    scale: int = option(4, "factor by which each side is upscaled", low=2, high=16)
    architecture: str = option("", "spandrel's name of the architecture")


class Generator(nn.Module):
    """Latents (N, latent_size), and class weights (N, classes) where it has classes -> images (N, C, S, S)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.shape = (config.image_channels, config.image_size, config.image_size)
        self.embed = nn.Linear(config.classes, config.embedding, bias=False) if config.embedding else None
        self.conditional = config.classes > 0
        self.label_order = config.label_order or ("label-first" if config.embedding else "latent-first")
        self.layers = nn.Sequential(*build_layers(config.layers, config.input_size()))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        if self.conditional and condition is None:
            raise UsageError("A conditional generator needs a label for each latent.")
        inputs = latents
        if condition is not None and self.conditional:
            inputs = join_inputs(latents, condition if self.embed is None else self.embed(condition), self.label_order)
        if not isinstance(self.layers[0], nn.Linear):
            inputs = inputs[:, :, None, None]  # (N, inputs, 1, 1)
        return self.layers(inputs).reshape(-1, *self.shape)


def join_inputs(latents: Tensor, labels: Tensor, order: str) -> Tensor:
    """Latents (N, L) and labels (N, E) as the input of the first layer."""
    if order == "product":
        return latents * labels
    return torch.cat([labels, latents] if order == "label-first" else [latents, labels], dim=1)


def refuse_to_build(message: str) -> Callable[[Any], nn.Module]:
    """A network builder that raises UsageError with this message."""

    def refuse(_: Any) -> nn.Module:
        raise UsageError(message)

    return refuse


NO_DISCRIMINATOR = refuse_to_build("An imported model has no discriminator.")

UNCONDITIONAL = Family(
    name="foreign",
    title="Imported GAN",
    about="A generator that others trained, as a chain of layers.",
    config=Config,
    generator=Generator,
    discriminator=NO_DISCRIMINATOR,
    presets={},
)
CLASS_CONDITIONAL = Family(
    name="foreign_conditional",
    title="Imported conditional GAN",
    about="A class-conditional generator that others trained, as a chain of layers.",
    config=Config,
    generator=Generator,
    discriminator=NO_DISCRIMINATOR,
    presets={},
    task=Task.CLASS_CONDITIONAL,
)
SUPER_RESOLUTION = Family(
    name="foreign_upscaler",
    title="Imported super-resolution network",
    about="Upscales images with an architecture that spandrel supports.",
    config=UpscalerConfig,
    generator=refuse_to_build("An imported super-resolution network is loaded by gan_core.upscaling.upscaler."),
    discriminator=NO_DISCRIMINATOR,
    presets={},
    task=Task.SUPER_RESOLUTION,
)

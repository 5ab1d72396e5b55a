"""Families of models that others trained: generators described as a chain of layers, and networks built by spandrel.

A chain is a text in the config: `up 512 4 1 0, norm, relu, up 256 4 2 1, norm, relu, ..., up 3 4 2 1, tanh` is the
generator of PyTorch's DCGAN tutorial, `dense 128 bias, leaky 0.2, ..., dense 784 bias, tanh` a multilayer perceptron.
The numbers are those of the PyTorch layer: outputs, kernel size, stride, padding. These models are not trained here, so
they have neither presets nor a discriminator. Super-resolution networks are built by spandrel from their weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.configuration import option
from gan_core.errors import UsageError
from gan_core.models.family import Family, ModelConfig
from gan_core.tasks import Task

MAX_LAYERS = 64
MAX_WIDTH = 65_536
MAX_WEIGHTS = 500_000_000
DEFAULT_EPSILON = 1e-5  # of BatchNorm, where the chain names no other


@dataclass(frozen=True)
class Config(ModelConfig):
    """A chain of layers, and the sizes of its inputs and of its output."""

    image_size: int = option(64, "side of the square image in pixels", low=4, high=1024)
    latent_size: int = option(100, "dimensions of the latent vector", low=1, high=4096)
    latent_distribution: str = option("normal", "distribution of the latents", choices=("uniform", "normal"))
    embedding: int = option(
        0, "dimensions of the label embedding, put before the latent; 0: one-hot label, put after it", low=0, high=1024
    )
    layers: str = option("dense 4096 bias, tanh", "the layers, from the latent to the pixels")

    def input_size(self) -> int:
        """Inputs of the first layer: latent and label."""
        return self.latent_size + (self.embedding or self.classes)

    def __post_init__(self) -> None:
        super().__post_init__()
        count_weights(self)  # raises UsageError where the chain cannot be built


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
        self.layers = nn.Sequential(*build_layers(config))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        if self.conditional and condition is None:
            raise UsageError("A conditional generator needs a label for each latent.")
        inputs = latents
        if condition is not None and self.conditional:
            inputs = torch.cat([latents, condition] if self.embed is None else [self.embed(condition), latents], dim=1)
        if not isinstance(self.layers[0], nn.Linear):
            inputs = inputs[:, :, None, None]  # (N, inputs, 1, 1)
        return self.layers(inputs).reshape(-1, *self.shape)


# The chain -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """One layer of a chain: its kind, its numeric parameters, and whether it has a bias."""

    kind: str
    parameters: tuple[float, ...]
    bias: bool


PARAMETER_COUNTS = {  # of each kind of layer: the fewest and the most numeric parameters
    "dense": (1, 1),
    "up": (4, 4),
    "conv": (4, 4),
    "norm": (0, 1),
    "leaky": (1, 1),
    "relu": (0, 0),
    "tanh": (0, 0),
}


def parse_layers(chain: str) -> list[Layer]:
    """The layers of a chain. Raises UsageError on an unknown layer or too many of them."""
    parts = [part.split() for part in chain.split(",")]
    if not 1 <= len(parts) <= MAX_LAYERS:
        raise UsageError(f"--layers has {len(parts)} layers; 1 to {MAX_LAYERS} can be built.")
    return [parse_layer(tokens) for tokens in parts]


def parse_layer(tokens: list[str]) -> Layer:
    """One layer from its words. Raises UsageError where they describe none."""
    kind, bias = (tokens or [""])[0], tokens[-1:] == ["bias"]
    try:
        parameters = tuple(float(word) for word in tokens[1 : len(tokens) - bias])
    except ValueError:
        parameters = (-1.0,)
    low, high = PARAMETER_COUNTS.get(kind, (1, 0))
    if not low <= len(parameters) <= high or any(not 0 <= parameter <= MAX_WIDTH for parameter in parameters):
        raise UsageError(
            f"--layers holds {' '.join(tokens)[:60]!r}, which is no layer; the kinds are {', '.join(PARAMETER_COUNTS)}."
        )
    return Layer(kind, parameters, bias)


def count_weights(config: Config) -> int:
    """The number of weights of the chain. Raises UsageError where its sizes do not fit, or exceed the limits."""
    width, side, count = config.input_size(), 1, 0
    layers = parse_layers(config.layers)
    flat = layers[0].kind == "dense"
    for layer in layers:
        if layer.kind in ("dense", "up", "conv"):
            if (layer.kind == "dense") != flat:
                raise UsageError("--layers mixes dense layers with convolutions.")
            out_size, *kernel_geometry = (int(number) for number in layer.parameters)
            count += width * out_size * (kernel_geometry[0] ** 2 if kernel_geometry else 1)
            width = out_size
            if kernel_geometry:
                side = output_side(layer.kind, side, *kernel_geometry)
    pixels = config.image_channels * config.image_size**2
    if (width * side**2 != pixels) or not (flat or side == config.image_size):
        raise UsageError(f"--layers ends in {width} channels of {side} x {side}, which is not the image's size.")
    if count > MAX_WEIGHTS:
        raise UsageError(f"--layers has {count:,} weights; at most {MAX_WEIGHTS:,} are allowed.")
    return count


def output_side(kind: str, side: int, kernel: int, stride: int, padding: int) -> int:
    """The side of a layer's output in pixels. Raises UsageError where it is not within 1 to 1024."""
    if kernel < 1 or stride < 1:
        raise UsageError("--layers has a convolution without kernel or stride.")
    result = (side - 1) * stride - 2 * padding + kernel if kind == "up" else (side + 2 * padding - kernel) // stride + 1
    if not 1 <= result <= 1024:
        raise UsageError(f"--layers makes feature maps of side {result}; 1 to 1024 are allowed.")
    return result


def build_layers(config: Config) -> list[nn.Module]:
    """The layers as PyTorch modules."""
    modules: list[nn.Module] = []
    width, flat = config.input_size(), True
    for layer in parse_layers(config.layers):
        sizes = [int(number) for number in layer.parameters]
        match layer.kind:
            case "dense":
                modules.append(nn.Linear(width, sizes[0], layer.bias))
            case "up":
                modules.append(nn.ConvTranspose2d(width, *sizes, bias=layer.bias))
            case "conv":
                modules.append(nn.Conv2d(width, *sizes, bias=layer.bias))
            case "norm":
                epsilon = layer.parameters[0] if layer.parameters else DEFAULT_EPSILON
                modules.append((nn.BatchNorm1d if flat else nn.BatchNorm2d)(width, epsilon))
            case "leaky":
                modules.append(nn.LeakyReLU(layer.parameters[0]))
            case "relu":
                modules.append(nn.ReLU())
            case "tanh":
                modules.append(nn.Tanh())
        if layer.kind in ("dense", "up", "conv"):
            width, flat = sizes[0], layer.kind == "dense"
    return modules


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

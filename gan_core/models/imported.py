"""Generators that somebody else trained, written down as a chain of layers that a config can hold and a test can read.

`up 512 4 1 0, norm, relu, up 256 4 2 1, norm, relu, ..., up 3 4 2 1, tanh` is PyTorch's DCGAN tutorial;
`dense 128 bias, leaky 0.2, ..., dense 784 bias, tanh` a multilayer perceptron. They draw like ours and are never
trained here, so they have neither presets nor a discriminator. Networks that enlarge are known by name alone:
spandrel builds those from their weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.configuration import option
from gan_core.errors import InputError
from gan_core.models.family import Family, ModelConfig

MAX_LAYERS = 64
MAX_WIDTH = 65_536
MAX_WEIGHTS = 500_000_000
EPSILON = 1e-5  # of a normalisation where the chain names no other


@dataclass(frozen=True)
class Config(ModelConfig):
    """A chain of layers, each with its sizes, and what goes in."""

    image_size: int = option(64, "side of the square picture in pixels", low=4, high=1024)
    latent_size: int = option(100, "how many random values a picture starts from", low=1, high=4096)
    latent_distribution: str = option("normal", "what they are drawn from", choices=("uniform", "normal"))
    embedding: int = option(
        0, "values that stand for a label, before the latent; 0: one-hot, after it", low=0, high=1024
    )
    layers: str = option("dense 4096 bias, tanh", "the layers, from latent to pixels")

    def inputs(self) -> int:
        return self.latent_size + (self.embedding or self.classes)

    def __post_init__(self) -> None:
        super().__post_init__()
        weights(self)  # raises where the chain cannot be built


@dataclass(frozen=True)
class UpscalerConfig(ModelConfig):
    """What is known of a network that spandrel builds."""

    image_size: int = option(0, "pictures of any size", low=0, high=0)
    image_channels: int = option(3, "1 for grey, 3 for RGB", choices=(1, 3))
    latent_size: int = option(0, "no random values", low=0, high=0)
    scale: int = option(4, "how many times larger the picture becomes, each side", low=2, high=16)
    architecture: str = option("", "as spandrel calls it")


class Generator(nn.Module):
    """Latents (N, latent_size), with class weights (N, classes) where it knows labels -> images (N, C, S, S)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.shape = (config.image_channels, config.image_size, config.image_size)
        self.embed = nn.Linear(config.classes, config.embedding, bias=False) if config.embedding else None
        self.conditional = config.classes > 0
        self.layers = nn.Sequential(*build(config))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        if self.conditional and condition is None:
            raise InputError("A conditional generator needs a label for each latent.")
        inputs = latents
        if condition is not None and self.conditional:
            inputs = torch.cat([latents, condition] if self.embed is None else [self.embed(condition), latents], dim=1)
        if not isinstance(self.layers[0], nn.Linear):
            inputs = inputs[:, :, None, None]  # (N, inputs, 1, 1)
        return self.layers(inputs).reshape(-1, *self.shape)


# The chain -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """One layer of a chain: its kind, its numbers, whether it has a bias."""

    kind: str
    numbers: tuple[float, ...]
    bias: bool


NUMBERS = {
    "dense": (1, 1),
    "up": (4, 4),
    "conv": (4, 4),
    "norm": (0, 1),
    "leaky": (1, 1),
    "relu": (0, 0),
    "tanh": (0, 0),
}


def parse(chain: str) -> list[Layer]:
    """The layers of a chain. Raises InputError where one is none."""
    parts = [part.split() for part in chain.split(",")]
    if not 1 <= len(parts) <= MAX_LAYERS:
        raise InputError(f"--layers has {len(parts)} layers; 1 to {MAX_LAYERS} can be built.")
    return [layer_of(words) for words in parts]


def layer_of(words: list[str]) -> Layer:
    kind, bias = (words or [""])[0], words[-1:] == ["bias"]
    try:
        numbers = tuple(float(word) for word in words[1 : len(words) - bias])
    except ValueError:
        numbers = (-1.0,)
    low, high = NUMBERS.get(kind, (1, 0))
    if not low <= len(numbers) <= high or any(not 0 <= number <= MAX_WIDTH for number in numbers):
        raise InputError(f"--layers holds {' '.join(words)[:60]!r}, which is no layer: {', '.join(NUMBERS)} are.")
    return Layer(kind, numbers, bias)


def weights(config: Config) -> int:
    """How many weights the chain has. Raises InputError where its sizes do not fit, or are too many."""
    width, side, count = config.inputs(), 1, 0
    layers = parse(config.layers)
    flat = layers[0].kind == "dense"
    for layer in layers:
        if layer.kind in ("dense", "up", "conv"):
            if (layer.kind == "dense") != flat:
                raise InputError("--layers mixes dense layers with convolutions.")
            wide, *window = (int(number) for number in layer.numbers)
            count += width * wide * (window[0] ** 2 if window else 1)
            width = wide
            if window:
                side = side_after(layer.kind, side, *window)
    pixels = config.image_channels * config.image_size**2
    if (width * side**2 != pixels) or not (flat or side == config.image_size):
        raise InputError(f"--layers ends in {width} channels of {side} x {side}, which is no such picture.")
    if count > MAX_WEIGHTS:
        raise InputError(f"--layers has {count:,} weights; at most {MAX_WEIGHTS:,} can be held.")
    return count


def side_after(kind: str, side: int, kernel: int, stride: int, padding: int) -> int:
    """The side of the picture behind a layer. Raises InputError where nothing would be left."""
    if kernel < 1 or stride < 1:
        raise InputError("--layers has a convolution without kernel or stride.")
    made = (side - 1) * stride - 2 * padding + kernel if kind == "up" else (side + 2 * padding - kernel) // stride + 1
    if not 1 <= made <= 1024:
        raise InputError(f"--layers makes {made} pixels a side; 1 to 1024 can be drawn.")
    return made


def build(config: Config) -> list[nn.Module]:
    """The layers as modules."""
    made: list[nn.Module] = []
    width, flat = config.inputs(), True
    for layer in parse(config.layers):
        whole = [int(number) for number in layer.numbers]
        match layer.kind:
            case "dense":
                made.append(nn.Linear(width, whole[0], layer.bias))
            case "up":
                made.append(nn.ConvTranspose2d(width, *whole, bias=layer.bias))
            case "conv":
                made.append(nn.Conv2d(width, *whole, bias=layer.bias))
            case "norm":
                epsilon = layer.numbers[0] if layer.numbers else EPSILON
                made.append((nn.BatchNorm1d if flat else nn.BatchNorm2d)(width, epsilon))
            case "leaky":
                made.append(nn.LeakyReLU(layer.numbers[0]))
            case "relu":
                made.append(nn.ReLU())
            case "tanh":
                made.append(nn.Tanh())
        if layer.kind in ("dense", "up", "conv"):
            width, flat = whole[0], layer.kind == "dense"
    return made


def never(what: str) -> Callable[[Any], nn.Module]:
    def refuse(_: Any) -> nn.Module:
        raise InputError(what)

    return refuse


NO_CRITIC = never("A model from elsewhere comes without the critic that trained it.")

DRAWING = Family(
    name="foreign",
    title="GAN from elsewhere",
    about="A chain of layers that others trained.",
    config=Config,
    generator=Generator,
    discriminator=NO_CRITIC,
    presets={},
)
CONDITIONAL = Family(
    name="foreign_conditional",
    title="Conditional GAN from elsewhere",
    about="A chain of layers that others trained to draw what a label asks for.",
    config=Config,
    generator=Generator,
    discriminator=NO_CRITIC,
    presets={},
    condition="label",
)
UPSCALER = Family(
    name="foreign_upscaler",
    title="Super-resolution network from elsewhere",
    about="Enlarges pictures; spandrel knows its architecture.",
    config=UpscalerConfig,
    generator=never("A super-resolution network from elsewhere is loaded by gan_core.upscaling.upscaler."),
    discriminator=NO_CRITIC,
    presets={},
    condition="picture",
)

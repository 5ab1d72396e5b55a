"""A generator as a chain of layers, written as a text in its config.

`up 512 4 1 0, norm, relu, up 256 4 2 1, norm, relu, ..., up 3 4 2 1, tanh` is the generator of the DCGAN tutorial,
`dense 128 bias, leaky 0.2, ..., dense 784 bias, tanh` a multilayer perceptron, `dense 8192 bias, reshape 128 8, norm,
upsample 2, conv 128 3 1 1 bias, norm 0.8, ...` a network that enlarges by interpolation. The numbers are those of the
PyTorch layer: outputs, kernel size, stride, padding, and for `up` the padding of the output.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from gan_core.errors import UsageError

MAX_LAYERS = 64
MAX_WIDTH = 1_048_576
MAX_WEIGHTS = 500_000_000
MAX_SIDE = 1024
MAX_VALUES = 100_000_000  # of the feature maps of one image
DEFAULT_EPSILON = 1e-5  # of normalisation, where the chain names no other


@dataclass(frozen=True)
class Layer:
    """One layer of a chain: its kind, its numeric parameters, and whether it has a bias."""

    kind: str
    parameters: tuple[float, ...]
    bias: bool

    def sizes(self) -> list[int]:
        """The parameters as integers."""
        return [int(number) for number in self.parameters]

    @property
    def epsilon(self) -> float:
        return self.parameters[0] if self.parameters else DEFAULT_EPSILON

    @property
    def affine(self) -> bool:
        """Whether a normalisation has weights, which 0 as its second parameter denies."""
        return len(self.parameters) < 2 or self.parameters[1] > 0


PARAMETER_COUNTS = {  # of each kind of layer: the fewest and the most numeric parameters
    "dense": (1, 1),
    "reshape": (2, 2),  # channels and side
    "up": (4, 5),
    "conv": (4, 4),
    "upsample": (1, 1),  # nearest neighbour
    "norm": (0, 2),  # BatchNorm with running statistics
    "instance": (0, 2),
    "layer": (0, 1),  # LayerNorm over all values of an image
    "leaky": (1, 1),
    "prelu": (1, 1),  # number of its weights
    "relu": (0, 0),
    "elu": (0, 0),
    "selu": (0, 0),
    "gelu": (0, 0),
    "silu": (0, 0),
    "tanh": (0, 0),
}
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU, "elu": nn.ELU, "selu": nn.SELU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh,
}  # fmt: skip


class Reshape(nn.Module):
    """(N, C * S * S) -> (N, C, S, S)."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.shape = (channels, side, side)

    def forward(self, values: Tensor) -> Tensor:
        return values.reshape(-1, *self.shape)


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


@dataclass
class Shape:
    """What a layer takes: the number of channels, the side of the feature maps, and whether there are maps at all."""

    width: int
    side: int = 1
    flat: bool = True

    def after(self, layer: Layer) -> "Shape":
        """What the layer puts out. Raises UsageError where it cannot take this."""
        match layer.kind:
            case "dense":
                if not self.flat:
                    raise UsageError("--layers mixes dense layers with convolutions.")
                return Shape(layer.sizes()[0])
            case "reshape":
                channels, side = layer.sizes()
                if not self.flat or channels * side**2 != self.width or not 1 <= side <= MAX_SIDE:
                    raise UsageError(f"--layers reshapes {self.width} values to {channels} x {side} x {side}.")
                return Shape(channels, side, flat=False)
            case "upsample":
                return Shape(self.width, checked_side(self.side * layer.sizes()[0]), flat=False)
            case "up" | "conv":
                out_width, kernel, stride, padding, *extra = layer.sizes()
                side = output_side(layer.kind, self.side, kernel, stride, padding, *extra)
                return Shape(out_width, side, flat=False)
        return self


def count_weights(chain: str, width: int, image_channels: int, image_size: int) -> int:
    """The number of weights of the chain, which takes `width` inputs.

    Raises UsageError where its sizes do not fit each other or the image, or exceed the limits.
    """
    layers = parse_layers(chain)
    flat, count = layers[0].kind == "dense", 0
    shape = Shape(width, flat=flat)
    for layer in layers:
        if layer.kind == "prelu" and layer.sizes()[0] not in (1, shape.width):
            raise UsageError(f"--layers has a PReLU of {layer.sizes()[0]} weights for {shape.width} channels.")
        before, shape = shape, shape.after(layer)
        if layer.kind in ("dense", "up", "conv"):
            count += before.width * shape.width * (layer.sizes()[1] ** 2 if layer.kind != "dense" else 1)
        if shape.width * shape.side**2 > MAX_VALUES:
            raise UsageError(f"--layers makes feature maps of {shape.width} x {shape.side} x {shape.side} values.")
    pixels = image_channels * image_size**2
    if (shape.width * shape.side**2 != pixels) or not (shape.flat or shape.side == image_size):
        raise UsageError(
            f"--layers ends in {shape.width} channels of {shape.side} x {shape.side}, which is not the image's size."
        )
    if count > MAX_WEIGHTS:
        raise UsageError(f"--layers has {count:,} weights; at most {MAX_WEIGHTS:,} are allowed.")
    return count


def output_side(kind: str, side: int, kernel: int, stride: int, padding: int, output_padding: int = 0) -> int:
    """The side of a layer's output in pixels. Raises UsageError where it is not within 1 to 1024."""
    if kernel < 1 or stride < 1 or (output_padding and output_padding >= stride):
        raise UsageError("--layers has a convolution without kernel or stride.")
    if kind == "up":
        return checked_side((side - 1) * stride - 2 * padding + kernel + output_padding)
    return checked_side((side + 2 * padding - kernel) // stride + 1)


def checked_side(side: int) -> int:
    """The side of a feature map. Raises UsageError where it is not within 1 to 1024."""
    if not 1 <= side <= MAX_SIDE:
        raise UsageError(f"--layers makes feature maps of side {side}; 1 to {MAX_SIDE} are allowed.")
    return side


def build_layers(chain: str, width: int) -> list[nn.Module]:
    """The layers as PyTorch modules, of which the first takes `width` inputs."""
    modules: list[nn.Module] = []
    layers = parse_layers(chain)
    shape = Shape(width, flat=layers[0].kind == "dense")
    for layer in layers:
        modules.append(build_layer(layer, shape))
        shape = shape.after(layer)
    return modules


def build_layer(layer: Layer, shape: Shape) -> nn.Module:
    """One layer as a PyTorch module that takes values of this shape."""
    width, sizes = shape.width, layer.sizes()
    classes: dict[str, Any] = {"norm": nn.BatchNorm1d if shape.flat else nn.BatchNorm2d, "instance": nn.InstanceNorm2d}
    match layer.kind:
        case "dense":
            return nn.Linear(width, sizes[0], layer.bias)
        case "reshape":
            return Reshape(*sizes)
        case "up":
            return nn.ConvTranspose2d(width, *sizes, bias=layer.bias)
        case "conv":
            return nn.Conv2d(width, *sizes, bias=layer.bias)
        case "upsample":
            return nn.Upsample(scale_factor=sizes[0])
        case "norm" | "instance":
            return classes[layer.kind](width, layer.epsilon, affine=layer.affine)
        case "layer":
            return nn.LayerNorm([width] if shape.flat else [width, shape.side, shape.side], layer.epsilon)
        case "leaky":
            return nn.LeakyReLU(layer.parameters[0])
        case "prelu":
            return nn.PReLU(sizes[0])
    return ACTIVATIONS[layer.kind]()

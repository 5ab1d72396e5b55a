"""A reading of a generator's first layers: how they are connected, and what they put out for random inputs."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gan_core.importers.inputs import Inputs
from gan_core.importers.layers import LayerTensors
from gan_core.importers.statistics import Fit
from gan_core.models.layer_chain import Shape, build_layer, parse_layer

MAX_OPERATIONS = 4e9  # of a layer, for all readings: fewer images are simulated where there are more
MAX_NUMBERS = 4e7  # of the maps of all readings together
SIMULATED, SIMULATED_MAPS, MIN_SIMULATED = 5000, 200, 12
ACTIVATIONS = {  # how unusual each is, in perceptrons and elsewhere
    "leaky 0.2": (0.0, 0.3), "relu": (0.3, 0.0), "leaky 0.01": (0.6, 0.6), "elu": (0.9, 0.9), "selu": (0.9, 0.9),
    "gelu": (0.9, 0.9), "silu": (0.9, 0.9), "tanh": (1.2, 1.2),
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A reading of the first layers: the chain so far, and where in it each layer with weights is.

    `values` are simulated outputs, None behind the last statistics. `penalty` is the higher, the less usual it is.
    """

    inputs: Inputs
    shape: Shape
    specs: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    activation: str | None = None
    epsilon: float | None = None
    fit: Fit = field(default=Fit(), repr=False)
    values: Tensor | None = field(default=None, repr=False)
    penalty: float = 0.0
    activation_penalty: float = 0.0  # the part of it that the activation has

    @property
    def rank(self) -> float:
        """How unusual the layout is; the activation, which statistics found, counts only between equals."""
        return self.penalty - 0.999 * self.activation_penalty

    @property
    def structure(self) -> tuple[str, ...]:
        """The chain without what is assumed as usual where nothing tells: activations and epsilons."""
        return tuple(
            "act" if spec in ACTIVATIONS else "norm" if spec.startswith("norm") else spec for spec in self.specs
        )

    def with_spec(self, spec: str, tensors: dict[str, Tensor] | None = None) -> "Reading":
        """With one more layer. Raises UsageError where it does not fit."""
        layer = parse_layer(spec.split())
        after = self.shape.after(layer)
        values = self.values
        if values is not None:
            values = run_layer(build_on_meta(spec, self.shape), tensors or {}, values)
        indices = (*self.indices, len(self.specs)) if tensors is not None else self.indices
        return replace(self, specs=(*self.specs, spec), indices=indices, shape=after, values=values)


def build_on_meta(spec: str, shape: Shape) -> nn.Module:
    """A layer without memory, and without a random number drawn."""
    with torch.device("meta"):
        return build_layer(parse_layer(spec.split()), shape).eval()


@torch.no_grad()
def run_layer(module: nn.Module, tensors: dict[str, Tensor], values: Tensor) -> Tensor:
    """The layer's output with these weights."""
    if values.dim() == 2 and isinstance(module, (nn.ConvTranspose2d, nn.Conv2d)):
        values = values[:, :, None, None]
    return functional_call(module, tensors, (values,))


def simulated_images(layer: LayerTensors, shape: Shape, count: int) -> int:
    """How many images to simulate for each of `count` readings, so that time and memory of the layer are bounded."""
    weight = layer.tensors.get("weight", torch.empty(0))
    is_map = weight.dim() == 4 or shape.side > 1
    operations = (8 if is_map else 2) * weight.numel() * shape.side**2
    width = max(weight.shape[:2], default=0) if weight.dim() > 1 else shape.width
    numbers = 4 * width * max(shape.side, 4) ** 2 if is_map else width
    most = SIMULATED_MAPS if shape.side > 1 else SIMULATED
    fitting = min(MAX_OPERATIONS / max(operations, 1), MAX_NUMBERS / max(numbers, 1)) / (8 * count)
    return min(most, max(MIN_SIMULATED, int(fitting)))


def input_width(inputs: Inputs) -> int:
    """The inputs of the first layer."""
    if inputs.order == "product":
        return inputs.latents
    return inputs.latents + (inputs.classes if inputs.embedding is None else inputs.embedding.shape[1])

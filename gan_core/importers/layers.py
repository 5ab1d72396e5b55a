"""Reconstructs the layers of a sequential generator from the names and shapes of its tensors."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor

PYTORCH_GAN_HIDDEN_SIZES = [128, 256, 512, 1024]  # PyTorch-GAN's perceptron, whose BatchNorm has an unusual epsilon
PYTORCH_GAN_EPSILON = 0.8
PYTORCH_EPSILON = 1e-5


class UnsupportedLayout(Exception):
    """Why tensors are of no supported layout: a clause, to be completed to a message."""


@dataclass(frozen=True)
class LayerTensors:
    """The tensors of one layer, such as weight and bias, and the layer's name in the network."""

    name: str
    tensors: dict[str, Tensor]

    @property
    def weight(self) -> Tensor:
        return self.tensors["weight"]

    @property
    def position(self) -> tuple[str, int] | None:
        """The name of the nn.Sequential and the index in it; None where the name ends in no index."""
        sequence, _, index = self.name.rpartition(".")
        return (sequence, int(index)) if index.isdecimal() else None


def group_by_layer(tensors: dict[str, Tensor]) -> list[LayerTensors]:
    """The layers in the order of the numbers in their names; files do not always keep the order."""
    grouped: dict[str, dict[str, Tensor]] = {}
    for key in sorted(tensors, key=natural_sort_key):
        name, _, tensor_name = key.rpartition(".")
        grouped.setdefault(name, {})[tensor_name] = tensors[key]
    return [LayerTensors(name, tensors_of_layer) for name, tensors_of_layer in grouped.items()]


def natural_sort_key(key: str) -> list[tuple[int, int, str]]:
    """Sorts main.10 after main.2."""
    parts = re.split(r"(\d+)", key)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


def summarise_layers(layers: Iterable[LayerTensors]) -> str:
    """How many layers there are, with names and shapes of the first four, for messages."""
    shapes = [f"{layer.name or 'weight'} {format_shape(layer.weight)}" for layer in layers if "weight" in layer.tensors]
    if not shapes:
        return "no layers"
    return f"{len(shapes)} layers ({', '.join(shapes[:4])}{', ...' if len(shapes) > 4 else ''})"


def format_shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape))


def split_label_embedding(layers: list[LayerTensors]) -> tuple[Tensor | None, list[LayerTensors]]:
    """The label embedding (classes, size) or None, and the other layers."""
    embeddings = [layer for layer in layers if "emb" in layer.name.lower() and set(layer.tensors) == {"weight"}]
    if not embeddings:
        return None, layers
    if len(embeddings) > 1 or embeddings[0].weight.dim() != 2:
        raise UnsupportedLayout("labels come in by more than one way")
    return embeddings[0].weight, [layer for layer in layers if layer is not embeddings[0]]


def infer_layer_types(layers: list[LayerTensors]) -> list[str]:
    """`dense`, `norm`, `up` (a transposed convolution) or `conv` for each layer.

    Raises UnsupportedLayout where the channels of one layer do not fit the next.
    """
    layer_types: list[str] = []
    width: int | None = None  # channels that the layers so far put out; None before the first
    for layer in layers:
        layer_type, width = infer_layer_type(layer, width)
        layer_types.append(layer_type)
    if not layer_types:
        raise UnsupportedLayout("none of its tensors is a layer that generates")
    mixes_dense = "dense" in layer_types and {"up", "conv"} & set(layer_types)
    if len(layer_types) < 2 or mixes_dense:
        raise UnsupportedLayout("its layers are no single chain")
    return layer_types


def infer_layer_type(layer: LayerTensors, width: int | None) -> tuple[str, int]:
    """The type of a layer that takes `width` channels (None: any number), and the channels it puts out."""
    names, shape = set(layer.tensors), tuple(layer.tensors.get("weight", Tensor()).shape)
    if names >= {"weight", "running_mean", "running_var"} and len(shape) == 1 and shape == (width,):
        return "norm", shape[0]
    if not names <= {"weight", "bias"} or "weight" not in names:
        raise UnsupportedLayout(f"{layer.name} ({', '.join(sorted(names))}) is a layer of another kind")
    if len(shape) == 2 and width in (None, shape[1]):
        return "dense", shape[0]
    if len(shape) == 4 and shape[2] == shape[3]:
        # A square kernel of 3 with as many inputs as outputs could be both; behind another layer it is a convolution.
        is_ambiguous = width is not None and shape[2] == 3 and shape[0] == shape[1]
        if width in (None, shape[0]) and not is_ambiguous:
            return "up", shape[1]
        if shape[1] == width:
            return "conv", shape[0]
    raise UnsupportedLayout(f"{layer.name} ({format_shape(layer.weight)}) does not take {width} channels")


def has_activation_between(before: LayerTensors, after: LayerTensors, layer_type: str) -> bool:
    """Whether a layer without weights lies between two: by a gap in their indices, else before all but `norm`."""
    first, second = before.position, after.position
    if first and second and first[0] == second[0]:
        return second[1] - first[1] > 1
    return layer_type != "norm"


def batchnorm_epsilon(layers: list[LayerTensors], layer_types: list[str]) -> float:
    """The epsilon of BatchNorm, which weights do not hold: 0.8 for PyTorch-GAN's perceptron, else PyTorch's default."""
    hidden_sizes = [
        layer.weight.shape[0] for layer, layer_type in zip(layers, layer_types, strict=True) if layer_type == "dense"
    ][:-1]
    is_pytorch_gan = (
        hidden_sizes == PYTORCH_GAN_HIDDEN_SIZES
        and layer_types[:2] == ["dense", "dense"]
        and layer_types.count("norm") == 3
    )
    return PYTORCH_GAN_EPSILON if is_pytorch_gan else PYTORCH_EPSILON

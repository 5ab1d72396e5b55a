"""Reconstructs the layers of a sequential generator from the names and shapes of its tensors."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

BATCHNORM_TENSORS = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
MAX_GROUPS = 4  # of names, that are put into every order


class UnsupportedLayout(Exception):
    """Why tensors are of no supported layout: a clause, to be completed to a message.

    `is_final`: they are of a supported layout, and no other order of the layers need be tried. `orders` are the ways in
    which label and latent may be joined, where nothing tells which.
    """

    def __init__(self, clause: str, *, is_final: bool = False, orders: tuple[str, ...] = ()) -> None:
        super().__init__(clause)
        self.is_final = is_final
        self.orders = orders


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


def normalisation_kind(layer: LayerTensors) -> str | None:
    """`batch` with statistics, `layer` over whole images, `plain` without statistics; None for other layers."""
    weight, bias = layer.tensors.get("weight"), layer.tensors.get("bias")
    if {"running_mean", "running_var"} <= set(layer.tensors):
        return "batch" if set(layer.tensors) <= BATCHNORM_TENSORS else None
    if weight is None or bias is None or set(layer.tensors) != {"weight", "bias"} or weight.shape != bias.shape:
        return None
    return {1: "plain", 3: "layer"}.get(weight.dim())


def layer_orders(tensors: dict[str, Tensor]) -> Iterator[list[LayerTensors]]:
    """The layers in the orders in which they may be connected, the likeliest first.

    By the numbers in their names; in the order of the file, which is that of the code unless it was sorted; by the
    numbers alone, as for conv1, bn1, conv2, bn2; and with the groups of the names in every order, where they are few.
    """
    natural = group_by_layer(tensors)
    names = list(dict.fromkeys(key.rpartition(".")[0] for key in tensors))
    by_name = {layer.name: layer for layer in natural}
    yield natural
    yield [by_name[name] for name in names]
    yield sorted(natural, key=lambda layer: (numbers_in(layer.name), normalisation_kind(layer) is not None))
    groups: dict[str, list[LayerTensors]] = {}
    for layer in natural:
        groups.setdefault(layer.name.partition(".")[0], []).append(layer)
    if 1 < len(groups) <= MAX_GROUPS:
        for order in permutations(groups.values()):
            yield [layer for group in order for layer in group]


def numbers_in(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", name)]


def is_convolution(layer: LayerTensors) -> bool:
    return layer.tensors.get("weight", torch.empty(0)).dim() == 4


def is_prelu(layer: LayerTensors) -> bool:
    return set(layer.tensors) == {"weight"} and layer.tensors["weight"].dim() == 1


def is_perceptron(layers: list[LayerTensors]) -> bool:
    return not any(is_convolution(layer) for layer in layers)


def layer_width(layer: LayerTensors) -> int:
    """The channels that a normalisation takes."""
    reference = layer.tensors.get("weight", layer.tensors.get("running_mean", torch.empty(0)))
    return reference.shape[0] if len(reference.shape) else 0


def input_widths(layer: LayerTensors) -> list[int]:
    """The channels that a layer may take: of a convolution those of a plain and of a transposed one."""
    weight = layer.tensors.get("weight", torch.empty(0))
    return list(dict.fromkeys(weight.shape[:2])) if weight.dim() == 4 else [layer_width(layer)]


def slots_between(before: LayerTensors, after: LayerTensors) -> int | None:
    """The number of layers without weights between two, by their indices; None where names do not tell."""
    first, second = before.position, after.position
    return second[1] - first[1] - 1 if first and second and first[0] == second[0] else None


def has_statistics(layer: LayerTensors) -> bool:
    """Whether a layer keeps statistics that were ever updated."""
    mean, variance = layer.tensors.get("running_mean"), layer.tensors.get("running_var")
    return mean is not None and variance is not None and not (bool((mean == 0).all()) and bool((variance == 1).all()))

"""A generator that somebody else trained: named tensors -> a config of our own and weights by our names.

Weights do not say which layers they belong to. Three layouts can be told from names and shapes alone: a chain of
transposed convolutions as in PyTorch's DCGAN tutorial, a multilayer perceptron, and either with a label joined to the
latent, as one-hot values or as a learned vector. What weights cannot tell is assumed as these layouts have it, and
said: ReLU or LeakyReLU, tanh at the end, latents from the normal distribution.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt
from typing import Any

from torch import Tensor

from gan_core.errors import BrokenWeights, UnknownArchitecture
from gan_core.models import IMPORTED_FAMILIES
from gan_core.models.imported import Config, output_side

SUPPORTED_LAYOUTS = (
    "a chain of transposed convolutions as in PyTorch's DCGAN tutorial, or a multilayer perceptron, its state_dict "
    "with names such as main.0.weight"
)
GENERATOR_KEYS = (
    "generator", "netG", "G", "gen", "G_ema", "g_ema", "ema", "generator_state_dict", "gen_state_dict",
    "g_state_dict", "netG_state_dict", "G_state_dict", "model_state_dict", "state_dict", "model", "params_ema",
    "params", "net", "weights",
)  # fmt: skip
GENERATOR_PREFIXES = ("module.", "_orig_mod.", "generator.", "netG.", "G.", "gen.")
DISCRIMINATOR_PREFIXES = ("discriminator.", "netD.", "D.", "critic.", "disc.")
COMMON_IMAGE_SIZES = (28, 32, 64, 128, 256, 512)  # of pictures, where the shapes leave a choice
COMMON_LATENT_SIZES = (10, 16, 20, 32, 50, 62, 64, 100, 128, 200, 256, 512)  # usual sizes of a latent
DEFAULT_NUM_CLASSES = 10  # digits and garments, which most small conditional GANs draw
PYTORCH_GAN_HIDDEN_SIZES = [128, 256, 512, 1024]  # the perceptron of PyTorch-GAN, whose normalisation is an odd one
PYTORCH_GAN_EPSILON = 0.8


@dataclass(frozen=True)
class DetectedGenerator:
    """A generator in our terms: its family, config and weights, and what was assumed about it in sentences."""

    family: str
    config: Config
    weights: dict[str, Tensor]
    assumptions: tuple[str, ...]


@dataclass(frozen=True)
class LayerTensors:
    """The tensors of one layer, by their own names, under the layer's name."""

    name: str
    tensors: dict[str, Tensor]

    @property
    def weight(self) -> Tensor:
        return self.tensors["weight"]

    @property
    def position(self) -> tuple[str, int] | None:
        """The sequence it stands in and its place there, where its name tells."""
        sequence, _, index = self.name.rpartition(".")
        return (sequence, int(index)) if index.isdecimal() else None


def detect_architecture(contents: Any, name: str, config_json: dict[str, Any] | None = None) -> DetectedGenerator:
    """The generator in what a file holds; `facts` is the config.json that lies beside it, where there is one.

    Raises UnknownArchitecture with what was found and what would be needed, BrokenWeights on values not finite.
    """
    tensors = unwrap_generator(contents)
    if not tensors:
        raise UnknownArchitecture(f"{name} holds no named weights: a generator's state_dict is needed.")
    nonfinite = next((key for key, value in tensors.items() if not value.isfinite().all()), None)
    if nonfinite is not None:
        raise BrokenWeights(f"{name} holds values that are not finite (NaN or infinite), first in {nonfinite}.")
    layers = group_by_layer(tensors)
    try:
        return infer_sequential(layers, config_json or {})
    except UnsupportedLayout as error:
        raise UnknownArchitecture(
            f"{name} holds {summarise_layers(layers)}, and {error}: needed is {SUPPORTED_LAYOUTS}."
        ) from error


class UnsupportedLayout(Exception):
    """Why tensors are none of the layouts; a clause of a sentence."""


# Names ---------------------------------------------------------------------------------------------------------------


def unwrap_generator(contents: Any) -> dict[str, Tensor]:
    """The generator's tensors, out of whatever they were saved in, their names without wrappers."""
    while isinstance(contents, dict):
        inner = next((contents[key] for key in GENERATOR_KEYS if isinstance(contents.get(key), dict)), None)
        if inner is None and len(contents) == 1:
            inner = next((value for value in contents.values() if isinstance(value, dict)), None)
        if inner is None:
            break
        contents = inner
    tensors = (
        {str(key): value for key, value in contents.items() if isinstance(value, Tensor)}
        if isinstance(contents, dict)
        else {}
    )
    while prefix := next(
        (candidate for candidate in GENERATOR_PREFIXES if any(key.startswith(candidate) for key in tensors)), None
    ):
        rest = {key: value for key, value in tensors.items() if not key.startswith((prefix, *DISCRIMINATOR_PREFIXES))}
        tensors = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        if rest and any(not key.startswith(DISCRIMINATOR_PREFIXES) for key in rest):
            tensors = rest | tensors  # a wrapper that only some have is part of the network
            break
    return tensors


def group_by_layer(tensors: dict[str, Tensor]) -> list[LayerTensors]:
    """Layer by layer, by the numbers in their names: files do not always keep the order."""
    grouped: dict[str, dict[str, Tensor]] = {}
    for key in sorted(tensors, key=natural_sort_key):
        name, _, tensor_name = key.rpartition(".")
        grouped.setdefault(name, {})[tensor_name] = tensors[key]
    return [LayerTensors(name, tensors_of_layer) for name, tensors_of_layer in grouped.items()]


def natural_sort_key(key: str) -> list[tuple[int, int, str]]:
    """main.10 comes after main.2."""
    parts = re.split(r"(\d+)", key)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


def summarise_layers(layers: Iterable[LayerTensors]) -> str:
    """What there is, in a line: the first layers and their shapes."""
    shapes = [
        f"{layer.name or 'weight'} {'x'.join(map(str, layer.weight.shape))}"
        for layer in layers
        if "weight" in layer.tensors
    ]
    return (
        f"{len(shapes)} layers ({', '.join(shapes[:4])}{', ...' if len(shapes) > 4 else ''})" if shapes else "no layers"
    )


# Shapes --------------------------------------------------------------------------------------------------------------


def infer_sequential(layers: list[LayerTensors], config_json: dict[str, Any]) -> DetectedGenerator:
    """Raises Unfit."""
    label_embedding, layers = split_label_embedding(layers)
    layer_types = infer_layer_types(layers)
    is_mlp = layer_types[0] == "dense"
    input_size = layers[0].weight.shape[1 if is_mlp else 0]
    latent, classes, assumptions = infer_inputs(input_size, label_embedding, config_json)
    layer_specs, spec_indices = [], []
    side = 1
    is_first = True
    epsilon = batchnorm_epsilon(layers, layer_types)
    for index, (layer, layer_type) in enumerate(zip(layers, layer_types, strict=True)):
        if index and has_activation_between(layers[index - 1], layer, layer_type):
            layer_specs.append("leaky 0.2" if is_mlp else "relu")
        if layer_type == "norm":
            layer_specs.append(f"norm {epsilon:g}")
        else:
            spec, side = layer_spec(layer_type, layer, side, is_first=is_first)
            is_first = False
            layer_specs.append(spec)
        spec_indices.append(len(layer_specs) - 1)
    last_spec = next(spec for spec in reversed(layer_specs) if spec.startswith(("dense", "up", "conv")))
    channels, side = infer_image_shape(int(last_spec.split()[1]), side, is_mlp=is_mlp)
    config = Config(
        image_size=side, image_channels=channels, latent_size=latent, classes=classes,
        embedding=label_embedding.shape[1] if label_embedding is not None else 0, layers=", ".join([*layer_specs, "tanh"]),
    )  # fmt: skip
    weights = {
        f"layers.{key}.{tensor_name}": value.float() if value.is_floating_point() else value
        for key, layer in zip(spec_indices, layers, strict=True)
        for tensor_name, value in layer.tensors.items()
    }
    if label_embedding is not None:
        weights["embed.weight"] = label_embedding.float().T.contiguous()
    family = "foreign_conditional" if classes else "foreign"
    assert family in IMPORTED_FAMILIES
    activation_assumption = (
        f"{'LeakyReLU (0.2)' if is_mlp else 'ReLU'} between the layers, tanh at the end, normal latents"
    )
    return DetectedGenerator(family, config, weights, (*assumptions, activation_assumption))


def split_label_embedding(layers: list[LayerTensors]) -> tuple[Tensor | None, list[LayerTensors]]:
    """The learned vector of each label (classes, size), where there is one, and the other layers."""
    embeddings = [layer for layer in layers if "emb" in layer.name.lower() and set(layer.tensors) == {"weight"}]
    if not embeddings:
        return None, layers
    if len(embeddings) > 1 or embeddings[0].weight.dim() != 2:
        raise UnsupportedLayout("labels come in by more than one way")
    return embeddings[0].weight, [layer for layer in layers if layer is not embeddings[0]]


def infer_layer_types(layers: list[LayerTensors]) -> list[str]:
    """dense, norm, up or conv for each layer; a chain's channels must fit from layer to layer."""
    if not layers:
        raise UnsupportedLayout("no layer that could draw is among them")
    layer_types, width = [], None
    for layer in layers:
        names, shape = set(layer.tensors), tuple(layer.tensors.get("weight", Tensor()).shape)
        if names >= {"weight", "running_mean", "running_var"} and len(shape) == 1 and shape == (width,):
            layer_types.append("norm")
        elif not names <= {"weight", "bias"} or "weight" not in names:
            raise UnsupportedLayout(f"{layer.name} is no layer of such a chain ({', '.join(sorted(names))})")
        elif len(shape) == 2 and width in (None, shape[1]):
            layer_types.append("dense")
            width = shape[0]
        elif (
            len(shape) == 4
            and shape[2] == shape[3]
            and width in (None, shape[0])
            and not (width and shape[2] == 3 and shape[0] == shape[1])
        ):
            layer_types.append("up")
            width = shape[1]
        elif len(shape) == 4 and shape[2] == shape[3] and shape[1] == width:
            layer_types.append("conv")
            width = shape[0]
        else:
            raise UnsupportedLayout(f"{layer.name} ({'x'.join(map(str, shape))}) does not go on from {width} channels")
    if (
        layer_types[0] == "norm"
        or len(layer_types) < 2
        or ("dense" in layer_types and {"up", "conv"} & set(layer_types))
    ):
        raise UnsupportedLayout("they are no single chain")
    return layer_types


def infer_inputs(
    input_size: int, label_embedding: Tensor | None, config_json: dict[str, Any]
) -> tuple[int, int, tuple[str, ...]]:
    """Latent size, number of labels, and what was assumed."""
    classes = positive_integer(config_json, "n_classes", "num_classes", "classes", "num_labels")
    latent = positive_integer(config_json, "latent_dim", "latent_size", "z_dim", "nz", "noise_dim", "latent_dimension")
    if label_embedding is not None:
        if input_size <= label_embedding.shape[1]:
            raise UnsupportedLayout(f"there is no room for a latent in {input_size} inputs")
        return (
            input_size - label_embedding.shape[1],
            label_embedding.shape[0],
            ("the label's vector stands before the latent",),
        )
    if latent == input_size:
        return input_size, 0, ()
    if classes and latent in (None, input_size - classes) and input_size > classes > 1:
        return input_size - classes, classes, ("the label is one-hot, behind the latent",)
    if input_size not in COMMON_LATENT_SIZES and input_size - DEFAULT_NUM_CLASSES in COMMON_LATENT_SIZES:
        assumption = f"{input_size} inputs are {input_size - DEFAULT_NUM_CLASSES} latent values and {DEFAULT_NUM_CLASSES} labels, one-hot, behind them"
        return input_size - DEFAULT_NUM_CLASSES, DEFAULT_NUM_CLASSES, (assumption,)
    return input_size, 0, ()


def positive_integer(config_json: dict[str, Any], *names: str) -> int | None:
    values = [
        config_json[name]
        for name in names
        if isinstance(config_json.get(name), int) and not isinstance(config_json[name], bool)
    ]
    return values[0] if values and values[0] > 0 else None


def batchnorm_epsilon(layers: list[LayerTensors], layer_types: list[str]) -> float:
    """What normalisations add to the variance: PyTorch-GAN's perceptrons have 0.8, all others PyTorch's own."""
    hidden_sizes = [
        layer.weight.shape[0] for layer, layer_type in zip(layers, layer_types, strict=True) if layer_type == "dense"
    ][:-1]
    is_pytorch_gan = (
        hidden_sizes == PYTORCH_GAN_HIDDEN_SIZES
        and layer_types[:2] == ["dense", "dense"]
        and layer_types.count("norm") == 3
    )
    return PYTORCH_GAN_EPSILON if is_pytorch_gan else 1e-5


def has_activation_between(before: LayerTensors, after: LayerTensors, layer_type: str) -> bool:
    """Whether a layer without weights stands between two: numbers that skip one say so, else each layer has one."""
    first, second = before.position, after.position
    if first and second and first[0] == second[0]:
        return second[1] - first[1] > 1
    return layer_type != "norm"


def layer_spec(layer_type: str, layer: LayerTensors, side: int, *, is_first: bool) -> tuple[str, int]:
    """A layer in the words of our chains, and the side of the picture behind it."""
    bias = " bias" if "bias" in layer.tensors else ""
    if layer_type == "dense":
        return f"dense {layer.weight.shape[0]}{bias}", side
    kernel = layer.weight.shape[2]
    if layer_type == "conv":
        if kernel % 2 == 0:
            raise UnsupportedLayout(f"{layer.name} is a convolution of {kernel}x{kernel}")
        return f"conv {layer.weight.shape[0]} {kernel} 1 {kernel // 2}{bias}", side
    stride, padding = (1, 0) if is_first else (2, (kernel - 1) // 2)
    if not is_first and kernel not in (2, 3, 4):
        raise UnsupportedLayout(f"how {layer.name} ({kernel}x{kernel}) enlarges cannot be told from its weights")
    return (
        f"up {layer.weight.shape[1]} {kernel} {stride} {padding}{bias}",
        output_side("up", side, kernel, stride, padding),
    )


def infer_image_shape(output_size: int, side: int, *, is_mlp: bool) -> tuple[int, int]:
    """Channels and side of the pictures."""
    if is_mlp:
        for channels in (1, 3):
            side = isqrt(output_size // channels)
            if channels * side**2 == output_size and side >= 8:
                return channels, side
        raise UnsupportedLayout(f"{output_size} values at the end are no square picture, grey or RGB")
    if output_size not in (1, 3):
        raise UnsupportedLayout(f"its pictures have {output_size} channels, not 1 or 3")
    if side not in COMMON_IMAGE_SIZES:
        raise UnsupportedLayout(
            f"its pictures would have {side} pixels a side, so strides or paddings are others than usual"
        )
    return output_size, side

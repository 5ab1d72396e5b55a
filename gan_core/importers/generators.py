"""Detects the architecture of a generator that another project trained, from the names and shapes of its tensors.

Supported are a chain of transposed convolutions as in PyTorch's DCGAN tutorial, a multilayer perceptron, and either
with a label joined to the latent, one-hot or as a learned embedding. What weights do not hold is assumed as it is in
these layouts, and listed: ReLU or LeakyReLU, tanh at the end, latents from the normal distribution.
"""

from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

from torch import Tensor

from gan_core.errors import UnknownArchitecture
from gan_core.importers.layers import (
    LayerTensors,
    UnsupportedLayout,
    batchnorm_epsilon,
    group_by_layer,
    has_activation_between,
    infer_layer_types,
    split_label_embedding,
    summarise_layers,
)
from gan_core.importers.state_dicts import (
    Network,
    as_float,
    describe_choice,
    rank_networks,
    require_finite,
    require_no_module,
    several_networks,
)
from gan_core.models import IMPORTED_FAMILIES
from gan_core.models.imported import Config, output_side

SUPPORTED_LAYOUTS = (
    "a chain of transposed convolutions as in PyTorch's DCGAN tutorial, or a multilayer perceptron, its state_dict "
    "with names such as main.0.weight"
)
COMMON_IMAGE_SIZES = (28, 32, 64, 128, 256, 512)  # sides accepted where strides and paddings are assumed
COMMON_LATENT_SIZES = (10, 16, 20, 32, 50, 62, 64, 100, 128, 200, 256, 512)
DEFAULT_NUM_CLASSES = 10  # of MNIST and Fashion-MNIST, which most small conditional GANs are trained on


@dataclass(frozen=True)
class DetectedGenerator:
    """A generator as a family of this package, with config and weights, and what was assumed about it in phrases.

    `notes` are sentences on what was taken from the file, and on what was found from its statistics.
    """

    family: str
    config: Config
    weights: dict[str, Tensor]
    assumptions: tuple[str, ...]
    notes: tuple[str, ...] = ()


def detect_architecture(contents: Any, name: str, config_json: dict[str, Any] | None = None) -> DetectedGenerator:
    """Detects the generator in the contents of a weights file; `config_json` is the config.json beside it, if any.

    Raises UnknownArchitecture with what was found and what is supported, BrokenWeights on values not finite.
    """
    groups = rank_networks(contents)
    if not groups:
        require_no_module(contents, name)
        raise UnknownArchitecture(f"{name} holds no named weights: a generator's state_dict is needed.")
    refusals: list[UnknownArchitecture] = []
    for group in groups:
        detected = [one for one in (try_network(network, name, config_json, refusals) for network in group) if one]
        if len(detected) > 1:
            raise several_networks([network for network, _ in detected], name)
        if detected:
            network, found = detected[0]
            return replace(found, notes=(*network.notes, *describe_choice(network, contents), *found.notes))
    raise refusals[0]


def try_network(
    network: Network, name: str, config_json: dict[str, Any] | None, refusals: list[UnknownArchitecture]
) -> tuple[Network, DetectedGenerator] | None:
    """A network of a file as a generator; None where it is none, whose reason is then added to `refusals`."""
    try:
        return network, detect_network(network.tensors, name, config_json)
    except UnknownArchitecture as error:
        refusals.append(error)
        return None


def detect_network(tensors: dict[str, Tensor], name: str, config_json: dict[str, Any] | None) -> DetectedGenerator:
    """The generator of these weights. Raises UnknownArchitecture, BrokenWeights on values that are not finite."""
    tensors = as_float(tensors, name)
    require_finite(tensors, name)
    layers = group_by_layer(tensors)
    try:
        return infer_sequential(layers, config_json or {})
    except UnsupportedLayout as error:
        raise UnknownArchitecture(
            f"{name} holds {summarise_layers(layers)}, which are no generator that can be loaded: {error}. Supported "
            f"is {SUPPORTED_LAYOUTS}."
        ) from error


def infer_sequential(layers: list[LayerTensors], config_json: dict[str, Any]) -> DetectedGenerator:
    """The generator as a chain of layers. Raises UnsupportedLayout."""
    label_embedding, layers = split_label_embedding(layers)
    layer_types = infer_layer_types(layers)
    is_mlp = layer_types[0] == "dense"
    input_size = layers[0].weight.shape[1 if is_mlp else 0]
    latent, classes, assumptions = infer_inputs(input_size, label_embedding, config_json)
    layer_specs, spec_indices, side = infer_layer_specs(layers, layer_types)
    output_size = next(int(spec.split()[1]) for spec in reversed(layer_specs) if is_weighted(spec))
    channels, side = infer_image_shape(output_size, side, is_mlp=is_mlp)
    config = Config(
        image_size=side, image_channels=channels, latent_size=latent, classes=classes,
        embedding=0 if label_embedding is None else label_embedding.shape[1], layers=", ".join([*layer_specs, "tanh"]),
    )  # fmt: skip
    weights = {
        f"layers.{index}.{tensor_name}": value.float() if value.is_floating_point() else value
        for index, layer in zip(spec_indices, layers, strict=True)
        for tensor_name, value in layer.tensors.items()
    }
    if label_embedding is not None:
        weights["embed.weight"] = label_embedding.float().T.contiguous()
    family = "foreign_conditional" if classes else "foreign"
    assert family in IMPORTED_FAMILIES
    activation = "LeakyReLU (0.2)" if is_mlp else "ReLU"
    return DetectedGenerator(
        family, config, weights, (*assumptions, f"{activation} between the layers, tanh at the end, normal latents")
    )


# Inputs --------------------------------------------------------------------------------------------------------------


def infer_inputs(
    input_size: int, label_embedding: Tensor | None, config_json: dict[str, Any]
) -> tuple[int, int, tuple[str, ...]]:
    """Latent size, number of classes, and what was assumed, from the inputs of the first layer."""
    classes = positive_integer(config_json, "n_classes", "num_classes", "classes", "num_labels")
    latent = positive_integer(config_json, "latent_dim", "latent_size", "z_dim", "nz", "noise_dim", "latent_dimension")
    if label_embedding is not None:
        num_classes, embedding_size = label_embedding.shape
        if input_size <= embedding_size:
            raise UnsupportedLayout(f"{input_size} inputs have no room for a latent beside the label embedding")
        return input_size - embedding_size, num_classes, ("the label embedding is put before the latent",)
    if latent == input_size:
        return input_size, 0, ()
    if classes and latent in (None, input_size - classes) and input_size > classes > 1:
        return input_size - classes, classes, ("the label is one-hot, behind the latent",)
    if input_size not in COMMON_LATENT_SIZES and input_size - DEFAULT_NUM_CLASSES in COMMON_LATENT_SIZES:
        latent = input_size - DEFAULT_NUM_CLASSES
        assumption = (
            f"{input_size} inputs are {latent} latent values and {DEFAULT_NUM_CLASSES} labels, one-hot, behind them"
        )
        return latent, DEFAULT_NUM_CLASSES, (assumption,)
    return input_size, 0, ()


def positive_integer(config_json: dict[str, Any], *names: str) -> int | None:
    """The value of the first of several names whose value is an integer, if it is positive."""
    values = [config_json.get(name) for name in names]
    integers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return integers[0] if integers and integers[0] > 0 else None


# Layers --------------------------------------------------------------------------------------------------------------


def infer_layer_specs(layers: list[LayerTensors], layer_types: list[str]) -> tuple[list[str], list[int], int]:
    """The chain as in `Config.layers` without the last tanh, the index of each layer in it, and the image's side."""
    specs: list[str] = []
    indices: list[int] = []
    side, is_mlp, epsilon = 1, layer_types[0] == "dense", batchnorm_epsilon(layers, layer_types)
    for index, (layer, layer_type) in enumerate(zip(layers, layer_types, strict=True)):
        if index and has_activation_between(layers[index - 1], layer, layer_type):
            specs.append("leaky 0.2" if is_mlp else "relu")
        if layer_type == "norm":
            specs.append(f"norm {epsilon:g}")
        else:
            spec, side = layer_spec(layer_type, layer, side, is_first=not indices)
            specs.append(spec)
        indices.append(len(specs) - 1)
    return specs, indices, side


def is_weighted(spec: str) -> bool:
    """Whether a layer of a chain is dense or a convolution."""
    return spec.startswith(("dense", "up", "conv"))


def layer_spec(layer_type: str, layer: LayerTensors, side: int, *, is_first: bool) -> tuple[str, int]:
    """A layer as in `Config.layers`, and the side of its output in pixels; stride and padding are the usual ones."""
    bias = " bias" if "bias" in layer.tensors else ""
    if layer_type == "dense":
        return f"dense {layer.weight.shape[0]}{bias}", side
    kernel = layer.weight.shape[2]
    if layer_type == "conv":
        if kernel % 2 == 0:
            raise UnsupportedLayout(f"{layer.name} is a convolution with an even kernel ({kernel}x{kernel})")
        return f"conv {layer.weight.shape[0]} {kernel} 1 {kernel // 2}{bias}", side
    if not is_first and kernel not in (2, 3, 4):
        raise UnsupportedLayout(f"the stride of {layer.name} ({kernel}x{kernel}) cannot be inferred from its weights")
    stride, padding = (1, 0) if is_first else (2, (kernel - 1) // 2)
    spec = f"up {layer.weight.shape[1]} {kernel} {stride} {padding}{bias}"
    return spec, output_side("up", side, kernel, stride, padding)


def infer_image_shape(output_size: int, side: int, *, is_mlp: bool) -> tuple[int, int]:
    """Channels and side in pixels of the images. `output_size` is channels, for a perceptron all values of an image."""
    if is_mlp:
        for channels in (1, 3):
            side = isqrt(output_size // channels)
            if channels * side**2 == output_size and side >= 8:
                return channels, side
        raise UnsupportedLayout(f"its {output_size} outputs are no square image, grey or RGB")
    if output_size not in (1, 3):
        raise UnsupportedLayout(f"its images have {output_size} channels, not 1 or 3")
    if side not in COMMON_IMAGE_SIZES:
        raise UnsupportedLayout(
            f"its images would have {side} pixels a side, so its strides or paddings are not the usual ones"
        )
    return output_size, side

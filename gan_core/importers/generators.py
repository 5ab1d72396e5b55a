"""Detects the architecture of a generator that another project trained, from the names and shapes of its tensors.

Supported are chains of dense layers, transposed convolutions, convolutions and enlargements by interpolation, with
normalisation by kept statistics, spectral and weight normalisation, and a label joined to the latent, one-hot or as a
learned embedding. What weights do not hold is found from the statistics of BatchNorm or from config.json, or assumed as
it is in most of these networks, and said; where several readings remain that draw other pictures, the file is refused.
"""

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from gan_core.errors import UndecidedLabels, UnknownArchitecture
from gan_core.importers.choice import Decision, StatisticsDoNotFit, choose_reading
from gan_core.importers.geometry import COMMON_IMAGE_SIZES
from gan_core.importers.inputs import Choices, find_inputs, positive_integer
from gan_core.importers.layers import (
    LayerTensors,
    UnsupportedLayout,
    is_perceptron,
    layer_orders,
    split_label_embedding,
    summarise_layers,
)
from gan_core.importers.readings import Reading
from gan_core.importers.reparametrisation import fold_normalisations
from gan_core.importers.search import find_readings
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
from gan_core.models.imported import Config

SUPPORTED_LAYOUTS = (
    "a chain of transposed convolutions as in PyTorch's DCGAN tutorial, of convolutions and enlargements, or a "
    "multilayer perceptron, its state_dict with names such as main.0.weight"
)
PYTORCH_GAN_HIDDEN_SIZES = [128, 256, 512, 1024]  # of its perceptrons
ATTEMPTS: tuple[dict[str, bool], ...] = (  # the second where nothing else fits, the last two where statistics do not
    {}, {"unusual": True}, {"simulate": False}, {"simulate": False, "unusual": True},
)  # fmt: skip
NORM_NAMES = {"instance": "instance", "instancenorm": "instance", "layer": "layer", "layernorm": "layer"}


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


def detect_architecture(
    contents: Any, name: str, config_json: dict[str, Any] | None = None, choices: Choices | None = None
) -> DetectedGenerator:
    """Detects the generator in the contents of a weights file; `config_json` is the config.json beside it, if any.

    `choices` are what the user says where nothing else tells. Raises UnknownArchitecture with what was found and what
    is supported, UsageError where the file holds several generators, BrokenWeights on values not finite.
    """
    groups = rank_networks(contents)
    if not groups:
        require_no_module(contents, name)
        raise UnknownArchitecture(f"{name} holds no named weights: a generator's state_dict is needed.")
    refusals: list[UnknownArchitecture] = []
    for group in groups:
        detected: list[tuple[Network, DetectedGenerator]] = []
        for network in group:
            try:
                found = detect_network(network.tensors, name, config_json or {}, choices or Choices())
                detected.append((network, found))
            except UnknownArchitecture as error:
                refusals.append(error)
        if len(detected) > 1:
            raise several_networks([network for network, _ in detected], name)
        if detected:
            network, found = detected[0]
            return replace(found, notes=(*network.notes, *describe_choice(network, contents), *found.notes))
    raise refusals[0]


def detect_network(
    tensors: dict[str, Tensor], name: str, config_json: dict[str, Any], choices: Choices
) -> DetectedGenerator:
    """The generator of these weights. Raises UnknownArchitecture, BrokenWeights on values that are not finite."""
    tensors = as_float(tensors, name)
    require_finite(tensors, name)
    tensors = fold_normalisations({key: value for key, value in tensors.items() if value.dim() or "." in key})
    first_error: UnsupportedLayout | None = None
    tried: set[tuple[str, ...]] = set()
    for layers in layer_orders(tensors):
        if (order := tuple(layer.name for layer in layers)) in tried:
            continue
        tried.add(order)
        try:
            return infer_sequential(layers, config_json, choices)
        except UnsupportedLayout as error:
            first_error = first_error or error
            if error.is_final:
                raise not_decided(error, name, layers) from error
    raise UnknownArchitecture(
        f"{name} holds {summarise_layers(layer for layer in next(layer_orders(tensors)))}, which are no generator that "
        f"can be loaded: {first_error}. Supported is {SUPPORTED_LAYOUTS}."
    ) from first_error


def not_decided(error: UnsupportedLayout, name: str, layers: list[LayerTensors]) -> UnknownArchitecture:
    """The error of a generator that draws different pictures by what nothing tells."""
    message = f"{name} is a generator of {summarise_layers(layers)}, but {error}."
    return UndecidedLabels(message, error.orders) if error.orders else UnknownArchitecture(message)


def infer_sequential(layers: list[LayerTensors], config_json: dict[str, Any], choices: Choices) -> DetectedGenerator:
    """The generator as a chain of layers. Raises UnsupportedLayout."""
    embedding, layers = split_label_embedding(layers)
    if not layers:
        raise UnsupportedLayout("none of its tensors is a layer that generates")
    input_size = first_input_size(layers)
    public = is_pytorch_gan(layers)
    known_order = "label-first" if public and is_perceptron(layers) and embedding is not None else None
    inputs = find_inputs(input_size, embedding, config_json, choices, known_order)
    norm = config_json.get("norm", config_json.get("norm_type"))
    norm = NORM_NAMES.get(norm.lower()) if isinstance(norm, str) else None
    stated = positive_integer(config_json, "image_size", "img_size", "resolution", "imageSize")
    sides = COMMON_IMAGE_SIZES if stated is None else (stated,)
    refusals: list[UnsupportedLayout] = []
    for attempt in ATTEMPTS:
        last = refusals[-1] if refusals else None
        if attempt == {"unusual": True} and isinstance(last, StatisticsDoNotFit):
            continue  # the usual layout makes images: statistics that fit only roughly do not overrule it
        try:
            readings = find_readings(layers, inputs, pytorch_gan=public, norm=norm, sides=sides, **attempt)
            return as_generator(choose_reading(readings, layers, config_json, choices, sides), layers)
        except UnsupportedLayout as error:
            refusals.append(error)
            if error.is_final:
                break
    raise next((one for one in refusals if one.is_final), refusals[0])


def first_input_size(layers: list[LayerTensors]) -> int:
    """The inputs of the first layer. Raises UnsupportedLayout where it is no layer that takes latents."""
    weight = layers[0].tensors.get("weight")
    if weight is None or weight.dim() not in (2, 4) or not set(layers[0].tensors) <= {"weight", "bias"}:
        names = ", ".join(sorted(layers[0].tensors))
        raise UnsupportedLayout(f"{layers[0].name} ({names}) is a layer of another kind")
    return weight.shape[1 if weight.dim() == 2 else 0]


def is_pytorch_gan(layers: list[LayerTensors]) -> bool:
    """Whether names and sizes are those of PyTorch-GAN: its perceptron, or its dense layer before convolutions."""
    names = {layer.name.partition(".")[0] for layer in layers}
    hidden = [layer.weight.shape[0] for layer in layers if layer.tensors.get("weight") is not None]
    dense = [layer.weight.shape[0] for layer in layers if "weight" in layer.tensors and layer.weight.dim() == 2][:-1]
    return names == {"l1", "conv_blocks"} or (
        is_perceptron(layers) and bool(hidden) and dense == PYTORCH_GAN_HIDDEN_SIZES
    )


def as_generator(decision: Decision, layers: list[LayerTensors]) -> DetectedGenerator:
    """The decided reading as a family of this package."""
    reading, inputs = decision.reading, decision.reading.inputs
    embedding = inputs.embedding
    config = Config(
        image_size=decision.side,
        image_channels=decision.channels,
        latent_size=inputs.latents,
        latent_distribution=inputs.distribution,
        classes=inputs.classes,
        embedding=0 if embedding is None else embedding.shape[1],
        label_order=inputs.order if inputs.classes else "",
        layers=", ".join([*reading.specs, "tanh"]),
    )
    family = "foreign_conditional" if inputs.classes else "foreign"
    assert family in IMPORTED_FAMILIES
    return DetectedGenerator(family, config, weights_of(reading, layers), decision.assumptions, decision.notes)


def weights_of(reading: Reading, layers: list[LayerTensors]) -> dict[str, Tensor]:
    """The weights by the names that they have in a network of this package."""
    weights = {
        f"layers.{index}.{tensor_name}": value
        for index, layer in zip(reading.indices, layers, strict=True)
        for tensor_name, value in layer.tensors.items()
    }
    if reading.inputs.embedding is not None:
        weights["embed.weight"] = reading.inputs.embedding.T.contiguous()
    return weights

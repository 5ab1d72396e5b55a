"""Finds how the layers of a generator are connected: the readings that fit names, shapes, image size and statistics.

Weights hold neither strides, paddings and activations nor the order of label and latent. A reading decides all of them.
The readings are extended layer by layer; those that the statistics of BatchNorm rule out are dropped, and so are all
but the most usual ones where there are too many.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

import torch
from torch import Tensor

from gan_core.errors import UsageError
from gan_core.importers.geometry import COMMON_IMAGE_SIZES, UNUSUAL, conv_paddings, fillings, up_windows
from gan_core.importers.inputs import Inputs
from gan_core.importers.layers import (
    LayerTensors,
    UnsupportedLayout,
    format_shape,
    has_statistics,
    input_widths,
    is_convolution,
    is_perceptron,
    is_prelu,
    layer_width,
    normalisation_kind,
    slots_between,
)
from gan_core.importers.readings import ACTIVATIONS, SIMULATED, Reading, input_width, simulated_images
from gan_core.importers.routes import find_routes, has_only_kernels_of_3
from gan_core.importers.statistics import MAX_MISFIT, Fit
from gan_core.models.layer_chain import Shape

MAX_READINGS = 24
MAX_LAG = 0.004  # misfit of the first statistics, above which activations are not found from later ones
MAX_SIMULATED_SIDE = 16  # maps of later layers take long, and tell little more
EPSILONS = {1e-5: 0.0, 0.8: 0.6, 1e-3: 0.9}  # of BatchNorm; PyTorch-GAN passes 0.8 by mistake


# Search --------------------------------------------------------------------------------------------------------------


def find_readings(
    layers: list[LayerTensors],
    inputs: list[Inputs],
    *,
    pytorch_gan: bool,
    norm: str | None = None,
    unusual: bool = False,
    simulate: bool = True,
    sides: tuple[int, ...] = COMMON_IMAGE_SIZES,
) -> list[Reading]:
    """The readings of all layers, of which the statistics rule out none. Raises UnsupportedLayout where there is none.

    `pytorch_gan`: the names are those of PyTorch-GAN, whose networks enlarge before the first convolution. `norm` says
    of which kind normalisations without statistics are. `unusual` tries rare activations, strides and paddings too.
    Without `simulate` statistics are not looked at. `sides` are those that images may have.
    """
    last_norm = max((i for i, layer in enumerate(layers) if has_statistics(layer)), default=-1)
    flat = not is_convolution(layers[0])
    readings = [
        Reading(one, Shape(input_width(one), flat=flat), penalty=one.penalty,
                values=one.simulate(SIMULATED) if last_norm >= 0 and simulate else None)
        for one in inputs
    ]  # fmt: skip
    context = Context(layers, last_norm, pytorch_gan, norm, unusual)
    routes = find_routes(layers, sides, unusual=unusual)
    for index in range(len(layers)):
        extended = [longer for reading in readings for longer in context.extend(reading, index, len(readings))]
        if not extended:
            raise UnsupportedLayout(explain_misfit(layers[index], readings[0]))
        readings = prune(drop_unreachable(extended, routes[index + 1]))
        if any(len(reading.fit.channels) == 1 for reading in readings) and not context.lagging:
            context = replace(context, lagging=min(reading.fit.misfit for reading in readings) > MAX_LAG)
            readings = [reading for reading in readings if context.is_usual(reading)] or readings
        too_large = min(reading.shape.side for reading in readings) > MAX_SIMULATED_SIDE
        if too_large or min(reading.fit.misfit for reading in readings) > MAX_MISFIT:  # the statistics tell nothing
            readings = [replace(reading, values=None) for reading in readings]
    return readings


def prune(readings: list[Reading]) -> list[Reading]:
    """The readings that none fits clearly better than, the most usual ones of them."""
    return sorted(not_ruled_out(readings), key=lambda reading: reading.penalty + 2 * min(reading.fit.misfit, 0.5))[
        :MAX_READINGS
    ]


def not_ruled_out(readings: list[Reading]) -> list[Reading]:
    """The readings that the statistics leave.

    Of those that differ only in inputs, activation and epsilon the clearly better ones stay, of two orders of label and
    latent only where the scale of all channels is not all that tells; another layout is taken for the usual one only
    where that fits badly.
    """
    best = min(readings, key=lambda reading: reading.fit.misfit)
    by_inputs: dict[Any, Reading] = {}
    by_activation: dict[Any, Fit] = {}
    for reading in sorted(readings, key=lambda reading: reading.fit.misfit):
        by_inputs.setdefault((reading.structure, reading.activation, reading.epsilon), reading)
        by_activation.setdefault((reading.structure, id(reading.inputs)), reading.fit)
    return [
        reading
        for reading in readings
        if not reading.fit.is_ruled_out(best.fit)
        and not has_worse_inputs(reading, by_inputs[reading.structure, reading.activation, reading.epsilon])
        and not reading.fit.is_clearly_worse(by_activation[reading.structure, id(reading.inputs)], decisive=True)
    ]


def has_worse_inputs(reading: Reading, best: Reading) -> bool:
    """Whether the inputs of another reading of the same layers are clearly better."""
    if not reading.fit.is_clearly_worse(best.fit):
        return False
    return reading.inputs.order == best.inputs.order or reading.fit.is_worse_in_pattern(best.fit)


def drop_unreachable(readings: list[Reading], sides: set[int]) -> list[Reading]:
    """The readings whose maps can still become images of a common size, if any can."""
    reachable = [reading for reading in readings if reading.shape.flat or reading.shape.side in sides]
    return reachable or readings


def explain_misfit(layer: LayerTensors, reading: Reading) -> str:
    """Why a layer cannot follow."""
    names, weight = set(layer.tensors), layer.tensors.get("weight", torch.empty(0))
    if weight.dim() == 1 and names == {"weight", "bias"} and len(weight) == reading.shape.width:
        return (
            f"{layer.name} ({format_shape(weight)}) does not take {reading.shape.width} channels in one way alone: it "
            f"is a normalisation without statistics, of the instance, the layer, groups of channels or the batch, and "
            f"nothing tells which"
        )
    if not names <= {"weight", "bias"} or "weight" not in names:
        return f"{layer.name} ({', '.join(sorted(names))}) is a layer of another kind"
    if weight.dim() == 4 and weight.shape[2] != weight.shape[3]:
        return f"{layer.name} ({format_shape(weight)}) has a kernel that is not square"
    if weight.dim() == 4 and reading.shape.width in weight.shape[:2]:
        kernel = weight.shape[2]
        return f"the stride of {layer.name} ({kernel}x{kernel}) cannot be inferred from its weights"
    return f"{layer.name} ({format_shape(weight)}) does not take {reading.shape.width} channels"


@dataclass(frozen=True)
class Context:
    """The layers that are read, and what holds for all of them."""

    layers: list[LayerTensors]
    last_norm: int
    pytorch_gan: bool
    norm: str | None = None  # of layers without statistics, where config.json says so
    unusual: bool = False
    lagging: bool = False  # the weights are those of a moving average: statistics do not tell activations

    @property
    def usual_activation(self) -> str:
        return "leaky 0.2" if is_perceptron(self.layers) or self.pytorch_gan else "relu"

    def is_usual(self, reading: Reading) -> bool:
        """Whether activation and epsilon are the usual ones, where statistics do not tell."""
        usual = min(self.epsilons(replace(reading, epsilon=None)).items(), key=lambda one: one[1])[0]
        return not self.lagging or (
            reading.activation in (None, self.usual_activation) and reading.epsilon in (None, usual)
        )

    def may_be(self, penalty: float) -> bool:
        """Whether a part of a reading that is so unusual is tried."""
        return self.unusual or penalty < UNUSUAL

    def extend(self, reading: Reading, index: int, count: int) -> Iterator[Reading]:
        """The reading, one of `count`, with all that may stand before this layer, and all that the layer may be."""
        layer = self.layers[index]
        if reading.values is not None:
            images = simulated_images(layer, reading.shape, count)
            reading = replace(reading, values=reading.values[:images])
        for between in self.fill(reading, index) if index else [reading]:
            for longer in self.read_layer(between, layer, is_first=index == 0):
                yield replace(longer, values=None) if index >= self.last_norm else longer

    def fill(self, reading: Reading, index: int) -> Iterator[Reading]:
        """The reading with layers without weights before this layer."""
        before, layer = self.layers[index - 1], self.layers[index]
        kind = normalisation_kind(layer)
        leads_to_maps = is_convolution(layer) or (
            kind is not None and reading.shape.flat and layer_width(layer) != reading.shape.width
        )
        after_norm = normalisation_kind(before) is not None
        for parts, penalty in fillings(
            slots_between(before, layer),
            leads_to_maps=leads_to_maps,
            from_flat=reading.shape.flat,
            after_norm=after_norm or is_prelu(before),
            may_enlarge=is_convolution(layer),
            may_normalise=not reading.shape.flat and reading.shape.side > 1 and is_convolution(before),
            before_norm=kind is not None or is_prelu(layer) or is_prelu(before),
        ):
            yield from self.fill_parts(replace(reading, penalty=reading.penalty + penalty), parts, index)

    def fill_parts(self, reading: Reading, parts: tuple[str, ...], index: int) -> Iterator[Reading]:
        """The reading with these layers."""
        if self.pytorch_gan and is_convolution(self.layers[index]):
            is_usual = parts == ("upsample",) if self.is_first_convolution(index) else "same" not in parts
            reading = replace(reading, penalty=reading.penalty + (0.0 if is_usual else 1.5))
        readings = [reading]
        for part in parts:
            readings = [longer for one in readings for longer in self.fill_part(one, part, index)]
        yield from readings

    def is_first_convolution(self, index: int) -> bool:
        return not any(is_convolution(layer) for layer in self.layers[:index])

    def fill_part(self, reading: Reading, part: str, index: int) -> list[Reading]:
        """The reading with one of them, in the ways that it can be; none where it cannot."""
        try:
            match part:
                case "act":
                    return list(self.activate(reading))
                case "reshape":
                    return [
                        reading.with_spec(f"reshape {channels} {isqrt(reading.shape.width // channels)}")
                        for channels in input_widths(self.layers[index])
                        if channels * isqrt(reading.shape.width // channels) ** 2 == reading.shape.width
                    ]
                case "upsample":
                    return [reading.with_spec("upsample 2")]
                case "instance":
                    return [reading.with_spec("instance 1e-05 0")]
        except UsageError:
            return []
        return [reading]

    def activate(self, reading: Reading) -> Iterator[Reading]:
        """The reading with an activation: the one of the layers before, else all that statistics can tell apart."""
        is_leaky = is_perceptron(self.layers) or self.pytorch_gan
        if reading.activation is not None:
            options = {reading.activation: 0.0}
        elif reading.values is None or self.lagging:
            options = {self.usual_activation: 0.0}
        else:
            options = {name: penalties[not is_leaky] for name, penalties in ACTIVATIONS.items()}
        for name, penalty in options.items():
            longer = replace(
                reading,
                activation=name,
                penalty=reading.penalty + penalty,
                activation_penalty=reading.activation_penalty + penalty,
            )
            yield longer.with_spec(name)

    # Layers with weights

    def read_layer(self, reading: Reading, layer: LayerTensors, *, is_first: bool) -> Iterator[Reading]:
        """The reading with this layer as all that its names and shapes may mean."""
        weight = layer.tensors.get("weight")
        bias = " bias" if "bias" in layer.tensors else ""
        if normalisation_kind(layer) is not None:
            yield from self.read_norm(reading, layer)
        elif weight is None or not set(layer.tensors) <= {"weight", "bias"}:
            return
        elif is_prelu(layer) and len(weight) in (1, reading.shape.width):
            yield reading.with_spec(f"prelu {len(weight)}", layer.tensors)
        elif weight.dim() == 2 and weight.shape[1] == reading.shape.width and reading.shape.flat:
            yield reading.with_spec(f"dense {weight.shape[0]}{bias}", layer.tensors)
        elif is_convolution(layer) and weight.shape[2] == weight.shape[3]:
            for spec, penalty in self.convolutions(reading, weight, is_first=is_first):
                try:
                    longer = reading.with_spec(f"{spec}{bias}", layer.tensors)
                except UsageError:
                    continue
                yield replace(longer, penalty=reading.penalty + penalty)

    def convolutions(self, reading: Reading, weight: Tensor, *, is_first: bool) -> Iterator[tuple[str, float]]:
        """The convolutions, transposed or not, that have a weight of this shape."""
        width, side, kernel = reading.shape.width, reading.shape.side, weight.shape[2]
        enlarged = reading.specs[-1:] == ("upsample 2",)
        both = weight.shape[0] == weight.shape[1] == width and not is_first
        if weight.shape[0] == width and not (enlarged and kernel % 2 == 0):
            for (stride, padding, extra), penalty in up_windows(
                kernel, side, is_first=is_first, only_kernel_3=has_only_kernels_of_3(self.layers)
            ):
                if (enlarged and stride > 1) or not self.may_be(penalty):
                    continue
                spec = f"up {weight.shape[1]} {kernel} {stride} {padding}{f' {extra}' if extra else ''}"
                yield spec, penalty + (0.6 if both and kernel == 3 else 0.0) + (0.6 if enlarged else 0.0)
        if weight.shape[1] == width and not is_first:
            for padding, penalty in conv_paddings(kernel):
                if not self.may_be(penalty):
                    continue
                yield f"conv {weight.shape[0]} {kernel} 1 {padding}", penalty + (0.6 if both and kernel != 3 else 0.0)

    def read_norm(self, reading: Reading, layer: LayerTensors) -> Iterator[Reading]:
        """The reading with a normalisation; the epsilon of BatchNorm is found from what follows."""
        kind, shape = normalisation_kind(layer), reading.shape
        if layer_width(layer) != shape.width:
            return
        if kind == "layer":
            whole = tuple(layer.tensors["weight"].shape)
            if whole == (shape.width, shape.side, shape.side):
                yield reading.with_spec("layer 1e-05", layer.tensors)
            return
        affine = "" if "weight" in layer.tensors else " 0"
        if kind == "plain":
            if self.norm == "instance" and not shape.flat:
                yield reading.with_spec("instance 1e-05", layer.tensors)
            elif self.norm == "layer" and shape.flat:
                yield reading.with_spec("layer 1e-05", layer.tensors)
            return
        fit = reading.fit
        if reading.values is not None and has_statistics(layer):
            fit = fit.joined(reading.values, layer.tensors["running_mean"], layer.tensors["running_var"])
        for epsilon, penalty in self.epsilons(reading).items():
            longer = reading.with_spec(f"norm {epsilon:g}{affine}", layer.tensors)
            yield replace(longer, fit=fit, epsilon=epsilon, penalty=reading.penalty + penalty)

    def epsilons(self, reading: Reading) -> dict[float, float]:
        """The epsilons that this normalisation may have, and how unusual they are."""
        is_first = reading.epsilon is None
        if reading.values is None and not is_first and not self.pytorch_gan:
            return {reading.epsilon or 1e-5: 0.0}
        if self.lagging and not is_first and not self.pytorch_gan:
            return {reading.epsilon or 1e-5: 0.0}
        if self.pytorch_gan:  # in its convolutional networks the first has the default
            usual = 1e-5 if is_first and not is_perceptron(self.layers) else 0.8
            return {usual: 0.0} if self.lagging else {1e-5: 0.9, 0.8: 0.9, usual: 0.0}
        if is_first:
            return {epsilon: penalty for epsilon, penalty in EPSILONS.items() if self.may_be(penalty)}
        return {epsilon: 0.0 if epsilon == reading.epsilon else 0.7 for epsilon in {reading.epsilon or 1e-5, 1e-5, 0.8}}

"""Chooses among the readings of a generator, and says by what: statistics, config.json, a known layout, or custom.

Where readings remain that draw other pictures and nothing tells them apart, the file is refused, and the message says
how to decide.
"""

from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

from gan_core.importers.inputs import NO_LABEL, ORDER_PHRASES, Choices, Inputs, order_in_config
from gan_core.importers.layers import LayerTensors, UnsupportedLayout, has_statistics
from gan_core.importers.readings import (
    SIMULATED,
    Reading,
    build_on_meta,
    input_width,
    run_layer,
    simulated_images,
)
from gan_core.importers.search import not_ruled_out
from gan_core.importers.statistics import GOOD_MISFIT, MAX_MISFIT, Fit
from gan_core.models.layer_chain import Shape, parse_layer

RARE_IMAGE_SIZES = (48, 96, 1024)
MARGIN = 0.45  # readings that are less usual by less than this are rivals
ACTIVATION_NAMES = {
    "relu": "ReLU", "leaky 0.2": "LeakyReLU (0.2)", "leaky 0.01": "LeakyReLU (0.01)", "elu": "ELU", "selu": "SELU",
    "gelu": "GELU", "silu": "SiLU", "tanh": "tanh",
}  # fmt: skip


class StatisticsDoNotFit(UnsupportedLayout):
    """There are readings that make images, but the statistics fit none of them."""


@dataclass(frozen=True)
class Decision:
    """The chosen reading, the shape of its images, what is assumed in phrases, and what was found in sentences."""

    reading: Reading
    channels: int
    side: int
    assumptions: tuple[str, ...]
    notes: tuple[str, ...]


def choose_reading(
    readings: list[Reading],
    layers: list[LayerTensors],
    config_json: dict[str, Any],
    choices: Choices,
    sides: tuple[int, ...],
) -> Decision:
    """The reading that makes images of one of these sides.

    Raises UnsupportedLayout where none does or several do that differ, StatisticsDoNotFit where no reading fits them.
    """
    weighted = [layer for layer in layers if "weight" in layer.tensors and layer.weight.dim() in (2, 4)]
    if len(weighted) < 2:
        raise UnsupportedLayout("its layers are no single chain")
    shaped = [
        (replace(reading, penalty=reading.penalty + 0.8 * (shape[1] in RARE_IMAGE_SIZES)), shape)
        for reading in readings
        if (shape := image_shape(reading, sides))
    ]
    if not shaped:
        raise UnsupportedLayout(explain_missing_image(min(readings, key=lambda reading: reading.penalty), layers))
    best = min((reading for reading, _ in shaped), key=lambda reading: reading.fit.misfit)
    if best.fit.misfit > MAX_MISFIT:
        raise StatisticsDoNotFit("its statistics fit no reading of its layers")
    left = {id(reading) for reading in not_ruled_out([reading for reading, _ in shaped])}
    alive = [(reading, shape) for reading, shape in shaped if id(reading) in left]
    reading, (channels, side) = min(alive, key=lambda one: one[0].rank)
    others = [other for other, _ in alive]
    fits = bool(reading.fit.channels)
    require_order(reading, others, choices, config_json)
    require_structure(reading, others)
    notes = [] if not fits else describe_evidence(reading, others, readings_of_inputs(reading), layers)
    if not fits and any("running_mean" in layer.tensors for layer in layers):
        kept = any(has_statistics(layer) for layer in layers)
        notes.append(
            f"The statistics of its BatchNorm {'do not fit these layers' if kept else 'were never updated'}, so its "
            f"pictures may differ from those of the original."
        )
    return Decision(
        reading, channels, side, assumptions_of(reading, others, choices, config_json, fits=fits), tuple(notes)
    )


def image_shape(reading: Reading, sides: tuple[int, ...]) -> tuple[int, int] | None:
    """Channels and side of the images that a reading makes; None where they are no images."""
    if reading.shape.flat:
        for channels in (1, 3):
            side = isqrt(reading.shape.width // channels)
            if channels * side**2 == reading.shape.width and side >= 8:
                return channels, side
        return None
    if reading.shape.width not in (1, 3):
        return None
    return (reading.shape.width, reading.shape.side) if reading.shape.side in sides else None


def explain_missing_image(reading: Reading, layers: list[LayerTensors]) -> str:
    """Why the most usual reading makes no images."""
    if reading.shape.flat:
        return f"its {reading.shape.width} outputs are no square image, grey or RGB"
    if reading.shape.width not in (1, 3):
        return f"its images have {reading.shape.width} channels, not 1 or 3"
    unusual = [
        layer for layer in layers[1:]
        if "weight" in layer.tensors and layer.weight.dim() == 4 and layer.weight.shape[2] not in (1, 2, 3, 4, 5, 7)
    ]  # fmt: skip
    if unusual:
        kernel = unusual[0].weight.shape[2]
        return f"the stride of {unusual[0].name} ({kernel}x{kernel}) cannot be inferred from its weights"
    return (
        f"its images would have {reading.shape.side} pixels a side, so its strides or paddings are not the usual ones"
    )


# What nothing tells --------------------------------------------------------------------------------------------------


def require_order(reading: Reading, others: list[Reading], choices: Choices, config_json: dict[str, Any]) -> None:
    """Raises UnsupportedLayout where nothing tells how label and latent are joined."""
    if choices.label_order or order_in_config(config_json):
        return
    if (joined := reading.inputs.joined) and len({other.inputs.order for other in others}) == 1:
        answers = (NO_LABEL, "latent-first", "label-first")
        raise UnsupportedLayout(
            f"its {reading.inputs.latents} inputs may be latent values alone, or {joined.latents} of them and "
            f"{joined.classes} one-hot labels, and no config.json tells: say `fetch --label-order "
            f"{'`, `'.join(answers[:-1])}` or `{answers[-1]}`",
            is_final=True,
            orders=answers,
        )
    orders = {other.inputs.order: other.inputs for other in others if other.inputs.order != reading.inputs.order}
    unusual = [other for other in orders.values() if other.penalty >= reading.inputs.penalty + 0.9]
    if len(orders) <= len(unusual):
        return
    inputs = next(one for one in [reading.inputs, *orders.values()] if one.classes)
    kind = "one-hot labels" if inputs.embedding is None else f"a label embedding of {inputs.embedding.shape[1]}"
    count = f"{inputs.classes} " if inputs.embedding is None else ""
    answers = [reading.inputs.order, *orders]
    raise UnsupportedLayout(
        f"its {input_width(inputs)} inputs hold {inputs.latents} latent values and {count}{kind}, and neither "
        f"statistics nor a config.json tell in which order: say `fetch --label-order "
        f"{'`, `'.join(answers[:-1])}` or `{answers[-1]}`",
        is_final=True,
        orders=tuple(answers),
    )


def require_structure(reading: Reading, others: list[Reading]) -> None:
    """Raises UnsupportedLayout where other layers without weights, strides or paddings would do as well."""
    for other in sorted(others, key=lambda one: one.rank):
        fits_better = other.fit.misfit < GOOD_MISFIT and reading.fit.is_clearly_worse(other.fit, decisive=True)
        if other.structure != reading.structure and (other.rank < reading.rank + MARGIN or fits_better):
            first, second = first_difference(reading.structure, other.structure)
            raise UnsupportedLayout(
                f"nothing tells whether it has {first} or {second}, which draw other pictures", is_final=True
            )


def first_difference(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, str]:
    """The first layers in which two chains differ, for messages."""
    names = {"act": "an activation", "upsample 2": "an enlargement", "instance 1e-05 0": "instance normalisation"}
    index = next((i for i, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), None)
    if index is None:
        return "another layer", "none"
    return tuple(names.get(chain[index], f"'{chain[index]}'") for chain in (first, second))  # type: ignore[return-value]


# What was found ------------------------------------------------------------------------------------------------------


def readings_of_inputs(reading: Reading) -> list[Inputs]:
    """The other ways to join label and latent with the same sizes."""
    inputs = reading.inputs
    if not inputs.classes or inputs.order == "product":
        return []
    flipped = {"label-first": "latent-first", "latent-first": "label-first"}[inputs.order]
    return [Inputs(inputs.latents, inputs.classes, flipped, inputs.embedding, inputs.distribution)]


def describe_evidence(
    reading: Reading, others: list[Reading], rivals: list[Inputs], layers: list[LayerTensors]
) -> list[str]:
    """What the statistics of BatchNorm told, as one sentence."""
    found: list[str] = []
    orders = {other.inputs.order for other in others}
    if rivals and len(orders) == 1:
        misfit, other = (measure(reading, inputs, layers).misfit for inputs in (reading.inputs, rivals[0]))
        found.append(f"{ORDER_PHRASES[reading.inputs.order]} (misfit {misfit:.3f}, the other way round {other:.3f})")
    elif reading.inputs.order == "none" and len(orders) == 1 and input_width(reading.inputs) == 0:
        found.append(ORDER_PHRASES["none"])
    if len({other.inputs.distribution for other in others}) == 1:
        found.append(f"latents are {reading.inputs.distribution}")
    if reading.activation and len({other.activation for other in others}) == 1:
        found.append(f"{ACTIVATION_NAMES[reading.activation]} is between the layers")
    if not found:
        return []
    return [f"Found from the statistics that its BatchNorm keeps: {', '.join(found)}."]


def measure(reading: Reading, inputs: Inputs, layers: list[LayerTensors]) -> Fit:
    """The fit of the same chain with other inputs."""
    fit, values = Fit(), inputs.simulate(SIMULATED)
    shape = Shape(values.shape[1], flat=parse_layer(reading.specs[0].split()).kind == "dense")
    by_index = dict(zip(reading.indices, layers, strict=True))
    for index, spec in enumerate(reading.specs):
        layer = by_index.get(index)
        if layer is not None and has_statistics(layer):
            fit = fit.joined(values, layer.tensors["running_mean"], layer.tensors["running_var"])
            if len(fit.channels) == len(reading.fit.channels):
                break
        after = shape.after(parse_layer(spec.split()))
        if layer is not None:
            values = values[: simulated_images(layer, shape, 1)]
        values = run_layer(build_on_meta(spec, shape), layer.tensors if layer else {}, values)
        shape = after
    return fit


def assumptions_of(
    reading: Reading, others: list[Reading], choices: Choices, config_json: dict[str, Any], *, fits: bool
) -> tuple[str, ...]:
    """What is assumed as it is in most networks, in phrases."""
    assumed: list[str] = []
    inputs = reading.inputs
    if inputs.classes and not choices.label_order and not order_in_config(config_json):
        if not fits or len({other.inputs.order for other in others}) > 1:
            assumed.append(f"{ORDER_PHRASES[inputs.order]}, as in the public code of its layout")
        if inputs.embedding is None:
            size = input_width(inputs)
            assumed.append(f"{size} inputs are {inputs.latents} latent values and {inputs.classes} labels, one-hot")
    parts = ["tanh at the end"]
    if not fits or len({other.activation for other in others}) > 1:
        name = ACTIVATION_NAMES.get(reading.activation or "", "")
        parts = [f"{name} between the layers", *parts] if name else parts
    if not reading.shape.flat:
        parts.append(f"the usual strides and paddings, which make {reading.shape.side} pixels a side")
    if not fits or len({other.inputs.distribution for other in others}) > 1:
        parts.append(f"{inputs.distribution} latents")
    return (*assumed, ", ".join(parts))

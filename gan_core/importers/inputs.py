"""The readings of a generator's inputs: how many latents and classes, how they are joined, how latents are drawn."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from gan_core.importers.layers import UnsupportedLayout
from gan_core.models.imported import LABEL_ORDERS, join_inputs

COMMON_LATENT_SIZES = (10, 16, 20, 32, 50, 62, 64, 100, 128, 200, 256, 512)
DEFAULT_NUM_CLASSES = 10  # of MNIST and Fashion-MNIST, which most small conditional GANs are trained on
NO_LABEL = "none"
ORDER_PHRASES = {
    "label-first": "the label comes before the latent",
    "latent-first": "the label comes behind the latent",
    "product": "the latent is multiplied by the label embedding",
    NO_LABEL: "there is no label",
}


@dataclass(frozen=True)
class Choices:
    """What the user says of a network where weights do not tell: `label_order` is one of ORDER_PHRASES."""

    label_order: str | None = None

    def __bool__(self) -> bool:
        return self.label_order is not None


@dataclass(frozen=True)
class Inputs:
    """One reading of the inputs. `order` is one of ORDER_PHRASES; `embedding` (classes, size) or None: one-hot labels.

    `penalty` is the higher, the less usual the reading is. `joined` is, for latents alone, the other reading that sizes
    suggest as well.
    """

    latents: int
    classes: int = 0
    order: str = NO_LABEL
    embedding: Tensor | None = field(default=None, repr=False)
    distribution: str = "normal"
    penalty: float = 0.0
    joined: "Inputs | None" = field(default=None, repr=False)

    @torch.no_grad()
    def simulate(self, count: int) -> Tensor:
        """Inputs of the first layer (count, inputs) from random latents and labels in turn, always the same."""
        generator = torch.Generator().manual_seed(0)
        if self.distribution == "normal":
            latents = torch.randn(count, self.latents, generator=generator)
        else:
            latents = torch.rand(count, self.latents, generator=generator) * 2 - 1
        if not self.classes:
            return latents
        labels = torch.arange(count) % self.classes
        rows = torch.eye(self.classes) if self.embedding is None else self.embedding
        return join_inputs(latents, rows[labels], self.order)


def find_inputs(
    input_size: int, embedding: Tensor | None, config_json: dict[str, Any], choices: Choices, known_order: str | None
) -> list[Inputs]:
    """The readings of an input of this size, each with both distributions of latents. Raises UnsupportedLayout.

    `known_order` is that of a public layout that the names are of; others are then unusual. The user's word and
    config.json decide.
    """
    order = choices.label_order or order_in_config(config_json)
    readings = (
        labelled_by_embedding(input_size, embedding) if embedding is not None else one_hot(input_size, config_json)
    )
    wanted = [reading for reading in readings if order in (None, reading.order)]
    if not wanted and choices.label_order:
        orders = tuple(dict.fromkeys(reading.order for reading in readings))
        raise UnsupportedLayout(
            f"label order {choices.label_order} does not fit it; {', '.join(orders)} would",
            is_final=True,
            orders=orders,
        )
    return [
        Inputs(
            r.latents,
            r.classes,
            r.order,
            r.embedding,
            distribution,
            r.penalty + penalty + (known_order not in (None, r.order)),
            r.joined,
        )
        for r in wanted or readings
        for distribution, penalty in distributions(config_json)
    ]


def distributions(config_json: dict[str, Any]) -> list[tuple[str, float]]:
    """The distributions of latents that may be meant, with how unusual they are."""
    named = config_json.get("latent_distribution", config_json.get("noise_type"))
    known = {"normal": "normal", "gaussian": "normal", "uniform": "uniform"}
    if isinstance(named, str) and named.lower() in known:
        return [(known[named.lower()], 0.0)]
    return [("normal", 0.0), ("uniform", 0.5)]


def labelled_by_embedding(input_size: int, embedding: Tensor) -> list[Inputs]:
    """The readings of an input with a label embedding: joined in either order, or multiplied where sizes are equal."""
    classes, size = embedding.shape
    if input_size == size:
        return [Inputs(size, classes, "product", embedding)]
    if input_size < size:
        raise UnsupportedLayout(f"{input_size} inputs have no room for a latent beside the label embedding")
    return [Inputs(input_size - size, classes, order, embedding) for order in ("label-first", "latent-first")]


def one_hot(input_size: int, config_json: dict[str, Any]) -> list[Inputs]:
    """The readings of an input that may hold a one-hot label, whose number of classes no weight tells."""
    classes = positive_integer(config_json, "n_classes", "num_classes", "classes", "num_labels")
    latents = positive_integer(config_json, "latent_dim", "latent_size", "z_dim", "nz", "noise_dim", "latent_dimension")
    if latents == input_size:
        return [Inputs(input_size)]
    if classes and latents in (None, input_size - classes) and input_size > classes > 1:
        return [Inputs(input_size - classes, classes, order) for order in ("latent-first", "label-first")]
    if input_size not in COMMON_LATENT_SIZES and input_size - DEFAULT_NUM_CLASSES in COMMON_LATENT_SIZES:
        rest, classes = input_size - DEFAULT_NUM_CLASSES, DEFAULT_NUM_CLASSES
        joined = [Inputs(rest, classes, order) for order in ("latent-first", "label-first")]
        return [*joined, Inputs(input_size, penalty=0.2, joined=joined[0])]
    return [Inputs(input_size)]


def positive_integer(config_json: dict[str, Any], *names: str) -> int | None:
    """The value of the first of several names whose value is an integer, if it is positive."""
    values = [config_json.get(name) for name in names]
    integers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return integers[0] if integers and integers[0] > 0 else None


def order_in_config(config_json: dict[str, Any]) -> str | None:
    """The order that config.json states, if any."""
    value = config_json.get("label_order")
    return value if isinstance(value, str) and value in (*LABEL_ORDERS, NO_LABEL) else None

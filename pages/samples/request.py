"""What the page Samples is asked for: a generator, seeds, a label, and what the scores and the comparison add."""

from collections.abc import Sequence
from dataclasses import dataclass

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.tasks import Task
from pages.samples.selection import selection_rule
from pages.ui import url_rules
from pages.ui.generation import GenerationRequest

ANY_LABEL = "any"
NO_MODEL = "none"
IMPLIED_MODEL = "mnist-dcgan"  # of an address without a model: the default of version 0.1, whose links lack it
OPENING_MODELS = ("faces-r3gan", "flowers-r3gan")  # the first that is there, where an address has no parameters


@dataclass
class SampleRequest(GenerationRequest):
    """Images of one generator; `label` is the index of a class, or None for any."""

    label: int | None = None

    @property
    def labels(self) -> tuple[int, ...] | None:
        return None if self.label is None else (self.label,)


def link_rules(checkpoints: dict[str, Checkpoint]) -> dict[str, url_rules.Rule]:
    """The rules of URL parameters that depend on the models at hand."""
    labels = {ANY_LABEL} | {label for checkpoint in checkpoints.values() for label in checkpoint.description.classes}
    return {
        "model": url_rules.choice(list(checkpoints)),
        "against": url_rules.choice([NO_MODEL, *checkpoints]),
        "label": url_rules.Rule(lambda text: text in labels, "a label of the model"),
        "pick": selection_rule(),
    }


def opening_model(checkpoints: dict[str, Checkpoint]) -> str | None:
    """The model that the page opens with; None where none of the usual ones is there."""
    return next((name for name in OPENING_MODELS if name in checkpoints), None)


def class_names(checkpoint: Checkpoint) -> tuple[str, ...]:
    """The classes that a visitor can ask the model for; empty where it takes no label."""
    return checkpoint.description.classes if checkpoint.family.task == Task.CLASS_CONDITIONAL else ()


def class_index(classes: Sequence[str], label: str) -> int | None:
    return classes.index(label) if label in classes else None

"""What the page Digits is asked for: a data set, a view, classes, a text, and the link that shows them again."""

from dataclasses import dataclass

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.ui import url_rules
from pages.ui.generation import GenerationRequest

MODEL_NAMES = {"Digits": "mnist-cgan", "Garments": "fashion-cgan"}
CLASS_NOUNS = {"Digits": "Digit", "Garments": "Garment"}
CLASS_PARAMETERS = {"Digits": "digit", "Garments": "garment"}
DATASET_NOTES = {
    "Digits": "It was trained on MNIST, 60,000 digits written by hand.",
    "Garments": "It was trained on Fashion-MNIST, 60,000 small photos of clothes.",
}
VIEWS = {"Digits": ("Draw", "Handwriting", "Write", "Blend"), "Garments": ("Draw", "Handwriting", "Blend")}


@dataclass
class DigitsRequest(GenerationRequest):
    """Images of one class, of all classes, of a text, or between two classes.

    `label` and `second_label` are indices of classes; `blend_weight` in [0, 1] is the share of the second. In the view
    Handwriting, `count` is the number of rows.
    """

    dataset: str = "Digits"
    view: str = "Draw"
    label: int = 0
    second_label: int = 0
    blend_weight: float = 0.5
    text: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        return self.checkpoint.description.classes


def available_datasets(checkpoints: dict[str, Checkpoint]) -> list[str]:
    return [dataset for dataset, name in MODEL_NAMES.items() if name in checkpoints]


def link_rules(datasets: list[str], checkpoints: dict[str, Checkpoint]) -> dict[str, url_rules.Rule]:
    """The rules of URL parameters that depend on the models at hand."""
    names = [MODEL_NAMES[dataset] for dataset in datasets]
    garments = checkpoints[MODEL_NAMES["Garments"]].description.classes if "Garments" in datasets else ()
    is_digit = url_rules.integer(0, 9).accepts
    return {
        "set": url_rules.choice(datasets),
        "model": url_rules.Rule(lambda text: text in checkpoints, f"one of {', '.join(names)}"),
        "view": url_rules.choice(VIEWS["Digits"]),
        "garment": url_rules.choice(garments),
        "into": url_rules.Rule(lambda text: text in garments or is_digit(text), "a digit or a garment"),
    }


def link_parameters(request: DigitsRequest) -> dict[str, object]:
    """The URL parameters that show the request again."""
    view = request.view
    parameters: dict[str, object] = {"set": request.dataset, "view": view}
    if view in ("Draw", "Blend"):
        parameters[CLASS_PARAMETERS[request.dataset]] = request.classes[request.label]
    if view == "Blend":
        parameters |= {"into": request.classes[request.second_label], "blend": request.blend_weight}
    if view == "Write":
        parameters["text"] = request.text
    parameters["seed"] = request.seed
    if view != "Write":
        parameters["rows" if view == "Handwriting" else "count"] = request.count
    return parameters | {"truncation": request.truncation}

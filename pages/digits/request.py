"""What the page Digits is asked for: a view, classes, a text, and the link that shows them again."""

from collections.abc import Mapping
from dataclasses import dataclass

from pages.digits.subjects import MODEL_NAMES, Subject
from pages.ui import url_rules
from pages.ui.generation import GenerationRequest

VIEWS = ("Draw", "Handwriting", "Write", "Blend")  # as they stand in the address


@dataclass
class DigitsRequest(GenerationRequest):
    """Images of one class, of all classes, of a text, or between two classes.

    `label` and `second_label` are indices of classes; `blend_weight` in [0, 1] is the share of the second. In the view
    Handwriting, `count` is the number of rows.
    """

    view: str = "Draw"
    label: int = 0
    second_label: int = 0
    blend_weight: float = 0.5
    text: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        return self.checkpoint.description.classes


def link_rules(subjects: Mapping[str, Subject]) -> dict[str, url_rules.Rule]:
    """The rules of URL parameters that depend on the models at hand."""
    names = [subject.checkpoint.name for subject in subjects.values()]
    classes = {
        parameter: [
            name
            for subject in subjects.values()
            if subject.words.class_parameter == parameter
            for name in subject.classes
        ]
        for parameter in ("garment", "class")
    }
    every_class = {name for subject in subjects.values() for name in subject.classes}
    is_digit = url_rules.integer(0, 9).accepts
    return {
        "set": url_rules.choice([name for name in MODEL_NAMES if name in subjects]),
        "model": url_rules.choice(names),
        "view": url_rules.choice(VIEWS),
        "garment": url_rules.choice(classes["garment"]),
        "class": url_rules.Rule(lambda text: text in classes["class"], "a class of the model"),
        "into": url_rules.Rule(lambda text: text in every_class or is_digit(text), "a digit, a garment or a class"),
    }


def link_parameters(request: DigitsRequest, subject: Subject) -> dict[str, object]:
    """The URL parameters that show the request again."""
    view = request.view
    parameters: dict[str, object] = {**subject.parameters, "view": view}
    if view in ("Draw", "Blend"):
        parameters[subject.words.class_parameter] = request.classes[request.label]
    if view == "Blend":
        parameters |= {"into": request.classes[request.second_label], "blend": request.blend_weight}
    if view == "Write":
        parameters["text"] = request.text
    parameters["seed"] = request.seed
    if view != "Write":
        parameters["rows" if view == "Handwriting" else "count"] = request.count
    return parameters | {"truncation": request.truncation}

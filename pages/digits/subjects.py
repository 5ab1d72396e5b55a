"""What the page Digits can draw: digits, garments, the classes of any other labelled model, and the words for them."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.store import canonical_name
from gan_core.tasks import Task
from pages.digits.glyphs import DIGITS, SEPARATOR_HEIGHT_PX
from pages.ui.model_titles import model_title

MODEL_NAMES = {"Digits": "mnist-cgan", "Garments": "fashion-cgan"}  # by their values of the URL parameter `set`


@dataclass(frozen=True)
class Words:
    """The words of the page for one kind of class; `class_parameter` is the URL parameter of the selected class."""

    noun: str
    plural: str
    class_parameter: str
    new_ones: str = "a new one for every seed, none of them copied"
    same_style: str = "Same style"
    rows: str = "Styles"
    style: str = "style"


DIGIT_WORDS = Words("digit", "digits", "digit", same_style="Handwriting", rows="Handwritings", style="handwriting")
GARMENT_WORDS = Words("garment", "garments", "garment")
CLASS_WORDS = Words("class", "classes", "class", new_ones="a new picture for every seed")
NOTES = {
    "mnist": "It was trained on MNIST, 60,000 digits written by hand.",
    "fashion-mnist": "It was trained on Fashion-MNIST, 60,000 small photos of clothes.",
}


@dataclass(frozen=True)
class Subject:
    """A class-conditional model under its name on this page, with the words for its classes."""

    title: str
    checkpoint: Checkpoint
    words: Words
    parameters: dict[str, object]  # of the address, that select it

    @property
    def classes(self) -> tuple[str, ...]:
        return self.checkpoint.description.classes

    @property
    def lead(self) -> str:
        """The sentence below the title."""
        return f"Ask for a {self.words.noun} and the network draws it: {self.words.new_ones}."

    @property
    def note(self) -> str:
        """What the model was trained on, in a sentence."""
        data = self.checkpoint.description.data
        if note := NOTES.get(str(data.get("name"))):
            return note
        pictures = f"{data['pictures']:,} pictures" if data.get("pictures") else "pictures"
        return f"It was trained on {pictures} in {len(self.classes)} classes."

    @property
    def views(self) -> dict[str, str]:
        """The titles of its views, by their names in the address."""
        titles = {"Draw": "Draw", "Handwriting": self.words.same_style}
        return titles | ({"Write": "Write"} if self.can_write else {}) | {"Blend": "Blend"}

    @property
    def can_write(self) -> bool:
        """Whether its classes are the ten digits, in images that fit the marks between them."""
        model = self.checkpoint.description.model
        is_small_and_grey = model.get("image_size") == SEPARATOR_HEIGHT_PX and model.get("image_channels") == 1
        return self.classes == tuple(DIGITS) and is_small_and_grey


def find_subjects(checkpoints: Mapping[str, Checkpoint]) -> dict[str, Subject]:
    """What can be drawn: digits and garments by their names, then the other class-conditional models by theirs."""
    known = {name: checkpoints[model] for name, model in MODEL_NAMES.items() if model in checkpoints}
    subjects = {name: Subject(name, model, words_for(model), {"set": name}) for name, model in known.items()}
    for name, model in checkpoints.items():
        is_labelled = model.family.task == Task.CLASS_CONDITIONAL and model.description.classes
        if is_labelled and name not in (*MODEL_NAMES.values(), *subjects):
            subjects[name] = Subject(model_title(model), model, words_for(model), {"model": name})
    return subjects


def words_for(checkpoint: Checkpoint) -> Words:
    """The words for a model's classes: by the classes themselves, or its training data."""
    if checkpoint.description.classes == tuple(DIGITS):
        return DIGIT_WORDS
    return GARMENT_WORDS if checkpoint.description.data.get("name") == "fashion-mnist" else CLASS_WORDS


# The address ----------------------------------------------------------------------------------------------------------


def subject_in_address(subjects: Mapping[str, Subject]) -> str | None:
    """The subject that the address names by its parameter `set`, or else by `model`."""
    if (name := st.query_params.get("set")) in subjects and name in MODEL_NAMES:
        return name
    model = canonical_name(st.query_params.get("model", ""))
    return next((name for name, subject in subjects.items() if subject.checkpoint.name == model), None)


def write_subject(subjects: Mapping[str, Subject], name: str) -> None:
    """Have the address name the subject, unless it stands for it already: without a name for the first.

    An address without any parameter stands for the page as it opens, so something always has to be written.
    """
    names_any = "set" in st.query_params or "model" in st.query_params
    implied = None if names_any or not st.query_params else next(iter(subjects))
    if (subject_in_address(subjects) or implied) == name:
        return
    for parameter in ("set", "model"):
        if parameter in st.query_params:
            del st.query_params[parameter]
    for parameter, value in subjects[name].parameters.items():
        st.query_params[parameter] = str(value)

"""The widgets of the page Digits: data set, view, and the inputs of each view."""

import streamlit as st

from pages.digits import glyphs
from pages.digits.request import CLASS_NOUNS, CLASS_PARAMETERS, MODEL_NAMES, VIEWS, DigitsRequest
from pages.ui import widgets
from pages.ui.limits import current_limits

DEFAULT_TEXT = "2026-11-22"
DEFAULT_ROWS = 4
DEFAULT_SECOND_LABEL = 8


def dataset_picker(datasets: list[str]) -> str:
    """Digits or garments; a link may name the model instead."""
    if "set" not in st.session_state and "set" not in st.query_params:
        requested = [dataset for dataset in datasets if MODEL_NAMES[dataset] == st.query_params.get("model")]
        if requested:
            st.session_state["set"] = requested[0]
    return widgets.segmented_choice("What to draw", datasets, "set")


def view_picker(dataset: str) -> str:
    return widgets.segmented_choice("How to draw it", VIEWS[dataset], "view")


def request_inputs(request: DigitsRequest) -> None:
    """Draws the inputs of the view and fills the request with their values."""
    noun = CLASS_NOUNS[request.dataset]
    if request.view in ("Draw", "Blend"):
        request.label = class_picker(CLASS_PARAMETERS[request.dataset], noun, request.classes)
    if request.view == "Blend":
        request.second_label = class_picker("into", f"Into the {noun.lower()}", request.classes, DEFAULT_SECOND_LABEL)
        request.blend_weight = widgets.blend_slider("0 is the first, 1 the second.")
    if request.view == "Write":
        request.text = text_input()
    request.seed = widgets.seed_input()
    if request.view in ("Draw", "Blend"):
        request.count = widgets.count_input()
    if request.view == "Handwriting":
        request.count = row_count_input()
    request.truncation = widgets.truncation_slider()


def class_picker(key: str, label: str, classes: tuple[str, ...], default_index: int = 0) -> int:
    """A dropdown of classes; returns the index of the selected one."""
    widgets.drop_stale_value(key, classes)
    selected = st.selectbox(label, classes, min(default_index, len(classes) - 1), key=key, bind="query-params")
    return classes.index(selected) if selected in classes else default_index


def text_input() -> str:
    help_text = f"Digits, spaces and {' '.join(glyphs.SEPARATORS)}; up to {glyphs.MAX_CHARACTERS} characters."
    text = st.text_input(
        "Number, date or telephone number", DEFAULT_TEXT, key="text", bind="query-params", help=help_text
    )
    return text or ""


def row_count_input() -> int:
    max_rows = current_limits().handwriting_rows
    value = st.number_input("Handwritings", 1, max_rows, DEFAULT_ROWS, 1, key="rows", bind="query-params")
    return widgets.in_range_or_default(value, 1, max_rows, DEFAULT_ROWS)

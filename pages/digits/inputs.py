"""The widgets of the page Digits: what to draw, the view, and the inputs of each view."""

from collections.abc import Mapping
from datetime import date

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages.digits import glyphs
from pages.digits.request import DigitsRequest
from pages.digits.subjects import Subject, subject_in_address, write_subject
from pages.ui import address, controls, widgets
from pages.ui.limits import current_limits

DEFAULT_TEXT = "2026-11-22"  # of an address without a text: links of version 0.1 leave it out
DEFAULT_ROWS = 4
DEFAULT_SECOND_LABEL = 8
MAX_BUTTONS = 4  # more subjects are in a dropdown
IMAGES_A_ROW = 10  # for which the limit of rows is meant
OPENING_DIGIT, OPENING_SEED = "3", 20  # a first picture that is read at once; for garments this seed is a light shirt


def open_page(subjects: Mapping[str, Subject]) -> None:
    """Where the address has no parameters and the page was just opened: select a digit and a seed, and name them.

    The defaults of the widgets are what links leave out, and stay as they are.
    """
    if st.query_params or "Digits" not in subjects:
        return
    if widgets.is_history_navigation():  # bound widgets would take their defaults: open the page once more
        st.session_state.pop("set", None)
        st.rerun()
    if "set" in st.session_state:
        return
    values = {"digit": OPENING_DIGIT, "seed": OPENING_SEED}
    st.session_state.update(values)
    st.query_params["set"] = "Digits"
    for name, value in values.items():
        try:
            st.query_params[name] = str(value)
        except StreamlitAPIException:  # bound by the page before, whose widget passes the session's value on
            continue


def subject_picker(subjects: Mapping[str, Subject]) -> str:
    """Digits, garments, or another labelled model; its name on this page."""
    names = list(subjects)
    if st.session_state.get("set") not in names or widgets.is_history_navigation():
        st.session_state["set"] = subject_in_address(subjects) or names[0]
    options = {"options": names, "key": "set", "format_func": lambda name: subjects[name].title}
    if len(names) > MAX_BUTTONS:
        selected = st.selectbox("What to draw", label_visibility="collapsed", **options)
    else:
        selected = st.segmented_control("What to draw", required=True, label_visibility="collapsed", **options)
    name = selected if selected in names else names[0]
    write_subject(subjects, name)
    return name


def view_picker(subject: Subject) -> str:
    """The view, by its name in the address. When it is changed to Write, today's date is there to be written."""
    was_writing = st.query_params.get("view") == "Write"
    view = address.titled_choice("How to draw it", subject.views, "view")
    if view == "Write" and not was_writing and "text" not in st.query_params:
        st.session_state["text"] = date.today().isoformat()
    if view != "Write" and "text" in st.query_params:
        del st.query_params["text"]
    return view


def request_inputs(request: DigitsRequest, subject: Subject) -> None:
    """Draws the inputs of the view and fills the request with their values."""
    words = subject.words
    if request.view in ("Draw", "Blend"):
        request.label = class_picker(words.class_parameter, words.noun.capitalize(), request.classes)
    if request.view == "Blend":
        request.second_label = class_picker("into", f"Into the {words.noun}", request.classes, DEFAULT_SECOND_LABEL)
        request.blend_weight = widgets.blend_slider("0 is the first, 1 the second.")
    if request.view == "Write":
        request.text = text_input()
    with controls.settings():
        request.seed = widgets.seed_input()
        if request.view in ("Draw", "Blend"):
            request.count = widgets.count_input()
        if request.view == "Handwriting":
            request.count = row_count_input(words.rows, len(request.classes))
        request.truncation = widgets.truncation_slider()


def class_picker(key: str, label: str, classes: tuple[str, ...], default_index: int = 0) -> int:
    """A dropdown of classes; returns the index of the selected one."""
    widgets.drop_stale_value(key, classes)
    selected = st.selectbox(label, classes, min(default_index, len(classes) - 1), key=key, bind="query-params")
    return classes.index(selected) if selected in classes else min(default_index, len(classes) - 1)


def text_input() -> str:
    help_text = f"Digits, spaces and {' '.join(glyphs.SEPARATORS)}; up to {glyphs.MAX_CHARACTERS} characters."
    return address.text_input("Number, date or telephone number", "text", DEFAULT_TEXT, help_text)


def row_count_input(label: str, images_a_row: int) -> int:
    """The number of rows; fewer may be asked for where a row has many images."""
    limit = current_limits().handwriting_rows
    max_rows = max(1, min(limit, limit * IMAGES_A_ROW // images_a_row))
    default = min(DEFAULT_ROWS, max_rows)
    value = st.number_input(label, 1, max_rows, default, 1, key="rows", bind="query-params")
    return widgets.in_range_or_default(value, 1, max_rows, default)

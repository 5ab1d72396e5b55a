"""A widget for every field of the three configs of a run: networks, objective and training loop."""

from dataclasses import Field, fields
from typing import Any

import streamlit as st

from gan_core.runs.recipes import DATA_DERIVED_FIELDS, Settings
from gan_core.training.config import Run

PRIMARY_FIELDS = ("steps", "batch_size", "image_size", "augment", "augment_chance")  # first; the others in sections


def settings_form(base: Run, scope: str) -> Settings:
    """Every setting as it is in the form. `scope` is part of the widgets' keys: another recipe has other widgets."""
    sections = {"Networks": base.model, "Objective": base.objective, "Training loop": base.training}
    fields_by_section = {title: editable_fields(config) for title, config in sections.items()}
    settings: Settings = {}
    with st.grid(3, min_column_width=240):
        for name in PRIMARY_FIELDS:
            for title, config in sections.items():
                if name in fields_by_section[title]:
                    settings[name] = field_widget(fields_by_section[title].pop(name), getattr(config, name), scope)
    for title, config in sections.items():
        st.markdown(f"**{title}**")
        with st.grid(3, min_column_width=240):
            for name, field in fields_by_section[title].items():
                settings[name] = field_widget(field, getattr(config, name), scope)
    return settings


def editable_fields(config: Any) -> dict[str, Field]:
    """The fields of a config by name, those left out that the data decide."""
    return {
        field.name: field
        for field in fields(config)
        if "help" in field.metadata and field.name not in DATA_DERIVED_FIELDS
    }


def field_widget(field: Field, value: Any, scope: str) -> Any:
    """A widget with the field's help, range and choices; returns `value` where the browser sends nothing usable."""
    low, high, choices = (field.metadata[name] for name in ("low", "high", "choices"))
    label, key = capitalise(field.name.replace("_", " ")), f"train_{scope}_{field.name}"
    help_text = capitalise(field.metadata["help"]) + "."
    if low is not None and high is not None:
        help_text += f" From {low:g} to {high:g}."
    if isinstance(value, bool):
        return st.toggle(label, value, key=key, help=help_text)
    if choices:
        result = st.selectbox(label, choices, choices.index(value), key=key, help=help_text)
    elif isinstance(field.default, int):
        minimum, maximum = (None if limit is None else int(limit) for limit in (low, high))
        result = st.number_input(label, minimum, maximum, int(value), 1, key=key, help=help_text)
    elif isinstance(field.default, float):
        minimum, maximum = (None if limit is None else float(limit) for limit in (low, high))
        step = max(value / 10, 1e-5)
        result = st.number_input(label, minimum, maximum, float(value), step, "%g", key=key, help=help_text)
    else:
        result = st.text_input(label, value, key=key, help=help_text)
    return value if result is None else result


def capitalise(text: str) -> str:
    """The text with a capital first letter; unlike str.capitalize it keeps the case of the others."""
    return text[:1].upper() + text[1:]

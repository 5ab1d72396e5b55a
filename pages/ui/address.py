"""Widgets that show one text and keep another in the address: a title on the page, a technical name in the link.

A widget bound to the address writes there what it shows. The widgets here are not bound: before them, `load_option`
reads the parameter when the page opens and when the browser goes back or forward; after them, `write_option` writes it
where the address does not stand for the present value. A value once written stays there though it is the default, so
that a later default changes no link.
"""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gan_core.checkpoints.store import canonical_name
from pages.ui.widgets import is_history_navigation


def load_option(key: str, options: Sequence[str], default: str) -> None:
    """Set the session's value for a widget with this key from the address, where that decides or there is none."""
    if address_decides(key) or st.session_state.get(key) not in options:
        st.session_state[key] = option_in_address(key, options) or default


def address_decides(key: str) -> bool:
    """Whether the page was just opened from another one with this key, or the browser went back or forward.

    The session still has the value of the other page's widget then, which the widget of this page does not take over.
    """
    context = get_script_run_ctx()
    page, page_key = context.page_script_hash if context else "", f"{key}_page"
    has_changed = st.session_state.get(page_key, page) != page
    st.session_state[page_key] = page
    return has_changed or is_history_navigation()


def option_in_address(key: str, options: Sequence[str]) -> str | None:
    """The option that the address names, by its present or a model's former name; the last of several."""
    value = st.query_params.get(key)
    if value is None or value in options:
        return value
    return name if (name := canonical_name(value)) in options else None


def write_option(key: str, value: str, default: str, none_option: str | None = None) -> None:
    """Have the address name the value. `default` is what it stands for without the parameter, as does `none_option`."""
    values = st.query_params.get_all(key)
    if values == [value] or (value == default and not values):
        return
    if value == default == none_option:
        del st.query_params[key]
    else:
        st.query_params[key] = value


def titled_choice(label: str, titles: Mapping[str, str], key: str) -> str:
    """One of a few options side by side, by title; the first where the address names none of them."""
    options = list(titles)
    load_option(key, options, options[0])
    selected = st.segmented_control(
        label, options, key=key, required=True, format_func=titles.__getitem__, label_visibility="collapsed"
    )
    value = selected if selected in options else options[0]
    write_option(key, value, options[0])
    return value


def text_input(label: str, key: str, default: str, help: str | None = None) -> str:
    """A line of text; `default` is what an address without the parameter stands for."""
    if address_decides(key) or key not in st.session_state:
        st.session_state[key] = st.query_params.get(key, default)
    value = st.text_input(label, key=key, help=help) or ""
    write_option(key, value, default)
    return value

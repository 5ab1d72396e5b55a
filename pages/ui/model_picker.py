"""A dropdown of models that shows what each draws, and keeps the technical name in the address.

A widget bound to the address would write there what the dropdown shows, "Faces (faces-r3gan)". This one is not bound:
it reads the parameter when the page opens or the browser goes back or forward, and writes it when it does not name the
selected model.
"""

from collections.abc import Callable, Mapping

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.store import canonical_name
from pages.ui import widgets
from pages.ui.model_titles import model_title


def model_selectbox(
    label: str,
    checkpoints: Mapping[str, Checkpoint],
    *,
    key: str,
    default: str,
    none_option: str | None = None,
    opening: str | None = None,
    help: str | None = None,
) -> str:
    """A dropdown of models by title; returns the name of the selected one, or `none_option`.

    `key` names the URL parameter and the value in the session, which a page may set before this call. `default` is the
    model that an address without the parameter stands for, and the one selected where the address names none that is
    there; the first model takes its place where it is missing itself. `opening` is selected instead, and put into the
    address, where an address without any parameter opens the page. `none_option` comes first and is left out of the
    address.
    """
    options = [*([] if none_option is None else [none_option]), *checkpoints]
    if default not in options:
        default = options[0]
    if st.session_state.get(key) not in options or widgets.is_history_navigation():
        opening = opening if opening in options and not st.query_params else None
        st.session_state[key] = option_in_address(key, options) or opening or default
    selected = st.selectbox(label, options, format_func=title_formatter(checkpoints), key=key, help=help)
    name = selected if selected in options else default
    write_to_address(key, name, is_implied=name == default, is_none=name == none_option)
    return name


def title_formatter(checkpoints: Mapping[str, Checkpoint]) -> Callable[[str], str]:
    """The function from a name to its title; a name without a model is its own title."""
    return lambda name: model_title(checkpoints[name]) if name in checkpoints else name


# The address ----------------------------------------------------------------------------------------------------------


def option_in_address(key: str, options: list[str]) -> str | None:
    """The option that the address names, by its present or a former name; the last of several."""
    value = st.query_params.get(key)
    if value is None or value in options:
        return value
    return name if (name := canonical_name(value)) in options else None


def write_to_address(key: str, name: str, is_implied: bool, is_none: bool) -> None:
    """Have the address name the selection, unless it is implied by an address without the parameter."""
    values = st.query_params.get_all(key)
    if values == [name] or (is_implied and not values):
        return
    if is_none and is_implied:
        del st.query_params[key]
    else:
        st.query_params[key] = name

"""A dropdown of models that shows what each draws, and keeps the technical name in the address."""

from collections.abc import Callable, Mapping

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.ui import address
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
    address.load_option(key, options, opening if opening in options and not st.query_params else default)
    selected = st.selectbox(label, options, format_func=title_formatter(checkpoints), key=key, help=help)
    name = selected if selected in options else default
    address.write_option(key, name, default, none_option)
    return name


def title_formatter(checkpoints: Mapping[str, Checkpoint]) -> Callable[[str], str]:
    """The function from a name to its title; a name without a model is its own title."""
    return lambda name: model_title(checkpoints[name]) if name in checkpoints else name

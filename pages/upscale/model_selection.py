"""The dropdown of models: chosen by the picture until the visitor chooses, told by what each was trained for."""

from collections.abc import Callable, Mapping

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.upscaling.recommendation import purpose_of
from pages.ui import address
from pages.upscale import upload

MODEL_KEY = "model"  # in the session and in the address
PRESELECTED_KEY = "upscale_preselected"  # by the picture, and the picture


def choose_model(name: str) -> None:
    """Selects a model as the visitor's own choice. Call it in a callback, or before the dropdown is drawn."""
    st.session_state[MODEL_KEY] = name
    st.query_params[MODEL_KEY] = name


def follow_recommendation() -> None:
    """Forgets the visitor's choice, so that the picture decides again."""
    st.session_state.pop(MODEL_KEY, None)
    st.query_params.pop(MODEL_KEY, None)


def is_chosen(names: list[str]) -> bool:
    """Whether the visitor, or the link, has chosen a model: then the address names it."""
    return address.option_in_address(MODEL_KEY, names) in names


def model_selectbox(names: list[str], titles: Callable[[str], str], preselected: str) -> str:
    """The dropdown of models by title; `preselected` is selected until the visitor chooses. Returns the name.

    What the visitor chooses stands in the address, what the picture chooses does not: a link without a model goes by
    the picture.
    """
    st.session_state[PRESELECTED_KEY] = preselected, upload.source_key()
    if not is_chosen(names):
        st.session_state[MODEL_KEY] = preselected
    else:
        address.load_option(MODEL_KEY, names, preselected)
    selected = st.selectbox(
        "Model", names, key=MODEL_KEY, format_func=titles, on_change=on_change,
        help="What the network was trained for, and its name. Until you choose, the picture decides.",
    )  # fmt: skip
    return selected if selected in names else preselected


def on_change() -> None:
    """Takes the visitor's choice.

    Streamlit calls it also when the browser sends back an earlier selection of the page together with another picture;
    a visitor cannot change both at once.
    """
    selected = st.session_state[MODEL_KEY]
    preselected, source_key = st.session_state.get(PRESELECTED_KEY, ("", ""))
    if source_key == upload.source_key() and (selected != preselected or MODEL_KEY in st.query_params):
        choose_model(selected)


def title_formatter(checkpoints: Mapping[str, Checkpoint]) -> Callable[[str], str]:
    """The function from a name to what visitors read: "Clean originals, × 4 (photo-srgan-x4)"."""

    def title(name: str) -> str:
        if name not in checkpoints:
            return name  # a file of the visitor's own
        scale = checkpoints[name].description.model.get("scale")
        return f"{purpose_of(checkpoints[name])}{f', × {scale}' if scale else ''} ({name})"

    return title

"""Another model for this visit: a file of weights that the visitor brings, or a reference to the Hugging Face Hub."""

import re
from typing import Any

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import UsageError
from gan_core.importers.weights import WEIGHTS_SUFFIXES
from gan_core.tasks import Task
from gan_core.upscaling.upscaler import load_imported_upscaler
from pages.ui import hub_fetch
from pages.ui.markdown import escape_markdown
from pages.ui.upscaler_cache import LoadedUpscaler, with_measured_speed

MAX_WEIGHTS_MB = 200
MODELS_KEY = "upscale_own_models"
ERROR_KEY = "upscale_model_trouble"
SELECT_NEXT_KEY = "upscale_model_come"


def session_models() -> dict[str, LoadedUpscaler]:
    """The models that this visitor has brought, by the name they have in the dropdown. Call it before the dropdown."""
    if name := st.session_state.pop(SELECT_NEXT_KEY, None):
        st.session_state["model"] = name
    return st.session_state.setdefault(MODELS_KEY, {})


def load_popover() -> None:
    """The widgets, and what became of the last attempt."""
    with st.popover("Load another model", icon=":material/upload_file:"):
        st.write(
            "Weights of a super-resolution network as a file: ESRGAN, Real-ESRGAN, SwinIR and some forty other kinds."
            " Only weights are read, no code is run, and they are gone when you leave."
        )
        st.file_uploader(
            "Weights", key="foreign_file", max_upload_size=MAX_WEIGHTS_MB, on_change=on_upload,
            help=f"A file that ends in {', '.join(WEIGHTS_SUFFIXES)}, up to {MAX_WEIGHTS_MB} MB.",
        )  # fmt: skip
        if message := st.session_state.get(ERROR_KEY):
            st.error(escape_markdown(message), icon=":material/block:")
        if hub_fetch.can_manage_models():
            select_fetched(hub_fetch.fetch_form("foreign", "Or a model on the Hugging Face Hub"))


def select_fetched(fetched: Checkpoint | None) -> None:
    """A model that has come from the Hub is chosen in the next run; one that draws has its own page."""
    if fetched is None:
        return
    if fetched.family.task == Task.SUPER_RESOLUTION:
        st.session_state[SELECT_NEXT_KEY] = fetched.name
        st.rerun()
    st.info(f"{escape_markdown(fetched.name)} draws new pictures and enlarges none: it is on the page Samples now.")


def on_upload() -> None:
    file = st.session_state["foreign_file"]
    st.session_state[ERROR_KEY] = None
    if file is None:
        return
    try:
        model = load_upload(file)
    except UsageError as error:
        st.session_state[ERROR_KEY] = str(error)
        return
    session_models()[model.name] = model
    st.session_state["model"] = model.name


def load_upload(file: Any) -> LoadedUpscaler:
    """The network in an uploaded file. Raises InputError with the reason where it cannot be used."""
    name = re.sub(r"[^\w.-]+", "-", file.name)[-60:]
    if not name.lower().endswith(WEIGHTS_SUFFIXES):
        raise UsageError(f"That is no file of weights: its name must end in {', '.join(WEIGHTS_SUFFIXES)}.")
    if file.size > MAX_WEIGHTS_MB * 1024**2:
        raise UsageError(f"{name} has {file.size / 1024**2:.0f} MB, and at most {MAX_WEIGHTS_MB} MB can be taken.")
    return with_measured_speed(load_imported_upscaler(file.getvalue(), name), file.file_id)


def model_caption(model: LoadedUpscaler) -> str:
    """Architecture, size and licence in one line."""
    network = model.upscaler
    if network.licence:
        licence = f"licence: {escape_markdown(network.licence)}"
    else:
        licence = "licence unknown: ask where the file comes from before you publish what it draws"
    return f"{network.architecture}, × {network.scale}, {network.parameter_count:,} parameters, {licence}."

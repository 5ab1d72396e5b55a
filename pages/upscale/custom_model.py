"""Models that a visitor adds: an uploaded weights file, for the session; a model of the Hugging Face Hub, for good."""

import re
from typing import Any

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import UsageError
from gan_core.hub.recommended import RECOMMENDED
from gan_core.importers.weights import WEIGHTS_SUFFIXES
from gan_core.tasks import Task
from gan_core.upscaling.recommendation import Purpose, purpose_of
from gan_core.upscaling.upscaler import load_imported_upscaler
from pages.ui import hub_fetch
from pages.ui.markdown import escape_markdown
from pages.ui.upscaler_cache import LoadedUpscaler, with_measured_speed
from pages.upscale import model_selection

MAX_WEIGHTS_MB = 200
MODELS_KEY = "upscale_own_models"
ERROR_KEY = "upscale_model_error"
SELECT_NEXT_KEY = "upscale_select_next"
POPOVER_KEY = "upscale_load"
UPLOADER_KEY = "weights_file"
HUB_FORM_PREFIX = "upscale_hub"
RESTORER = RECOMMENDED[0]  # cleans what no network of ours does: measured by `evaluate --data degraded`
BEHAVIOURS = {
    Purpose.CLEAN: "Draws sharp detail of its own, as its training photos had it. On compression and noise it draws"
    " those sharp too.",
    Purpose.DEGRADED: "Trained on blurred, noisy and compressed photos, which it cleans and sharpens.",
    Purpose.FAITHFUL: "Stays with what the picture shows: softer, and the nearest to the original.",
}


def session_models() -> dict[str, LoadedUpscaler]:
    """The session's uploaded models by their names in the dropdown. Call it before the dropdown is drawn."""
    if name := st.session_state.pop(SELECT_NEXT_KEY, None):
        model_selection.choose_model(name)
    return st.session_state.setdefault(MODELS_KEY, {})


def load_popover() -> None:
    """Draws the popover with both ways to add a model, and the error of the last upload."""
    with st.popover("Load another model", icon=":material/upload_file:", key=POPOVER_KEY, on_change="rerun"):
        st.write(
            "The weights file of a super-resolution network: ESRGAN, Real-ESRGAN, SwinIR and some forty other"
            " architectures. Only weights are read, no code is run, and they are deleted when you leave."
        )
        st.file_uploader(
            "Weights", key=UPLOADER_KEY, max_upload_size=MAX_WEIGHTS_MB, on_change=on_upload,
            help=f"Mostly a file that ends in {', '.join(WEIGHTS_SUFFIXES)}, up to {MAX_WEIGHTS_MB} MB. Its content"
            " decides, whatever its name ends in.",
        )  # fmt: skip
        if message := st.session_state.get(ERROR_KEY):
            st.error(escape_markdown(message), icon=":material/block:")
        if hub_fetch.can_manage_models():
            select_fetched(hub_fetch.fetch_form(HUB_FORM_PREFIX, "Or a model on the Hugging Face Hub"))


def offer_restorer() -> None:
    """A button that opens the popover with a network on the Hub that was made for compressed and noisy pictures."""
    st.button(
        f"Look at {RESTORER.title} on the Hub, {RESTORER.size_mb:.0f} MB", key="offer_restorer", type="tertiary",
        icon=":material/cloud_download:", on_click=open_popover_with, args=(RESTORER.reference,),
        help=RESTORER.about,
    )  # fmt: skip


def open_popover_with(reference: str) -> None:
    st.session_state[POPOVER_KEY] = True
    hub_fetch.request_preview(HUB_FORM_PREFIX, reference)


def select_fetched(fetched: Checkpoint | None) -> None:
    """Selects a fetched upscaler in the next run; for any other model, says which page it is on."""
    if fetched is None:
        return
    if fetched.family.task == Task.SUPER_RESOLUTION:
        st.session_state[SELECT_NEXT_KEY] = fetched.name
        st.rerun()
    st.info(
        f"{escape_markdown(fetched.name)} generates new pictures and cannot enlarge yours:"
        " it is on the page Samples now."
    )


def on_upload() -> None:
    """Loads the uploaded model and selects it, or keeps the reason why it cannot be loaded."""
    file = st.session_state[UPLOADER_KEY]
    st.session_state[ERROR_KEY] = None
    if file is None:
        return
    try:
        model = load_upload(file)
    except UsageError as error:
        st.session_state[ERROR_KEY] = str(error)
        return
    session_models()[model.name] = model
    model_selection.choose_model(model.name)


def load_upload(file: Any) -> LoadedUpscaler:
    """The network of an uploaded file. Raises UsageError where it cannot be used."""
    name = re.sub(r"[^\w.-]+", "-", file.name)[-60:]
    if file.size > MAX_WEIGHTS_MB * 1024**2:
        raise UsageError(f"{name} has {file.size / 1024**2:.0f} MB; at most {MAX_WEIGHTS_MB} MB are accepted.")
    return with_measured_speed(load_imported_upscaler(file.getvalue(), name), file.file_id)


def show_model(model: LoadedUpscaler, checkpoint: Checkpoint | None) -> None:
    """Says what the model does and its licence; architecture, scale and size on demand."""
    network = model.upscaler
    if network.licence:
        licence = f"Licence: {escape_markdown(network.licence)}."
    else:
        licence = "Licence unknown: check where the file comes from before you publish its results."
    facts = f"{network.architecture}, × {network.scale}, {network.parameter_count:,} parameters"
    behaviour = BEHAVIOURS.get(purpose_of(checkpoint)) if checkpoint else None
    notes = " ".join(escape_markdown(note) for note in network.notes)
    st.caption(
        f"{behaviour or f'{facts}.'} {licence} {notes}".rstrip(), help=f"{model.name}: {facts}." if behaviour else None
    )

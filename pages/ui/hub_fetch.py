"""The form that downloads a model from the Hugging Face Hub: reference, preview with licence, download.

Its state lies in the session under keys that begin with a prefix, so that several pages can have one each.
"""

import time

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import ExternalError, UndecidedLabels, Unreachable, UsageError
from gan_core.hub import licenses
from gan_core.hub.download import download_model, find_cached
from gan_core.hub.preview import Preview, preview_model
from gan_core.hub.reference import parse_pasted
from gan_core.importers.inputs import ORDER_PHRASES, Choices
from pages.ui import model_cache
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown

PROGRESS_INTERVAL_S = 0.1  # at least, between two updates of the progress bar


def can_manage_models() -> bool:
    """Whether visitors may fetch, delete and publish models here."""
    return current_limits().is_owner


def fetch_form(prefix: str, label: str = "A model on the Hugging Face Hub") -> Checkpoint | None:
    """A field for a reference, the preview and its button. Returns the model in the run that downloaded it."""
    state = st.session_state
    st.text_input(
        label, key=f"{prefix}_reference", on_change=request_preview, args=(prefix,), max_chars=1000, autocomplete="off",
        placeholder="owner/name, or the address of its page",
        help="As it stands on the Hub: owner/name, or the address of the model's page or of one of its files."
        " owner/name may be followed by /file where there are several, and by @revision for another than the newest.",
    )  # fmt: skip
    if state.pop(f"{prefix}_asked", False):
        with st.spinner("Asking the Hub …"):
            load_preview(prefix, (state[f"{prefix}_reference"] or "").strip())
    if message := state.get(f"{prefix}_trouble"):
        st.error(escape_markdown(message), icon=":material/cloud_off:")
    hub_preview: Preview | None = state.get(f"{prefix}_preview")
    if hub_preview is None:
        return None
    show_preview(hub_preview)
    if orders := state.get(f"{prefix}_orders"):
        st.selectbox(
            "How label and latent are joined", orders, key=f"{prefix}_order", format_func=describe_order,
            help="Its weights do not tell. The code that it was trained with does: look for the order in torch.cat."
            " With the wrong one it draws other pictures.",
        )  # fmt: skip
    with st.container(horizontal=True):
        pressed = st.button("Fetch", type="primary", icon=":material/download:", key=f"{prefix}_fetch")
        st.button("Never mind", key=f"{prefix}_drop", on_click=clear_preview, args=(prefix,))
    return fetch_model(prefix, hub_preview) if pressed else None


def request_preview(prefix: str, reference: str | None = None) -> None:
    """Have the next run preview what is in the field, or this reference, which replaces it."""
    clear_preview(prefix)
    if reference is not None:
        st.session_state[f"{prefix}_reference"] = reference
    st.session_state[f"{prefix}_asked"] = True


def clear_preview(prefix: str) -> None:
    for name in ("asked", "trouble", "preview", "orders", "order"):
        st.session_state.pop(f"{prefix}_{name}", None)


def load_preview(prefix: str, reference: str) -> None:
    """Ask the Hub; put the preview, or the message of an error, into the session."""
    if not reference:
        return
    try:
        st.session_state[f"{prefix}_preview"] = preview_model(parse_pasted(reference))
    except Unreachable as error:
        cached = find_cached(parse_pasted(reference))
        hint = f" What was fetched before is still here: {cached.name}." if cached else ""
        st.session_state[f"{prefix}_trouble"] = f"{error}{hint}"
    except (UsageError, ExternalError) as error:
        st.session_state[f"{prefix}_trouble"] = str(error)


def show_preview(hub_preview: Preview) -> None:
    """Repository, commit, summary, files and sizes; then the licence, as a warning unless it is permissive."""
    info = hub_preview.info
    files = ", ".join(f"{escape_markdown(file.path)} ({file.size / 1e6:.1f} MB)" for file in hub_preview.files)
    st.markdown(
        f"**{escape_markdown(info.repository)}** at {escape_markdown(info.revision)}, commit `{info.commit[:12]}`:"
        f" {hub_preview.summary}. {hub_preview.size / 1e6:.1f} MB will come: {files}."
    )
    for note in hub_preview.notes:
        st.caption(escape_markdown(note))
    show_licence = st.info if licenses.is_permissive(hub_preview.licence) else st.warning
    show_licence(escape_markdown(licenses.describe_licence(hub_preview.licence)), icon=":material/balance:")


def describe_order(order: str) -> str:
    """A way to join label and latent, as a sentence without a full stop."""
    return ORDER_PHRASES[order].capitalize()


def fetch_model(prefix: str, hub_preview: Preview) -> Checkpoint | None:
    """Download with a progress bar. Any other action of the visitor ends the run, and so the download.

    What has arrived by then is kept, and the next attempt resumes there.
    """
    placeholder = st.empty()
    with placeholder.container(horizontal=True, vertical_alignment="center"):
        progress_bar = st.progress(0.0, "Fetching …")
        st.button("Stop", icon=":material/stop:", key=f"{prefix}_stop")
    last_update = 0.0

    def show_progress(done: int, total: int) -> None:
        nonlocal last_update
        if time.monotonic() - last_update > PROGRESS_INTERVAL_S or done == total:
            last_update = time.monotonic()
            progress_bar.progress(min(done / max(total, 1), 1.0), f"{done / 1e6:.1f} of {total / 1e6:.1f} MB")

    try:
        choices = Choices(st.session_state.get(f"{prefix}_order"))
        checkpoint = download_model(hub_preview, show_progress, choices=choices)
    except UndecidedLabels as error:
        st.session_state[f"{prefix}_orders"] = error.orders
        st.session_state[f"{prefix}_trouble"] = str(error)
        st.rerun()
    except (UsageError, ExternalError) as error:
        placeholder.empty()
        st.session_state[f"{prefix}_trouble"] = str(error)
        st.error(escape_markdown(str(error)), icon=":material/cloud_off:")
        return None
    placeholder.empty()
    clear_preview(prefix)
    model_cache.freeze_gc()
    return checkpoint

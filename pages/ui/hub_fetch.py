"""The form that downloads a model from the Hub."""

import time

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import InputError, OutsideError, Unreachable
from gan_core.hub import licenses
from gan_core.hub.download import download_model, find_cached
from gan_core.hub.preview import Preview, preview_model
from gan_core.hub.reference import parse_reference
from pages.ui import model_cache
from pages.ui.limits import limits
from pages.ui.markdown import plain

BEAT = 0.1  # seconds between two looks of a progress bar


def allowed() -> bool:
    """Whether visitors may fetch, delete and publish here."""
    return limits().owner


def fetch_box(prefix: str, label: str = "A model on the Hugging Face Hub") -> Checkpoint | None:
    """A field for a reference, the preview and its button; the model, in the run in which it has come."""
    state = st.session_state
    st.text_input(
        label, key=f"{prefix}_reference", on_change=ask, args=(prefix,), max_chars=400, autocomplete="off",
        placeholder="hub:owner/name",
        help="hub:owner/name, with /file behind it where there are several, and @revision for another than the newest.",
    )  # fmt: skip
    if state.pop(f"{prefix}_asked", False):
        with st.spinner("Asking the Hub …"):
            look(prefix, (state[f"{prefix}_reference"] or "").strip())
    if sentence := state.get(f"{prefix}_trouble"):
        st.error(plain(sentence), icon=":material/cloud_off:")
    wanted: Preview | None = state.get(f"{prefix}_preview")
    if wanted is None:
        return None
    show(wanted)
    with st.container(horizontal=True):
        pressed = st.button("Fetch", type="primary", icon=":material/download:", key=f"{prefix}_fetch")
        st.button("Never mind", key=f"{prefix}_drop", on_click=drop, args=(prefix,))
    return download(prefix, wanted) if pressed else None


def ask(prefix: str, reference: str | None = None) -> None:
    """Look at the reference in the next run; one that is given goes into the field."""
    drop(prefix)
    if reference is not None:
        st.session_state[f"{prefix}_reference"] = reference
    st.session_state[f"{prefix}_asked"] = True


def drop(prefix: str) -> None:
    for each in ("asked", "trouble", "preview"):
        st.session_state.pop(f"{prefix}_{each}", None)


def look(prefix: str, text: str) -> None:
    """What would come, or why not, into the session."""
    if not text:
        return
    try:
        st.session_state[f"{prefix}_preview"] = preview_model(parse_reference(text))
    except Unreachable as error:
        here = find_cached(parse_reference(text))
        there = f" What was fetched before is still here: {here.name}." if here else ""
        st.session_state[f"{prefix}_trouble"] = f"{error}{there}"
    except (InputError, OutsideError) as error:
        st.session_state[f"{prefix}_trouble"] = str(error)


def show(wanted: Preview) -> None:
    listing = wanted.info
    files = ", ".join(f"{plain(each.path)} ({each.size / 1e6:.1f} MB)" for each in wanted.files)
    st.markdown(
        f"**{plain(listing.repository)}** at {plain(listing.revision)}, commit `{listing.commit[:12]}`: {wanted.summary}."
        f" {wanted.size / 1e6:.1f} MB will come: {files}."
    )
    (st.info if licenses.is_permissive(wanted.licence) else st.warning)(
        plain(licenses.describe_licence(wanted.licence)), icon=":material/balance:"
    )


def download(prefix: str, wanted: Preview) -> Checkpoint | None:
    """Under a progress bar. Whatever else the visitor presses stops it."""
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Fetching …")
        st.button("Stop", icon=":material/stop:", key=f"{prefix}_stop")
    shown = 0.0

    def report(done: int, total: int) -> None:
        nonlocal shown
        if time.monotonic() - shown > BEAT or done == total:
            shown = time.monotonic()
            bar.progress(min(done / max(total, 1), 1.0), f"{done / 1e6:.1f} of {total / 1e6:.1f} MB")

    try:
        made = download_model(wanted, report)
    except (InputError, OutsideError) as error:
        place.empty()
        st.session_state[f"{prefix}_trouble"] = str(error)
        st.error(plain(str(error)), icon=":material/cloud_off:")
        return None
    place.empty()
    drop(prefix)
    model_cache.settle()
    return made

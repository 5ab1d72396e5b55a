"""The form that makes a model of a run, which every page can then use."""

import streamlit as st

from gan_core.checkpoints.naming import name_and_title
from gan_core.checkpoints.store import resolve_root
from gan_core.errors import ExternalError, UsageError
from gan_core.hub import licenses
from gan_core.runs import promotion
from gan_core.runs.status import RunStatus
from pages.ui import model_cache, model_link, scoring
from pages.ui.markdown import escape_markdown
from pages.ui.model_titles import model_title

LAST_SAVE, LAST_GOOD_SAVE = "the last", "the last good one"
NO_LICENCE = "none stated"
PROMOTED_KEY = "train_made"


def promotion_form(run: RunStatus) -> None:
    """A popover for the save, name, licence and visibility of the model; then the new model with a link to its page."""
    with st.popover("Use this model", icon=":material/deployed_code:"):
        last_good = 0 < run.last_good_step < run.saved_step and save_radio(run) == LAST_GOOD_SAVE
        step = run.last_good_step if last_good else run.saved_step
        st.write(f"The average of the weights at step {step:,} becomes a model that every page draws with.")
        name = name_input(run)
        licence = licence_selectbox(run)
        public = st.toggle(
            "Show it to strangers", key=f"train_public_{run.name}",
            help="In a hosted app, everybody may draw with it. Otherwise only you see it, on this machine.",
        )  # fmt: skip
        pressed = st.button("Make it a model", type="primary", key="train_use")
    if not pressed or promote_run(run, name, last_good, licence, public):
        show_promoted_model()


def save_radio(run: RunStatus) -> str | None:
    """The last save or the last good one, where they differ."""
    return st.radio(
        "Save", (LAST_SAVE, LAST_GOOD_SAVE), key=f"train_save_{run.name}",
        captions=(f"step {run.saved_step:,}", f"step {run.last_good_step:,}"),
        help="At the last good save, the diagnosis found nothing wrong.",
    )  # fmt: skip


def name_input(run: RunStatus) -> str:
    """The name as it is entered, with a note where it becomes the title of a model that has another name."""
    name = st.text_input("Name of the model", run.name, max_chars=60, key=f"train_model_{run.name}") or ""
    try:
        folder_name, title = name_and_title(name)
    except UsageError as error:
        st.caption(escape_markdown(str(error)))
        return name
    if title:
        st.caption(f"Pages show it under this title. In commands and links its name is `{folder_name}`.")
    return name


def licence_selectbox(run: RunStatus) -> str | None:
    """The licence of the weights; None where none is stated."""
    licence = st.selectbox(
        "Licence of the weights", (NO_LICENCE, *licenses.COMMON), key=f"train_licence_{run.name}",
        accept_new_options=True,
        help="What others may do with the model. It can wait: publishing asks for one. The licence of the pictures it"
        " was trained on may set limits.",
    )  # fmt: skip
    return None if licence in (None, NO_LICENCE) else licence.strip().lower()


def promote_run(run: RunStatus, name: str, last_good: bool, licence: str | None, public: bool) -> bool:
    """Export the model and have it scored in the background; whether it succeeded, after a message where not."""
    try:
        with st.spinner("Making it a model …"):
            checkpoint = promotion.promote(
                run, name, resolve_root(), last_good=last_good, licence=licence, public=public
            )
    except (UsageError, ExternalError, OSError) as error:
        st.error(escape_markdown(str(error)), icon=":material/block:")
        return False
    st.session_state[PROMOTED_KEY] = checkpoint.name
    scoring.start_scoring(checkpoint)
    return True


def show_promoted_model() -> None:
    """The model that this visitor made last, as long as it exists, and how its scores come along."""
    checkpoint = model_cache.all_models().get(st.session_state.get(PROMOTED_KEY, ""))
    if checkpoint is None:
        return
    st.success(f"{escape_markdown(model_title(checkpoint))} is a model now, on every page.", icon=":material/check:")
    model_link.link_to_page(checkpoint)
    scoring.show_scoring(checkpoint)

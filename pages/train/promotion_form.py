"""The form that makes a model of a run, which every page can then use."""

import streamlit as st

from gan_core.checkpoints.store import resolve_root
from gan_core.errors import ExternalError, UsageError
from gan_core.runs import promotion
from gan_core.runs.status import RunStatus
from pages.ui import model_cache, model_link
from pages.ui.markdown import escape_markdown

LAST_SAVE, LAST_GOOD_SAVE = "the last", "the last good one"
PROMOTED_KEY = "train_made"


def promotion_form(run: RunStatus) -> None:
    """A popover for the save and the model's name; then the new model with a link to its page."""
    with st.popover("Use this model", icon=":material/deployed_code:"):
        last_good = 0 < run.last_good_step < run.saved_step and save_radio(run) == LAST_GOOD_SAVE
        step = run.last_good_step if last_good else run.saved_step
        st.write(f"The average of the weights at step {step:,} becomes a model that every page draws with.")
        name = st.text_input("Name of the model", run.name, max_chars=60, key=f"train_model_{run.name}")
        pressed = st.button("Make it a model", type="primary", key="train_use")
    if not pressed or promote_run(run, (name or "").strip(), last_good):
        show_promoted_model()


def save_radio(run: RunStatus) -> str | None:
    """The last save or the last good one, where they differ."""
    return st.radio(
        "Save", (LAST_SAVE, LAST_GOOD_SAVE), key=f"train_save_{run.name}",
        captions=(f"step {run.saved_step:,}", f"step {run.last_good_step:,}"),
        help="At the last good save, the diagnosis found nothing wrong.",
    )  # fmt: skip


def promote_run(run: RunStatus, name: str, last_good: bool) -> bool:
    """Export the model and have it scored in the background; whether it succeeded, after a message where not."""
    try:
        with st.spinner("Making it a model …"):
            checkpoint = promotion.promote(run, name, resolve_root(), last_good=last_good)
    except (UsageError, ExternalError, OSError) as error:
        st.error(escape_markdown(str(error)), icon=":material/block:")
        return False
    st.session_state[PROMOTED_KEY] = checkpoint.name
    if promotion.classifier_for(checkpoint, resolve_root()):
        promotion.score_in_background(checkpoint)
    return True


def show_promoted_model() -> None:
    """The model that this visitor made last, as long as it exists."""
    checkpoint = model_cache.all_models().get(st.session_state.get(PROMOTED_KEY, ""))
    if checkpoint is None:
        return
    is_scored_later = not checkpoint.description.scores and promotion.classifier_for(checkpoint, resolve_root())
    note = " Its scores are being measured and will be in its card." if is_scored_later else ""
    st.success(f"{escape_markdown(checkpoint.name)} is a model now, on every page.{note}", icon=":material/check:")
    model_link.link_to_page(checkpoint)

"""The scores of a model of one's own: being measured, missing with the reason, or to be measured by a button."""

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.store import resolve_root
from gan_core.errors import UsageError
from gan_core.runs import scoring
from gan_core.runs.scoring import ScoringPlan, ScoringState
from pages.ui.markdown import escape_markdown

POLL_S = 2.0


def start_scoring(checkpoint: Checkpoint) -> None:
    """Have the scores measured in the background, where they can be. `show_scoring` says why where they cannot."""
    try:
        scoring.score_in_background(checkpoint, scoring.plan_scoring(checkpoint, resolve_root()))
    except (UsageError, OSError):
        return


def show_scoring(checkpoint: Checkpoint) -> None:
    """How far the measurement is, or why there are no scores; nothing where there are some. For who runs the app."""
    is_running = scoring.scoring_state(checkpoint).is_running
    st.fragment(show_state, run_every=POLL_S if is_running else None)(checkpoint, is_running)


def show_state(checkpoint: Checkpoint, was_running: bool) -> None:
    state = scoring.scoring_state(checkpoint)
    if state.is_running:
        show_progress(state)
        return
    if was_running:
        st.rerun()  # the page shows the scores now
    if checkpoint.description.scores:
        return
    if state.failure:
        st.warning(f"The scores could not be measured. {escape_markdown(state.failure)}", icon=":material/speed:")
    try:
        plan = scoring.plan_scoring(checkpoint, resolve_root())
    except UsageError as error:
        reason = escape_markdown(str(error)).replace("\\`", "`")  # commands are shown as code
        st.caption(f":material/speed: No scores yet. {reason}")
        return
    st.button(
        "Measure its scores", icon=":material/speed:", key=f"measure_{checkpoint.name}", help=plan_text(plan),
        on_click=start_scoring, args=(checkpoint,),
    )  # fmt: skip


def show_progress(state: ScoringState) -> None:
    text = "Its scores are being measured"
    if state.total:
        st.progress(min(state.done / state.total, 1.0), f"{text}: {state.done:,} of {state.total:,} pictures")
    else:
        st.caption(f":material/hourglass_top: {text} …")


def plan_text(plan: ScoringPlan) -> str:
    """What will be measured, in a sentence or two."""
    if plan.classifier is None:
        return "Its results on the benchmarks are compared with the originals."
    if plan.is_general:
        return (
            f"Its pictures are compared with those it was trained on, in the features of {plan.classifier}, which was"
            " trained on others: such scores compare models of the same pictures only."
        )
    return f"Its pictures are compared with real ones, in the features of {plan.classifier}."

"""The estimated time and memory of a training, from a few measured steps."""

import streamlit as st

from gan_core.devices import free_memory_bytes
from gan_core.errors import UsageError
from gan_core.runs import profiling
from gan_core.training.config import SCHEDULE_FIELDS, Run
from pages.ui.markdown import escape_markdown, humanise_duration

COST_NEUTRAL_FIELDS = SCHEDULE_FIELDS | {"seed"}  # that do not change the cost of a step


def show_cost(run: Run, busy: bool) -> None:
    """Time and memory in a sentence. `busy`: another training runs."""
    config = run.to_dict()
    training = {name: value for name, value in config["training"].items() if name not in COST_NEUTRAL_FIELDS}
    try:
        with st.spinner("Measuring a few steps …"):
            estimate = cached_estimate(str((config["model"], config["objective"], training, run.family)), run)
    except (UsageError, RuntimeError, MemoryError) as error:
        st.error(f"A step of this training cannot be taken here: {escape_markdown(str(error).splitlines()[0])}")
        return
    seconds = estimate.step_seconds * run.training.steps
    rate = run.training.batch_size / estimate.step_seconds
    note = " Another training runs here: this one will wait for it, and was measured beside it." if busy else ""
    st.markdown(
        f"**About {humanise_duration(seconds)}** on this device for {run.training.steps:,} steps ({rate:,.0f} pictures"
        f" a second) and **{estimate.memory_bytes / 1e9:.1f} GB** of memory besides the data. Measured just now, by a"
        f" few steps with {estimate.measured_batch_size} pictures of noise.{note}"
    )
    free_bytes = free_memory_bytes()
    if free_bytes is not None and estimate.memory_bytes > free_bytes:
        st.warning(f"Only {free_bytes / 1e9:.1f} GB of memory are free here: take a smaller batch or smaller networks.")


@st.cache_data(max_entries=64, show_spinner=False)
def cached_estimate(key: str, _run: Run) -> profiling.CostEstimate:
    """The estimate of a run, cached by the settings that its cost depends on."""
    return profiling.estimate_cost(_run)

"""The estimated time and memory of a training, from earlier runs of its shape and a few measured steps."""

import time
from math import ceil
from pathlib import Path

import streamlit as st

from gan_core.devices import busy_cores, free_memory_bytes
from gan_core.errors import UsageError
from gan_core.runs import profiling, storage, time_estimates
from gan_core.runs.profiling import CostEstimate
from gan_core.runs.time_estimates import TimeEstimate
from gan_core.training.config import Run
from pages.ui.markdown import escape_markdown, humanise_range

MEASURED_FOR_S = 60  # a measurement is used again for so long: every choice in the form reruns the page
SHORT_RUN_S = 60.0  # a run below this takes noticeably longer by the start of its process
BUSY_CORES = 0.5  # that other programs use, from which on it is said
ROUND_KEY = "train_measurement_round"


def show_cost(run: Run, busy: bool) -> None:
    """Time and memory in a sentence. `busy`: another training runs."""
    try:
        cost, busy_count = measured_cost(run)
        estimate = estimated_time(run, cost)
    except (UsageError, RuntimeError, MemoryError) as error:
        st.error(f"A step of this training cannot be taken here: {escape_markdown(str(error).splitlines()[0])}")
        return
    memory = f"**{cost.memory_bytes / 1e9:.1f} GB** of memory besides the data"
    if estimate.is_trusted:
        st.markdown(f"{duration_text(run, estimate)}, with {memory}. {basis_text(estimate, busy, busy_count)}")
    else:
        st.markdown(
            f"It takes {memory}. How long it takes cannot be told now: a few steps were measured, and their times"
            " differ too much, since other programs keep the processor busy."
        )
        st.button("Measure again", icon=":material/timer:", key="train_measure", on_click=measure_again)
    free_bytes = free_memory_bytes()
    if free_bytes is not None and cost.memory_bytes > free_bytes:
        st.warning(f"Only {free_bytes / 1e9:.1f} GB of memory are free here: take a smaller batch or smaller networks.")


def step_seconds(run: Run) -> float | None:
    """Seconds a step of this run takes here, rather too many than too few; None where that cannot be told."""
    try:
        estimate = estimated_time(run, measured_cost(run)[0])
    except (UsageError, RuntimeError, MemoryError):
        return None  # `show_cost` says why
    return estimate.high_step_seconds if estimate.is_trusted else None


def duration_text(run: Run, estimate: TimeEstimate) -> str:
    """ "**3 to 5 minutes** on this device for 3,000 steps (800 to 1,100 pictures a second)"."""
    steps, batch = run.training.steps, run.training.batch_size
    seconds = (estimate.low_step_seconds * steps, estimate.high_step_seconds * steps)
    rates = (round_rate(batch / estimate.high_step_seconds), round_rate(batch / estimate.low_step_seconds))
    rate = f"{rates[0]:,}" if rates[0] == rates[1] else f"{rates[0]:,} to {rates[1]:,}"
    start = ", after some seconds to start" if seconds[1] < SHORT_RUN_S else ""
    return f"**{humanise_range(*seconds)}** on this device for {steps:,} steps ({rate} pictures a second){start}"


def more_steps_text(folder: Path, steps: int) -> str:
    """How long a run takes for so many steps more, at the pace of its own log; empty where it logged too little."""
    paces = time_estimates.step_seconds_of(folder)
    if paces is None or steps <= 0:
        return ""
    low, high = paces
    return f"{steps:,} more steps: {humanise_range(low * steps, high * steps)}, at the pace of its last ones."


def basis_text(estimate: TimeEstimate, busy: bool, busy_count: float) -> str:
    """What the estimate rests on, and what may change it."""
    if estimate.run_count:
        runs = "an earlier run" if estimate.run_count == 1 else f"{estimate.run_count} earlier runs"
        text = f"That is what {runs} of this shape took here."
    else:
        text = "A few steps on noise were measured just now."
    if busy:
        return f"{text} Another training runs here: this one will wait for it."
    if busy_count > BUSY_CORES:
        count = ceil(busy_count - BUSY_CORES)
        return f"{text} Other programs keep {'a core' if count == 1 else f'{count} cores'} busy meanwhile."
    return text


def round_rate(value: float) -> int:
    """A rate to two digits."""
    return int(float(f"{value:.2g}")) if value >= 1 else 1


# Measuring ------------------------------------------------------------------------------------------------------------


def measured_cost(run: Run) -> tuple[CostEstimate, float]:
    """The cost of a run, and how many cores other programs kept busy. Raises what `estimate_cost` raises."""
    with st.spinner("Measuring a few steps …"):
        key = str(time_estimates.cost_shape(run.to_dict()))
        return cached_measurement(key, st.session_state.get(ROUND_KEY, 0), run)


@st.cache_data(max_entries=64, ttl=MEASURED_FOR_S, show_spinner=False)
def cached_measurement(key: str, measurement_round: float, _run: Run) -> tuple[CostEstimate, float]:
    """A measurement, cached for a minute by what the cost depends on."""
    return profiling.estimate_cost(_run), busy_cores(0.2)


def estimated_time(run: Run, cost: CostEstimate) -> TimeEstimate:
    """The time of a run's steps, from its measured cost and the earlier runs on this machine."""
    return time_estimates.estimate_time(cost, time_estimates.earlier_step_seconds(run, storage.runs_root()))


def measure_again() -> None:
    """The callback of the button: the next run of the page measures anew."""
    st.session_state[ROUND_KEY] = time.monotonic()

"""The dashboard of one run: progress, diagnosis, previews and charts, live; its settings below."""

from pathlib import Path

import streamlit as st

from gan_core.runs import log_reader, previews, progress, status
from gan_core.runs.log_reader import Column, last_median
from gan_core.runs.status import RunState, RunStatus
from gan_core.training.run_folder import RunFolder
from pages.train import charts, diagnosis_panel
from pages.ui import downloads, gallery
from pages.ui.markdown import escape_markdown, humanise_duration

POLL_S = 2.0
RATE_ROWS = 5  # of the log, over which the rate is a median
LOGISTIC_OBJECTIVES = ("minimax", "non-saturating")  # whose raw scores are logits of "real"
STATE_TEXTS = {
    RunState.WAITING: "It waits in line: one training at a time.",
    RunState.PREPARING: "It reads its pictures.",
    RunState.RUNNING: "It trains.",
    RunState.STOPPING: "It saves and stops.",
    RunState.STOPPED: "It has stopped, and can go on.",
    RunState.FINISHED: "It has reached its last step.",
    RunState.FAILED: "It ended with an error.",
    RunState.KILLED: "The process was killed.",
}


def run_dashboard(folder: Path, against: Path | None) -> None:
    """The live view, which reruns by itself while the run is active; then the settings."""
    run = status.read_status(folder)
    view = st.fragment(live_view, run_every=POLL_S if run.is_active else None)
    view(folder, run.state, bool(run.saved_step), against)
    settings_panel(run)


def live_view(folder: Path, state: RunState, has_save: bool, against: Path | None) -> None:
    """Progress, diagnosis, previews and charts. Reruns the page where its buttons change: with state and first save."""
    run = status.read_status(folder)
    if run.state is not state or bool(run.saved_step) is not has_save:
        st.rerun()
    log, preview_metrics = read_logs(folder)
    show_progress(run, log)
    preview_steps = previews.preview_steps(folder)
    diagnosis_panel.show_diagnosis(run, log, preview_metrics, preview_steps)
    if preview_steps:
        preview_panel(run, preview_steps)
    if log:
        other = (status.read_status(against).title, *read_logs(against)) if against is not None else None
        is_logistic = run.config.get("objective", {}).get("name") in LOGISTIC_OBJECTIVES
        charts.show_charts(log, preview_metrics, other, is_logistic)


def read_logs(folder: Path) -> tuple[dict[str, Column], dict[str, Column]]:
    """The columns of the training log, and of the metrics of previews."""
    return log_reader.read_columns(folder / "log.jsonl"), log_reader.read_columns(folder / "seen.jsonl")


def show_progress(run: RunStatus, log: dict[str, Column]) -> None:
    fraction = run.step / run.total_steps if run.total_steps else 0.0
    text = f"{STATE_TEXTS[run.state]} Step {run.step:,} of {run.total_steps:,}."
    if run.queue_position:
        text = f"It waits in line, with {run.queue_position} ahead of it."
    st.progress(min(fraction, 1.0), text)
    rate, seconds_left = last_median(log, "pictures_per_second", RATE_ROWS), progress.seconds_remaining(run, log)
    with st.grid(4, min_column_width=150):
        st.metric("Step", f"{run.step:,}")
        st.metric("Pictures a second", "–" if rate is None else f"{rate:,.0f}")
        st.metric("Time left", "–" if seconds_left is None else humanise_duration(seconds_left))
        st.metric("Saved", f"step {run.saved_step:,}" if run.saved_step else "nothing yet")


# Previews -------------------------------------------------------------------------------------------------------------


def preview_panel(run: RunStatus, preview_steps: list[int]) -> None:
    """The preview of the step on the slider beside real images, and the time-lapse of all previews."""
    step = step_slider(run, preview_steps)
    with st.grid(2, min_column_width=280):
        with st.container():
            st.markdown(f"**Step {step:,}**, the same seeds each time")
            gallery.show_sheet(previews.read_preview(run.folder, step), f"Preview of {run.title} at step {step}")
        if (run.folder / "real.png").is_file():
            with st.container():
                st.markdown("**Real pictures**, to compare with")
                gallery.show_sheet((run.folder / "real.png").read_bytes(), "Real pictures from the training data")
    if len(preview_steps) > 1:
        downloads.download_button(
            "Time-lapse (WebP)", lambda: previews.time_lapse(run.folder), f"{run.name}.webp", "image/webp", "content",
            ":material/movie:",
        )  # fmt: skip


def step_slider(run: RunStatus, preview_steps: list[int]) -> int:
    """A step that has a preview: the last one, unless the visitor has moved the slider away from its end."""
    key, follow_key = f"train_time_{run.name}", f"train_follow_{run.name}"
    if len(preview_steps) < 2:
        return preview_steps[-1]
    if st.session_state.get(follow_key, True) or st.session_state.get(key) not in preview_steps:
        st.session_state[key] = preview_steps[-1]

    def on_move() -> None:
        st.session_state[follow_key] = st.session_state[key] == preview_steps[-1]

    selected = st.select_slider(
        "Through time", preview_steps, key=key, on_change=on_move, format_func=lambda step: f"{step:,}",
        help="At its right end it follows the training.",
    )  # fmt: skip
    return selected if selected in preview_steps else preview_steps[-1]


# Settings -------------------------------------------------------------------------------------------------------------


def settings_panel(run: RunStatus) -> None:
    """All settings that the run was started with."""
    with st.expander("Settings of this run", icon=":material/tune:"):
        if run.config.get("start"):
            start_name = escape_markdown(RunFolder(Path(run.config["start"])).name)
            st.caption(f"It began with the networks of {start_name}.")
        values = {name: run.config.get(name) for name in ("family", "preset", "data")}
        for section in ("model", "objective", "training"):
            values |= run.config.get(section, {})
        st.table([{"Setting": name.replace("_", " "), "Value": str(value)} for name, value in values.items()])

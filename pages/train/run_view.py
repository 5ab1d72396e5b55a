"""The open run on the page Train, live: how far it is, what ails it, its pictures through time, its curves."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from gan_core.checkpoints.store import resolve_root
from gan_core.errors import ExternalError, UsageError
from gan_core.evaluation.classifier import FeatureClassifier, load_feature_classifier
from gan_core.runs import lifecycle, log_reader, previews, promotion, status
from gan_core.runs.diagnosis import Health, RunMetrics, diagnose
from gan_core.runs.log_reader import last_median
from gan_core.runs.remedies import Remedy, apply_remedy
from gan_core.runs.status import RunState, RunStatus
from gan_core.training.run_folder import RunFolder
from pages.train import charts
from pages.train.run_list import STARTED_KEY, run_callback
from pages.ui import downloads, gallery, model_cache, model_link
from pages.ui.markdown import escape_markdown, humanise_duration

POLL_S = 2.0
LAST_SAVE, LAST_HEALTHY_SAVE = "the last", "the last good one"
DOUBLE_CLICK_S = 5.0  # seconds in which the same click is one
LOGISTIC_OBJECTIVES = ("minimax", "non-saturating")
STATE_TEXTS = {
    RunState.WAITING: "It waits in line: one training at a time.", RunState.PREPARING: "It reads its pictures.",
    RunState.RUNNING: "It trains.", RunState.STOPPING: "It saves and stops.", RunState.STOPPED: "It has stopped, and can go on.",
    RunState.FINISHED: "It has reached its last step.", RunState.FAILED: "It ended with an error.",
    RunState.KILLED: "It was ended from outside.",
}  # fmt: skip


def run_dashboard(folder: Path, against: Path | None) -> None:
    """The live part, which looks again by itself as long as the run lives, and what is done with a run's result."""
    run = status.read_status(folder)
    st.fragment(live_view, run_every=POLL_S if run.is_active else None)(folder, run.state, against)
    if run.saved_step:
        promote_form(run)
    settings_panel(run)


def live_view(folder: Path, state: RunState, against: Path | None) -> None:
    run = status.read_status(folder)
    if run.state is not state:
        st.rerun()  # buttons change with it
    log, preview_metrics = log_reader.read_columns(folder / "log.jsonl"), log_reader.read_columns(folder / "seen.jsonl")
    show_progress(run, log)
    preview_steps = previews.preview_steps(folder)
    diagnosis_panel(run, log, preview_metrics, preview_steps)
    if preview_steps:
        preview_panel(run, preview_steps)
    if log:
        other = None
        if against is not None:
            title = status.read_status(against).title
            other = (
                title,
                log_reader.read_columns(against / "log.jsonl"),
                log_reader.read_columns(against / "seen.jsonl"),
            )
        charts.show_charts(
            log, preview_metrics, other, run.config.get("objective", {}).get("name") in LOGISTIC_OBJECTIVES
        )


def show_progress(run: RunStatus, log: dict[str, Any]) -> None:
    fraction = run.step / run.total_steps if run.total_steps else 0.0
    text = f"{STATE_TEXTS[run.state]} Step {run.step:,} of {run.total_steps:,}."
    if run.queue_position:
        text = f"{run.queue_position} ahead of it in line."
    st.progress(min(fraction, 1.0), text)
    rate, seconds_left = last_median(log, "pictures_per_second", 5), seconds_remaining(run, log)
    with st.grid(4, min_column_width=150):
        st.metric("Step", f"{run.step:,}")
        st.metric("Pictures a second", "–" if rate is None else f"{rate:,.0f}")
        st.metric("Time left", "–" if seconds_left is None else humanise_duration(seconds_left))
        st.metric("Saved", f"step {run.saved_step:,}" if run.saved_step else "nothing yet")


def seconds_remaining(run: RunStatus, log: dict[str, Any]) -> float | None:
    """Seconds at the pace of late; None where nothing goes on or nobody knows."""
    if run.state is not RunState.RUNNING or "seconds" not in log or len(log["step"]) < 2:
        return None
    steps, seconds = (log[name][-20:] for name in ("step", "seconds"))
    seconds_per_step = (seconds[-1] - seconds[0]) / max(steps[-1] - steps[0], 1)
    return max((run.total_steps - run.step) * seconds_per_step, 0.0)


# Diagnosis ------------------------------------------------------------------------------------------------------------


def diagnosis_panel(
    run: RunStatus, log: dict[str, Any], preview_metrics: dict[str, Any], preview_steps: list[int]
) -> None:
    """What is found, in words, and buttons for what helps."""
    counts = class_counts(run, preview_steps)
    diagnosis = diagnose(RunMetrics(run, log, preview_metrics, [count for _, count in counts]))
    with st.container(border=True):
        icon = "health_and_safety" if diagnosis.is_healthy else "healing"
        st.markdown(f":material/{icon}: **{diagnosis.title}**")
        st.write(escape_markdown(diagnosis.reason))
        if counts and diagnosis.health is not Health.TOO_EARLY:
            st.caption("The last preview, as the judge reads it: "
                       + ", ".join(f"{escape_markdown(name)} × {count}" for name, count in counts if count) + ".")  # fmt: skip
        if diagnosis.remedies:
            source, step = lifecycle.restart_point(run)
            reason = "no save of this one is known to be good" if run.saved_step else "nothing is saved yet"
            save_kind = "good save" if run.last_good_step else "save"
            start_text = f"from the last {save_kind}, step {step:,}" if source else f"from the beginning ({reason})"
            st.markdown(f"**What may help.** Each button starts a new run {start_text}:")
        for remedy in diagnosis.remedies:
            remedy_button(run, remedy)


def remedy_button(run: RunStatus, remedy: Remedy) -> None:
    """A remedy as a button that starts a run from the last good save, or else as `runs.origin` says."""
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(remedy.label, key=f"train_cure_{remedy.label}", icon=":material/healing:", on_click=run_callback,
                            args=(start_remedy, run, remedy))  # fmt: skip
        st.caption(remedy.explanation)
    if pressed:
        st.rerun()


def start_remedy(current_run: RunStatus, remedy: Remedy) -> None:
    """Stop the run, and start another one with the remedy. A click that is heard twice is one."""
    last_click = st.session_state.get("train_cured", 0.0)
    remedied_run = apply_remedy(current_run.config, remedy)
    if remedied_run is None or time.monotonic() - last_click < DOUBLE_CLICK_S:
        return
    run, changes = remedied_run
    title = f"{current_run.title[:35]}, {remedy.label[:20].lower()}"
    started = lifecycle.restart_with(current_run, run, changes, title, from_scratch=remedy.from_scratch)
    st.session_state["train_cured"] = time.monotonic()
    st.session_state[STARTED_KEY] = started.name


def class_counts(run: RunStatus, preview_steps: list[int]) -> list[tuple[str, int]]:
    """Classes and how many of the last preview's pictures show each; empty where no judge knows such pictures."""
    name = promotion.classifier_for_run(run, resolve_root())
    return cached_counts(run.folder, preview_steps[-1], name) if preview_steps and name else []


@st.cache_data(max_entries=256, show_spinner=False)
def cached_counts(folder: Path, step: int, name: str) -> list[tuple[str, int]]:
    classifier = cached_classifier(name)
    counts = previews.class_counts(previews.read_preview(folder, step), classifier)
    return list(zip(classifier.classes, counts, strict=True))


@st.cache_resource(max_entries=4, show_spinner=False)
def cached_classifier(name: str) -> FeatureClassifier:
    loaded = load_feature_classifier(name, resolve_root())
    model_cache.freeze_gc()
    return loaded


# Pictures -------------------------------------------------------------------------------------------------------------


def preview_panel(run: RunStatus, preview_steps: list[int]) -> None:
    """The preview of a step that a slider chooses, the last one unless somebody looks back; beside it real pictures."""
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
        downloads.download_button("Time-lapse (WebP)", lambda: previews.time_lapse(run.folder), f"{run.name}.webp",
                        "image/webp", "content", ":material/movie:")  # fmt: skip


def step_slider(run: RunStatus, preview_steps: list[int]) -> int:
    key, follow_key = f"train_time_{run.name}", f"train_follow_{run.name}"
    if len(preview_steps) < 2:
        return preview_steps[-1]
    if st.session_state.get(follow_key, True) or st.session_state.get(key) not in preview_steps:
        st.session_state[key] = preview_steps[-1]

    def on_move() -> None:
        st.session_state[follow_key] = st.session_state[key] == preview_steps[-1]

    selected = st.select_slider("Through time", preview_steps, key=key, on_change=on_move, format_func=lambda step: f"{step:,}",
                              help="At its right end it follows the training.")  # fmt: skip
    return selected if selected in preview_steps else preview_steps[-1]


# Use ------------------------------------------------------------------------------------------------------------------


def promote_form(run: RunStatus) -> None:
    """The average of a save's generator as a model for all pages: of the last save, or of the last good one."""
    with st.popover("Use this model", icon=":material/deployed_code:"):
        healthy = False
        if 0 < run.last_good_step < run.saved_step:
            selected_save = st.radio("Save", (LAST_SAVE, LAST_HEALTHY_SAVE), captions=(f"step {run.saved_step:,}", f"step {run.last_good_step:,}"),
                             key=f"train_save_{run.name}",
                             help="At the last good one nothing was found wrong, nor began to be.")  # fmt: skip
            healthy = selected_save == LAST_HEALTHY_SAVE
        step = run.last_good_step if healthy else run.saved_step
        st.write(f"The average of the weights at step {step:,} becomes a model that every page draws with.")
        name = st.text_input("Name of the model", run.name, max_chars=60, key=f"train_model_{run.name}")
        pressed = st.button("Make it a model", type="primary", key="train_use")
    if pressed:
        try:
            with st.spinner("Making it a model …"):
                checkpoint = promotion.promote(run, (name or "").strip(), resolve_root(), last_good=healthy)
        except (UsageError, ExternalError, OSError) as error:
            st.error(escape_markdown(str(error)), icon=":material/block:")
            return
        st.session_state["train_made"] = checkpoint.name
        if promotion.classifier_for(checkpoint, resolve_root()):
            promotion.score_in_background(checkpoint)
    if (checkpoint := model_cache.all_models().get(st.session_state.get("train_made", ""))) is not None:
        note = " Its scores are being measured and will stand in its card." if not checkpoint.description.scores and (
            promotion.classifier_for(checkpoint, resolve_root())) else ""  # fmt: skip
        st.success(f"{escape_markdown(checkpoint.name)} is a model now, on every page.{note}", icon=":material/check:")
        model_link.link_to_page(checkpoint)


def settings_panel(run: RunStatus) -> None:
    """What it was started with."""
    with st.expander("Settings of this run", icon=":material/tune:"):
        if run.config.get("start"):
            st.caption(f"It began with the networks of {escape_markdown(RunFolder(Path(run.config['start'])).name)}.")
        values = {
            "family": run.config.get("family"),
            "preset": run.config.get("preset"),
            "data": run.config.get("data"),
        }
        for part in ("model", "objective", "training"):
            values |= run.config.get(part, {})
        st.table([{"Setting": name.replace("_", " "), "Value": str(value)} for name, value in values.items()])

"""The diagnosis of a run in words, and buttons that start a new run with a remedy."""

import time
from pathlib import Path

import streamlit as st

from gan_core.checkpoints.store import resolve_root
from gan_core.evaluation.classifier import FeatureClassifier, load_feature_classifier
from gan_core.runs import lifecycle, previews, promotion
from gan_core.runs.diagnosis import Health, RunMetrics, diagnose
from gan_core.runs.log_reader import Column
from gan_core.runs.remedies import Remedy, apply_remedy
from gan_core.runs.status import RunStatus
from pages.train.run_list import STARTED_KEY, run_callback
from pages.ui import model_cache
from pages.ui.markdown import escape_markdown

DOUBLE_CLICK_S = 5.0  # in which a second click on a remedy is ignored
LAST_CLICK_KEY = "train_cured"


def show_diagnosis(
    run: RunStatus, log: dict[str, Column], preview_metrics: dict[str, Column], preview_steps: list[int]
) -> None:
    """The diagnosis and its reason, the classes in the last preview, and a button for each remedy."""
    counts = class_counts(run, preview_steps)
    previous_counts = class_counts(run, [step for step in preview_steps[:-1] if step > 0])
    diagnosis = diagnose(
        RunMetrics(run, log, preview_metrics, [count for _, count in counts], [count for _, count in previous_counts])
    )
    with st.container(border=True):
        icon = "health_and_safety" if diagnosis.is_healthy else "healing"
        since = (
            f", since step {diagnosis.since:,}" if diagnosis.since and diagnosis.health is not Health.TOO_EARLY else ""
        )
        st.markdown(f":material/{icon}: **{diagnosis.title}**{since}")
        st.write(escape_markdown(diagnosis.reason))
        if counts and diagnosis.health is not Health.TOO_EARLY:
            total = sum(count for _, count in counts)
            listed = ", ".join(f"{escape_markdown(name)}: {count} of {total}" for name, count in counts if count)
            st.caption(f"The last preview, as the classifier reads it: {listed}.")
        if diagnosis.remedies:
            st.markdown(f"**What may help.** Each button starts a new run {restart_text(run)}:")
        for remedy in diagnosis.remedies:
            remedy_button(run, remedy)


def restart_text(run: RunStatus) -> str:
    """Where a new run with a remedy starts from."""
    source, step = lifecycle.restart_point(run)
    if source is None:
        reason = "no save of this one is known to be good" if run.saved_step else "nothing is saved yet"
        return f"from the beginning ({reason})"
    return f"from the last {'good save' if run.last_good_step else 'save'}, step {step:,}"


def remedy_button(run: RunStatus, remedy: Remedy) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            remedy.label, key=f"train_cure_{remedy.label}", icon=":material/healing:", on_click=run_callback,
            args=(start_remedy, run, remedy),
        )  # fmt: skip
        st.caption(remedy.explanation)
    if pressed:
        st.rerun()


def start_remedy(current_run: RunStatus, remedy: Remedy) -> None:
    """Stop the run and start another with the remedy, from `lifecycle.restart_point`."""
    last_click = st.session_state.get(LAST_CLICK_KEY, 0.0)
    remedied_run = apply_remedy(current_run.config, remedy)
    if remedied_run is None or time.monotonic() - last_click < DOUBLE_CLICK_S:
        return
    run, changes = remedied_run
    title = f"{current_run.title[:35]}, {remedy.label[:20].lower()}"
    started = lifecycle.restart_with(current_run, run, changes, title, from_scratch=remedy.from_scratch)
    st.session_state[LAST_CLICK_KEY] = time.monotonic()
    st.session_state[STARTED_KEY] = started.name


# Classes in the last preview ------------------------------------------------------------------------------------------


def class_counts(run: RunStatus, preview_steps: list[int]) -> list[tuple[str, int]]:
    """Each class with the number of images of the last preview that show it; empty without a fitting classifier."""
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

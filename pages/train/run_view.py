"""The open run on the page Train, live: how far it is, what ails it, its pictures through time, its curves."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from gan_core.checkpoints.store import root_folder
from gan_core.errors import InputError, OutsideError
from gan_core.evaluation.classifier import FeatureClassifier, load_feature_classifier
from gan_core.runs import lifecycle, log_reader, previews, promotion, status
from gan_core.runs.diagnosis import RunMetrics, Health, diagnose
from gan_core.runs.log_reader import last_median
from gan_core.runs.remedies import Remedy, apply_remedy
from gan_core.runs.status import RunStatus, RunState
from gan_core.training.run_folder import RunFolder
from pages.train import charts
from pages.train.run_list import STARTED, attempt
from pages.ui import downloads, gallery, model_cache, model_link
from pages.ui.markdown import duration, plain

POLL = 2.0
LAST, LAST_GOOD = "the last", "the last good one"
TWICE = 5.0  # seconds in which the same click is one
LOGISTIC = ("minimax", "non-saturating")
WORDS = {
    RunState.WAITING: "It waits in line: one training at a time.", RunState.PREPARING: "It reads its pictures.",
    RunState.RUNNING: "It trains.", RunState.STOPPING: "It saves and stops.", RunState.STOPPED: "It has stopped, and can go on.",
    RunState.FINISHED: "It has reached its last step.", RunState.FAILED: "It ended with an error.",
    RunState.KILLED: "It was ended from outside.",
}  # fmt: skip


def board(folder: Path, against: Path | None) -> None:
    """The live part, which looks again by itself as long as the run lives, and what is done with a run's result."""
    entry = status.read_status(folder)
    st.fragment(live, run_every=POLL if entry.is_active else None)(folder, entry.state, against)
    if entry.saved_step:
        use(entry)
    settings(entry)


def live(folder: Path, state: RunState, against: Path | None) -> None:
    entry = status.read_status(folder)
    if entry.state is not state:
        st.rerun()  # buttons change with it
    log, seen = log_reader.read_columns(folder / "log.jsonl"), log_reader.read_columns(folder / "seen.jsonl")
    numbers(entry, log)
    shown = previews.preview_steps(folder)
    health(entry, log, seen, shown)
    if shown:
        pictures(entry, shown)
    if log:
        other = None
        if against is not None:
            title = status.read_status(against).title
            other = (title, log_reader.read_columns(against / "log.jsonl"), log_reader.read_columns(against / "seen.jsonl"))
        charts.show(log, seen, other, entry.config.get("objective", {}).get("name") in LOGISTIC)


def numbers(entry: RunStatus, log: dict[str, Any]) -> None:
    share = entry.step / entry.total_steps if entry.total_steps else 0.0
    words = f"{WORDS[entry.state]} Step {entry.step:,} of {entry.total_steps:,}."
    if entry.queue_position:
        words = f"{entry.queue_position} ahead of it in line."
    st.progress(min(share, 1.0), words)
    rate, left = last_median(log, "pictures_per_second", 5), remaining(entry, log)
    with st.grid(4, min_column_width=150):
        st.metric("Step", f"{entry.step:,}")
        st.metric("Pictures a second", "–" if rate is None else f"{rate:,.0f}")
        st.metric("Time left", "–" if left is None else duration(left))
        st.metric("Saved", f"step {entry.saved_step:,}" if entry.saved_step else "nothing yet")


def remaining(entry: RunStatus, log: dict[str, Any]) -> float | None:
    """Seconds at the pace of late; None where nothing goes on or nobody knows."""
    if entry.state is not RunState.RUNNING or "seconds" not in log or len(log["step"]) < 2:
        return None
    steps, seconds = (log[name][-20:] for name in ("step", "seconds"))
    pace = (seconds[-1] - seconds[0]) / max(steps[-1] - steps[0], 1)
    return max((entry.total_steps - entry.step) * pace, 0.0)


# Diagnosis ------------------------------------------------------------------------------------------------------------


def health(entry: RunStatus, log: dict[str, Any], seen: dict[str, Any], shown: list[int]) -> None:
    """What is found, in words, and buttons for what helps."""
    counts = judged(entry, shown)
    finding = diagnose(RunMetrics(entry, log, seen, [count for _, count in counts]))
    with st.container(border=True):
        icon = "health_and_safety" if finding.is_healthy else "healing"
        st.markdown(f":material/{icon}: **{finding.title}**")
        st.write(plain(finding.reason))
        if counts and finding.health is not Health.TOO_EARLY:
            st.caption("The last preview, as the judge reads it: "
                       + ", ".join(f"{plain(name)} × {count}" for name, count in counts if count) + ".")  # fmt: skip
        if finding.remedies:
            source, step = lifecycle.restart_point(entry)
            none = "no save of this one is known to be good" if entry.saved_step else "nothing is saved yet"
            kind = "good save" if entry.last_good_step else "save"
            place = f"from the last {kind}, step {step:,}" if source else f"from the beginning ({none})"
            st.markdown(f"**What may help.** Each button starts a new run {place}:")
        for remedy in finding.remedies:
            offer(entry, remedy)


def offer(entry: RunStatus, remedy: Remedy) -> None:
    """A remedy as a button that starts a run from the last good save, or else as `runs.origin` says."""
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(remedy.label, key=f"train_cure_{remedy.label}", icon=":material/healing:", on_click=attempt,
                            args=(cure, entry, remedy))  # fmt: skip
        st.caption(remedy.explanation)
    if pressed:
        st.rerun()


def cure(entry: RunStatus, remedy: Remedy) -> None:
    """Stop the run, and start another one with the remedy. A click that is heard twice is one."""
    last = st.session_state.get("train_cured", 0.0)
    found = apply_remedy(entry.config, remedy)
    if found is None or time.monotonic() - last < TWICE:
        return
    run, changes = found
    title = f"{entry.title[:35]}, {remedy.label[:20].lower()}"
    started = lifecycle.restart_with(entry, run, changes, title, from_scratch=remedy.from_scratch)
    st.session_state["train_cured"] = time.monotonic()
    st.session_state[STARTED] = started.name


def judged(entry: RunStatus, shown: list[int]) -> list[tuple[str, int]]:
    """Classes and how many of the last preview's pictures show each; empty where no judge knows such pictures."""
    name = promotion.classifier_for_run(entry, root_folder())
    return counted(entry.folder, shown[-1], name) if shown and name else []


@st.cache_data(max_entries=256, show_spinner=False)
def counted(folder: Path, step: int, name: str) -> list[tuple[str, int]]:
    judge = judge_named(name)
    counts = previews.class_counts(previews.read_preview(folder, step), judge)
    return list(zip(judge.classes, counts, strict=True))


@st.cache_resource(max_entries=4, show_spinner=False)
def judge_named(name: str) -> FeatureClassifier:
    loaded = load_feature_classifier(name, root_folder())
    model_cache.settle()
    return loaded


# Pictures -------------------------------------------------------------------------------------------------------------


def pictures(entry: RunStatus, shown: list[int]) -> None:
    """The preview of a step that a slider chooses, the last one unless somebody looks back; beside it real pictures."""
    step = choose_step(entry, shown)
    with st.grid(2, min_column_width=280):
        with st.container():
            st.markdown(f"**Step {step:,}**, the same seeds each time")
            gallery.sheet(previews.read_preview(entry.folder, step), f"Preview of {entry.title} at step {step}")
        if (entry.folder / "real.png").is_file():
            with st.container():
                st.markdown("**Real pictures**, to compare with")
                gallery.sheet((entry.folder / "real.png").read_bytes(), "Real pictures from the training data")
    if len(shown) > 1:
        downloads.offer("Time-lapse (WebP)", lambda: previews.time_lapse(entry.folder), f"{entry.name}.webp",
                        "image/webp", "content", ":material/movie:")  # fmt: skip


def choose_step(entry: RunStatus, shown: list[int]) -> int:
    key, follow = f"train_time_{entry.name}", f"train_follow_{entry.name}"
    if len(shown) < 2:
        return shown[-1]
    if st.session_state.get(follow, True) or st.session_state.get(key) not in shown:
        st.session_state[key] = shown[-1]

    def moved() -> None:
        st.session_state[follow] = st.session_state[key] == shown[-1]

    chosen = st.select_slider("Through time", shown, key=key, on_change=moved, format_func=lambda each: f"{each:,}",
                              help="At its right end it follows the training.")  # fmt: skip
    return chosen if chosen in shown else shown[-1]


# Use ------------------------------------------------------------------------------------------------------------------


def use(entry: RunStatus) -> None:
    """The average of a save's generator as a model for all pages: of the last save, or of the last good one."""
    with st.popover("Use this model", icon=":material/deployed_code:"):
        good = False
        if 0 < entry.last_good_step < entry.saved_step:
            which = st.radio("Save", (LAST, LAST_GOOD), captions=(f"step {entry.saved_step:,}", f"step {entry.last_good_step:,}"),
                             key=f"train_save_{entry.name}",
                             help="At the last good one nothing was found wrong, nor began to be.")  # fmt: skip
            good = which == LAST_GOOD
        chosen = entry.last_good_step if good else entry.saved_step
        st.write(f"The average of the weights at step {chosen:,} becomes a model that every page draws with.")
        name = st.text_input("Name of the model", entry.name, max_chars=60, key=f"train_model_{entry.name}")
        pressed = st.button("Make it a model", type="primary", key="train_use")
    if pressed:
        try:
            with st.spinner("Making it a model …"):
                made = promotion.promote(entry, (name or "").strip(), root_folder(), last_good=good)
        except (InputError, OutsideError, OSError) as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        st.session_state["train_made"] = made.name
        if promotion.classifier_for(made, root_folder()):
            promotion.score_in_background(made)
    if (made := model_cache.everything().get(st.session_state.get("train_made", ""))) is not None:
        measured = " Its scores are being measured and will stand in its card." if not made.description.scores and (
            promotion.classifier_for(made, root_folder())) else ""  # fmt: skip
        st.success(f"{plain(made.name)} is a model now, on every page.{measured}", icon=":material/check:")
        model_link.way_on(made)


def settings(entry: RunStatus) -> None:
    """What it was started with."""
    with st.expander("Settings of this run", icon=":material/tune:"):
        if entry.config.get("start"):
            st.caption(f"It began with the networks of {plain(RunFolder(Path(entry.config['start'])).name)}.")
        told = {"family": entry.config.get("family"), "preset": entry.config.get("preset"), "data": entry.config.get("data")}
        for part in ("model", "objective", "training"):
            told |= entry.config.get(part, {})
        st.table([{"Setting": name.replace("_", " "), "Value": str(value)} for name, value in told.items()])

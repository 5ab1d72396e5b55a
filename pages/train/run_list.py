"""The list of runs: which one is open, and what can be done with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from gan_core.errors import ExternalError, UsageError
from gan_core.runs import lifecycle, status, storage, trash
from gan_core.runs.status import RunState, RunStatus
from pages.train import cost, promotion_form
from pages.ui import widgets
from pages.ui.markdown import escape_markdown
from pages.ui.table import show_table

POLL_S = 3.0
STARTED_KEY, DELETED_KEY, ERROR_KEY = "train_started", "train_deleted", "train_trouble"
NO_RUN = "none"
MAX_STEPS = 100_000_000
COLUMNS = ("Run", "State", "Steps", "Family", "Data", "Size")
STATE_ICONS = {
    RunState.WAITING: "hourglass_empty", RunState.PREPARING: "downloading", RunState.RUNNING: "play_arrow",
    RunState.STOPPING: "save", RunState.STOPPED: "pause", RunState.FINISHED: "check", RunState.FAILED: "error",
    RunState.KILLED: "heart_broken",
}  # fmt: skip


def select_started_run() -> None:
    """Open the run that was just started. Call it before the widgets of the page."""
    if name := st.session_state.pop(STARTED_KEY, None):
        st.session_state["view"], st.session_state["run"] = "Runs", name
        st.session_state.pop("against", None)


def show_notices() -> None:
    """The error of a callback, and a deleted run with a button that restores it."""
    if message := st.session_state.pop(ERROR_KEY, None):
        st.error(escape_markdown(message), icon=":material/block:")
    if deleted := st.session_state.get(DELETED_KEY):
        title, trash_path = deleted
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(f"{escape_markdown(title)} is deleted. You can take it back for an hour.", icon=":material/delete:")
            st.button("Take it back", icon=":material/undo:", on_click=undo_delete, args=(trash_path,))


def run_callback(callback: Callable[..., Any], *arguments: Any) -> None:
    """Call a function from a button; the message of its error is shown in the next run of the page."""
    try:
        callback(*arguments)
    except (UsageError, ExternalError) as error:
        st.session_state[ERROR_KEY] = str(error)


def run_picker(root: Path, runs: dict[str, RunStatus]) -> tuple[RunStatus, RunStatus | None]:
    """The open run and the one to compare it with, chosen from all; shows the former's title and actions."""
    with st.expander(f"All runs ({len(runs)})", icon=":material/list:"):
        st.fragment(show_runs, run_every=POLL_S if any(run.is_active for run in runs.values()) else None)(root)
    widgets.drop_stale_value("run", list(runs))
    widgets.drop_stale_value("against", [NO_RUN, *runs])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Run", list(runs), key="run", bind="query-params", help="By the names of their folders.")
        selected = runs.get(name) or next(iter(runs.values()))
        candidates = [NO_RUN, *(candidate for candidate in runs if candidate != selected.name)]
        other = NO_RUN
        if len(candidates) > 1:
            widgets.drop_stale_value("against", candidates)
            other = st.selectbox("Compare with", candidates, key="against", bind="query-params")
    st.header(escape_markdown(selected.title), anchor=False)
    show_actions(selected)
    return selected, runs.get(other)


def show_runs(root: Path) -> None:
    """The table of all runs, and the disk space that they take."""
    show_table("All runs", COLUMNS, [table_row(run) for run in status.list_runs(root)])
    used_gb, quota_gb = storage.disk_usage(root) / 1e9, storage.quota_bytes() / 1e9
    st.caption(f"Together {used_gb:.2f} of {quota_gb:g} GB, in {escape_markdown(str(root))}.")


def table_row(run: RunStatus) -> tuple[str, ...]:
    """The cells of a run, in the order of COLUMNS."""
    return (
        run.title,
        f"{run.state}, {run.queue_position} ahead" if run.queue_position else str(run.state),
        f"{run.step:,} of {run.total_steps:,}",
        run.config.get("family", ""),
        Path(run.config.get("data", "")).stem,
        f"{storage.disk_usage(run.folder) / 1e6:.1f} MB",
    )


# Actions --------------------------------------------------------------------------------------------------------------


def show_actions(run: RunStatus) -> None:
    """Buttons to stop, resume or extend, use, rename and delete the run; then why it failed, if it did."""
    with st.container(horizontal=True):
        if run.is_active:
            st.button(
                "Stop and save" if run.state is RunState.RUNNING else "Stop", icon=":material/stop:", key="train_stop",
                on_click=run_callback, args=(lifecycle.stop, run), disabled=run.state is RunState.STOPPING,
            )  # fmt: skip
        elif run.state is not RunState.FINISHED:
            st.button(
                "Go on" if run.saved_step else "Begin again", icon=":material/play_arrow:", type="primary",
                key="train_resume", on_click=run_callback, args=(lifecycle.resume, run),
                help=cost.more_steps_text(run.folder, run.total_steps - run.saved_step) or None,
                disabled=lifecycle.missing_path(run) is not None,
            )  # fmt: skip
        else:
            extend_popover(run)
        if run.saved_step:
            promotion_form.promotion_form(run)
        rename_popover(run)
        if not run.is_active:
            st.button(
                "Delete", icon=":material/delete:", key="train_delete", on_click=run_callback, args=(delete_run, run)
            )
    if run.failure_message:
        st.error(escape_markdown(run.failure_message), icon=f":material/{STATE_ICONS[run.state]}:")


def extend_popover(run: RunStatus) -> None:
    """Resume a finished run with a higher total of steps."""
    with st.popover("Train on", icon=":material/play_arrow:"):
        steps = st.number_input(
            "Steps in total", *more_steps(run), 1,
            key=f"train_longer_{run.name}_{run.total_steps}",
        )  # fmt: skip
        st.caption(cost.more_steps_text(run.folder, steps - run.saved_step))
        st.button(
            "Go on", type="primary", key="train_longer", on_click=run_callback, args=(lifecycle.resume, run, steps)
        )


def more_steps(run: RunStatus) -> tuple[int, int, int]:
    """The least and the largest total of steps that a finished run can be extended to, and what is proposed."""
    least = min(run.total_steps + 1, MAX_STEPS)
    return least, MAX_STEPS, min(max(2 * run.total_steps, least), MAX_STEPS)


def rename_popover(run: RunStatus) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        title = st.text_input("New name", run.title, max_chars=60, key=f"train_title_{run.name}")
        st.button("Rename it", key="train_rename", on_click=run_callback, args=(lifecycle.rename, run, title or ""))


def delete_run(run: RunStatus) -> None:
    st.session_state[DELETED_KEY] = (run.title, trash.delete(run))


def undo_delete(trash_path: Path) -> None:
    def restore() -> None:
        st.session_state[STARTED_KEY] = trash.undo_delete(trash_path).name

    st.session_state.pop(DELETED_KEY, None)
    run_callback(restore)

"""The runs on the page Train: which there are, which one is open, and what can be done with it."""

from html import escape
from pathlib import Path

import streamlit as st

from gan_core.errors import ExternalError, UsageError
from gan_core.runs import lifecycle, status
from gan_core.runs.status import RunState, RunStatus
from pages.ui import widgets
from pages.ui.markdown import escape_markdown

POLL_S = 3.0
STARTED_KEY, DELETED_KEY, ERROR_KEY = "train_started", "train_deleted", "train_trouble"
NO_RUN = "none"
COLUMNS = ("Run", "State", "Steps", "Family", "Data", "Size")
STATE_ICONS = {
    RunState.WAITING: "hourglass_empty", RunState.PREPARING: "downloading", RunState.RUNNING: "play_arrow",
    RunState.STOPPING: "save", RunState.STOPPED: "pause", RunState.FINISHED: "check", RunState.FAILED: "error",
    RunState.KILLED: "heart_broken",
}  # fmt: skip


def select_started_run() -> None:
    """A run that was just started is what one wants to see; before the widgets of the page."""
    if name := st.session_state.pop(STARTED_KEY, None):
        st.session_state["view"], st.session_state["run"] = "Runs", name
        st.session_state.pop("against", None)


def show_notices() -> None:
    """What a button had to say, and a deleted run's way back."""
    if message := st.session_state.pop(ERROR_KEY, None):
        st.error(escape_markdown(message), icon=":material/block:")
    if deleted := st.session_state.get(DELETED_KEY):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"{escape_markdown(deleted[0])} is deleted. For an hour it can be taken back.", icon=":material/delete:"
            )
            st.button("Take it back", icon=":material/undo:", on_click=undo_delete, args=(deleted[1],))


def run_callback(callback, *arguments) -> None:
    """A button's callback whose complaints are shown in the next run."""
    try:
        callback(*arguments)
    except (UsageError, ExternalError) as error:
        st.session_state[ERROR_KEY] = str(error)


def run_picker(root: Path, runs: dict[str, RunStatus]) -> tuple[RunStatus, RunStatus | None]:
    """The run that is open and the one it is compared with, chosen among all."""
    with st.expander(f"All runs ({len(runs)})", icon=":material/list:"):
        st.fragment(show_table, run_every=POLL_S if any(run.is_active for run in runs.values()) else None)(root)
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


def show_table(root: Path) -> None:
    """All runs, and the room that they take."""
    rows = "".join(table_row(run) for run in status.list_runs(root))
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    st.html(
        '<div class="atelier-table" role="region" aria-label="All runs" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    st.caption(
        f"Together {status.disk_usage(root) / 1e9:.2f} of {lifecycle.quota_bytes() / 1e9:g} GB, in {escape_markdown(str(root))}."
    )


def table_row(run: RunStatus) -> str:
    state = f"{run.state}, {run.queue_position} ahead" if run.queue_position else str(run.state)
    family, data = run.config.get("family", ""), Path(run.config.get("data", "")).stem
    cells = (
        state, f"{run.step:,} of {run.total_steps:,}", family, data,
        f"{status.disk_usage(run.folder) / 1e6:.1f} MB",
    )  # fmt: skip
    return f'<tr><th scope="row">{escape(run.title)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'


# What can be done with the open one -----------------------------------------------------------------------------------


def show_actions(run: RunStatus) -> None:
    with st.container(horizontal=True):
        if run.is_active:
            label = "Stop and save" if run.state is RunState.RUNNING else "Stop"
            st.button(label, icon=":material/stop:", key="train_stop", on_click=run_callback, args=(lifecycle.stop, run),
                      disabled=run.state is RunState.STOPPING)  # fmt: skip
        elif run.state is not RunState.FINISHED:
            label = "Go on" if run.saved_step else "Begin again"
            st.button(label, icon=":material/play_arrow:", type="primary", key="train_resume", on_click=run_callback,
                      args=(lifecycle.resume, run))  # fmt: skip
        else:
            extend_run(run)
        with st.popover("Rename", icon=":material/edit:"):
            new = st.text_input("New name", run.title, max_chars=60, key=f"train_title_{run.name}")
            st.button("Rename it", key="train_rename", on_click=run_callback, args=(lifecycle.rename, run, new or ""))
        if not run.is_active:
            st.button(
                "Delete", icon=":material/delete:", key="train_delete", on_click=run_callback, args=(delete_run, run)
            )
    if run.failure_message:
        st.error(escape_markdown(run.failure_message), icon=f":material/{STATE_ICONS[run.state]}:")


def extend_run(run: RunStatus) -> None:
    """A finished run goes on to a higher total."""
    with st.popover("Train on", icon=":material/play_arrow:"):
        steps = st.number_input("Steps in total", run.total_steps + 1, 100_000_000, 2 * run.total_steps, 1,
                                key=f"train_longer_{run.name}_{run.total_steps}")  # fmt: skip
        st.button(
            "Go on", type="primary", key="train_longer", on_click=run_callback, args=(lifecycle.resume, run, steps)
        )


def delete_run(run: RunStatus) -> None:
    st.session_state[DELETED_KEY] = (run.title, lifecycle.delete(run))


def undo_delete(trash_path: Path) -> None:
    st.session_state.pop(DELETED_KEY, None)
    run_callback(lambda: st.session_state.__setitem__(STARTED_KEY, lifecycle.undo_delete(trash_path).name))

"""The runs on the page Train: which there are, which one is open, and what can be done with it."""

from html import escape
from pathlib import Path

import streamlit as st

from gan_core.errors import InputError, OutsideError
from gan_core.runs import lifecycle, status
from gan_core.runs.status import RunStatus, RunState
from pages.ui import widgets
from pages.ui.markdown import plain

POLL = 3.0
STARTED, DELETED, TROUBLE = "train_started", "train_deleted", "train_trouble"
NONE = "none"
HEADS = ("Run", "State", "Steps", "Family", "Data", "Size")
ICONS = {
    RunState.WAITING: "hourglass_empty", RunState.PREPARING: "downloading", RunState.RUNNING: "play_arrow",
    RunState.STOPPING: "save", RunState.STOPPED: "pause", RunState.FINISHED: "check", RunState.FAILED: "error",
    RunState.KILLED: "heart_broken",
}  # fmt: skip


def open_what_was_started() -> None:
    """A run that was just started is what one wants to see; before the widgets of the page."""
    if name := st.session_state.pop(STARTED, None):
        st.session_state["view"], st.session_state["run"] = "Runs", name
        st.session_state.pop("against", None)


def gone_and_back() -> None:
    """What a button had to say, and a deleted run's way back."""
    if sentence := st.session_state.pop(TROUBLE, None):
        st.error(plain(sentence), icon=":material/block:")
    if place := st.session_state.get(DELETED):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(f"{plain(place[0])} is deleted. For an hour it can be taken back.", icon=":material/delete:")
            st.button("Take it back", icon=":material/undo:", on_click=take_back, args=(place[1],))


def attempt(act, *given) -> None:
    """A button's callback whose complaints are shown in the next run."""
    try:
        act(*given)
    except (InputError, OutsideError) as error:
        st.session_state[TROUBLE] = str(error)


def choose(root: Path, known: dict[str, RunStatus]) -> tuple[RunStatus, RunStatus | None]:
    """The run that is open and the one it is compared with, chosen among all."""
    with st.expander(f"All runs ({len(known)})", icon=":material/list:"):
        st.fragment(table, run_every=POLL if any(each.is_active for each in known.values()) else None)(root)
    widgets.keep_valid("run", list(known))
    widgets.keep_valid("against", [NONE, *known])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Run", list(known), key="run", bind="query-params", help="By the names of their folders.")
        chosen = known.get(name) or next(iter(known.values()))
        others = [NONE, *(each for each in known if each != chosen.name)]
        other = NONE
        if len(others) > 1:
            widgets.keep_valid("against", others)
            other = st.selectbox("Compare with", others, key="against", bind="query-params")
    st.header(plain(chosen.title), anchor=False)
    actions(chosen)
    return chosen, known.get(other)


def table(root: Path) -> None:
    """All runs, and the room that they take."""
    rows = "".join(row(each) for each in status.list_runs(root))
    head = "".join(f'<th scope="col">{each}</th>' for each in HEADS)
    st.html(
        '<div class="atelier-table" role="region" aria-label="All runs" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    st.caption(f"Together {status.disk_usage(root) / 1e9:.2f} of {lifecycle.quota_bytes() / 1e9:g} GB, in {plain(str(root))}.")


def row(entry: RunStatus) -> str:
    state = f"{entry.state}, {entry.queue_position} ahead" if entry.queue_position else str(entry.state)
    family, data = entry.config.get("family", ""), Path(entry.config.get("data", "")).stem
    cells = (
        state, f"{entry.step:,} of {entry.total_steps:,}", family, data,
        f"{status.disk_usage(entry.folder) / 1e6:.1f} MB",
    )  # fmt: skip
    return f'<tr><th scope="row">{escape(entry.title)}</th>{"".join(f"<td>{escape(each)}</td>" for each in cells)}</tr>'


# What can be done with the open one -----------------------------------------------------------------------------------


def actions(entry: RunStatus) -> None:
    with st.container(horizontal=True):
        if entry.is_active:
            label = "Stop and save" if entry.state is RunState.RUNNING else "Stop"
            st.button(label, icon=":material/stop:", key="train_stop", on_click=attempt, args=(lifecycle.stop, entry),
                      disabled=entry.state is RunState.STOPPING)  # fmt: skip
        elif entry.state is not RunState.FINISHED:
            label = "Go on" if entry.saved_step else "Begin again"
            st.button(label, icon=":material/play_arrow:", type="primary", key="train_resume", on_click=attempt,
                      args=(lifecycle.resume, entry))  # fmt: skip
        else:
            longer(entry)
        with st.popover("Rename", icon=":material/edit:"):
            new = st.text_input("New name", entry.title, max_chars=60, key=f"train_title_{entry.name}")
            st.button("Rename it", key="train_rename", on_click=attempt, args=(lifecycle.rename, entry, new or ""))
        if not entry.is_active:
            st.button("Delete", icon=":material/delete:", key="train_delete", on_click=attempt, args=(delete, entry))
    if entry.failure_message:
        st.error(plain(entry.failure_message), icon=f":material/{ICONS[entry.state]}:")


def longer(entry: RunStatus) -> None:
    """A finished run goes on to a higher total."""
    with st.popover("Train on", icon=":material/play_arrow:"):
        steps = st.number_input("Steps in total", entry.total_steps + 1, 100_000_000, 2 * entry.total_steps, 1,
                                key=f"train_longer_{entry.name}_{entry.total_steps}")  # fmt: skip
        st.button("Go on", type="primary", key="train_longer", on_click=attempt, args=(lifecycle.resume, entry, steps))


def delete(entry: RunStatus) -> None:
    st.session_state[DELETED] = (entry.title, lifecycle.delete(entry))


def take_back(place: Path) -> None:
    st.session_state.pop(DELETED, None)
    attempt(lambda: st.session_state.__setitem__(STARTED, lifecycle.undo_delete(place).name))

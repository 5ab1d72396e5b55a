"""What can be done with a model of one's own: rename it, show it to strangers, delete it, and take it back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from gan_core import trash
from gan_core.checkpoints import own
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.naming import name_and_title
from gan_core.checkpoints.store import resolve_root
from gan_core.errors import UsageError
from gan_core.runs.scoring import rename_model
from pages.ui.markdown import escape_markdown
from pages.ui.model_titles import model_title

SELECTED_KEY = "model"  # the dropdown of the page
DELETED_KEY, NOTICE_KEY, ERROR_KEY = "models_own_deleted", "models_own_notice", "models_own_error"


def show_notices() -> None:
    """The outcome of the last action, and a deleted model with a button that restores it."""
    if message := st.session_state.pop(ERROR_KEY, None):
        st.error(escape_markdown(message), icon=":material/block:")
    if message := st.session_state.pop(NOTICE_KEY, None):
        st.success(escape_markdown(message), icon=":material/check:")
    title, trash_path = st.session_state.get(DELETED_KEY, ("", None))
    if trash_path is None or not trash_path.is_dir():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"{escape_markdown(title)} is deleted. You can take it back for an hour.", icon=":material/delete:")
        st.button("Take it back", icon=":material/undo:", key="undo", on_click=run_callback, args=(undo, trash_path))


def show_actions(checkpoint: Checkpoint) -> None:
    """The buttons, in a row, and the toggle."""
    name = checkpoint.name
    with st.popover("Rename", icon=":material/edit:"):
        text = st.text_input("New name", checkpoint.title or name, max_chars=60, key=f"rename_{name}") or ""
        show_derived_name(text)
        st.write("Links to it, and commands with its name, must be made anew.")
        st.button(
            "Rename it",
            type="primary",
            key="rename",
            on_click=run_callback,
            args=(rename, checkpoint, f"rename_{name}"),
        )
    with st.popover("Delete", icon=":material/delete:"):
        st.write("It goes from all pages at once. For an hour you can take it back; then it is deleted for good.")
        st.button("Delete it", type="primary", key="delete", on_click=run_callback, args=(delete, checkpoint))


def visibility_toggle(checkpoint: Checkpoint) -> None:
    key = f"public_{checkpoint.name}"
    st.session_state[key] = checkpoint.is_public  # as it is on disk, whoever changed it
    st.toggle(
        "Shown to strangers", key=key, on_change=run_callback, args=(set_public, checkpoint, key),
        help="In a hosted app, everybody may draw with it. Otherwise only you see it, on this machine.",
    )  # fmt: skip


def show_derived_name(text: str) -> None:
    """The name that a title becomes."""
    try:
        name, title = name_and_title(text)
    except UsageError:
        return  # the button says what is wrong
    if title:
        st.caption(f"Pages show it under this title. In commands and links its name is `{name}`.")


# Callbacks ------------------------------------------------------------------------------------------------------------


def run_callback(callback: Callable[..., Any], *arguments: Any) -> None:
    """Call a function from a widget; the message of its error is shown in the next run of the page."""
    try:
        callback(*arguments)
    except (UsageError, OSError) as error:
        st.session_state[ERROR_KEY] = str(error)


def rename(checkpoint: Checkpoint, key: str) -> None:
    renamed = rename_model(checkpoint.name, str(st.session_state.get(key) or ""), resolve_root())
    st.session_state[SELECTED_KEY] = renamed.name
    st.session_state[NOTICE_KEY] = f"{model_title(checkpoint)} is {model_title(renamed)} now."


def set_public(checkpoint: Checkpoint, key: str) -> None:
    own.set_public(checkpoint.name, bool(st.session_state.get(key)), resolve_root())


def delete(checkpoint: Checkpoint) -> None:
    title = model_title(checkpoint)
    st.session_state[DELETED_KEY] = (title, own.delete_own(checkpoint.name, resolve_root()))
    st.session_state.pop(SELECTED_KEY, None)


def undo(trash_path: Path) -> None:
    st.session_state[SELECTED_KEY] = trash.undo_delete(trash_path, "model").name
    st.session_state.pop(DELETED_KEY, None)

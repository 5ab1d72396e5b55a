"""Where the pictures of a run are now, after they were moved: a form that names the place and goes on with the run."""

from pathlib import Path

import streamlit as st

from gan_core.errors import UsageError
from gan_core.runs import datasets, lifecycle
from gan_core.runs.status import RunState, RunStatus
from pages.train import dataset
from pages.train.run_list import more_steps, run_callback
from pages.ui import widgets
from pages.ui.markdown import escape_markdown

PLACE_KEY = "train_moved_place"
SOURCES = (dataset.MACHINE_SOURCE, dataset.ZIP_SOURCE)


def moved_data_form(run: RunStatus, root: Path) -> None:
    """The form, for a run that has ended and cannot go on without it; nothing for any other run."""
    if not lifecycle.needs_data(run):
        return
    if path := lifecycle.missing_path(run):
        st.warning(
            f"The pictures of this run were in {escape_markdown(path)}, and are not there any more. Name where they are"
            " now: the run goes on with the same ones, and refuses others.",
            icon=":material/wrong_location:",
        )
    with st.expander("Where its pictures are now", icon=":material/drive_file_move:", expanded=bool(path)):
        source = st.segmented_control(
            "Pictures", SOURCES, default=dataset.MACHINE_SOURCE, key="train_moved_source", required=True
        )
        try:
            data = dataset.upload_input(root) if source == dataset.ZIP_SOURCE else place_input(root)
        except (UsageError, OSError) as error:
            st.error(escape_markdown(str(error)), icon=":material/block:")
            return
        steps = None
        if run.state is RunState.FINISHED:
            steps = st.number_input("Steps in total", *more_steps(run), 1)
        st.button(
            "Go on with these pictures", icon=":material/play_arrow:", key="train_moved", type="primary",
            disabled=not data, on_click=run_callback, args=(lifecycle.resume, run, steps, data),
        )  # fmt: skip


def place_input(root: Path) -> str:
    """A path, or one of the data sets on this machine; empty before a path is entered."""
    titles = {value: name for name, value in datasets.available_datasets(root).items()}
    options = [dataset.PATH_OPTION, *titles]
    widgets.drop_stale_value(PLACE_KEY, options)
    option = st.selectbox("Place", options, format_func=lambda value: titles.get(value) or str(value), key=PLACE_KEY)
    return dataset.path_input() if option == dataset.PATH_OPTION else str(option)

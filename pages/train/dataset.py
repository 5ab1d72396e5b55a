"""The choice of a data set: one on this machine, a zip, or pictures gathered here; inspected before it is offered."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from gan_core.errors import UsageError
from gan_core.runs import datasets
from gan_core.runs.dataset_inspection import DatasetReport
from pages.train import collection
from pages.train.run_list import run_callback
from pages.ui import widgets
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown
from pages.ui.uploads import require_complete_upload

MACHINE_SOURCE, ZIP_SOURCE = "On this machine", "A zip"
SOURCES = (MACHINE_SOURCE, collection.FILES_SOURCE, collection.FOLDER_SOURCE, collection.CAMERA_SOURCE, ZIP_SOURCE)
SOURCE_KEY, DATA_KEY = "train_source", "train_data"
PATH_OPTION = "A folder or zip on this machine …"
DISPLAY_NAME = "Your zip"
MAX_LISTED_LABELS, MAX_LISTED_WARNINGS = 12, 6


def dataset_picker(root: Path) -> tuple[str, DatasetReport | None]:
    """The value of `--data`, and the report on it; no report where there is nothing to train on yet."""
    widgets.drop_stale_value(SOURCE_KEY, SOURCES)
    source = st.segmented_control("Pictures", SOURCES, default=MACHINE_SOURCE, key=SOURCE_KEY, required=True)
    try:
        data = dataset_from_source(source or MACHINE_SOURCE, root)
        if not data:
            return "", None
        with st.spinner("Looking at the pictures …"):
            report = cached_report(datasets.fingerprint(data))
    except (UsageError, OSError) as error:
        st.error(escape_markdown(str(error)), icon=":material/block:")
        return "", None
    show_report(report)
    if datasets.is_upload(data, root) and source in (MACHINE_SOURCE, ZIP_SOURCE):
        st.button(
            "Delete this upload", icon=":material/delete:", key="train_forget", on_click=delete_upload,
            args=(data, root),
        )  # fmt: skip
    return data, report


def dataset_from_source(source: str, root: Path) -> str:
    """The value of `--data` for a source, whose widgets are shown; empty where there is nothing yet."""
    if source == MACHINE_SOURCE:
        return machine_input(root)
    return upload_input(root) if source == ZIP_SOURCE else collection.collection_input(source, root)


def machine_input(root: Path) -> str:
    """A named data set, one of the data folder, an earlier upload, or a path."""
    available = datasets.available_datasets(root)
    options = [*available.values(), PATH_OPTION]
    titles = {value: name for name, value in available.items()}
    widgets.drop_stale_value(DATA_KEY, options)
    option = st.selectbox("Data", options, format_func=lambda value: titles.get(value) or str(value), key=DATA_KEY)
    return path_input() if option == PATH_OPTION else str(option)


def path_input() -> str:
    text = st.text_input(
        "Path", key="train_path", max_chars=400, placeholder="/home/me/pictures",
        help="A folder of pictures, or a zip of them. Sub-folders are kinds.",
    )  # fmt: skip
    return str(Path(text.strip()).expanduser().resolve()) if text and text.strip() else ""


def upload_input(root: Path) -> str:
    """The path that the uploaded zip was stored at; empty before there is one."""
    max_megabytes = current_limits().dataset_megabytes
    upload_round = st.session_state.get("train_upload_round", 0)
    file = st.file_uploader(
        "A zip of pictures", type="zip", key=f"train_upload_{upload_round}", max_upload_size=max_megabytes,
        help=f"Up to {max_megabytes} MB. Sub-folders are labels; a metadata.jsonl may hold file_name with label or"
        " text.",
    )  # fmt: skip
    if file is None:
        return ""
    require_complete_upload(file, DISPLAY_NAME, max_megabytes)
    stored: tuple[str, str] | None = st.session_state.get("train_kept")
    if stored is None or stored[0] != file.file_id or not Path(stored[1]).is_file():
        file.seek(0)
        stored = (file.file_id, str(datasets.store_upload(file, file.name, file.size, root)))
        st.session_state["train_kept"] = stored
    return stored[1]


def delete_upload(data: str, root: Path) -> None:
    run_callback(datasets.delete_upload, data, root)
    if not Path(data).is_file():
        st.session_state.pop("train_kept", None)
        st.session_state["train_upload_round"] = st.session_state.get("train_upload_round", 0) + 1  # an empty uploader
        st.session_state.pop(DATA_KEY, None)


@st.cache_data(max_entries=32, show_spinner=False)
def cached_report(fingerprint: tuple[str, int, int]) -> DatasetReport:
    """The report on the data with this fingerprint, which changes as they do."""
    return datasets.dataset_report(fingerprint[0])


def show_report(report: DatasetReport) -> None:
    """Count, channels, sizes, labels and captions in one line; then errors and warnings."""
    summary = [f"**{report.image_count:,} pictures**", "grey" if report.channels == 1 else "colour"]
    if report.median_side:
        smallest = f", the smallest {report.min_side}" if report.min_side < report.median_side else ""
        summary.append(f"usually {report.median_side} pixels{smallest}")
    if report.classes:
        labels = ", ".join(escape_markdown(label) for label in report.classes[:MAX_LISTED_LABELS])
        more = " …" if len(report.classes) > MAX_LISTED_LABELS else ""
        summary.append(f"{len(report.classes)} kinds: {labels}{more}")
    summary += ["with captions"] if report.has_captions else []
    st.markdown("; ".join(summary) + ".")
    for issue in report.errors:
        st.error(escape_markdown(issue), icon=":material/block:")
    show_warnings(report.warnings)


def show_warnings(warnings: Sequence[str]) -> None:
    """All warnings in one box, as a list where there are several; those beyond MAX_LISTED_WARNINGS when asked for."""
    listed, more = warnings[:MAX_LISTED_WARNINGS], warnings[MAX_LISTED_WARNINGS:]
    if not listed:
        return
    texts = [escape_markdown(text) for text in listed]
    st.warning(texts[0] if len(texts) == 1 else "\n".join(f"- {text}" for text in texts), icon=":material/warning:")
    if more:
        with st.expander(f"{len(more):,} more"):
            st.markdown("\n".join(f"- {escape_markdown(text)}" for text in more))

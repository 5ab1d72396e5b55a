"""The pictures to train on: what is on this machine, a path, or a zip from the visitor; looked at before anything."""

from pathlib import Path

import streamlit as st

from gan_core.errors import UsageError
from gan_core.runs import datasets
from gan_core.runs.dataset_inspection import DatasetReport
from pages.train.run_list import run_callback
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown
from pages.ui.uploads import require_complete_upload

PATH_OPTION, UPLOAD_OPTION = "A folder or zip on this machine …", "Upload a zip …"
DISPLAY_NAME = "Your zip"


def dataset_picker(root: Path) -> tuple[str, DatasetReport | None]:
    """What `--data` takes, and what is in it; None for the latter where there is nothing to train on yet."""
    available = datasets.available_datasets(root)
    options = [*available.values(), PATH_OPTION, UPLOAD_OPTION]
    titles = {value: name for name, value in available.items()}
    if st.session_state.get("train_data") not in options:
        st.session_state.pop("train_data", None)
    selected = st.selectbox(
        "Data", options, format_func=lambda option: titles.get(str(option), str(option)), key="train_data"
    )
    try:
        data = (
            path_input()
            if selected == PATH_OPTION
            else upload_input(root)
            if selected == UPLOAD_OPTION
            else str(selected)
        )
        if not data:
            return "", None
        with st.spinner("Looking at the pictures …"):
            report = cached_report(datasets.fingerprint(data))
    except (UsageError, OSError) as error:
        st.error(escape_markdown(str(error)), icon=":material/block:")
        return "", None
    show_report(report)
    if datasets.is_upload(data, root):
        st.button(
            "Delete this upload",
            icon=":material/delete:",
            key="train_forget",
            on_click=delete_upload,
            args=(data, root),
        )
    return data, report


def delete_upload(data: str, root: Path) -> None:
    run_callback(datasets.delete_upload, data, root)
    if not Path(data).is_file():
        st.session_state.pop("train_kept", None)
        st.session_state["train_upload_round"] = st.session_state.get("train_upload_round", 0) + 1  # an empty uploader
        st.session_state.pop("train_data", None)


def path_input() -> str:
    text = st.text_input("Path", key="train_path", max_chars=400, placeholder="/home/me/pictures",
                         help="A folder of pictures, or a zip of them.")  # fmt: skip
    return str(Path(text.strip()).expanduser().resolve()) if text and text.strip() else ""


def upload_input(root: Path) -> str:
    """The file that the upload was kept as."""
    max_megabytes = current_limits().dataset_megabytes
    upload_round = st.session_state.get("train_upload_round", 0)
    file = st.file_uploader(
        "A zip of pictures", type="zip", key=f"train_upload_{upload_round}", max_upload_size=max_megabytes,
        help=f"Up to {max_megabytes} MB. Sub-folders are labels; a metadata.jsonl may hold file_name with label or text.",
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


@st.cache_data(max_entries=32, show_spinner=False)
def cached_report(fingerprint: tuple[str, int, int]) -> DatasetReport:
    """What is in the data; looked at again when they change."""
    return datasets.dataset_report(fingerprint[0])


def show_report(report: DatasetReport) -> None:
    """Count, sizes and kinds; then what is wrong with them."""
    summary = [f"**{report.image_count:,} pictures**", "grey" if report.channels == 1 else "colour"]
    if report.median_side:
        summary.append(f"usually {report.median_side} pixels" + (f", the smallest {report.min_side}"
                                                        if report.min_side < report.median_side else ""))  # fmt: skip
    if report.classes:
        label_text = ", ".join(escape_markdown(label) for label in report.classes[:12]) + (
            " …" if len(report.classes) > 12 else ""
        )
        summary.append(f"{len(report.classes)} labels: {label_text}")
    summary += ["with captions"] if report.has_captions else []
    st.markdown("; ".join(summary) + ".")
    for issue in report.errors:
        st.error(escape_markdown(issue), icon=":material/block:")
    for issue in report.warnings:
        st.warning(escape_markdown(issue), icon=":material/warning:")

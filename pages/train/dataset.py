"""The pictures to train on: what is on this machine, a path, or a zip from the visitor; looked at before anything."""

from pathlib import Path

import streamlit as st

from gan_core.errors import InputError
from gan_core.runs import datasets
from gan_core.runs.dataset_inspection import DatasetReport
from pages.train.run_list import attempt
from pages.ui.limits import limits
from pages.ui.markdown import plain
from pages.ui.uploads import demand_whole

PATH, UPLOAD = "A folder or zip on this machine …", "Upload a zip …"
CALLED = "Your zip"


def choose(root: Path) -> tuple[str, DatasetReport | None]:
    """What `--data` takes, and what is in it; None for the latter where there is nothing to train on yet."""
    known = datasets.available_datasets(root)
    options = [*known.values(), PATH, UPLOAD]
    titles = {value: name for name, value in known.items()}
    if st.session_state.get("train_data") not in options:
        st.session_state.pop("train_data", None)
    chosen = st.selectbox("Data", options, format_func=lambda each: titles.get(str(each), str(each)), key="train_data")
    try:
        data = path_of() if chosen == PATH else upload_of(root) if chosen == UPLOAD else str(chosen)
        if not data:
            return "", None
        with st.spinner("Looking at the pictures …"):
            report = looked_at(datasets.fingerprint(data))
    except (InputError, OSError) as error:
        st.error(plain(str(error)), icon=":material/block:")
        return "", None
    tell(report)
    if datasets.is_upload(data, root):
        st.button(
            "Delete this upload", icon=":material/delete:", key="train_forget", on_click=forget, args=(data, root)
        )
    return data, report


def forget(data: str, root: Path) -> None:
    attempt(datasets.delete_upload, data, root)
    if not Path(data).is_file():
        st.session_state.pop("train_kept", None)
        st.session_state["train_upload_round"] = st.session_state.get("train_upload_round", 0) + 1  # an empty uploader
        st.session_state.pop("train_data", None)


def path_of() -> str:
    text = st.text_input("Path", key="train_path", max_chars=400, placeholder="/home/me/pictures",
                         help="A folder of pictures, or a zip of them.")  # fmt: skip
    return str(Path(text.strip()).expanduser().resolve()) if text and text.strip() else ""


def upload_of(root: Path) -> str:
    """The file that the upload was kept as."""
    most = limits().dataset_megabytes
    number = st.session_state.get("train_upload_round", 0)
    file = st.file_uploader(
        "A zip of pictures", type="zip", key=f"train_upload_{number}", max_upload_size=most,
        help=f"Up to {most} MB. Sub-folders are labels; a metadata.jsonl may hold file_name with label or text.",
    )  # fmt: skip
    if file is None:
        return ""
    demand_whole(file, CALLED, most)
    kept: tuple[str, str] | None = st.session_state.get("train_kept")
    if kept is None or kept[0] != file.file_id or not Path(kept[1]).is_file():
        file.seek(0)
        kept = (file.file_id, str(datasets.store_upload(file, file.name, file.size, root)))
        st.session_state["train_kept"] = kept
    return kept[1]


@st.cache_data(max_entries=32, show_spinner=False)
def looked_at(stamp: tuple[str, int, int]) -> DatasetReport:
    """What is in the data; looked at again when they change."""
    return datasets.dataset_report(stamp[0])


def tell(report: DatasetReport) -> None:
    """Count, sizes and kinds; then what is wrong with them."""
    facts = [f"**{report.image_count:,} pictures**", "grey" if report.channels == 1 else "colour"]
    if report.median_side:
        facts.append(f"usually {report.median_side} pixels" + (f", the smallest {report.min_side}"
                                                        if report.min_side < report.median_side else ""))  # fmt: skip
    if report.classes:
        shown = ", ".join(plain(each) for each in report.classes[:12]) + (" …" if len(report.classes) > 12 else "")
        facts.append(f"{len(report.classes)} labels: {shown}")
    facts += ["with captions"] if report.has_captions else []
    st.markdown("; ".join(facts) + ".")
    for each in report.errors:
        st.error(plain(each), icon=":material/block:")
    for each in report.warnings:
        st.warning(plain(each), icon=":material/warning:")

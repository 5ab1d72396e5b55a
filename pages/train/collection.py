"""Pictures that are gathered on the page: dropped files, a dropped folder, and frames of a camera, kind by kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image, ImageOps

from gan_core import trash
from gan_core.errors import UsageError
from gan_core.images import encoding
from gan_core.images.reading import read_image
from gan_core.images.sniffing import INPUT_FORMATS_TEXT
from gan_core.runs.collection import Collection, NewFile, clean_kind, read_dropped_folder
from pages.train.run_list import run_callback
from pages.ui import widgets
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown
from pages.ui.uploads import require_complete_upload

FILES_SOURCE, FOLDER_SOURCE, CAMERA_SOURCE = "Loose pictures", "A folder", "The camera"
DEFAULT_NAME = "my pictures"
REJECTIONS_KEY, EMPTIED_KEY, ROUND_KEY = "train_rejected", "train_emptied", "train_drop_round"
WARNINGS_KEY = "train_dropped_warnings"
MAX_KINDS = 24
MAX_LISTED_REJECTIONS = 20
THUMBNAILS, SHEET_COLUMNS, THUMBNAIL_PX, THUMBNAIL_GAP_PX = 12, 6, 72, 6


def collection_input(source: str, root: Path) -> str:
    """The path of the zip of what was gathered; empty as long as that is nothing."""
    collection = Collection(root)
    with st.container(border=True):
        if source == FOLDER_SOURCE:
            folder_input(collection)
        else:
            kinds = kinds_input(collection)
            (camera_input if source == CAMERA_SOURCE else files_input)(collection, kinds)
        show_rejections()
        if not collection.additions():
            offer_restore()
            return ""
        show_collection(collection)
        name = st.text_input("Name of the set", DEFAULT_NAME, max_chars=40, key="train_set_name")
    with st.spinner("Putting the pictures together …"):
        return str(collection.seal((name or "").strip() or DEFAULT_NAME))


# Sources --------------------------------------------------------------------------------------------------------------


def kinds_input(collection: Collection) -> list[str]:
    """The kinds that are typed, or those gathered already; [""] where all pictures are of one kind."""
    gathered = [kind for kind in collection.counts() if kind]
    text = st.text_input(
        "Kinds of pictures, with commas between them (optional)", ", ".join(gathered), key="train_kinds",
        max_chars=500, placeholder="cats, dogs",
        help="With two kinds or more, the network learns to draw the one that is asked for. Leave it empty where all"
        " pictures show the same.",
    )  # fmt: skip
    kinds = list(dict.fromkeys(filter(None, map(clean_kind, (text or "").split(",")))))
    if len(kinds) > MAX_KINDS:
        raise UsageError(f"{len(kinds)} kinds are too many for this form: it takes {MAX_KINDS}. Drop a folder instead.")
    return kinds or [""]


def files_input(collection: Collection, kinds: Sequence[str]) -> None:
    """An uploader for each kind. What is dropped is taken over at once, and the uploader is empty again."""
    limit = current_limits().dataset_megabytes
    with st.grid(2 if len(kinds) > 1 else 1, min_column_width=260):
        dropped = [
            st.file_uploader(
                f"Pictures of {kind}" if kind else "Pictures", accept_multiple_files=True, max_upload_size=limit,
                key=uploader_key(f"files_{kind}"), help=f"Many at once. {INPUT_FORMATS_TEXT} files.",
            )
            for kind in kinds
        ]  # fmt: skip
    take_over(
        collection, [NewFile(name, data, kind) for kind, files in zip(kinds, dropped, strict=True)
                     for name, data in read_files(files)],
    )  # fmt: skip


def folder_input(collection: Collection) -> None:
    dropped = st.file_uploader(
        "A folder of pictures", accept_multiple_files="directory", max_upload_size=current_limits().dataset_megabytes,
        key=uploader_key("folder"),
        help="Its sub-folders are the kinds of pictures, or the labels in a metadata.jsonl.",
    )  # fmt: skip
    files, warnings = read_dropped_folder(read_files(dropped))
    if files:
        st.session_state[WARNINGS_KEY] = [*st.session_state.get(WARNINGS_KEY, []), *warnings]
    take_over(collection, files)


def camera_input(collection: Collection, kinds: Sequence[str]) -> None:
    """One picture after the other, of the kind that is chosen."""
    kind = kinds[0]
    if len(kinds) > 1:
        widgets.drop_stale_value("train_camera_kind", kinds)
        kind = st.segmented_control(
            "The next picture shows", kinds, default=kinds[0], key="train_camera_kind", required=True
        )
    photo = st.camera_input(f"A picture of {kind}" if kind else "A picture", key=uploader_key("camera"))
    if photo is not None:
        number = len(collection.pictures()) + 1
        take_over(collection, [NewFile(f"camera-{number:04}.jpg", photo.getvalue(), str(kind))])


def uploader_key(name: str) -> str:
    """A key that changes whenever files were taken over: the widget is then a new one, without files."""
    return f"train_drop_{name}_{st.session_state.get(ROUND_KEY, 0)}"


def read_files(files: Sequence[Any]) -> list[tuple[str, bytes]]:
    """Names and contents. Raises UsageError where the files are too large together, or were lost."""
    limit = current_limits().dataset_megabytes
    for file in files:
        require_complete_upload(file, getattr(file, "name", "A file"), limit)
    total = sum(file.size for file in files) / 1024**2
    if total > limit:
        raise UsageError(f"These files have {total:.0f} MB together, and at most {limit} MB can be taken at a time.")
    return [(file.name, file.getvalue()) for file in files]


def take_over(collection: Collection, files: Sequence[NewFile]) -> None:
    """Add files to the collection, and run the page again with empty uploaders."""
    if not files:
        return
    bar = st.progress(0.0, f"Looking at {len(files):,} files …")

    def show_count(count: int) -> None:
        bar.progress(count / len(files), f"{count:,} of {len(files):,} files looked at …")

    result = collection.add(files, show_count)
    st.session_state[REJECTIONS_KEY] = [*st.session_state.get(REJECTIONS_KEY, []), *result.rejections]
    st.session_state[ROUND_KEY] = st.session_state.get(ROUND_KEY, 0) + 1
    st.session_state.pop(EMPTIED_KEY, None)
    st.rerun()


# What was gathered ----------------------------------------------------------------------------------------------------


def show_rejections() -> None:
    """What could not be used, each with the reason, until it is hidden or pictures are taken back."""
    for warning in (warnings := st.session_state.get(WARNINGS_KEY, [])):
        st.warning(escape_markdown(warning), icon=":material/warning:")
    rejections: list[str] = st.session_state.get(REJECTIONS_KEY, [])
    if not rejections:
        if warnings:
            st.button("Hide this", key="train_rejected_hide", on_click=forget_rejections)
        return
    listed = "\n".join(f"- {escape_markdown(text)}" for text in rejections[:MAX_LISTED_REJECTIONS])
    noun = "file was" if len(rejections) == 1 else "files were"
    st.warning(f"{len(rejections):,} {noun} left out:\n\n{listed}", icon=":material/warning:")
    if len(rejections) > MAX_LISTED_REJECTIONS:
        with st.expander(f"{len(rejections) - MAX_LISTED_REJECTIONS:,} more"):
            st.text("\n".join(rejections[MAX_LISTED_REJECTIONS:]))
    st.button("Hide this", key="train_rejected_hide", on_click=forget_rejections)


def show_collection(collection: Collection) -> None:
    """How many pictures there are of each kind, the last ones, and the buttons that take some back."""
    counts, pictures = collection.counts(), collection.pictures()
    kinds = [f"{escape_markdown(kind) or 'without a kind'}: {count}" for kind, count in counts.items()]
    listed = f" ({', '.join(kinds)})" if list(counts) != [""] else ""
    noun = "picture" if len(pictures) == 1 else "pictures"
    st.markdown(f"**{len(pictures):,} {noun} so far**{listed}.")
    if "" in counts and len(counts) > 1:
        st.warning(
            f"{counts['']} of them have no kind, so that no kinds can be learnt: name one for all, or for none.",
            icon=":material/warning:",
        )
    shown = pictures[: -THUMBNAILS - 1 : -1]
    st.image(
        thumbnail_sheet(tuple((picture.path, picture.path.stat().st_mtime_ns) for picture in shown)),
        alt=f"The {len(shown)} pictures added last", width="content",
    )  # fmt: skip
    last = len(pictures) - sum(len(list(addition.glob("*/*"))) for addition in collection.additions()[:-1])
    with st.container(horizontal=True):
        st.button(
            "Take back the last picture" if last == 1 else f"Take back the last {last}", icon=":material/undo:",
            key="train_collection_undo", on_click=run_callback, args=(take_back, collection),
        )  # fmt: skip
        st.button(
            "Remove all", icon=":material/delete:", key="train_collection_empty", on_click=run_callback,
            args=(remove_all, collection),
        )  # fmt: skip


@st.cache_data(max_entries=32, show_spinner=False)
def thumbnail_sheet(files: Sequence[tuple[Path, int]]) -> bytes:
    """A PNG with the pictures in rows. Each file comes with the time of its last change, for the cache."""
    columns, rows = min(len(files), SHEET_COLUMNS), -(-len(files) // SHEET_COLUMNS)
    pitch = THUMBNAIL_PX + THUMBNAIL_GAP_PX
    sheet = Image.new("RGBA", (columns * pitch - THUMBNAIL_GAP_PX, rows * pitch - THUMBNAIL_GAP_PX))
    for number, (path, _) in enumerate(files):
        image = read_image(path).to_8_bit().to_pil().convert("RGB")
        square = ImageOps.fit(image, (THUMBNAIL_PX, THUMBNAIL_PX))  # as a training crops it
        sheet.paste(square, (number % SHEET_COLUMNS * pitch, number // SHEET_COLUMNS * pitch))
    return encoding.encode_png(sheet)


def take_back(collection: Collection) -> None:
    forget_rejections()
    collection.undo()


def remove_all(collection: Collection) -> None:
    forget_rejections()
    st.session_state[EMPTIED_KEY] = collection.empty()


def forget_rejections() -> None:
    st.session_state.pop(REJECTIONS_KEY, None)
    st.session_state.pop(WARNINGS_KEY, None)


def offer_restore() -> None:
    """Offer to take back the removal of all pictures."""
    trash_path = st.session_state.get(EMPTIED_KEY)
    if trash_path is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info("All pictures are removed. You can take that back for an hour.", icon=":material/delete:")
        st.button(
            "Take it back", icon=":material/undo:", key="train_collection_restore", on_click=run_callback,
            args=(restore_all, trash_path),
        )  # fmt: skip


def restore_all(trash_path: Path) -> None:
    st.session_state.pop(EMPTIED_KEY, None)
    trash.undo_delete(trash_path, "collection")

"""The choice of a data set: paths and uploaded zips."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.train.dataset import MAX_LISTED_WARNINGS, PATH_OPTION, ZIP_SOURCE
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, page_text, press_button
from tests.pages.train.conftest import choose_source, encoded_photo, write_images


def test_a_path_is_inspected_before_a_start_is_offered(open_page: OpenPage, runs_root: Path, tmp_path: Path) -> None:
    app = open_page("train")
    app.selectbox(key="train_data").select(PATH_OPTION).run()
    assert not [button for button in app.button if button.label == "Start"]
    app.text_input(key="train_path").set_value(str(tmp_path / "nowhere")).run()
    assert any("There is no folder and no zip" in message for message in messages(app))
    app.text_input(key="train_path").set_value(str(write_images(tmp_path / "few", 3))).run()
    assert any("too few: a training needs" in message for message in messages(app))
    assert not [button for button in app.button if button.label == "Start"]


def inspect_path(open_page: OpenPage, path: Path) -> AppTest:
    app = open_page("train")
    app.selectbox(key="train_data").select(PATH_OPTION).run()
    return app.text_input(key="train_path").set_value(str(path)).run()


def test_many_warnings_are_one_list_and_the_rest_is_shown_on_demand(
    open_page: OpenPage, runs_root: Path, tmp_path: Path
) -> None:
    folder = write_images(tmp_path / "mine")
    (folder / "again.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "colour.png").write_bytes(encoded_photo(1))
    (folder / "torn.png").write_bytes(encoded_photo(2)[:300])
    (folder / "small.png").write_bytes(encoded_photo(3, side=9))
    (folder / "notes.txt").write_text("words")
    (folder / "gone").symlink_to("nowhere")
    (folder / "loop").symlink_to(".")
    (folder / "metadata.jsonl").write_text(json.dumps({"file_name": "lost.png", "label": 1}))
    app = inspect_path(open_page, folder)
    assert not app.exception
    (warning,) = app.warning
    assert len(warning.value.splitlines()) == MAX_LISTED_WARNINGS
    (more,) = (expander for expander in app.expander if expander.label.endswith(" more"))
    text = warning.value + "\n" + more.markdown[0].value
    for part in ("13 of the images are grey and 2 in colour", "torn.png", "1 are copies", "1 are smaller than 28",
                 "1 .txt", "1 link leads nowhere", "1 link leads to a folder that is read already"):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("a.tar.gz", b"\x1f\x8b" + bytes(50), "a compressed tar archive: unpack it"),
     ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50), "a 7z archive: unpack it"),
     ("a.zip.001", b"PK\x03\x04" + bytes(50), "one part of an archive that is split into several")],
)  # fmt: skip
def test_other_archives_are_named(
    name: str, content: bytes, message: str, open_page: OpenPage, runs_root: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    app = inspect_path(open_page, tmp_path / name)
    assert not app.exception
    assert any(message in text for text in messages(app))


def zip_bytes(names: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_an_uploaded_zip_is_stored_and_offered_again_and_a_hostile_one_is_not(
    open_page: OpenPage, runs_root: Path, tmp_path: Path
) -> None:
    files = {file.name: file.read_bytes() for file in write_images(tmp_path / "mine").iterdir()}
    app = open_page("train")
    choose_source(app, ZIP_SOURCE)
    app.file_uploader[0].upload("evil.zip", zip_bytes({"../../evil.png": files["0.png"]}))
    app.run()
    assert any("files outside of itself" in message for message in messages(app))
    app.file_uploader[0].upload("My cats.zip", zip_bytes(files))
    app.run()
    assert "12 pictures" in page_text(app)
    (kept,) = (runs_root / ".uploads").glob("*.zip")
    assert kept.name.startswith("My-cats-")
    again = open_page("train")
    assert "My-cats (uploaded)" in again.selectbox(key="train_data").options
    again.selectbox(key="train_data").select(str(kept)).run()
    press_button(again, "Delete this upload")
    assert not again.exception
    assert not kept.exists()
    assert "My-cats (uploaded)" not in again.selectbox(key="train_data").options

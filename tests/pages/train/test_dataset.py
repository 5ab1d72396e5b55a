"""The choice of a data set: paths and uploaded zips."""

import io
import zipfile
from pathlib import Path

from pages.train.dataset import PATH_OPTION, ZIP_SOURCE
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, page_text, press_button
from tests.pages.train.conftest import choose_source, write_images


def test_a_path_is_inspected_before_a_start_is_offered(open_page: OpenPage, runs_root: Path, tmp_path: Path) -> None:
    app = open_page("train")
    app.selectbox(key="train_data").select(PATH_OPTION).run()
    assert not [button for button in app.button if button.label == "Start"]
    app.text_input(key="train_path").set_value(str(tmp_path / "nowhere")).run()
    assert any("There is no folder and no zip" in message for message in messages(app))
    app.text_input(key="train_path").set_value(str(write_images(tmp_path / "few", 3))).run()
    assert any("too few: a training needs" in message for message in messages(app))
    assert not [button for button in app.button if button.label == "Start"]


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

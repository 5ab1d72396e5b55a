"""Pictures that are gathered on the page: dropped files, a dropped folder, frames of a camera."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from gan_core.runs.status import list_runs
from pages.train.collection import CAMERA_SOURCE, FILES_SOURCE, FOLDER_SOURCE
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, page_text, press_button
from tests.pages.train.conftest import choose_source, encoded_photo


def name_kinds(app: AppTest, kinds: str) -> AppTest:
    return app.text_input(key="train_kinds").set_value(kinds).run()


def drop(app: AppTest, label: str, files: dict[str, bytes]) -> AppTest:
    uploader = next(uploader for uploader in app.file_uploader if uploader.label == label)
    for name, data in files.items():
        uploader.upload(name, data)
    return app.run()


def photos(count: int, first: int = 0) -> dict[str, bytes]:
    return {f"{number}.png": encoded_photo(number) for number in range(first, first + count)}


def test_loose_pictures_of_two_kinds_become_a_data_set_that_a_training_starts_on(
    open_page: OpenPage, runs_root: Path, launched_commands: list[list[str]]
) -> None:
    app = name_kinds(choose_source(open_page("train"), FILES_SOURCE), "cats, dogs")
    assert [uploader.label for uploader in app.file_uploader] == ["Pictures of cats", "Pictures of dogs"]
    drop(app, "Pictures of cats", photos(20) | {"notes.txt": b"hello"})
    assert "**20 pictures so far** (cats: 20)" in page_text(app)
    assert any("notes.txt is text" in message for message in messages(app))
    drop(app, "Pictures of dogs", photos(20, first=30))
    assert not app.exception
    assert "**40 pictures so far** (cats: 20, dogs: 20)" in page_text(app)
    assert "2 kinds: cats, dogs" in page_text(app)
    assert next(radio for radio in app.radio if radio.label == "Recipe").value == "small"
    press_button(app, "Start")
    (run,) = list_runs(runs_root)
    assert run.config["family"] == "conditional"
    assert run.title == "my pictures Conditional GAN"
    (command,) = launched_commands
    assert Path(command[command.index("--data") + 1]).is_file()


def test_what_was_gathered_is_there_in_another_tab_and_can_be_taken_back(open_page: OpenPage, runs_root: Path) -> None:
    app = choose_source(open_page("train"), FILES_SOURCE)
    drop(app, "Pictures", photos(9))
    drop(app, "Pictures", photos(2, first=20))
    app = choose_source(open_page("train"), FILES_SOURCE)
    assert "**11 pictures so far**" in page_text(app)
    press_button(app, "Take back the last 2")
    assert "**9 pictures so far**" in page_text(app)
    press_button(app, "Remove all")
    assert "so far" not in page_text(app)
    press_button(app, "Take it back")
    assert not app.exception
    assert "**9 pictures so far**" in page_text(app)


def test_the_sub_folders_of_a_dropped_folder_are_kinds(open_page: OpenPage, runs_root: Path) -> None:
    app = choose_source(open_page("train"), FOLDER_SOURCE)
    files = {f"pets/{kind}/{number}.png": encoded_photo(number)
             for kind, first in (("cats", 0), ("dogs", 20)) for number in range(first, first + 8)}  # fmt: skip
    drop(app, "A folder of pictures", files | {"pets/.DS_Store": b"x"})
    assert not app.exception
    assert not messages(app)
    assert "(cats: 8, dogs: 8)" in page_text(app)
    drop(app, "A folder of pictures", {"pets/loose.png": encoded_photo(50)})
    assert any("1 of them have no kind" in message for message in messages(app))


def test_the_camera_gathers_picture_after_picture_kind_by_kind(open_page: OpenPage, runs_root: Path) -> None:
    app = name_kinds(choose_source(open_page("train"), CAMERA_SOURCE), "cup, pen")
    for number, kind in enumerate(("cup", "cup", "pen")):
        next(group for group in app.segmented_control if group.label == "The next picture shows").set_value(kind).run()
        app.camera_input[0].set_value(("shot.jpg", encoded_photo(number), "image/jpeg")).run()
        assert not app.exception
    assert "**3 pictures so far** (cup: 2, pen: 1)" in page_text(app)
    press_button(app, "Take back the last picture")
    assert "**2 pictures so far** (cup: 2)" in page_text(app)
    assert any("2 usable images are too few" in message for message in messages(app))
    assert not [button for button in app.button if button.label == "Start"]

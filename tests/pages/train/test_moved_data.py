"""The form that names where the pictures of a run are now."""

import json
from pathlib import Path

from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, press_button
from tests.pages.train.conftest import finished_run, write_images


def test_a_run_whose_pictures_were_moved_goes_on_where_they_are_named(
    open_page: OpenPage, runs_root: Path, launched_commands: list[list[str]], tmp_path: Path
) -> None:
    folder = finished_run(runs_root, steps=12)
    config = json.loads((folder / "run.json").read_text())
    config["training"]["steps"], config["data"] = 100, "/gone/pets"
    (folder / "run.json").write_text(json.dumps(config))
    app = open_page("train", run="mine")
    assert any("were in /gone/pets, and are not there any more" in message for message in messages(app))
    assert next(button for button in app.button if button.key == "train_resume").disabled
    assert next(button for button in app.button if button.key == "train_moved").disabled
    app.text_input(key="train_path").set_value(str(write_images(tmp_path / "pets"))).run()
    press_button(app, "Go on with these pictures")
    flags = ["--resume", "--data", str(tmp_path / "pets")]
    assert launched_commands == [["train", "vanilla", *flags, "--run", str(folder), "--wait"]]
    assert not app.exception


def test_a_run_whose_pictures_are_there_has_no_such_form(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    assert not [button for button in app.button if button.key == "train_moved"]

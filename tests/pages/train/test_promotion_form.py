"""A model is made of a run."""

import json
import shutil
from pathlib import Path

import torch

from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, page_text, press_button
from tests.pages.train.conftest import finished_run


def test_the_last_good_save_of_a_failed_run_becomes_a_model(
    open_page: OpenPage, runs_root: Path, no_models: Path
) -> None:
    folder = finished_run(runs_root)
    shutil.copytree(folder, folder / "good", ignore=shutil.ignore_patterns("good", "previews"))
    state = torch.load(folder / "state.pt", weights_only=True)
    torch.save(state | {"step": 8}, folder / "good" / "state.pt")
    (folder / "good" / ".saved").write_text("8")
    app = open_page("train", run="mine")
    choice = next(radio for radio in app.radio if radio.label == "Save")
    assert choice.value == "the last"
    choice.set_value("the last good one").run()
    assert "at step 8 becomes a model" in page_text(app)
    press_button(app, "Make it a model")
    assert not app.exception
    assert json.loads((no_models / "mine" / "config.json").read_text())["training"]["steps"] == 8


def test_a_run_becomes_a_model_that_the_other_pages_know(open_page: OpenPage, runs_root: Path, no_models: Path) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    press_button(app, "Make it a model")
    assert not app.exception
    assert [element.value for element in app.success] == ["mine is a model now, on every page."]
    assert (no_models / "mine" / "critic.safetensors").is_file()
    assert (no_models / "mine" / "reference.png").is_file()
    assert "mine" in open_page("samples").selectbox(key="model").options
    press_button(app, "Make it a model")
    assert any("There is a model mine already" in message for message in messages(app))


def test_a_model_has_no_licence_and_is_hidden_unless_said_otherwise(
    open_page: OpenPage, runs_root: Path, no_models: Path
) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    press_button(app, "Make it a model")
    assert json.loads((no_models / "mine" / "config.json").read_text())["licence"] is None
    assert json.loads((no_models / "mine" / "own.json").read_text())["public"] is False
    app.text_input(key="train_model_mine").set_value("stated").run()
    app.selectbox(key="train_licence_mine").select("cc-by-4.0").run()
    app.toggle(key="train_public_mine").set_value(True).run()
    press_button(app, "Make it a model")
    assert json.loads((no_models / "stated" / "config.json").read_text())["licence"] == "cc-by-4.0"
    assert json.loads((no_models / "stated" / "own.json").read_text())["public"] is True


def test_a_name_that_no_command_could_take_becomes_the_title_of_a_safe_one(
    open_page: OpenPage, runs_root: Path, no_models: Path
) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    app.text_input(key="train_model_mine").set_value("My Flowers!").run()
    assert "its name is `my-flowers`" in page_text(app)
    press_button(app, "Make it a model")
    assert not app.exception
    assert [element.value for element in app.success] == ["My Flowers! (my-flowers) is a model now, on every page."]
    assert (no_models / "my-flowers" / "config.json").is_file()
    app.text_input(key="train_model_mine").set_value("../up").run()
    press_button(app, "Make it a model")
    assert "is no name for a checkpoint" in app.error[0].value
    assert not (no_models.parent / "up").exists()


def test_without_a_classifier_it_is_said_why_there_are_no_scores(
    open_page: OpenPage, runs_root: Path, no_models: Path
) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    press_button(app, "Make it a model")
    assert "No scores yet" in page_text(app)

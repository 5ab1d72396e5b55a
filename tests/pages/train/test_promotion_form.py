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

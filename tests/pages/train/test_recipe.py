"""The choice of tutorial, family and objective."""

from pathlib import Path

import pytest

from gan_core.models import Task
from gan_core.objectives import OBJECTIVES
from gan_core.runs.status import list_runs
from gan_core.runs.tutorials import TUTORIALS
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, press_button
from tests.pages.train.conftest import write_images


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_says_what_to_watch_and_fills_the_form(
    open_page: OpenPage, runs_root: Path, launched_commands: list[list[str]], name: str
) -> None:
    tutorial = TUTORIALS[name]
    app = open_page("train")
    next(pills for pills in app.pills if pills.key == "train_lesson").set_value(name).run()
    assert tutorial.what_to_watch in messages(app)
    press_button(app, "Start")
    (command,) = launched_commands
    for setting in ("steps", "batch_size", "width"):
        if setting in tutorial.changes:
            assert str(tutorial.changes[setting]) in command
    (run,) = list_runs(runs_root)
    assert run.title == tutorial.title
    assert run.total_steps == tutorial.changes["steps"]


def test_families_that_cannot_train_on_the_data_are_not_offered(
    open_page: OpenPage, runs_root: Path, tmp_path: Path
) -> None:
    write_images(tmp_path / "data" / "plain")
    app = open_page("train")
    app.selectbox(key="train_data").select("plain").run()
    assert app.selectbox(key="train_family").options == ["Vanilla GAN", "DCGAN", "Residual GAN"]
    assert any("12 images are few" in message for message in messages(app))


def test_every_objective_that_supports_the_task_can_be_selected(open_page: OpenPage, runs_root: Path) -> None:
    app = open_page("train")
    assert set(next(field for field in app.selectbox if field.label == "Objective").options) == {
        name for name, kind in OBJECTIVES.items() if kind.supports(Task.CLASS_CONDITIONAL)
    }

"""The choice of tutorial, family and objective."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.models import Task
from gan_core.objectives import OBJECTIVES
from gan_core.runs import profiling
from gan_core.runs.profiling import CostEstimate
from gan_core.runs.status import list_runs
from gan_core.runs.tutorials import TUTORIALS
from tests import factories
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, page_text, press_button
from tests.pages.train.conftest import encoded_photo, write_images


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


def choose_recipe(app: AppTest, name: str) -> AppTest:
    return next(radio for radio in app.radio if radio.label == "Recipe").set_value(name).run()


def test_few_pictures_get_the_recipe_for_small_sets_by_themselves_and_say_what_it_does_against_memorising(
    open_page: OpenPage, runs_root: Path, tmp_path: Path, launched_commands: list[list[str]]
) -> None:
    write_images(tmp_path / "data" / "plain")
    app = open_page("train")
    recipe = next(radio for radio in app.radio if radio.label == "Recipe")
    assert recipe.value == "large"
    app.selectbox(key="train_data").select("plain").run()
    assert next(radio for radio in app.radio if radio.label == "Recipe").value == "small"
    assert "12 pictures alone would be learnt by heart" in page_text(app)
    assert not messages(app)
    assert "8,000 steps of 16 pictures" in page_text(app)  # at a tenth of a second, half an hour would allow 18,000
    press_button(app, "Start")
    (command,) = launched_commands
    assert command[command.index("--augment") + 1] == "translation"
    assert command[command.index("--batch-size") + 1] == "16"


def test_without_augmentation_few_pictures_are_warned_of_with_the_remedy(
    open_page: OpenPage, runs_root: Path, tmp_path: Path
) -> None:
    write_images(tmp_path / "data" / "plain")
    app = open_page("train")
    app.selectbox(key="train_data").select("plain").run()
    choose_recipe(app, "large")
    assert any("12 pictures are few" in message and "“A small set”" in message for message in messages(app))
    choose_recipe(app, "small")
    assert not messages(app)


def test_the_steps_of_a_recipe_fit_into_its_time(
    open_page: OpenPage, runs_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "estimate_cost", lambda run: CostEstimate(1.0, 1_200_000_000, 64))
    write_images(tmp_path / "data" / "plain")
    app = open_page("train")
    app.selectbox(key="train_data").select("plain").run()
    assert next(field for field in app.number_input if field.label == "Steps").value == 1_400
    assert "23 to 29 minutes" in page_text(app)
    choose_recipe(app, "paper")
    assert next(field for field in app.number_input if field.label == "Steps").value == 10_000


def colour_checkpoint(root: Path) -> str:
    return factories.checkpoint(root, "residual", "start-here", image_size=64, image_channels=3).name


def test_colour_photos_start_from_a_checkpoint_of_their_size_and_its_networks_stay(
    open_page: OpenPage, runs_root: Path, tmp_path: Path, no_models: Path, launched_commands: list[list[str]]
) -> None:
    name = colour_checkpoint(no_models)
    folder = tmp_path / "data" / "photos"
    folder.mkdir()
    for number in range(9):
        (folder / f"{number}.png").write_bytes(encoded_photo(number))
    app = open_page("train")
    app.selectbox(key="train_data").select("photos").run()
    assert app.selectbox(key="train_family").value == "residual"
    assert f"starting from {name}" in page_text(app)
    width = next(field for field in app.number_input if field.label == "Width")
    trained_width = int(width.value or 0)
    width.set_value(trained_width + 4).run()
    assert any(f"{name} has other networks (width)" in message for message in messages(app))
    assert not [button for button in app.button if button.label == "Start"]
    next(field for field in app.selectbox if field.label == "Start from").set_value("").run()
    assert "from scratch" in page_text(app)
    next(field for field in app.selectbox if field.label == "Start from").set_value(name).run()
    next(field for field in app.number_input if field.label == "Width").set_value(trained_width).run()
    press_button(app, "Start")
    (command,) = launched_commands
    assert command[command.index("--start") + 1] == str(no_models / name)


def test_of_photos_with_kinds_the_kinds_are_learnt_or_a_trained_model_is_taken(
    open_page: OpenPage, runs_root: Path, tmp_path: Path, no_models: Path
) -> None:
    colour_checkpoint(no_models)
    for number in range(16):
        folder = tmp_path / "data" / "pets" / ("cats" if number < 8 else "dogs")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(encoded_photo(number))
    app = open_page("train")
    app.selectbox(key="train_data").select("pets").run()
    assert app.selectbox(key="train_family").value == "conditional"
    next(radio for radio in app.radio if radio.label == "Which network").set_value("One that is trained already").run()
    assert not app.exception
    assert app.selectbox(key="train_family").value == "residual"
    assert "starting from start-here" in page_text(app)


def test_every_objective_that_supports_the_task_can_be_selected(open_page: OpenPage, runs_root: Path) -> None:
    app = open_page("train")
    assert set(next(field for field in app.selectbox if field.label == "Objective").options) == {
        name for name, kind in OBJECTIVES.items() if kind.supports(Task.CLASS_CONDITIONAL)
    }

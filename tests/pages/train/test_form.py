"""The form of a new training: a start, and settings that are refused."""

from pathlib import Path

from gan_core.runs.status import RunState, list_runs
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, press_button


def test_a_start_names_only_changed_settings_and_the_run_waits_in_line(
    open_page: OpenPage, runs_root: Path, launched_commands: list[list[str]]
) -> None:
    app = open_page("train")
    app.selectbox(key="train_family").select("dcgan").run()
    next(field for field in app.number_input if field.label == "Steps").set_value(500)
    next(toggle for toggle in app.toggle if toggle.label == "Spectral norm").set_value(True)
    app.run()
    press_button(app, "Start")
    assert not app.exception
    (command,) = launched_commands
    assert command[:6] == ["train", "dcgan", "--data", "mnist", "--preset", "modern"]
    assert {"--spectral-norm", "--steps", "500", "--wait"} <= set(command)
    assert "--seed" not in command
    assert "It waits in line" in app.progress[0].text
    assert [run.state for run in list_runs(runs_root)] == [RunState.WAITING]


def test_settings_that_contradict_each_other_are_refused_in_a_sentence(open_page: OpenPage, runs_root: Path) -> None:
    app = open_page("train")
    app.selectbox(key="train_family").select("dcgan").run()
    next(field for field in app.selectbox if field.label == "Critic norm").select("batch").run()
    assert any("batch normalisation" in message for message in messages(app))
    assert not [button for button in app.button if button.label == "Start"]

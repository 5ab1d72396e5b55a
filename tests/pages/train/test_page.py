"""Train without a browser: data are looked at, every setting is there, a run is started, watched, cured, used."""

import io
import json
import shutil
import time
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.models import FAMILIES, Task
from gan_core.objectives import OBJECTIVES
from gan_core.runs import lifecycle, profiling
from gan_core.runs.profiling import CostEstimate
from gan_core.runs.queue import PROCESS_FILE, REQUEST_FILE, read_note, write_note
from gan_core.runs.recipes import DATA_DERIVED_FIELDS
from gan_core.runs.status import RunState, list_runs, read_status
from gan_core.runs.tutorials import TUTORIALS
from gan_core.training.config import TrainingConfig
from gan_core.training.trainer import train
from pages.train import cost
from pages.train.dataset import PATH_OPTION, UPLOAD_OPTION
from tests import factories
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, page_text, press_button

TINY_CONFIG = {"latent_size": 4, "width": 8, "layers": 1, "batch_size": 4, "steps": 40}


@pytest.fixture
def runs_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and of data; nothing is measured, which takes seconds."""
    monkeypatch.setenv("GAN_CORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(profiling, "estimate_cost", lambda run: CostEstimate(0.1, 1_200_000_000, 64))
    cost.cached_estimate.clear()
    (tmp_path / "data").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def launched_commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been started, instead of starting it."""
    asked: list[list[str]] = []

    def note(folder: Path, request: dict, arguments: list[str] | None = None) -> None:
        write_note(folder / REQUEST_FILE, request | {"asked": time.time()})
        asked.append(lifecycle.command_line(folder, arguments or request["arguments"]))

    monkeypatch.setattr(lifecycle, "launch", note)
    return asked


def finished_run(root: Path, name: str = "mine", **changes: object) -> Path:
    """A tiny run that has ended."""
    run = factories.run("vanilla", "classic", **{"steps": 12, "preview_every": 4, "save_every": 4} | changes)
    folder = root / name
    list(train(run, factories.labelled_images(), folder))
    write_note(folder / REQUEST_FILE, {"title": name.capitalize(), "asked": time.time() - 100, "plan": run.to_dict()})
    write_note(
        folder / PROCESS_FILE, {"pid": 1, "queued": time.time() - 99, "began": time.time() - 98, "ended": time.time()}
    )
    return folder


def write_images(folder: Path, count: int = 12) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


# A new training -------------------------------------------------------------------------------------------------------


def test_without_runs_the_page_opens_with_the_form_and_an_estimate(open_page: OpenPage, runs_root: Path) -> None:
    app = open_page("train")
    assert not app.exception
    assert not messages(app)
    assert "60,000 pictures" in page_text(app)
    assert "About 17 minutes" in page_text(app)  # 10,000 steps of a tenth of a second
    assert "1.2 GB" in page_text(app)


@pytest.mark.parametrize("family", ["vanilla", "dcgan", "residual", "conditional"])
def test_every_setting_that_is_no_matter_of_the_data_is_in_the_form(
    open_page: OpenPage, runs_root: Path, family: str
) -> None:
    app = open_page("train")
    app.selectbox(key="train_family").select(family).run()
    keys = " ".join(
        str(widget.key) for kind in ("number_input", "selectbox", "toggle", "text_input") for widget in app.get(kind)
    )
    configs = (FAMILIES[family].config, type(next(iter(FAMILIES[family].presets.values())).objective), TrainingConfig)
    for config in configs:
        for setting in fields(config):
            if "help" in setting.metadata and setting.name not in DATA_DERIVED_FIELDS:
                assert f"_{setting.name}" in keys, setting.name


def test_a_start_names_only_what_was_changed_and_the_run_waits_in_line(
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
    assert "--batch-size" not in command
    assert "It waits in line" in app.progress[0].text
    assert [run.state for run in list_runs(runs_root)] == [RunState.WAITING]


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_preset_that_teaches_says_what_to_look_for_and_fills_the_form(
    open_page: OpenPage, runs_root: Path, launched_commands: list[list[str]], name: str
) -> None:
    lesson = TUTORIALS[name]
    app = open_page("train")
    next(pills for pills in app.pills if pills.key == "train_lesson").set_value(name).run()
    assert lesson.what_to_watch in messages(app)
    press_button(app, "Start")
    (command,) = launched_commands
    for setting in ("steps", "batch_size", "width"):
        if setting in lesson.changes:
            assert str(lesson.changes[setting]) in command
    (entry,) = list_runs(runs_root)
    assert entry.title == lesson.title
    assert entry.total_steps == lesson.changes["steps"]


def test_a_recipe_that_contradicts_itself_is_refused_in_a_sentence(open_page: OpenPage, runs_root: Path) -> None:
    app = open_page("train")
    app.selectbox(key="train_family").select("dcgan").run()
    next(field for field in app.selectbox if field.label == "Critic norm").select("batch").run()
    assert any("batch normalisation" in message for message in messages(app))
    assert not [button for button in app.button if button.label == "Start"]


def test_families_that_cannot_learn_from_the_data_are_not_offered(
    open_page: OpenPage, runs_root: Path, tmp_path: Path
) -> None:
    write_images(tmp_path / "data" / "plain")
    app = open_page("train")
    app.selectbox(key="train_data").select("plain").run()
    assert app.selectbox(key="train_family").options == ["Vanilla GAN", "DCGAN", "Residual GAN"]
    assert any("12 images are few" in message for message in messages(app))


def test_a_path_is_looked_at_before_a_start_is_offered(open_page: OpenPage, runs_root: Path, tmp_path: Path) -> None:
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


def test_an_uploaded_zip_is_kept_and_offered_again_and_a_hostile_one_is_neither(
    open_page: OpenPage, runs_root: Path, tmp_path: Path
) -> None:
    files = {file.name: file.read_bytes() for file in write_images(tmp_path / "mine").iterdir()}
    app = open_page("train")
    app.selectbox(key="train_data").select(UPLOAD_OPTION).run()
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


# Runs -----------------------------------------------------------------------------------------------------------------


def test_a_run_that_has_ended_shows_pictures_curves_and_what_can_be_done(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    assert not app.exception
    assert not [message for message in messages(app) if "link" in message]
    assert {metric.label: metric.value for metric in app.metric}["Saved"] == "step 12"
    sheets = [element.value for element in app.html if "atelier-sheet" in element.value]
    assert 'alt="Preview of Mine at step 12"' in sheets[0]
    assert "Real pictures" in sheets[1]
    assert len(app.get("plotly_chart")) == 5
    assert "Too early to tell" in page_text(app)
    labels = [button.label for button in app.button]
    assert {"Delete", "Make it a model", "Go on"} <= set(labels)


def test_the_slider_goes_back_in_time(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = open_page("train", run="mine")
    slider = app.select_slider[0]
    assert slider.value == 12
    slider.set_value(4).run()
    assert any("at step 4" in element.value for element in app.html)
    app.run()
    assert app.select_slider[0].value == 4


def test_two_runs_are_compared(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    finished_run(runs_root, "other", seed=5)
    app = open_page("train", run="mine", against="other")
    assert not messages(app)
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert "discriminator (Other)" in [trace["name"] for trace in chart["data"]]


def test_a_deleted_run_can_be_taken_back(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = press_button(open_page("train", run="mine"), "Delete")
    assert not list_runs(runs_root)
    press_button(app, "Take it back")
    assert [run.name for run in list_runs(runs_root)] == ["mine"]
    assert not app.exception


def test_a_run_is_renamed_and_a_name_that_is_none_refused(open_page: OpenPage, runs_root: Path) -> None:
    folder = finished_run(runs_root)
    app = open_page("train", run="mine")
    app.text_input(key="train_title_mine").set_value("Better").run()
    press_button(app, "Rename it")
    assert read_status(folder).title == "Better"
    app.text_input(key="train_title_mine").set_value("  ").run()
    press_button(app, "Rename it")
    assert any("1 to 60 characters" in message for message in messages(app))


def test_what_became_of_a_killed_run_is_said_and_it_can_go_on(
    open_page: OpenPage, runs_root: Path, launched_commands: list[list[str]]
) -> None:
    folder = finished_run(runs_root, steps=12)
    note = read_note(folder / PROCESS_FILE)
    note.pop("ended")
    write_note(folder / PROCESS_FILE, note)
    plan = json.loads((folder / "run.json").read_text())
    plan["training"]["steps"] = 100
    (folder / "run.json").write_text(json.dumps(plan))
    app = open_page("train", run="mine")
    assert any("The process was killed" in message for message in messages(app))
    press_button(app, "Go on")
    assert launched_commands == [["train", "vanilla", "--resume", "--run", str(folder), "--wait"]]


@pytest.mark.parametrize("good", [True, False], ids=["with a good save", "never well"])
def test_a_remedy_starts_a_run_from_the_last_good_save_once(
    good: bool, open_page: OpenPage, runs_root: Path, launched_commands: list[list[str]]
) -> None:
    folder = finished_run(runs_root)
    lines = [{"step": step, "told_apart": 1.0, "discriminator": 0.001, "generator": 9.0,
              "generator_gradient": 1.0 if step < 5 else 1e-5} for step in range(1, 40)]  # fmt: skip
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if good:
        shutil.copytree(folder, folder / "good", ignore=shutil.ignore_patterns("good", "previews"))
    app = open_page("train", run="mine")
    assert "The discriminator has won" in page_text(app)
    assert (
        "from the last good save, step 12" if good else "from the beginning (no save of this one is known to be good)"
    ) in page_text(app)
    press_button(app, "Relativistic with R1 and R2")
    assert not app.exception
    (command,) = launched_commands
    assert ("--start" in command) is good
    assert not good or command[command.index("--start") + 1] == str(folder / "good")
    assert command[command.index("--objective") + 1] == "relativistic"
    assert len(list_runs(runs_root)) == 2
    assert app.selectbox(key="run").value == list_runs(runs_root)[0].name


def test_a_run_that_failed_is_used_as_it_was_when_all_was_well(
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


def test_a_link_to_a_run_that_is_gone_is_answered_by_a_sentence(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = open_page("train", run="nobodys")
    assert any("link's run cannot be used" in message for message in messages(app))
    assert not app.exception


def test_every_objective_can_be_chosen_for_a_family_that_draws(open_page: OpenPage, runs_root: Path) -> None:
    app = open_page("train")
    assert set(next(field for field in app.selectbox if field.label == "Objective").options) == {
        name for name, kind in OBJECTIVES.items() if kind.supports(Task.CLASS_CONDITIONAL)
    }

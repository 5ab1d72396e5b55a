"""The last good save of a run is kept, to start from and to export, whatever the run does later."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gan_core import cli
from gan_core.checkpoints.store import open_checkpoint
from gan_core.runs import last_good, lifecycle, promotion
from gan_core.runs.last_good import update_last_good
from gan_core.runs.status import RunState, read_status
from gan_core.runs.storage import disk_usage
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import train
from tests import factories

TrainWithLog = Callable[..., Path]
HEALTHY_COLUMNS = {"told_apart": 0.75, "generator_gradient": 1.0, "discriminator_gradient": 1.0, "discriminator": 0.6}


@pytest.fixture
def train_with_log(tmp_path: Path) -> TrainWithLog:
    """`train_with_log(steps, diversity)`: the folder of a run whose log is replaced by forty healthy lines."""

    def train_to(steps: int, diversity: tuple[float, ...] = (0.9, 0.9), **log: float) -> Path:
        folder = tmp_path / "mine"
        run = factories.run("vanilla", "classic", steps=steps, save_every=1000)
        list(train(run, factories.labelled_images(), folder, resume=folder.exists()))
        lines: dict[str, list[dict[str, Any]]] = {
            "log": [{"step": number + 1} | HEALTHY_COLUMNS | log for number in range(40)],
            "seen": [{"step": index + 1, "diversity": value} for index, value in enumerate(diversity)],
        }
        for name, rows in lines.items():
            (folder / f"{name}.jsonl").unlink(missing_ok=True)
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return folder

    return train_to


def saved_step_of(file: Path) -> int:
    return torch.load(file, weights_only=True)["step"]


@pytest.mark.parametrize(
    ("what", "diversity", "log"),
    [("collapsed", (0.1, 0.1), {}), ("about to collapse", (0.9, 0.1), {}), ("all one picture", (0.9, 0.0), {}),
     ("lost", (0.9, 0.9), {"told_apart": 1.0, "discriminator": 0.001}), ("too young to tell", (0.9,), {})],
)  # fmt: skip
def test_a_save_of_an_unhealthy_run_leaves_the_last_good_one(
    what: str, diversity: tuple[float, ...], log: dict[str, float], train_with_log: TrainWithLog
) -> None:
    folder = train_with_log(4)
    assert update_last_good(folder)
    assert read_status(folder).last_good_step == 4
    train_with_log(8, diversity, **log)
    assert not update_last_good(folder), what
    assert (read_status(folder).saved_step, read_status(folder).last_good_step) == (8, 4)
    assert (saved_step_of(folder / "state.pt"), saved_step_of(folder / "good" / "state.pt")) == (8, 4)
    train_with_log(12)
    assert update_last_good(folder)
    assert saved_step_of(folder / "good" / "state.pt") == 12


def test_a_gradient_that_explodes_in_the_last_line_makes_no_good_save(train_with_log: TrainWithLog) -> None:
    folder = train_with_log(4)
    with (folder / "log.jsonl").open("a") as log:
        log.write(json.dumps({"step": 41} | HEALTHY_COLUMNS | {"generator_gradient": 1e9}) + "\n")
    assert not update_last_good(folder)


def test_images_of_one_class_make_no_good_save_where_a_classifier_sees_it(
    train_with_log: TrainWithLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = train_with_log(4)
    monkeypatch.setattr(last_good, "last_class_counts", lambda entry: [[60, 2, 1, 1]])
    assert not update_last_good(folder)


def test_previews_of_digits_are_classified(tmp_path: Path) -> None:
    run = factories.run("vanilla", "classic", steps=4)
    list(train(run, factories.labelled_images(), tmp_path / "run"))
    assert last_good.last_class_counts(read_status(tmp_path / "run")) == []
    entry = read_status(tmp_path / "run")
    counted = last_good.last_class_counts(replace(entry, config=entry.config | {"data": "mnist"}))
    assert counted
    assert all(sum(counts) == 64 for counts in counted)


def test_training_in_the_last_good_save_does_not_change_the_run(train_with_log: TrainWithLog, tmp_path: Path) -> None:
    folder = train_with_log(4)
    update_last_good(folder)
    update_last_good(folder)
    assert not list((folder / "good").glob("*.partial"))
    before = (folder / "run.json").read_text()
    run = factories.run("vanilla", "classic", steps=6, save_every=1000)
    list(train(run, factories.labelled_images(), folder / "good", resume=True))
    assert (folder / "run.json").read_text() == before
    assert (saved_step_of(folder / "state.pt"), saved_step_of(folder / "good" / "state.pt")) == (4, 6)


@pytest.mark.parametrize(("run", "name"), [("mine/good", "mine"), ("good", "good"), ("mine", "mine")])
def test_the_last_good_save_has_the_name_of_its_run(run: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("{}")
    assert RunFolder(tmp_path / run).name == name


def test_a_full_disk_for_the_last_good_save_does_not_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: Path) -> bool:
        raise OSError("no space left")

    monkeypatch.setattr(last_good, "update_last_good", full)
    assert train_by_command(tmp_path) == 0
    assert "no space left" in capsys.readouterr().err


def test_the_command_train_updates_the_last_good_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Path] = []
    monkeypatch.setattr(last_good, "update_last_good", kept.append)
    assert train_by_command(tmp_path) == 0
    assert kept == [tmp_path / "run"] * 2


def train_by_command(folder: Path) -> int:
    """Trains a tiny run for four steps with two saves; returns the exit code."""
    (folder / "pictures").mkdir()
    for number, pixels in enumerate(factories.labelled_images().images[:, 0].numpy()):
        Image.fromarray(pixels).save(folder / "pictures" / f"{number}.png")
    arguments = ["--batch-size", "4", "--steps", "4", "--save-every", "2", "--width", "8", "--device", "cpu"]
    return cli.main(["train", "vanilla", "--data", str(folder / "pictures"), "--run", str(folder / "run"), *arguments])


def test_until_the_next_save_the_last_good_one_takes_no_room(train_with_log: TrainWithLog) -> None:
    folder = train_with_log(4)
    before = disk_usage(folder)
    update_last_good(folder)
    assert disk_usage(folder) - before < 5_000


def test_a_file_system_without_hard_links_gets_a_copy(
    train_with_log: TrainWithLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refused)
    folder = train_with_log(4)
    assert update_last_good(folder)
    assert (folder / "good" / "state.pt").read_bytes() == (folder / "state.pt").read_bytes()


def test_the_last_good_save_can_be_started_from_and_exported_under_the_name_of_the_run(
    train_with_log: TrainWithLog, tmp_path: Path
) -> None:
    folder = train_with_log(4)
    update_last_good(folder)
    train_with_log(8, (0.1, 0.1))
    made = promotion.promote(read_status(folder), "kept", tmp_path / "models", last_good=True)
    assert made.description.training["steps"] == 4
    assert promotion.promote(read_status(folder), "last", tmp_path / "models").description.training["steps"] == 8
    second = tmp_path / "second"
    list(
        train(
            replace(factories.run("vanilla", "classic", steps=2), start=str(folder / "good")),
            factories.labelled_images(),
            second,
        )
    )
    card = open_checkpoint(
        promotion.promote(read_status(second), "second", tmp_path / "models").folder
    ).description.training
    assert (card["before"]["name"], card["before"]["steps"]) == ("mine", 4)


@pytest.mark.parametrize(("good", "anew", "start"), [(True, False, "good"), (True, True, ""), (False, False, "")])
def test_a_run_with_a_remedy_starts_from_the_last_good_save_or_from_scratch(
    good: bool, anew: bool, start: str, train_with_log: TrainWithLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(lifecycle, "launch", lambda folder, request: asked.append(request))
    folder = train_with_log(4)
    if good:
        update_last_good(folder)
    lifecycle.restart_with(
        read_status(folder), factories.run("vanilla", "classic", steps=2), {}, "again", from_scratch=anew
    )
    assert asked[0]["plan"]["start"] == (str(folder / start) if start else "")


def test_a_failed_run_without_a_good_save_is_restarted_from_its_last_save(
    train_with_log: TrainWithLog,
) -> None:
    folder = train_with_log(4)
    assert lifecycle.restart_point(read_status(folder)) == (None, 0)
    assert lifecycle.restart_point(replace(read_status(folder), state=RunState.FAILED)) == (folder, 4)

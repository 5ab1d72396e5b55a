"""Threads of a training: no more than free cores, the same number after a resume, fewer where cores are taken."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core import devices
from gan_core.models import find_family
from gan_core.training import threads
from gan_core.training.events import Notice, Saved, Step
from gan_core.training.run_folder import RunFolder, read_log
from gan_core.training.threads import ThreadWatch, choose_threads, starting_threads, work_per_step
from gan_core.training.trainer import train
from tests import factories
from tests.training.short_runs import equal, eventful_run, resumable_state, train_to

LARGE = float("inf")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A quiet machine of three cores, of which torch would use all."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "available_cores", lambda: 3)
    monkeypatch.setattr(threads, "busy_cores", lambda: 0.0)
    monkeypatch.setattr(threads, "CHECK_EVERY_S", float("inf"))  # what else runs here is no part of the test
    with devices.use_threads(3):
        yield


@pytest.mark.parametrize(
    ("cores", "busy", "work", "expected"),
    [
        (2, 0.0, LARGE, 1),
        (2, 2.0, LARGE, 1),
        (8, 0.0, LARGE, 7),
        (8, 1.0, LARGE, 7),
        (8, 3.5, LARGE, 4),
        (8, 9.0, LARGE, 1),
        (1, 0.0, LARGE, 1),
        (8, 0.0, 1e6, 1),
    ],
)
def test_a_core_is_left_free_and_busy_cores_are_not_shared(cores: int, busy: float, work: float, expected: int) -> None:
    assert choose_threads(cores, busy, work) == expected


def test_convolutions_and_large_batches_are_worth_threads_and_small_perceptrons_are_not() -> None:
    def work(name: str, **changes: Any) -> float:
        family, run = find_family(name), factories.run(name, **changes)
        return work_per_step([family.generator(run.model), family.discriminator(run.model)], run.training.batch_size)

    assert work("dcgan") == LARGE
    assert work("vanilla", batch_size=8) == 2 * work("vanilla", batch_size=4)
    assert work("vanilla") < threads.SMALL_WORK < work("vanilla", width=1024, batch_size=128)


def test_a_number_that_is_asked_for_is_taken_and_one_that_is_given_is_not_exceeded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    networks = [torch.nn.Conv2d(1, 1, 1)]
    assert starting_threads(factories.run("dcgan", threads=9).training, networks) == 9
    settings = factories.run("dcgan").training
    assert starting_threads(settings, networks) == 2
    with devices.use_threads(1):
        assert starting_threads(settings, networks) == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert starting_threads(settings, networks) == 3


def test_a_resumed_run_keeps_its_threads_and_equals_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at the start; the machine is busy when it goes on."""
    run, used = eventful_run("dcgan"), []
    train_to(run, tmp_path / "whole")
    train_to(run, tmp_path / "halves", steps=3)
    monkeypatch.setattr(threads, "busy_cores", lambda: 2.0)
    for event in train(run, factories.dataset_for(run), tmp_path / "halves", resume=True):
        used += [torch.get_num_threads()] if isinstance(event, Step) else []
    assert used == [2, 2, 2]
    assert torch.get_num_threads() == 3
    whole, halves = resumable_state(tmp_path / "whole"), resumable_state(tmp_path / "halves")
    assert halves["threads"] == 2
    assert halves["hardware"].endswith("2 threads")
    assert equal(whole, halves)


def test_the_number_can_be_changed_at_a_resume_and_only_the_number(tmp_path: Path) -> None:
    train_to(factories.run("vanilla"), tmp_path / "run")
    train_to(factories.run("vanilla", threads=3), tmp_path / "run", steps=6, resume=True)
    assert resumable_state(tmp_path / "run")["threads"] == 3


def test_a_run_of_an_older_version_goes_on_with_the_threads_of_torch(tmp_path: Path) -> None:
    files = RunFolder(tmp_path / "run")
    train_to(factories.run("vanilla"), files.path)
    state = files.read_state()
    del state["threads"], state["elapsed"]
    files.write_state(state)
    train_to(factories.run("vanilla"), files.path, steps=6, resume=True)
    assert resumable_state(files.path)["threads"] == 3
    assert read_log(files.log_file)[-1]["elapsed"] >= round(state["seconds"], 2)


def test_a_machine_with_fewer_cores_uses_no_more_threads_than_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "available_cores", lambda: 2)
    with devices.use_threads(2):
        assert threads.resumed_threads(factories.run("dcgan").training, {"threads": 7}) == 2


# Cores that are taken during a training -------------------------------------------------------------------------------


class BusyMeter:
    """A machine on which other programs keep two of three cores busy."""

    def others(self) -> float:
        return 2.0


@pytest.fixture
def busy_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs take cores once the training has begun."""
    monkeypatch.setattr(threads, "ProcessorMeter", BusyMeter)
    monkeypatch.setattr(threads, "CHECK_EVERY_S", 0.0)


@pytest.mark.usefixtures("busy_later")
def test_a_training_whose_cores_are_taken_goes_on_with_fewer_threads_and_saves(tmp_path: Path) -> None:
    run = factories.run("dcgan", steps=3, save_every=100, preview_every=100, log_every=100)
    events = train_to(run, tmp_path / "run")
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert "goes on with 1 of its threads" in notice.text
    assert [event.number for event in events if isinstance(event, Saved)] == [1, 3]
    assert resumable_state(tmp_path / "run")["threads"] == 1


@pytest.mark.usefixtures("busy_later")
def test_a_resume_from_the_save_of_the_change_is_exact(tmp_path: Path) -> None:
    run = eventful_run("dcgan", save_every=100)
    train_to(run, tmp_path / "whole")
    killed = train(run, factories.dataset_for(run), tmp_path / "killed")
    for event in killed:
        if isinstance(event, Step) and event.number == 3:
            break
    killed.close()  # type: ignore[attr-defined]
    assert resumable_state(tmp_path / "killed")["step"] == 1
    train_to(run, tmp_path / "killed", resume=True)
    assert equal(resumable_state(tmp_path / "whole"), resumable_state(tmp_path / "killed"))


@pytest.mark.usefixtures("busy_later")
def test_a_number_that_was_asked_for_never_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ThreadWatch(factories.run("dcgan").training, "cpu", 1).fewer_threads() == 1
    assert ThreadWatch(factories.run("dcgan", threads=3).training, "cpu", 1).fewer_threads() is None
    assert ThreadWatch(factories.run("dcgan").training, "cuda", 1).fewer_threads() is None
    assert ThreadWatch(factories.run("dcgan").training, "cpu", 2).fewer_threads() is None
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert ThreadWatch(factories.run("dcgan").training, "cpu", 1).fewer_threads() is None

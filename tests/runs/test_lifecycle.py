"""The life of a run: in line, training, stopped and resumed, killed, deleted and taken back."""

import os
import signal
import time
from pathlib import Path

import pytest

from gan_core.errors import InputError
from gan_core.runs import lifecycle
from gan_core.runs.queue import PROCESS, read, write
from gan_core.runs.status import State, entries, look, size
from gan_core.training.run_folder import RunFolder
from tests.runs.conftest import Await, plan


def test_two_runs_one_trains_while_the_other_waits_and_a_kill_loses_only_what_was_not_saved(
    root: Path, pictures: Path, until: Await
) -> None:
    first = lifecycle.start(root, "First", *plan(pictures))
    until(first, State.RUNNING, State.CRASHED, step=205)
    second = lifecycle.start(root, "Second", *plan(pictures, steps=20))
    waiting = until(second, State.WAITING)
    running = look(first)
    assert [each.title for each in entries(root)] == ["Second", "First"]
    assert running.pid
    assert running.saved >= 200
    os.kill(running.pid, signal.SIGKILL)
    lost = until(first, State.LOST)
    assert "gone without a word" in lost.reason
    assert lost.saved % 200 == 0
    assert lost.step - lost.saved < 400
    assert waiting.ahead == 0  # the one that trains is no longer in line
    done = until(second, State.FINISHED, State.CRASHED)
    assert (done.state, done.step, done.saved) == (State.FINISHED, 20, 20)
    lifecycle.resume(lost)
    again = until(first, State.RUNNING, State.CRASHED, step=lost.saved + 5)
    lifecycle.stop(again)
    stopped = until(first, State.STOPPED)
    assert RunFolder(first).read_state()["step"] == stopped.saved == stopped.step or stopped.saved > stopped.step
    lifecycle.resume(done, steps=30)
    assert until(second, State.FINISHED, step=30).saved == 30


def test_a_run_that_cannot_begin_says_why_and_can_be_tried_again(root: Path, pictures: Path, until: Await) -> None:
    run, changes = plan(pictures, steps=5)
    hidden = pictures.rename(pictures.with_name("elsewhere"))
    folder = lifecycle.start(root, "Mine", run, changes)
    crashed = until(folder, State.CRASHED)
    assert "There is no data set" in crashed.reason
    hidden.rename(pictures)
    lifecycle.resume(crashed)
    assert until(folder, State.FINISHED, State.CRASHED, step=5).state is State.FINISHED


def finished(root: Path, name: str = "mine") -> Path:
    """A run that looks as if it had ended."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    write(folder / PROCESS, {"pid": 1, "queued": 1.0, "began": 2.0, "ended": 3.0})
    return folder


def test_a_deleted_run_can_be_taken_back_for_an_hour(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = finished(root)
    place = lifecycle.delete(look(folder))
    assert not entries(root)
    assert lifecycle.take_back(place) == folder
    assert [each.name for each in entries(root)] == ["mine"]
    place = lifecycle.delete(look(folder))
    finished(root)
    with pytest.raises(InputError, match="another run mine"):
        lifecycle.take_back(place)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + lifecycle.KEPT + 1)
    lifecycle.empty_trash(root)
    with pytest.raises(InputError, match="deleted for good"):
        lifecycle.take_back(place)


def test_a_run_that_trains_is_not_deleted(root: Path) -> None:
    from filelock import FileLock

    folder = finished(root)
    with FileLock(folder / ".lock"), pytest.raises(InputError, match="stop it first"):
        lifecycle.delete(look(folder))
    assert folder.is_dir()


def test_a_stop_never_signals_a_process_that_has_ended(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = finished(root)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("its number may be anybody's by now"))
    lifecycle.stop(look(folder))


def test_titles_are_kept_and_folders_are_plain_and_never_shared(root: Path) -> None:
    names = [
        lifecycle.new_folder(root, title).name for title in ("My cats & dogs!", "my CATS, dogs", "../../etc", "😀")
    ]
    assert names == ["my-cats-dogs", "my-cats-dogs-2", "etc", "run"]
    folder = finished(root)
    lifecycle.rename(look(folder), "  Another   name ")
    assert look(folder).title == "Another name"
    for title in ("", "a\nb" * 40, "x" * 61, "\x00"):
        with pytest.raises(InputError, match="1 to 60 characters"):
            lifecycle.rename(look(folder), title)


def test_the_quota_is_kept_before_anything_is_started(
    root: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = finished(root)
    (folder / "state.pt").write_bytes(b"0" * 2_000_000)
    assert size(folder) > 2_000_000
    monkeypatch.setenv("GAN_CORE_RUNS_GB", "0.001")
    with pytest.raises(InputError, match=r"0\.0 of 0\.001 GB: delete some"):
        lifecycle.start(root, "Mine", *plan(pictures))
    assert [each.name for each in root.glob("[!.]*")] == ["mine"]
    monkeypatch.setenv("GAN_CORE_RUNS_GB", "plenty")
    with pytest.raises(InputError, match="number of gigabytes"):
        lifecycle.demand_room(root)


def test_settings_become_flags() -> None:
    changes = {"batch_size": 64, "spectral_norm": True, "r1": 0.5, "critic_norm": "none"}
    assert lifecycle.flags(changes | {"modern": False}) == [
        "--batch-size", "64", "--spectral-norm", "--r1", "0.5", "--critic-norm", "none", "--no-modern",
    ]  # fmt: skip


def test_a_note_of_a_torn_write_is_no_note(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("{")
    assert read(tmp_path / "note") == {}

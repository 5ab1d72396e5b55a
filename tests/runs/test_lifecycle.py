"""Runs are queued, trained, stopped, killed, resumed and renamed."""

import os
import signal
from pathlib import Path

import pytest

from gan_core.errors import UsageError
from gan_core.runs import lifecycle
from gan_core.runs.queue import PROCESS_FILE, REQUEST_FILE, read_note, write_note
from gan_core.runs.status import RunState, list_runs, read_status
from gan_core.training.run_folder import RunFolder
from tests.runs.conftest import WaitUntil, ended_run, tiny_run


def test_one_run_trains_while_another_waits_and_a_kill_loses_only_what_was_not_saved(
    root: Path, image_folder: Path, wait_until: WaitUntil
) -> None:
    first = lifecycle.start(root, "First", *tiny_run(image_folder))
    wait_until(first, RunState.RUNNING, RunState.FAILED, step=205)
    second = lifecycle.start(root, "Second", *tiny_run(image_folder, steps=20))
    waiting = wait_until(second, RunState.WAITING)
    running = read_status(first)
    assert [run.title for run in list_runs(root)] == ["Second", "First"]
    assert running.pid
    assert running.saved_step >= 200
    os.kill(running.pid, signal.SIGKILL)
    lost = wait_until(first, RunState.KILLED)
    assert "was killed" in lost.failure_message
    assert lost.saved_step % 200 == 0
    assert lost.step - lost.saved_step < 400
    assert waiting.queue_position == 0  # the one that trains is no longer in line
    done = wait_until(second, RunState.FINISHED, RunState.FAILED)
    assert (done.state, done.step, done.saved_step) == (RunState.FINISHED, 20, 20)
    lifecycle.resume(lost)
    again = wait_until(first, RunState.RUNNING, RunState.FAILED, step=lost.saved_step + 5)
    lifecycle.stop(again)
    stopped = wait_until(first, RunState.STOPPED)
    assert (
        RunFolder(first).read_state()["step"] == stopped.saved_step == stopped.step or stopped.saved_step > stopped.step
    )
    lifecycle.resume(done, steps=30)
    assert wait_until(second, RunState.FINISHED, step=30).saved_step == 30


def test_a_run_that_cannot_begin_says_why_and_can_be_resumed(
    root: Path, image_folder: Path, wait_until: WaitUntil
) -> None:
    run, changes = tiny_run(image_folder, steps=5)
    hidden = image_folder.rename(image_folder.with_name("elsewhere"))
    folder = lifecycle.start(root, "Mine", run, changes)
    crashed = wait_until(folder, RunState.FAILED)
    assert "There is no data set" in crashed.failure_message
    hidden.rename(image_folder)
    lifecycle.resume(crashed)
    assert wait_until(folder, RunState.FINISHED, RunState.FAILED, step=5).state is RunState.FINISHED


def test_a_stop_never_signals_a_process_that_has_ended(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ended_run(root)
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("its number may be anybody's by now"))
    lifecycle.stop(read_status(folder))


def test_titles_are_kept_and_folder_names_are_plain_and_unique(root: Path) -> None:
    names = [
        lifecycle.new_folder(root, title).name for title in ("My cats & dogs!", "my CATS, dogs", "../../etc", "😀")
    ]
    assert names == ["my-cats-dogs", "my-cats-dogs-2", "etc", "run"]
    folder = ended_run(root)
    lifecycle.rename(read_status(folder), "  Another   name ")
    assert read_status(folder).title == "Another name"
    for title in ("", "a\nb" * 40, "x" * 61, "\x00"):
        with pytest.raises(UsageError, match="1 to 60 characters"):
            lifecycle.rename(read_status(folder), title)


def test_settings_become_flags() -> None:
    changes = {"batch_size": 64, "spectral_norm": True, "r1": 0.5, "critic_norm": "none"}
    assert lifecycle.to_flags(changes | {"modern": False}) == [
        "--batch-size", "64", "--spectral-norm", "--r1", "0.5", "--critic-norm", "none", "--no-modern",
    ]  # fmt: skip


def test_a_damaged_note_is_empty(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("{")
    assert read_note(tmp_path / "note") == {}


def test_a_run_whose_images_were_moved_goes_on_where_they_are_now(
    root: Path, image_folder: Path, wait_until: WaitUntil
) -> None:
    folder = lifecycle.start(root, "Mine", *tiny_run(image_folder, steps=5))
    done = wait_until(folder, RunState.FINISHED, RunState.FAILED, step=5)
    moved = image_folder.rename(image_folder.with_name("elsewhere"))
    assert lifecycle.missing_path(done) == str(image_folder)
    assert lifecycle.needs_data(done)
    with pytest.raises(UsageError, match="which is not there any more: name their place"):
        lifecycle.resume(done, steps=10)
    lifecycle.resume(done, steps=10, data=str(moved))
    again = wait_until(folder, RunState.FINISHED, step=10)
    assert not lifecycle.needs_data(again)
    assert again.config["data"] == str(moved)


def test_a_run_that_never_began_is_asked_for_again_with_other_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[list[str]] = []
    monkeypatch.setattr(lifecycle, "launch", lambda _, request: launched.append(request["arguments"]))
    (tmp_path / "mine").mkdir()
    request = {"title": "Mine", "plan": {"data": "/gone"}, "arguments": ["vanilla", "--data", "/gone", "--steps", "5"]}
    write_note(tmp_path / "mine" / REQUEST_FILE, request)
    write_note(tmp_path / "mine" / PROCESS_FILE, {"queued": 1.0, "ended": 2.0, "reason": "no"})
    status = read_status(tmp_path / "mine")
    assert lifecycle.missing_path(status) == "/gone"
    lifecycle.resume(status, data="/here")
    assert launched == [["vanilla", "--data", "/here", "--steps", "5"]]


def test_a_run_whose_images_are_others_or_lost_needs_data(root: Path) -> None:
    folder = ended_run(root)
    assert not lifecycle.needs_data(read_status(folder))
    for reason in ("This is not the data set of the run: it had 3 images", "go on with `--resume --data NEW`"):
        write_note(folder / PROCESS_FILE, {"pid": 1, "queued": 1.0, "began": 2.0, "ended": 3.0, "reason": reason})
        assert lifecycle.needs_data(read_status(folder))

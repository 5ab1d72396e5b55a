"""The queue: one run at a time, first come, first served, and dead processes do not block it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gan_core.cli import main
from gan_core.errors import ExternalError, UsageError
from gan_core.runs import queue
from gan_core.runs.queue import (
    ALIVE_LOCK,
    PROCESS_FILE,
    REQUEST_FILE,
    is_locked,
    queue_slot,
    read_note,
    runs_ahead,
    write_note,
)

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60
PROCESS_SCRIPT = """
import sys, time
from pathlib import Path
from gan_core.runs.queue import queue_slot
with queue_slot(Path(sys.argv[1])):
    until = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < until:
        time.sleep(0.05)
"""
StartProcess = Callable[[str, float], subprocess.Popen]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[StartProcess]:
    """`begin(name, seconds)`: a process that queues for the folder of that name, then holds the slot so long."""
    started: list[subprocess.Popen] = []

    def start(name: str, seconds: float) -> subprocess.Popen:
        started.append(
            subprocess.Popen([sys.executable, "-c", PROCESS_SCRIPT, str(tmp_path / name), str(seconds)], cwd=ROOT)
        )
        wait_for_note(tmp_path / name, "queued")
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for_note(folder: Path, name: str) -> dict:
    deadline = time.monotonic() + TIMEOUT_S
    while name not in (note := read_note(folder / PROCESS_FILE)):
        assert time.monotonic() < deadline, f"{folder.name} never {name}"
        time.sleep(0.02)
    return note


def test_one_run_trains_and_the_others_wait_in_order(tmp_path: Path, begin: StartProcess) -> None:
    first = begin("c", 100)
    wait_for_note(tmp_path / "c", "began")
    second, third = begin("b", 0.3), begin("a", 0.3)
    assert [folder.name for folder in runs_ahead(tmp_path / "a")] == ["b"]
    assert not runs_ahead(tmp_path / "b")
    time.sleep(3 * queue.POLL_S)
    assert all("began" not in read_note(tmp_path / name / PROCESS_FILE) for name in ("a", "b"))
    first.terminate()
    assert second.wait(TIMEOUT_S) == third.wait(TIMEOUT_S) == 0
    ended, began = read_note(tmp_path / "b" / PROCESS_FILE), read_note(tmp_path / "a" / PROCESS_FILE)
    assert read_note(tmp_path / "c" / PROCESS_FILE)["ended"] < ended["began"] < ended["ended"] < began["began"]


def test_killed_runs_block_the_queue_neither_training_nor_waiting(tmp_path: Path, begin: StartProcess) -> None:
    first = begin("one", 100)
    wait_for_note(tmp_path / "one", "began")
    waiting, last = begin("two", 0), begin("three", 0)
    waiting.kill()
    first.kill()
    assert last.wait(TIMEOUT_S) == 0
    assert "ended" not in read_note(tmp_path / "one" / PROCESS_FILE)
    assert not is_locked(tmp_path / "one" / ALIVE_LOCK)


def test_a_waiting_run_can_leave_the_queue(tmp_path: Path, begin: StartProcess) -> None:
    begin("one", 100)
    wait_for_note(tmp_path / "one", "began")
    waiting = begin("two", 0)
    waiting.terminate()
    assert waiting.wait(TIMEOUT_S) != 0
    note = read_note(tmp_path / "two" / PROCESS_FILE)
    assert "began" not in note
    assert note["reason"] is None


def test_a_stop_requested_before_the_process_started_is_respected(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write_note(tmp_path / "run" / REQUEST_FILE, {"stop": 1.0})
    with pytest.raises(KeyboardInterrupt), queue_slot(tmp_path / "run"):
        pytest.fail("it had its turn")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ExternalError("The loss is no longer finite."), "The loss is no longer finite."),
        (UsageError("There is no data set."), "There is no data set."),
        (MemoryError(), "There was not enough memory."),
        (RuntimeError("odd"), "RuntimeError: odd"),
    ],
)
def test_the_error_that_ended_a_training_is_noted_and_raised(error: Exception, told: str, tmp_path: Path) -> None:
    with pytest.raises(type(error)), queue_slot(tmp_path / "run"):
        raise error
    assert read_note(tmp_path / "run" / PROCESS_FILE)["reason"] == told
    assert not is_locked(tmp_path / "run" / ALIVE_LOCK)


def test_two_processes_never_train_in_one_folder(
    tmp_path: Path, begin: StartProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("run", 100)
    monkeypatch.setattr(queue, "LOCK_TIMEOUT_S", 0.1)
    with pytest.raises(UsageError, match="Another process is training"), queue_slot(tmp_path / "run"):
        pass


def test_signal_handlers_are_restored_after_a_slot(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with queue_slot(tmp_path / "run"):
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is before


def test_several_processes_of_a_launcher_cannot_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", "dcgan", "--run", str(tmp_path / "run"), "--wait"]) == 2
    assert not (tmp_path / "run").exists()


def test_waiting_imports_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from gan_core.commands import train\n"
        f"with train.queue_slot(['train', 'dcgan', '--run', {str(tmp_path / 'run')!r}, '--wait']): pass\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=os.environ)
    assert done.stdout.strip() == "False", done.stderr
    assert "ended" in read_note(tmp_path / "run" / PROCESS_FILE)

"""The line: one at a time, first come first served, and nobody who has gone is waited for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gan_core.cli import main
from gan_core.errors import InputError, OutsideError
from gan_core.runs import queue
from gan_core.runs.queue import ALIVE, PROCESS, REQUEST, ahead, held, read, turn, write

ROOT = Path(__file__).parents[2]
PATIENCE = 60
WORK = """
import sys, time
from pathlib import Path
from gan_core.runs.queue import turn
with turn(Path(sys.argv[1])):
    until = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < until:
        time.sleep(0.05)
"""
Begin = Callable[[str, float], subprocess.Popen]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """`begin(name, seconds)`: a process that stands in line for the folder of that name, then works so long."""
    started: list[subprocess.Popen] = []

    def start(name: str, seconds: float) -> subprocess.Popen:
        started.append(subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path / name), str(seconds)], cwd=ROOT))
        await_note(tmp_path / name, "queued")
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()


def await_note(folder: Path, name: str) -> dict:
    until = time.monotonic() + PATIENCE
    while name not in (note := read(folder / PROCESS)):
        assert time.monotonic() < until, f"{folder.name} never {name}"
        time.sleep(0.02)
    return note


def test_one_trains_and_the_others_wait_in_the_order_in_which_they_came(tmp_path: Path, begin: Begin) -> None:
    first = begin("c", 100)
    await_note(tmp_path / "c", "began")
    second, third = begin("b", 0.3), begin("a", 0.3)
    assert [each.name for each in ahead(tmp_path / "a")] == ["b"]
    assert not ahead(tmp_path / "b")
    time.sleep(3 * queue.POLL)
    assert all("began" not in read(tmp_path / name / PROCESS) for name in ("a", "b"))
    first.terminate()
    assert second.wait(PATIENCE) == third.wait(PATIENCE) == 0
    ended, began = read(tmp_path / "b" / PROCESS), read(tmp_path / "a" / PROCESS)
    assert read(tmp_path / "c" / PROCESS)["ended"] < ended["began"] < ended["ended"] < began["began"]


def test_the_turn_of_one_that_is_killed_passes_on_and_who_is_killed_waiting_is_not_waited_for(
    tmp_path: Path, begin: Begin
) -> None:
    first = begin("one", 100)
    await_note(tmp_path / "one", "began")
    waiting, last = begin("two", 0), begin("three", 0)
    waiting.kill()
    first.kill()
    assert last.wait(PATIENCE) == 0
    assert "ended" not in read(tmp_path / "one" / PROCESS)
    assert not held(tmp_path / "one" / ALIVE)


def test_who_waits_can_leave_the_line(tmp_path: Path, begin: Begin) -> None:
    begin("one", 100)
    await_note(tmp_path / "one", "began")
    waiting = begin("two", 0)
    waiting.terminate()
    assert waiting.wait(PATIENCE) != 0
    note = read(tmp_path / "two" / PROCESS)
    assert "began" not in note
    assert note["reason"] is None


def test_a_stop_that_was_asked_for_before_the_process_was_there_is_heard(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write(tmp_path / "run" / REQUEST, {"stop": 1.0})
    with pytest.raises(KeyboardInterrupt), turn(tmp_path / "run"):
        pytest.fail("it had its turn")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OutsideError("The loss is no longer finite."), "The loss is no longer finite."),
        (InputError("There is no data set."), "There is no data set."),
        (MemoryError(), "There was not enough memory."),
        (RuntimeError("odd"), "RuntimeError: odd"),
    ],
)
def test_what_ended_a_training_is_noted_and_flies_on(error: Exception, told: str, tmp_path: Path) -> None:
    with pytest.raises(type(error)), turn(tmp_path / "run"):
        raise error
    assert read(tmp_path / "run" / PROCESS)["reason"] == told
    assert not held(tmp_path / "run" / ALIVE)


def test_two_processes_never_have_their_turn_in_one_folder(
    tmp_path: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("run", 100)
    monkeypatch.setattr(queue, "PATIENCE", 0.1)
    with pytest.raises(InputError, match="Another process is training"), turn(tmp_path / "run"):
        pass


def test_signals_are_as_they_were_after_a_turn(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with turn(tmp_path / "run"):
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_launcher_of_several_processes_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", "dcgan", "--run", str(tmp_path / "run"), "--wait"]) == 2
    assert not (tmp_path / "run").exists()


def test_waiting_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from gan_core.commands import train\n"
        f"with train.turn(['train', 'dcgan', '--run', {str(tmp_path / 'run')!r}, '--wait']): pass\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=os.environ)
    assert done.stdout.strip() == "False", done.stderr
    assert "ended" in read(tmp_path / "run" / PROCESS)

"""A run's state is read off its folder alone, whoever looks and whatever became of the process."""

import json
import time
from pathlib import Path

import pytest
from filelock import FileLock

from gan_core.runs.queue import ALIVE, OUTPUT, PROCESS, REQUEST, write
from gan_core.runs.status import Entry, State, entries, look
from tests import factories

PLAN = factories.run("vanilla", steps=40).to_dict()
NOW = time.time()
LONG_AGO = {"asked": NOW - 1000, "title": "Mine", "plan": PLAN}
PROCESSED = {"pid": 999_999, "queued": NOW - 999, "began": NOW - 998}


def folder(root: Path, request: dict | None, process: dict | None, step: int = 0, saved: int = 0) -> Path:
    """A run's folder with these notes, a log up to a step and a save."""
    place = root / "mine"
    place.mkdir()
    if request is not None:
        write(place / REQUEST, request)
    if process is not None:
        write(place / PROCESS, process)
    if step:
        (place / "run.json").write_text(json.dumps(PLAN))
        (place / "log.jsonl").write_text("".join(f'{{"step": {each}}}\n' for each in range(1, step + 1)))
    if saved:
        (place / "state.pt").write_bytes(b"0" * 100)
        (place / ".saved").write_text(str(saved))
    return place


@pytest.mark.parametrize(
    ("request_", "process", "step", "state"),
    [
        (LONG_AGO | {"asked": NOW}, None, 0, State.WAITING),
        (LONG_AGO | {"asked": NOW}, PROCESSED | {"ended": NOW - 5}, 20, State.WAITING),
        (LONG_AGO | {"stop": NOW - 5}, PROCESSED | {"ended": NOW - 5}, 20, State.STOPPED),
        (LONG_AGO, PROCESSED | {"ended": NOW - 5}, 20, State.STOPPED),
        (LONG_AGO, PROCESSED | {"ended": NOW - 5}, 40, State.FINISHED),
        (LONG_AGO, PROCESSED | {"ended": NOW - 5, "reason": "It diverged."}, 20, State.CRASHED),
        (LONG_AGO, PROCESSED, 20, State.LOST),
        (LONG_AGO, None, 0, State.LOST),
        (None, None, 20, State.STOPPED),
        (None, None, 40, State.FINISHED),
    ],
)
def test_the_state_of_a_run_without_a_process(
    tmp_path: Path, request_: dict | None, process: dict | None, step: int, state: State
) -> None:
    if request_ and request_["asked"] == NOW:  # the module may have been imported long ago
        request_ = request_ | {"asked": time.time()}
    entry = look(folder(tmp_path, request_, process, step))
    assert entry.state is state
    assert entry.pid is None  # by now it may be anybody's
    assert entry.steps == 40
    assert entry.title == ("Mine" if request_ else "mine")


def test_a_living_process_prepares_runs_and_stops(tmp_path: Path) -> None:
    place = folder(tmp_path, LONG_AGO, PROCESSED)
    with FileLock(place / ALIVE):
        assert look(place).state is State.PREPARING
        (place / "log.jsonl").write_text('{"step": 3}\n{"step": 4}\n{"ste')
        assert look(place).state is State.RUNNING
        assert look(place).step == 4
        assert look(place).pid == 999_999
        write(place / REQUEST, LONG_AGO | {"stop": NOW})
        assert look(place).state is State.STOPPING
    assert look(place).state is State.STOPPED


def test_a_run_started_by_hand_is_seen_while_it_goes(tmp_path: Path) -> None:
    place = folder(tmp_path, None, None, step=20)
    with FileLock(place / ".lock"):
        assert look(place).state is State.RUNNING


def test_what_a_killed_run_lost_is_said(tmp_path: Path) -> None:
    place = folder(tmp_path, LONG_AGO, PROCESSED, step=33, saved=20)
    (place / OUTPUT).write_text("something\nKilled by the kernel\n")
    reason = look(place).reason
    for part in ("gone without a word", "save of step 20 is whole", "up to 33, are lost", "Killed by the kernel"):
        assert part in reason


def test_a_run_killed_before_its_first_save_must_begin_again(tmp_path: Path) -> None:
    assert "beginning again" in look(folder(tmp_path, LONG_AGO, PROCESSED, step=3)).reason


def test_torn_notes_are_no_notes(tmp_path: Path) -> None:
    place = folder(tmp_path, None, None, step=20)
    (place / REQUEST).write_text('{"title": "Mi')
    (place / PROCESS).write_text("[1]")
    assert look(place).title == "mine"


def test_the_youngest_run_comes_first_and_other_folders_are_none(tmp_path: Path) -> None:
    for name, asked in (("old", 1.0), ("young", 3.0), ("middle", 2.0)):
        (tmp_path / name).mkdir()
        write(tmp_path / name / REQUEST, {"asked": asked, "stop": asked})
    (tmp_path / "something").mkdir()
    (tmp_path / ".trash" / "1-gone").mkdir(parents=True)
    assert [each.name for each in entries(tmp_path)] == ["young", "middle", "old"]


def test_a_setting_is_found_wherever_it_is_declared() -> None:
    entry = Entry(Path("x"), "x", State.STOPPED, PLAN)
    assert entry.setting("batch_size") == 4
    assert entry.setting("image_size") == 28
    assert entry.setting("nothing", 7) == 7

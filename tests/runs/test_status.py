"""The status of a run is read from its folder alone."""

import json
import time
from pathlib import Path

import pytest
from filelock import FileLock

from gan_core.runs.queue import ALIVE_LOCK, OUTPUT_FILE, PROCESS_FILE, REQUEST_FILE, write_note
from gan_core.runs.status import RunState, RunStatus, list_runs, read_status
from tests import factories

pytestmark = pytest.mark.core

CONFIG = factories.run("vanilla", steps=40).to_dict()
NOW = time.time()
OLD_REQUEST = {"asked": NOW - 1000, "title": "Mine", "plan": CONFIG}
PROCESS_NOTE = {"pid": 999_999, "queued": NOW - 999, "began": NOW - 998}


def run_folder(root: Path, request: dict | None, process: dict | None, step: int = 0, saved: int = 0) -> Path:
    """A run's folder with these notes, a log up to a step, and a save."""
    path = root / "mine"
    path.mkdir()
    if request is not None:
        write_note(path / REQUEST_FILE, request)
    if process is not None:
        write_note(path / PROCESS_FILE, process)
    if step:
        (path / "run.json").write_text(json.dumps(CONFIG))
        (path / "log.jsonl").write_text("".join(f'{{"step": {number}}}\n' for number in range(1, step + 1)))
    if saved:
        (path / "state.pt").write_bytes(b"0" * 100)
        (path / ".saved").write_text(str(saved))
    return path


@pytest.mark.parametrize(
    ("request_", "process", "step", "state"),
    [
        (OLD_REQUEST | {"asked": NOW}, None, 0, RunState.WAITING),
        (OLD_REQUEST | {"asked": NOW}, PROCESS_NOTE | {"ended": NOW - 5}, 20, RunState.WAITING),
        (OLD_REQUEST | {"stop": NOW - 5}, PROCESS_NOTE | {"ended": NOW - 5}, 20, RunState.STOPPED),
        (OLD_REQUEST, PROCESS_NOTE | {"ended": NOW - 5}, 20, RunState.STOPPED),
        (OLD_REQUEST, PROCESS_NOTE | {"ended": NOW - 5}, 40, RunState.FINISHED),
        (OLD_REQUEST, PROCESS_NOTE | {"ended": NOW - 5, "reason": "It diverged."}, 20, RunState.FAILED),
        (OLD_REQUEST, PROCESS_NOTE, 20, RunState.KILLED),
        (OLD_REQUEST, None, 0, RunState.KILLED),
        (None, None, 20, RunState.STOPPED),
        (None, None, 40, RunState.FINISHED),
    ],
)
def test_the_state_of_a_run_without_a_process(
    tmp_path: Path, request_: dict | None, process: dict | None, step: int, state: RunState
) -> None:
    if request_ and request_["asked"] == NOW:  # the module may have been imported long ago
        request_ = request_ | {"asked": time.time()}
    status = read_status(run_folder(tmp_path, request_, process, step))
    assert status.state is state
    assert status.pid is None  # by now it may be anybody's
    assert status.total_steps == 40
    assert status.title == ("Mine" if request_ else "mine")


def test_a_living_process_is_preparing_then_running_then_stopping(tmp_path: Path) -> None:
    path = run_folder(tmp_path, OLD_REQUEST, PROCESS_NOTE)
    with FileLock(path / ALIVE_LOCK):
        assert read_status(path).state is RunState.PREPARING
        (path / "log.jsonl").write_text('{"step": 3}\n{"step": 4}\n{"ste')
        assert read_status(path).state is RunState.RUNNING
        assert read_status(path).step == 4
        assert read_status(path).pid == 999_999
        write_note(path / REQUEST_FILE, OLD_REQUEST | {"stop": NOW})
        assert read_status(path).state is RunState.STOPPING
    assert read_status(path).state is RunState.STOPPED


def test_a_run_started_by_hand_is_running(tmp_path: Path) -> None:
    path = run_folder(tmp_path, None, None, step=20)
    with FileLock(path / ".lock"):
        assert read_status(path).state is RunState.RUNNING


def test_the_message_of_a_killed_run_says_what_is_lost_and_kept(tmp_path: Path) -> None:
    path = run_folder(tmp_path, OLD_REQUEST, PROCESS_NOTE, step=33, saved=20)
    (path / OUTPUT_FILE).write_text("something\nKilled by the kernel\n")
    failure_message = read_status(path).failure_message
    for part in ("was killed", "save of step 20 is complete", "up to 33, are lost", "Killed by the kernel"):
        assert part in failure_message


def test_a_run_killed_before_its_first_save_begins_again(tmp_path: Path) -> None:
    assert "begins again" in read_status(run_folder(tmp_path, OLD_REQUEST, PROCESS_NOTE, step=3)).failure_message


def test_damaged_notes_are_ignored(tmp_path: Path) -> None:
    path = run_folder(tmp_path, None, None, step=20)
    (path / REQUEST_FILE).write_text('{"title": "Mi')
    (path / PROCESS_FILE).write_text("[1]")
    assert read_status(path).title == "mine"


def test_the_latest_run_comes_first_and_other_folders_are_no_runs(tmp_path: Path) -> None:
    for name, asked in (("old", 1.0), ("young", 3.0), ("middle", 2.0)):
        (tmp_path / name).mkdir()
        write_note(tmp_path / name / REQUEST_FILE, {"asked": asked, "stop": asked})
    (tmp_path / "something").mkdir()
    (tmp_path / ".trash" / "1-gone").mkdir(parents=True)
    assert [run.name for run in list_runs(tmp_path)] == ["young", "middle", "old"]


def test_a_setting_is_found_wherever_it_is_declared() -> None:
    status = RunStatus(Path("x"), "x", RunState.STOPPED, CONFIG)
    assert status.setting("batch_size") == 4
    assert status.setting("image_size") == 28
    assert status.setting("nothing", 7) == 7


@pytest.mark.parametrize("broken", ["x", None, [], {}, -1, 1e300, float("nan"), True, 10**400], ids=repr)
def test_notes_and_settings_of_other_types_are_like_missing_ones(tmp_path: Path, broken: object) -> None:
    request = {"asked": broken, "title": broken, "plan": broken}
    folder = run_folder(tmp_path, request, {"pid": broken, "queued": broken, "began": broken, "ended": broken}, step=3)
    config = CONFIG | {"training": broken, "model": broken, "data": broken}
    (folder / "run.json").write_text(json.dumps(config), encoding="utf-8")
    (status,) = list_runs(tmp_path)
    assert (status.step, status.total_steps, status.saved_step) == (3, 0, 0)
    assert status.setting("width", 7) == 7
    assert isinstance(status.title, str)
    assert status.started_at is None or 0 < status.started_at < 1e11


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "\ufeff{}", "1" * 5000], ids=["nested", "byte order mark", "long number"]
)
def test_files_that_are_hardly_json_are_read_without_an_exception(tmp_path: Path, text: str) -> None:
    folder = run_folder(tmp_path, OLD_REQUEST, PROCESS_NOTE, step=3, saved=2)
    for name in ("run.json", REQUEST_FILE, PROCESS_FILE, "log.jsonl", ".saved"):
        (folder / name).write_text(text, encoding="utf-8")
    assert list_runs(tmp_path)[0].name == "mine"

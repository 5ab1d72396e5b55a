"""The list of runs, and what can be done with one."""

import json
from pathlib import Path

import pytest

from gan_core.runs.queue import PROCESS_FILE, read_note, write_note
from gan_core.runs.status import RunState, RunStatus, list_runs, read_status
from pages.train.run_list import more_steps
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, press_button
from tests.pages.train.conftest import finished_run


def test_a_deleted_run_can_be_restored(open_page: OpenPage, runs_root: Path) -> None:
    finished_run(runs_root)
    app = press_button(open_page("train", run="mine"), "Delete")
    assert not list_runs(runs_root)
    press_button(app, "Take it back")
    assert [run.name for run in list_runs(runs_root)] == ["mine"]
    assert not app.exception


def test_the_cost_of_more_steps_is_told_from_the_log_of_the_run(open_page: OpenPage, runs_root: Path) -> None:
    folder = finished_run(runs_root, steps=12)
    rows = [{"step": step, "elapsed": 30.0 * step} for step in range(1, 13)]
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    app = open_page("train", run="mine")
    assert "12 more steps: 6 minutes, at the pace of its last ones." in [caption.value for caption in app.caption]
    app.number_input(key="train_longer_mine_12").set_value(52).run()
    assert "40 more steps: 20 minutes, at the pace of its last ones." in [caption.value for caption in app.caption]


def test_a_run_is_renamed_and_an_empty_name_is_refused(open_page: OpenPage, runs_root: Path) -> None:
    folder = finished_run(runs_root)
    app = open_page("train", run="mine")
    app.text_input(key="train_title_mine").set_value("Better").run()
    press_button(app, "Rename it")
    assert read_status(folder).title == "Better"
    app.text_input(key="train_title_mine").set_value("  ").run()
    press_button(app, "Rename it")
    assert any("1 to 60 characters" in message for message in messages(app))


def test_a_killed_run_says_so_and_can_be_resumed(
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


@pytest.mark.parametrize(
    ("total", "numbers"),
    [
        (12, (13, 100_000_000, 24)),
        (1, (2, 100_000_000, 2)),
        (0, (1, 100_000_000, 1)),
        (60_000_000, (60_000_001, 100_000_000, 100_000_000)),
        (100_000_000, (100_000_000, 100_000_000, 100_000_000)),
    ],
)
def test_a_run_of_any_number_of_steps_can_be_extended_within_the_limit(
    tmp_path: Path, total: int, numbers: tuple[int, int, int]
) -> None:
    run = RunStatus(tmp_path, "Mine", RunState.FINISHED, {"training": {"steps": total}})
    assert more_steps(run) == numbers

"""The oracle of the fuzzer notices what it is for, and a finding is a file that runs again."""

import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from gan_core.errors import ExternalError, UsageError
from tests.fuzz import __main__ as command
from tests.fuzz import cases, layouts, mutations, oracle, rounds, worker
from tests.fuzz.picture_files import all_pictures
from tests.fuzz.targets import Target, all_targets


def target(run: Callable[[Any, Path], object]) -> Target:
    return Target("a target", st.integers(), run)


def fail(error: BaseException) -> None:
    raise error


def spin() -> None:
    until = time.process_time() + 5
    while time.process_time() < until:
        pass


@pytest.mark.parametrize("run", [
    lambda value, folder: None,
    lambda value, folder: fail(UsageError("no")),
    lambda value, folder: fail(ExternalError("no")),
    lambda value, folder: (folder / "x").write_bytes(b""),
], ids=["nothing", "wrong input", "outside failure", "its own folder"])  # fmt: skip
def test_what_an_input_may_do_is_no_finding(run: Callable[[Any, Path], object]) -> None:
    oracle.check_input(target(run), 0)


@pytest.mark.parametrize(("run", "kind"), [
    (lambda value, folder: fail(KeyError("x")), "exception: KeyError"),
    (lambda value, folder: (folder.parent / "x").write_bytes(b""), "outside: open"),
    (lambda value, folder: (folder / ".." / "x").mkdir(), "outside: os.mkdir"),
    (lambda value, folder: subprocess.run([sys.executable, "-c", ""], check=False), "outside: subprocess.Popen"),
    (lambda value, folder: eval("__import__('os').system('true')"), "outside: os.system"),
    (lambda value, folder: warnings.warn_explicit("odd", UserWarning, f"{oracle.OUR_CODE[0]}/x.py", 3), "warning: odd"),
    (lambda value, folder: spin(), "hang: too much work"),
], ids=["exception", "file", "folder", "process", "shell", "warning", "hang"])  # fmt: skip
def test_what_no_input_may_do_is_a_finding(
    run: Callable[[Any, Path], object], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracle, "MAX_CPU_S", 0.2)
    with pytest.raises(oracle.Finding, match=kind):
        oracle.check_input(target(run), 0)


def test_a_round_goes_on_after_a_finding_and_keeps_the_smallest_input() -> None:
    tally = rounds.Tally()
    failing = target(lambda value, folder: fail(KeyError("x")) if value > 99 else None)
    for number in range(3):
        rounds.run_round(failing, number, tally)
    (found,) = tally.found.values()
    assert 99 < found.value < 1000
    assert tally.tried > 100


def test_a_finding_is_saved_and_read_back(tmp_path: Path) -> None:
    value = {"file": b"\x00\xff", "names": ["a", "\ud800"], "number": 3, "nothing": None}
    file = cases.save_case(tmp_path, "model's files", value, "signature", "text")
    assert cases.load_case(file) == ("model's files", value)
    assert file.with_suffix(".0.bin").read_bytes() == b"\x00\xff"


def test_mutations_change_files_and_their_layouts_are_followed() -> None:
    changed = 0
    for data in all_pictures()[::9]:
        layout = layouts.find_layout(data)
        assert layout.numbers or layout.parts
        for kind in mutations.KINDS:
            if kind != "part":
                changed += mutations.Mutation(kind, 12_345, 77, b"ab").apply(data, data) != data
    assert changed > 500


def test_every_target_has_a_name_of_its_own_and_is_in_the_short_run() -> None:
    folder = Path(__file__).parent
    text = "".join(file.read_text(encoding="utf-8") for file in folder.glob("test_*.py"))
    assert len(all_targets()) > 30
    for module in folder.glob("*.py"):
        if "\nTARGETS = (" in module.read_text(encoding="utf-8"):
            assert f"{module.stem}.TARGETS" in text


def test_the_input_that_ends_a_worker_is_a_finding(tmp_path: Path) -> None:
    job = command.Job(tmp_path / "work", ["name of a model"], 1)
    job.attempt, job.current = 1, tmp_path / "work"
    job.current.mkdir()
    worker.note_current(job.current, "name of a model", "x")
    job.collect(tmp_path, died="the process ended with -11")
    assert list(job.rows["name of a model"]["found"]) == ["the process ended with -11 in name of a model"]
    assert command.print_report(job.rows, ["name of a model"], tmp_path) == 1

"""Detached processes of this program."""

import os
from pathlib import Path

import pytest

from gan_core.runs import processes
from gan_core.runs.processes import child_environment, start_detached


def test_a_detached_process_runs_a_command_in_a_session_of_its_own(tmp_path: Path) -> None:
    with (tmp_path / "output.txt").open("wb") as output:
        child = start_detached(["models", "--json", "--checkpoints", str(tmp_path)], output)
    assert child in processes._children
    session = os.getsid(child.pid)
    assert child.wait(60) == 0
    assert session != os.getsid(0)
    assert (tmp_path / "output.txt").read_text().strip() == "[]"


def test_ended_processes_are_forgotten() -> None:
    first = start_detached(["--help"])
    first.wait(60)
    second = start_detached(["--help"])
    assert first not in processes._children
    assert second in processes._children
    second.wait(60)


def test_folders_are_absolute_because_the_process_starts_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_CORE_DATA", "data")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", "models")
    environment = child_environment()
    assert environment["GAN_CORE_DATA"] == str(tmp_path / "data")
    assert environment["GAN_CORE_CHECKPOINTS"] == str(tmp_path / "models")

"""Deleting a run, and taking it back."""

from pathlib import Path

import pytest

from gan_core.errors import UsageError
from gan_core.runs import trash
from gan_core.runs.status import list_runs, read_status
from tests.runs.conftest import ended_run


def test_a_deleted_run_can_be_restored(root: Path) -> None:
    folder = ended_run(root)
    trash_path = trash.delete(read_status(folder))
    assert not list_runs(root)
    assert trash.undo_delete(trash_path) == folder
    assert [run.name for run in list_runs(root)] == ["mine"]
    trash_path = trash.delete(read_status(folder))
    ended_run(root)
    with pytest.raises(UsageError, match="another run mine"):
        trash.undo_delete(trash_path)


def test_a_run_that_trains_cannot_be_deleted(root: Path) -> None:
    from filelock import FileLock

    folder = ended_run(root)
    with FileLock(folder / ".lock"), pytest.raises(UsageError, match="stop it first"):
        trash.delete(read_status(folder))
    assert folder.is_dir()

"""Deletes runs, and restores them within an hour."""

from pathlib import Path

from gan_core import trash
from gan_core.errors import UsageError
from gan_core.runs.status import RunStatus, read_status


def delete(status: RunStatus) -> Path:
    """Moves a run to the trash; returns its folder there. Raises UsageError while it is waiting or training."""
    if read_status(status.folder).is_active:
        raise UsageError(f"{status.title} is {status.state}: stop it first.")
    return trash.move_to_trash(status.folder)


def undo_delete(trash_path: Path) -> Path:
    """Moves a deleted run back; returns its folder. Raises UsageError where it is gone, or its name is taken."""
    return trash.undo_delete(trash_path, "run")

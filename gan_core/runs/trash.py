"""Deletes runs, and restores them within an hour."""

import shutil
import time
from pathlib import Path

from gan_core.errors import UsageError
from gan_core.runs.status import RunStatus, read_status

TRASH_FOLDER = ".trash"  # in the folder of runs
TRASH_TTL_S = 3600.0  # until a deleted run is removed for good


def delete(status: RunStatus) -> Path:
    """Moves a run to the trash; returns its folder there. Raises UsageError while it is waiting or training."""
    if read_status(status.folder).is_active:
        raise UsageError(f"{status.title} is {status.state}: stop it first.")
    trash = status.folder.parent / TRASH_FOLDER
    trash.mkdir(exist_ok=True)
    trash_path = trash / f"{time.time():.3f}-{status.name}"
    status.folder.rename(trash_path)
    empty_trash(status.folder.parent)
    return trash_path


def undo_delete(trash_path: Path) -> Path:
    """Moves a deleted run back; returns its folder. Raises UsageError where it is gone, or its name is taken."""
    folder = trash_path.parent.parent / trash_path.name.partition("-")[2]
    if not trash_path.is_dir():
        raise UsageError(f"{folder.name} was deleted for good meanwhile.")
    if folder.exists():
        raise UsageError(f"There is another run {folder.name} now.")
    trash_path.rename(folder)
    return folder


def empty_trash(root: Path) -> None:
    """Removes what was deleted more than TRASH_TTL_S ago."""
    for trash_path in (root / TRASH_FOLDER).glob("*-*"):
        try:
            is_expired = time.time() - float(trash_path.name.partition("-")[0]) > TRASH_TTL_S
        except ValueError:
            continue
        if is_expired:
            shutil.rmtree(trash_path, ignore_errors=True)

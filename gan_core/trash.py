"""Deletes folders by moving them into a hidden folder beside them, from which they are restored within an hour.

Runs and models are deleted this way. The folder of the trash is `.trash` in the folder of runs or of models, and its
entries are named TIME-NAME, with the time of the deletion in seconds since 1970.
"""

import shutil
import time
from pathlib import Path

from gan_core.errors import UsageError

TRASH_FOLDER = ".trash"
TRASH_TTL_S = 3600.0  # until a deleted folder is removed for good


def move_to_trash(folder: Path) -> Path:
    """Moves a folder to the trash beside it; returns its path there. Raises OSError where that is not allowed."""
    trash = folder.parent / TRASH_FOLDER
    trash.mkdir(exist_ok=True)
    trash_path = trash / f"{time.time():.3f}-{folder.name}"
    folder.rename(trash_path)
    empty_trash(folder.parent)
    return trash_path


def original_name(trash_path: Path) -> str:
    """The name that a folder in the trash had."""
    return trash_path.name.partition("-")[2]


def undo_delete(trash_path: Path, kind: str) -> Path:
    """Moves a deleted folder back; returns it. `kind` is what it holds, in messages: "run" or "model".

    Raises UsageError where it is gone, or its name is taken.
    """
    folder = trash_path.parent.parent / original_name(trash_path)
    if not trash_path.is_dir():
        raise UsageError(f"{folder.name} was deleted for good meanwhile.")
    if folder.exists():
        raise UsageError(f"There is another {kind} {folder.name} now.")
    trash_path.rename(folder)
    return folder


def find_deleted(root: Path, name: str) -> Path | None:
    """The folder of this name that was deleted last; None where the trash of `root` has none."""
    empty_trash(root)
    found = [path for path in (root / TRASH_FOLDER).glob("*-*") if original_name(path) == name and deletion_time(path)]
    return max(found, key=deletion_time, default=None)


def empty_trash(root: Path) -> None:
    """Removes what was deleted more than TRASH_TTL_S ago."""
    for trash_path in (root / TRASH_FOLDER).glob("*-*"):
        deleted_at = deletion_time(trash_path)
        if deleted_at and time.time() - deleted_at > TRASH_TTL_S:
            shutil.rmtree(trash_path, ignore_errors=True)


def deletion_time(trash_path: Path) -> float:
    """When a folder in the trash was deleted, in seconds since 1970; 0 where its name does not say."""
    try:
        return float(trash_path.name.partition("-")[0])
    except ValueError:
        return 0.0

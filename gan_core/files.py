"""Atomic file writes: readers find the old file or the new one, never a part; and the limits of file names."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

PARTIAL_SUFFIX = ".partial"
USUAL_NAME_BYTES = 255  # the limit of nearly all file systems


def write_atomically(
    target: Path, write: Callable[[Path], Any], *, sync: bool = False, concurrent: bool = False
) -> None:
    """Let `write` fill a hidden file beside `target`, then rename it to `target`.

    With `sync` the bytes are on the disk before the rename, so that a power failure leaves a whole file. With
    `concurrent` several processes or threads may write `target` at the same time; the last one wins. Where `write`
    fails, `target` stays as it was and the partial file is removed. Raises what `write` raises, and OSError.
    """
    writer = f".{os.getpid()}-{threading.get_ident()}" if concurrent else ""
    partial = partial_path(target, f"{writer}{PARTIAL_SUFFIX}")
    partial.unlink(missing_ok=True)  # it may be a hard link to another file
    try:
        write(partial)
        if sync:
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def partial_path(target: Path, suffix: str = PARTIAL_SUFFIX) -> Path:
    """The hidden file or folder beside `target` that is written first: its name with a dot and `suffix`.

    Where that exceeds the limit of the file system, a hash stands for the name.
    """
    name = f".{target.name}{suffix}"
    if len(os.fsencode(name)) > max_name_bytes(target.parent):
        name = f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:32]}{suffix}"
    return target.with_name(name)


def max_name_bytes(folder: Path) -> int:
    """The longest name of a file in a folder, in bytes, as the file system says."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError, AttributeError):  # the folder does not exist yet, or the system has no such call
        return USUAL_NAME_BYTES

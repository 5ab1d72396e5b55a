"""Atomic file writes: whoever reads finds the old file or the new one, never a part."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

PARTIAL_SUFFIX = ".partial"


def write_atomically(target: Path, write: Callable[[Path], Any], *, sync: bool = False) -> None:
    """Has `write` fill a hidden file beside `target`, then renames it to `target`.

    With `sync` the bytes are on the disk before the rename, so that a power failure leaves a whole file. Where `write`
    fails, `target` stays as it was and the partial file is removed. Raises what `write` raises, and OSError.
    """
    partial = target.with_name(f".{target.name}{PARTIAL_SUFFIX}")
    partial.unlink(missing_ok=True)  # it may be a second name (hard link) of another file
    try:
        write(partial)
        if sync:
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)

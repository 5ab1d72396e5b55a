"""Atomic file writes: readers find the old file or the new one, never a part."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

PARTIAL_SUFFIX = ".partial"


def write_atomically(
    target: Path, write: Callable[[Path], Any], *, sync: bool = False, concurrent: bool = False
) -> None:
    """Let `write` fill a hidden file beside `target`, then rename it to `target`.

    With `sync` the bytes are on the disk before the rename, so that a power failure leaves a whole file. With
    `concurrent` several processes or threads may write `target` at the same time; the last one wins. Where `write`
    fails, `target` stays as it was and the partial file is removed. Raises what `write` raises, and OSError.
    """
    writer = f".{os.getpid()}-{threading.get_ident()}" if concurrent else ""
    partial = target.with_name(f".{target.name}{writer}{PARTIAL_SUFFIX}")
    partial.unlink(missing_ok=True)  # it may be a hard link to another file
    try:
        write(partial)
        if sync:
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)

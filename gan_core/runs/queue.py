"""The queue of trainings: of the runs in one folder, one trains at a time, first come, first served.

There is no daemon. Each training is a process that waits for its turn, with file locks that the system releases however
a process ends; so a killed app, a killed training or a restarted machine never blocks the queue. Hidden files in the
folder of a run hold what was requested and what its process does. Nothing here imports torch: waiting takes little
memory.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gan_core.errors import ExternalError, UsageError
from gan_core.files import write_atomically
from gan_core.json_text import parse_json

REQUEST_FILE = ".request.json"  # title, arguments and plan (the run's config); written by who requests the training
PROCESS_FILE = ".process.json"  # process id and times of queueing, beginning and end; written by the process
ALIVE_LOCK = ".alive"  # held as long as the process lives
OUTPUT_FILE = ".output.txt"  # what the process printed
QUEUE_LOCK = ".line"  # in the folder of runs: held by the run that trains
POLL_S = 0.5
LOCK_TIMEOUT_S = 10.0  # a process that only asks whether a lock is held holds it for a moment
MAX_TIME = 1e11  # the latest time in a note, in the year 5138
NICENESS = 5  # lower priority than the app


@contextmanager
def queue_slot(folder: Path) -> Iterator[None]:
    """Waits until no other run in the folder's parent trains, then keeps the others waiting until the block ends.

    Raises UsageError where another process trains in the folder, KeyboardInterrupt when a stop is requested before the
    block handles SIGTERM itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    alive_lock, slot_lock = FileLock(folder / ALIVE_LOCK), FileLock(folder.parent / QUEUE_LOCK)
    try:
        alive_lock.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout as error:
        raise UsageError(f"Another process is training in {folder}: stop it first.") from error
    previous_handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    note: dict[str, Any] = {"pid": os.getpid(), "queued": time.time()}
    try:
        write_note(folder / PROCESS_FILE, note)
        if read_note(folder / REQUEST_FILE).get("stop"):
            raise KeyboardInterrupt
        os.nice(NICENESS) if hasattr(os, "nice") else None
        wait_for_slot(folder, slot_lock)
        note["began"] = time.time()
        write_note(folder / PROCESS_FILE, note)
        yield
        write_note(folder / PROCESS_FILE, note | {"ended": time.time()})
    except BaseException as error:
        write_note(folder / PROCESS_FILE, note | {"ended": time.time(), "reason": failure_message(error)})
        raise
    finally:
        signal.signal(signal.SIGTERM, previous_handler)
        slot_lock.release()
        alive_lock.release()


def failure_message(error: BaseException) -> str | None:
    """Why a process ended early, in a sentence; None where a stop was requested."""
    if isinstance(error, KeyboardInterrupt):
        return None
    if isinstance(error, (UsageError, ExternalError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory."
    return f"{type(error).__name__}: {error}"


def wait_for_slot(folder: Path, slot_lock: FileLock) -> None:
    """Returns when it is this run's turn, with the lock acquired."""
    while True:
        if not runs_ahead(folder):
            try:
                slot_lock.acquire(timeout=0)
                return
            except Timeout:
                pass
        time.sleep(POLL_S)


def runs_ahead(folder: Path) -> list[Path]:
    """The waiting runs that queued before this one, in order."""
    own_position = (read_time(read_note(folder / PROCESS_FILE), "queued"), folder.name)
    waiting = [
        (read_time(note, "queued"), other)
        for other, note in process_notes(folder.parent)
        if other != folder and is_waiting(other, note)
    ]
    return [other for queued, other in sorted(waiting) if (queued, other.name) < own_position]


def process_notes(root: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Folders of runs and the notes of their processes."""
    return [(file.parent, read_note(file)) for file in root.glob(f"[!.]*/{PROCESS_FILE}")]


def is_waiting(folder: Path, note: dict[str, Any]) -> bool:
    return "queued" in note and "began" not in note and "ended" not in note and is_locked(folder / ALIVE_LOCK)


def is_locked(lock: Path) -> bool:
    """Whether a living process holds the lock."""
    if not lock.exists():
        return False
    probe = FileLock(lock)
    try:
        probe.acquire(timeout=0)
    except Timeout:
        return True
    probe.release()
    return False


def read_note(file: Path) -> dict[str, Any]:
    """The content of a note; empty where there is none, or none that can be read."""
    try:
        note = parse_json(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def read_time(note: dict[str, Any], name: str) -> float:
    """A time in a note, in Unix time; 0 where there is none, or none that can be one."""
    value = note.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < MAX_TIME:
        return float(value)
    return 0.0


def write_note(file: Path, note: dict[str, Any]) -> None:
    """Writes a note atomically; several servers of the app may write the same one."""
    text = json.dumps(note)
    write_atomically(file, lambda partial: partial.write_text(text, encoding="utf-8"), concurrent=True)

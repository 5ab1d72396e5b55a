"""The line that trainings stand in: of those that share a folder of runs, one trains at a time, first come, first
served.

There is no daemon. Each training is a process that waits for its turn by itself, with locks that the system takes back
however a process ends; so a killed app, a killed training or a restarted machine never blocks the line. What a process
does is noted in hidden files of its run's folder, for whoever looks. Nothing here imports torch: who waits is small.
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

from gan_core.errors import InputError, OutsideError

REQUEST = ".request.json"  # what was asked for: title, arguments, plan; written by who asks
PROCESS = ".process.json"  # what became of it; written by the process
ALIVE = ".alive"  # locked as long as the process lives
OUTPUT = ".output.txt"  # what it printed
LINE = ".line"  # in the folder of runs: locked by whose turn it is
POLL = 0.5
PATIENCE = 10.0  # seconds; who looks whether a lock is held holds it for a moment
NICE = 5  # pages come first


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Wait until no other training in the folder's parent has its turn, and have it as long as the block lasts.

    Raises InputError where another process trains in the folder, KeyboardInterrupt when a stop is asked for before the
    block has its own way of stopping.
    """
    folder.mkdir(parents=True, exist_ok=True)
    alive, place = FileLock(folder / ALIVE), FileLock(folder.parent / LINE)
    try:
        alive.acquire(timeout=PATIENCE)
    except Timeout as error:
        raise InputError(f"Another process is training in {folder}: stop it first.") from error
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    note: dict[str, Any] = {"pid": os.getpid(), "queued": time.time()}
    try:
        write(folder / PROCESS, note)
        if read(folder / REQUEST).get("stop"):
            raise KeyboardInterrupt
        os.nice(NICE) if hasattr(os, "nice") else None
        wait(folder, place)
        note["began"] = time.time()
        write(folder / PROCESS, note)
        yield
        write(folder / PROCESS, note | {"ended": time.time()})
    except BaseException as error:
        write(folder / PROCESS, note | {"ended": time.time(), "reason": reason(error)})
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
        place.release()
        alive.release()


def reason(error: BaseException) -> str | None:
    """Why a process ended early, in words; None where somebody wanted it."""
    if isinstance(error, KeyboardInterrupt):
        return None
    if isinstance(error, (InputError, OutsideError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory."
    return f"{type(error).__name__}: {error}"


def wait(folder: Path, place: FileLock) -> None:
    """Return when it is this run's turn, with the place held."""
    while True:
        if not ahead(folder):
            try:
                place.acquire(timeout=0)
                return
            except Timeout:
                pass
        time.sleep(POLL)


def ahead(folder: Path) -> list[Path]:
    """The runs that wait longer than this one, the first in line first."""
    mine = (read(folder / PROCESS).get("queued", 0.0), folder.name)
    others = [(note["queued"], other) for other, note in notes(folder.parent) if other != folder and waits(other, note)]
    return [other for queued, other in sorted(others) if (queued, other.name) < mine]


def notes(root: Path) -> list[tuple[Path, dict[str, Any]]]:
    return [(file.parent, read(file)) for file in root.glob(f"[!.]*/{PROCESS}")]


def waits(folder: Path, note: dict[str, Any]) -> bool:
    return "queued" in note and "began" not in note and "ended" not in note and held(folder / ALIVE)


def held(lock: Path) -> bool:
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


def read(file: Path) -> dict[str, Any]:
    """A note; empty where there is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(file: Path, note: dict[str, Any]) -> None:
    """A note, whole or not at all."""
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    partial.write_text(json.dumps(note), encoding="utf-8")
    partial.replace(file)

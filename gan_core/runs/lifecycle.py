"""What can be done with runs: start, stop, resume, rename, delete and take back; and what all of them may take.

A training is `python -m gan_core train ... --wait`, a process of its own: it outlives the tab and the app that started
it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_core.configuration import flag
from gan_core.data.archives import default_data_folder
from gan_core.errors import InputError, OutsideError
from gan_core.runs import queue
from gan_core.runs.queue import OUTPUT, REQUEST
from gan_core.runs.status import CONFIG, GOOD, Entry, State, look, size
from gan_core.training.config import Run

PROJECT = Path(__file__).resolve().parents[2]
TRASH = ".trash"
KEPT = 3600.0  # seconds that a deleted run can be taken back
SPARE = 1_000_000_000  # bytes that must stay free on the disk
TITLE = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
_started: list[subprocess.Popen] = []  # children of this process, so that none is left a zombie


def root_folder() -> Path:
    """Where runs lie: GAN_CORE_RUNS, or `runs` where the app was started."""
    return Path(os.environ.get("GAN_CORE_RUNS") or "runs").resolve()


def quota() -> int:
    """Bytes that all runs together may take: GAN_CORE_RUNS_GB, 20 without it."""
    try:
        return int(float(os.environ.get("GAN_CORE_RUNS_GB") or 20) * 1e9)
    except ValueError as error:
        raise InputError("GAN_CORE_RUNS_GB must be a number of gigabytes.") from error


def demand_room(root: Path, needed: int = 0) -> None:
    """Raise InputError where `needed` bytes more would be over the quota, or would fill the disk."""
    root.mkdir(parents=True, exist_ok=True)
    empty_trash(root)
    used = size(root)
    if used + needed > quota():
        raise InputError(
            f"The runs take {used / 1e9:.1f} of {quota() / 1e9:g} GB: delete some, or set GAN_CORE_RUNS_GB higher."
        )
    if shutil.disk_usage(root).free < SPARE + needed:
        raise InputError("The disk is nearly full: a training could not save. Delete something first.")


# Start, stop, resume --------------------------------------------------------------------------------------------------


def start(root: Path, title: str, run: Run, changes: dict[str, Any]) -> Path:
    """A new run, in line: its folder. `changes` are the settings that differ from the preset's.

    Raises InputError where there is no room for it, or its title is none.
    """
    title = checked(title)
    demand_room(root)
    folder = new_folder(root, title)
    arguments = [run.family, "--data", run.data, "--preset", run.preset, *flags(changes)]
    if run.start:
        arguments += ["--start", run.start]
    request = {"title": title, "plan": run.to_dict(), "arguments": arguments}
    launch(folder, request)
    return folder


def continued(entry: Entry, run: Run, changes: dict[str, Any], title: str, *, anew: bool = False) -> Path:
    """A new run under other settings that begins where `origin` says, or `anew`. What still trains is stopped; the new
    one waits in line for that."""
    current = look(entry.folder)
    if current.live:
        stop(current)
    place, _ = origin(current)
    if place and not anew:
        run = replace(run, start=str(place.resolve()))
    return start(entry.folder.parent, title, run, changes)


def origin(entry: Entry) -> tuple[Path | None, int]:
    """What a run under a remedy begins with, and its step: the last good save; of a run that ended with an error and
    has none, the last one, whose numbers are sound; else nothing."""
    if entry.good:
        return entry.folder / GOOD, entry.good
    if entry.state is State.CRASHED and entry.saved:
        return entry.folder, entry.saved
    return None, 0


def resume(entry: Entry, steps: int | None = None) -> None:
    """Go on with a run that has ended; `steps` is a new total. One that failed before it began is tried again."""
    if entry.live:
        raise InputError(f"{entry.title} is {entry.state} already.")
    demand_room(entry.folder.parent)
    request = {name: value for name, value in queue.read(entry.folder / REQUEST).items() if name != "stop"}
    request = {"title": entry.title} | request
    if (entry.folder / CONFIG).is_file():
        total = ["--steps", str(steps)] if steps else []
        launch(entry.folder, request, [entry.plan["family"], "--resume", *total])
    else:
        launch(entry.folder, request)


def launch(folder: Path, request: dict[str, Any], arguments: list[str] | None = None) -> None:
    """The process. `arguments` differ from those of the request where it goes on."""
    queue.write(folder / REQUEST, request | {"asked": time.time()})
    command = [sys.executable, "-m", "gan_core", *command_line(folder, arguments or request["arguments"])]
    with (folder / OUTPUT).open("wb") as output:
        child = subprocess.Popen(
            command, cwd=PROJECT, env=surroundings(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    keep_child(child)


def keep_child(child: subprocess.Popen) -> None:
    """Remember it, and take leave of those that have ended."""
    _started[:] = [each for each in _started if each.poll() is None] + [child]


def surroundings() -> dict[str, str]:
    """The environment, its folders named absolutely: the process starts in the project's."""
    found = {"GAN_CORE_DATA": str(default_data_folder().resolve())}
    if models := os.environ.get("GAN_CORE_CHECKPOINTS"):
        found["GAN_CORE_CHECKPOINTS"] = str(Path(models).resolve())
    return os.environ | found


def command_line(folder: Path, arguments: list[str]) -> list[str]:
    """What follows `python -m gan_core`."""
    return ["train", *arguments, "--run", str(folder), "--wait"]


def flags(changes: dict[str, Any]) -> list[str]:
    """{"batch_size": 64, "spectral_norm": False} -> --batch-size 64 --no-spectral-norm"""
    found: list[str] = []
    for name, value in changes.items():
        if isinstance(value, bool):
            found.append(flag(name) if value else "--no-" + flag(name)[2:])
        else:
            found += [flag(name), str(value)]
    return found


def stop(entry: Entry) -> None:
    """Ask it to save and end; one that waits leaves the line."""
    request = queue.read(entry.folder / REQUEST)
    if request:
        queue.write(entry.folder / REQUEST, request | {"stop": time.time()})
    if entry.live and entry.pid:
        try:
            os.kill(entry.pid, signal.SIGTERM)
        except ProcessLookupError:
            return  # it has ended meanwhile
        except PermissionError as error:
            raise OutsideError(f"{entry.title} belongs to another user of this machine, who must stop it.") from error
    elif entry.state is State.RUNNING:
        raise InputError(f"{entry.title} was started by hand: stop it where it was started, by Ctrl-C.")


# Names ----------------------------------------------------------------------------------------------------------------


def checked(title: str) -> str:
    title = " ".join(title.split())
    if not TITLE.fullmatch(title):
        raise InputError("A run needs a name of 1 to 60 characters.")
    return title


def rename(entry: Entry, title: str) -> None:
    """The title; the folder stays, for a process may be at work in it."""
    request = queue.read(entry.folder / REQUEST)
    queue.write(entry.folder / REQUEST, request | {"title": checked(title)})


def new_folder(root: Path, title: str) -> Path:
    """A folder that is nobody's yet, named like the title. Made by `mkdir`, which two cannot both succeed in."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "run"
    for number in range(1, 10_000):
        folder = root / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise InputError(f"There are too many runs called {title}: choose another name.")


# Delete and take back -------------------------------------------------------------------------------------------------


def delete(entry: Entry) -> Path:
    """Out of sight; for an hour it can be taken back. Where it lies now. Raises InputError while it trains."""
    if look(entry.folder).live:
        raise InputError(f"{entry.title} is {entry.state}: stop it first.")
    trash = entry.folder.parent / TRASH
    trash.mkdir(exist_ok=True)
    place = trash / f"{time.time():.3f}-{entry.name}"
    entry.folder.rename(place)
    empty_trash(entry.folder.parent)
    return place


def take_back(place: Path) -> Path:
    """A deleted run, where it was. Raises InputError where it is gone, or its place is taken."""
    folder = place.parent.parent / place.name.partition("-")[2]
    if not place.is_dir():
        raise InputError(f"{folder.name} was deleted for good meanwhile.")
    if folder.exists():
        raise InputError(f"There is another run {folder.name} now.")
    place.rename(folder)
    return folder


def empty_trash(root: Path) -> None:
    """Delete for good what was deleted an hour ago."""
    for place in (root / TRASH).glob("*-*"):
        try:
            old = time.time() - float(place.name.partition("-")[0]) > KEPT
        except ValueError:
            continue
        if old:
            shutil.rmtree(place, ignore_errors=True)

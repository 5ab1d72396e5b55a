"""Starts, stops, resumes and renames runs.

A training is a detached process, `python -m gan_core train ... --wait`: it outlives the browser tab and the app.
"""

import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_core.configuration import to_flag
from gan_core.data.archives import default_data_folder
from gan_core.errors import ExternalError, UsageError
from gan_core.runs import queue
from gan_core.runs.processes import start_detached
from gan_core.runs.queue import OUTPUT_FILE, REQUEST_FILE
from gan_core.runs.status import RunState, RunStatus, read_status
from gan_core.runs.storage import require_space
from gan_core.training.config import Run
from gan_core.training.resumption import NEW_PLACE_FLAGS, OTHER_DATA, is_missing
from gan_core.training.run_files import LAST_GOOD_FOLDER, RUN_CONFIG_FILE

TITLE_PATTERN = re.compile(r"[^\x00-\x1f\x7f]{1,60}")


def start(root: Path, title: str, run: Run, changes: dict[str, Any]) -> Path:
    """Queues a new run; returns its folder. `changes` are the settings that differ from the preset's.

    Raises UsageError where the disk or the quota is full, or the title cannot be used.
    """
    title = validate_title(title)
    require_space(root)
    folder = new_folder(root, title)
    arguments = [run.family, "--data", run.data, "--preset", run.preset, *to_flags(changes)]
    if run.start:
        arguments += ["--start", run.start]
    launch(folder, {"title": title, "plan": run.to_dict(), "arguments": arguments})
    return folder


def restart_with(
    status: RunStatus, run: Run, changes: dict[str, Any], title: str, *, from_scratch: bool = False
) -> Path:
    """Queues a new run under other settings, which starts from `restart_point` or from scratch; returns its folder.

    A run that still trains is stopped first; the new one waits for it in the queue.
    """
    current_status = read_status(status.folder)
    if current_status.is_active:
        stop(current_status)
    start_folder, _ = restart_point(current_status)
    if start_folder and not from_scratch:
        run = replace(run, start=str(start_folder.resolve()))
    return start(status.folder.parent, title, run, changes)


def restart_point(status: RunStatus) -> tuple[Path | None, int]:
    """The folder that a run under a remedy starts from, and its step; (None, 0) for a start from scratch.

    The last good save; without one, the last save of a run that ended with an error, for a save is always finite.
    """
    if status.last_good_step:
        return status.folder / LAST_GOOD_FOLDER, status.last_good_step
    if status.state is RunState.FAILED and status.saved_step:
        return status.folder, status.saved_step
    return None, 0


def resume(status: RunStatus, steps: int | None = None, data: str | None = None) -> None:
    """Queues a run that has ended, with `steps` as its new total; one that failed before it began starts anew.

    `data` is where its images are now, if they were moved; the process refuses others. Raises UsageError where the run
    is waiting or training already, its images are gone from their path, or the disk or the quota is full.
    """
    if status.is_active:
        raise UsageError(f"{status.title} is {status.state} already.")
    if not data and (path := missing_path(status)):
        raise UsageError(f"The images of {status.title} were in {path}, which is not there any more: name their place.")
    require_space(status.folder.parent)
    request = {name: value for name, value in queue.read_note(status.folder / REQUEST_FILE).items() if name != "stop"}
    request = {"title": status.title} | request
    if (status.folder / RUN_CONFIG_FILE).is_file():
        arguments = ["--data", data] if data else []
        arguments += ["--steps", str(steps)] if steps else []
        launch(status.folder, request, [status.config["family"], "--resume", *arguments])
    else:
        launch(status.folder, with_data(request, data) if data else request)


def with_data(request: dict[str, Any], data: str) -> dict[str, Any]:
    """A request to train with the same settings on images at another place."""
    arguments = list(request["arguments"])
    arguments[arguments.index("--data") + 1] = data
    return request | {"arguments": arguments, "plan": request.get("plan", {}) | {"data": data}}


def missing_path(status: RunStatus) -> str | None:
    """The path that a run's images were at, where nothing is there any more. None too for a data set with a name."""
    data = str(status.config.get("data", ""))
    return data if Path(data).is_absolute() and is_missing(data, default_data_folder()) else None


def needs_data(status: RunStatus) -> bool:
    """Whether a run that has ended cannot go on until somebody says where its images are."""
    if status.is_active:
        return False
    is_refused = any(text in status.failure_message for text in (OTHER_DATA, NEW_PLACE_FLAGS))
    return missing_path(status) is not None or is_refused


def launch(folder: Path, request: dict[str, Any], arguments: list[str] | None = None) -> None:
    """Starts the process of a run with the request's arguments, or with others where it is resumed."""
    queue.write_note(folder / REQUEST_FILE, request | {"asked": time.time()})
    with (folder / OUTPUT_FILE).open("wb") as output:
        start_detached(command_line(folder, arguments or request["arguments"]), output)


def command_line(folder: Path, arguments: list[str]) -> list[str]:
    """The arguments of `python -m gan_core`."""
    return ["train", *arguments, "--run", str(folder), "--wait"]


def to_flags(changes: dict[str, Any]) -> list[str]:
    """{"batch_size": 64, "spectral_norm": False} -> --batch-size 64 --no-spectral-norm"""
    arguments: list[str] = []
    for name, value in changes.items():
        if isinstance(value, bool):
            arguments.append(to_flag(name) if value else "--no-" + to_flag(name)[2:])
        else:
            arguments += [to_flag(name), str(value)]
    return arguments


def stop(status: RunStatus) -> None:
    """Asks a run to save and end; one that waits leaves the queue.

    Raises UsageError for a run that was started by hand, ExternalError where the process belongs to another user.
    """
    request = queue.read_note(status.folder / REQUEST_FILE)
    if request:
        queue.write_note(status.folder / REQUEST_FILE, request | {"stop": time.time()})
    if status.is_active and status.pid:
        try:
            os.kill(status.pid, signal.SIGTERM)
        except ProcessLookupError:
            return  # it has ended meanwhile
        except PermissionError as error:
            raise ExternalError(f"{status.title} belongs to another user of this machine, who must stop it.") from error
    elif status.state is RunState.RUNNING:
        raise UsageError(f"{status.title} was started by hand: stop it where it was started, by Ctrl-C.")


# Names ----------------------------------------------------------------------------------------------------------------


def rename(status: RunStatus, title: str) -> None:
    """Changes the title; the folder keeps its name, for a process may be using it."""
    request = queue.read_note(status.folder / REQUEST_FILE)
    queue.write_note(status.folder / REQUEST_FILE, request | {"title": validate_title(title)})


def validate_title(title: str) -> str:
    """The title without superfluous white space. Raises UsageError where it is empty, too long, or not printable."""
    title = " ".join(title.split())
    if not TITLE_PATTERN.fullmatch(title):
        raise UsageError("A run needs a name of 1 to 60 characters.")
    return title


def new_folder(root: Path, title: str) -> Path:
    """Creates a folder named like the title, with a number where it is taken; no other process gets the same one."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "run"
    for number in range(1, 10_000):
        folder = root / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise UsageError(f"There are too many runs called {title}: choose another name.")

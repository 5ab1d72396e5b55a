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

from gan_core.configuration import to_flag
from gan_core.data.archives import default_data_folder
from gan_core.errors import ExternalError, UsageError
from gan_core.paths import PROJECT_ROOT
from gan_core.runs import queue
from gan_core.runs.queue import OUTPUT_FILE, REQUEST_FILE
from gan_core.runs.status import CONFIG_FILE, LAST_GOOD_FOLDER, RunState, RunStatus, disk_usage, read_status
from gan_core.training.config import Run

TRASH_FOLDER = ".trash"
TRASH_TTL_S = 3600.0  # seconds that a deleted run can be taken back
MIN_FREE_BYTES = 1_000_000_000  # bytes that must stay free on the disk
TITLE_PATTERN = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
_children: list[subprocess.Popen] = []  # children of this process, so that none is left a zombie


def runs_root() -> Path:
    """Where runs lie: GAN_CORE_RUNS, or `runs` where the app was started."""
    return Path(os.environ.get("GAN_CORE_RUNS") or "runs").resolve()


def quota_bytes() -> int:
    """Bytes that all runs together may take: GAN_CORE_RUNS_GB, 20 without it."""
    try:
        return int(float(os.environ.get("GAN_CORE_RUNS_GB") or 20) * 1e9)
    except ValueError as error:
        raise UsageError("GAN_CORE_RUNS_GB must be a number of gigabytes.") from error


def require_space(root: Path, extra_bytes: int = 0) -> None:
    """Raise InputError where `needed` bytes more would be over the quota, or would fill the disk."""
    root.mkdir(parents=True, exist_ok=True)
    empty_trash(root)
    used_bytes = disk_usage(root)
    if used_bytes + extra_bytes > quota_bytes():
        raise UsageError(
            f"The runs take {used_bytes / 1e9:.1f} of {quota_bytes() / 1e9:g} GB: delete some, or set GAN_CORE_RUNS_GB higher."
        )
    if shutil.disk_usage(root).free < MIN_FREE_BYTES + extra_bytes:
        raise UsageError("The disk is nearly full: a training could not save. Delete something first.")


# Start, stop, resume --------------------------------------------------------------------------------------------------


def start(root: Path, title: str, run: Run, changes: dict[str, Any]) -> Path:
    """A new run, in line: its folder. `changes` are the settings that differ from the preset's.

    Raises InputError where there is no room for it, or its title is none.
    """
    title = validate_title(title)
    require_space(root)
    folder = new_folder(root, title)
    arguments = [run.family, "--data", run.data, "--preset", run.preset, *to_flags(changes)]
    if run.start:
        arguments += ["--start", run.start]
    request = {"title": title, "plan": run.to_dict(), "arguments": arguments}
    launch(folder, request)
    return folder


def restart_with(
    status: RunStatus, run: Run, changes: dict[str, Any], title: str, *, from_scratch: bool = False
) -> Path:
    """A new run under other settings that begins where `origin` says, or `anew`. What still trains is stopped; the new
    one waits in line for that."""
    current_status = read_status(status.folder)
    if current_status.is_active:
        stop(current_status)
    start_folder, _ = restart_point(current_status)
    if start_folder and not from_scratch:
        run = replace(run, start=str(start_folder.resolve()))
    return start(status.folder.parent, title, run, changes)


def restart_point(status: RunStatus) -> tuple[Path | None, int]:
    """What a run under a remedy begins with, and its step: the last good save; of a run that ended with an error and
    has none, the last one, whose numbers are sound; else nothing."""
    if status.last_good_step:
        return status.folder / LAST_GOOD_FOLDER, status.last_good_step
    if status.state is RunState.FAILED and status.saved_step:
        return status.folder, status.saved_step
    return None, 0


def resume(status: RunStatus, steps: int | None = None) -> None:
    """Go on with a run that has ended; `steps` is a new total. One that failed before it began is tried again."""
    if status.is_active:
        raise UsageError(f"{status.title} is {status.state} already.")
    require_space(status.folder.parent)
    request = {name: value for name, value in queue.read_note(status.folder / REQUEST_FILE).items() if name != "stop"}
    request = {"title": status.title} | request
    if (status.folder / CONFIG_FILE).is_file():
        step_arguments = ["--steps", str(steps)] if steps else []
        launch(status.folder, request, [status.config["family"], "--resume", *step_arguments])
    else:
        launch(status.folder, request)


def launch(folder: Path, request: dict[str, Any], arguments: list[str] | None = None) -> None:
    """The process. `arguments` differ from those of the request where it goes on."""
    queue.write_note(folder / REQUEST_FILE, request | {"asked": time.time()})
    command = [sys.executable, "-m", "gan_core", *command_line(folder, arguments or request["arguments"])]
    with (folder / OUTPUT_FILE).open("wb") as output:
        child = subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=child_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    track_child(child)


def track_child(child: subprocess.Popen) -> None:
    """Remember it, and take leave of those that have ended."""
    _children[:] = [other for other in _children if other.poll() is None] + [child]


def child_environment() -> dict[str, str]:
    """The environment, its folders named absolutely: the process starts in the project's."""
    folders = {"GAN_CORE_DATA": str(default_data_folder().resolve())}
    if checkpoints := os.environ.get("GAN_CORE_CHECKPOINTS"):
        folders["GAN_CORE_CHECKPOINTS"] = str(Path(checkpoints).resolve())
    return os.environ | folders


def command_line(folder: Path, arguments: list[str]) -> list[str]:
    """What follows `python -m gan_core`."""
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
    """Ask it to save and end; one that waits leaves the line."""
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


def validate_title(title: str) -> str:
    title = " ".join(title.split())
    if not TITLE_PATTERN.fullmatch(title):
        raise UsageError("A run needs a name of 1 to 60 characters.")
    return title


def rename(status: RunStatus, title: str) -> None:
    """The title; the folder stays, for a process may be at work in it."""
    request = queue.read_note(status.folder / REQUEST_FILE)
    queue.write_note(status.folder / REQUEST_FILE, request | {"title": validate_title(title)})


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
    raise UsageError(f"There are too many runs called {title}: choose another name.")


# Delete and take back -------------------------------------------------------------------------------------------------


def delete(status: RunStatus) -> Path:
    """Out of sight; for an hour it can be taken back. Where it lies now. Raises InputError while it trains."""
    if read_status(status.folder).is_active:
        raise UsageError(f"{status.title} is {status.state}: stop it first.")
    trash = status.folder.parent / TRASH_FOLDER
    trash.mkdir(exist_ok=True)
    trash_path = trash / f"{time.time():.3f}-{status.name}"
    status.folder.rename(trash_path)
    empty_trash(status.folder.parent)
    return trash_path


def undo_delete(trash_path: Path) -> Path:
    """A deleted run, where it was. Raises InputError where it is gone, or its place is taken."""
    folder = trash_path.parent.parent / trash_path.name.partition("-")[2]
    if not trash_path.is_dir():
        raise UsageError(f"{folder.name} was deleted for good meanwhile.")
    if folder.exists():
        raise UsageError(f"There is another run {folder.name} now.")
    trash_path.rename(folder)
    return folder


def empty_trash(root: Path) -> None:
    """Delete for good what was deleted an hour ago."""
    for trash_path in (root / TRASH_FOLDER).glob("*-*"):
        try:
            is_expired = time.time() - float(trash_path.name.partition("-")[0]) > TRASH_TTL_S
        except ValueError:
            continue
        if is_expired:
            shutil.rmtree(trash_path, ignore_errors=True)

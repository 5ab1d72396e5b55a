"""A run as others see it: its state, read off the folder and the locks alone.

Whoever looks sees the same: this app, another one, or the same after a crash.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from gan_core.runs import queue
from gan_core.runs.queue import ALIVE_LOCK, OUTPUT_FILE, PROCESS_FILE, REQUEST_FILE

CONFIG_FILE, LOG_FILE, STATE_FILE, SAVED_STEP_FILE, LOCK_FILE = (
    "run.json",
    "log.jsonl",
    "state.pt",
    ".saved",
    ".lock",
)  # as RunFolder has them
LAST_GOOD_FOLDER = "good"  # too: the last save at which all was well
TAIL_BYTES = 4096  # bytes of a log that hold its last line
START_TIMEOUT_S = 30.0  # seconds that a process may take to make itself known


class RunState(StrEnum):
    WAITING = "waiting"
    PREPARING = "preparing"  # data are read
    RUNNING = "running"
    STOPPING = "stopping"  # saves, then ends
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "crashed"
    KILLED = "lost"  # the process is gone without a word


ACTIVE_STATES = (RunState.WAITING, RunState.PREPARING, RunState.RUNNING, RunState.STOPPING)


@dataclass(frozen=True)
class RunStatus:
    """`plan` is the run's settings as run.json has them; `step` the last one logged, `saved` the last one saved (0 for
    none) and `good` that of the last save at which all was well, `reason` a sentence on what went wrong, `pid` the
    process where there is one."""

    folder: Path
    title: str
    state: RunState
    config: dict[str, Any]
    step: int = 0
    saved_step: int = 0
    queue_position: int = 0
    started_at: float | None = None
    failure_message: str = ""
    pid: int | None = None
    last_good_step: int = 0

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def total_steps(self) -> int:
        """The total to reach."""
        return int(self.config.get("training", {}).get("steps", 0))

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting of model, objective or training."""
        return next((settings[name] for section in ("model", "objective", "training")
                     if name in (settings := self.config.get(section, {}))), default)  # fmt: skip


def list_runs(root: Path) -> list[RunStatus]:
    """All runs of a folder, the youngest first."""
    folders = [
        folder for folder in root.glob("[!.]*") if (folder / CONFIG_FILE).is_file() or (folder / REQUEST_FILE).is_file()
    ]
    return [read_status(folder) for folder in sorted(folders, key=lambda folder: -requested_at(folder))]


def requested_at(folder: Path) -> float:
    """When a run was asked for, as far as is known."""
    requested = queue.read_note(folder / REQUEST_FILE).get("asked")
    try:
        return float(requested) if requested else (folder / CONFIG_FILE).stat().st_mtime
    except (OSError, ValueError):
        return 0.0


def read_status(folder: Path) -> RunStatus:
    """How a run is now."""
    request, process = queue.read_note(folder / REQUEST_FILE), queue.read_note(folder / PROCESS_FILE)
    config = queue.read_note(folder / CONFIG_FILE) or request.get("plan", {})
    step, saved = last_step(folder / LOG_FILE), saved_step(folder)
    is_alive = queue.is_locked(folder / ALIVE_LOCK)
    state, failure_message = run_state(folder, request, process, config, step, is_alive)
    if state is RunState.KILLED:
        failure_message = killed_message(saved, step, last_output(folder))
    queue_position = len(queue.runs_ahead(folder)) if state is RunState.WAITING else 0
    pid = (
        process.get("pid") if is_alive and "ended" not in process else None
    )  # of an earlier process it may be anybody's
    return RunStatus(
        folder, str(request.get("title") or folder.name), state, config, step, saved, queue_position, process.get("began"),
        failure_message, pid, saved_step(folder / LAST_GOOD_FOLDER),
    )  # fmt: skip


def run_state(
    folder: Path, request: dict[str, Any], process: dict[str, Any], config: dict[str, Any], step: int, is_alive: bool
) -> tuple[RunState, str]:
    """The state, and the reason of a crash."""
    total = config.get("training", {}).get("steps", 0)
    if is_alive:
        if request.get("stop"):
            return RunState.STOPPING, ""
        if "began" not in process or "ended" in process:
            return RunState.WAITING, ""
        logged = (folder / LOG_FILE).is_file() and (folder / LOG_FILE).stat().st_mtime > process["began"]
        return (RunState.RUNNING if logged else RunState.PREPARING), ""
    if queue.is_locked(folder / LOCK_FILE):  # started by hand, without a place in the line
        return RunState.RUNNING, ""
    requested = float(request.get("asked") or 0)
    if process.get("queued", 0.0) < requested and not request.get("stop") and time.time() - requested < START_TIMEOUT_S:
        return RunState.WAITING, ""
    if process.get("reason"):
        return RunState.FAILED, str(process["reason"])
    if step and step >= total:
        return RunState.FINISHED, ""
    if "ended" in process or request.get("stop") or (not process and not request):
        return RunState.STOPPED, ""
    return RunState.KILLED, ""


def killed_message(saved: int, step: int, last_output: str) -> str:
    """What there is to say of a process that is gone."""
    lost_text = f" The steps since, up to {step:,}, are lost." if step > saved else ""
    save_text = f"The save of step {saved:,} is whole: the run can go on from there.{lost_text}" if saved else (
        "It had saved nothing yet: going on means beginning again."
    )  # fmt: skip
    return (
        "Its process is gone without a word: it was killed, ran out of memory, or the machine was started anew. "
        + save_text
        + (f" Its last words: {last_output}" if last_output else "")
    )


def last_output(folder: Path) -> str:
    """The last line that a process printed."""
    try:
        lines = read_tail(folder / OUTPUT_FILE).strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip()[:300] if lines else ""


def last_step(log: Path) -> int:
    """The step of a log's last whole line; 0 without one."""
    try:
        lines = read_tail(log).splitlines()
    except OSError:
        return 0
    for line in reversed(lines):
        try:
            return int(json.loads(line)["step"])
        except (ValueError, KeyError, TypeError):
            continue
    return 0


def saved_step(folder: Path) -> int:
    """The step of the last save; 0 where there is none."""
    if not (folder / STATE_FILE).is_file():
        return 0
    try:
        return int((folder / SAVED_STEP_FILE).read_text())
    except (OSError, ValueError):
        return last_step(folder / LOG_FILE)  # of a run of an earlier version, which ended with a save


def read_tail(file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(stream.tell() - TAIL_BYTES, 0))
        return stream.read().decode("utf-8", errors="replace")


def disk_usage(folder: Path) -> int:
    """Bytes on disk; what has two names counts once."""
    return sum({(file_stat.st_dev, file_stat.st_ino): file_stat.st_size for file_stat in file_stats(folder)}.values())


def file_stats(folder: Path) -> Iterator[os.stat_result]:
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(directory) / name).lstat()
            except OSError:  # gone meanwhile
                continue

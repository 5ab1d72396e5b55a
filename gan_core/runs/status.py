"""The status of a run, read from the files and locks in its folder alone.

Every reader gets the same answer: this app, another one on the same folder, or the app after a crash.
"""

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from gan_core.runs import queue
from gan_core.runs.queue import ALIVE_LOCK, OUTPUT_FILE, PROCESS_FILE, REQUEST_FILE
from gan_core.training.run_files import (
    LAST_GOOD_FOLDER,
    LOCK_FILE,
    LOG_FILE,
    RUN_CONFIG_FILE,
    SAVED_STEP_FILE,
    STATE_FILE,
    parse_log,
)

TAIL_BYTES = 4096  # of a file, which hold its last line
SETTING_PARTS = ("model", "objective", "training")  # of a configuration
MAX_STEPS = 10**9  # that a configuration or a log can name
START_TIMEOUT_S = 30.0  # in which a requested process must have queued


class RunState(StrEnum):
    WAITING = "waiting"
    PREPARING = "preparing"  # reading data
    RUNNING = "running"
    STOPPING = "stopping"  # saves, then ends
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "crashed"
    KILLED = "lost"  # ended without a note: killed, or the machine restarted


ACTIVE_STATES = (RunState.WAITING, RunState.PREPARING, RunState.RUNNING, RunState.STOPPING)


@dataclass(frozen=True)
class RunStatus:
    """A run at one moment. `config` is its configuration as in run.json; steps are 0 where there are none yet."""

    folder: Path
    title: str
    state: RunState
    config: dict[str, Any]
    step: int = 0  # the last one logged
    saved_step: int = 0  # the last one saved
    queue_position: int = 0  # runs ahead in the queue
    started_at: float | None = None
    failure_message: str = ""
    pid: int | None = None  # of the living process
    last_good_step: int = 0  # of the last save at which the run was healthy

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def total_steps(self) -> int:
        """The steps to reach in total."""
        return total_steps(self.config)

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting of the model, the objective or the training."""
        for part in SETTING_PARTS:
            settings = self.config.get(part, {})
            if name in settings:
                return settings[name]
        return default


def total_steps(config: dict[str, Any]) -> int:
    """The steps of a configuration; 0 where it has none, or no number."""
    steps = config.get("training", {}).get("steps", 0)
    return steps if isinstance(steps, int) and 0 <= steps <= MAX_STEPS else 0


def list_runs(root: Path) -> list[RunStatus]:
    """All runs in a folder, the latest request first."""
    folders = [
        folder
        for folder in root.glob("[!.]*")
        if (folder / RUN_CONFIG_FILE).is_file() or (folder / REQUEST_FILE).is_file()
    ]
    return [read_status(folder) for folder in sorted(folders, key=lambda folder: -requested_at(folder))]


def requested_at(folder: Path) -> float:
    """When a run was last started, in Unix time; for a run started by hand, when its config was written."""
    try:
        requested = queue.read_time(queue.read_note(folder / REQUEST_FILE), "asked")
        return requested or (folder / RUN_CONFIG_FILE).stat().st_mtime
    except OSError:
        return 0.0


def read_status(folder: Path) -> RunStatus:
    """The status of a run now."""
    request, process = queue.read_note(folder / REQUEST_FILE), queue.read_note(folder / PROCESS_FILE)
    config = sound_config(queue.read_note(folder / RUN_CONFIG_FILE) or request.get("plan"))
    step, saved = last_step(folder / LOG_FILE), saved_step(folder)
    is_alive = queue.is_locked(folder / ALIVE_LOCK)
    state, failure_message = run_state(folder, request, process, config, step, is_alive)
    if state is RunState.KILLED:
        failure_message = killed_message(saved, step, last_output(folder))
    owns_pid = is_alive and "ended" not in process  # the id of an ended process may belong to any other by now
    return RunStatus(
        folder=folder,
        title=str(request.get("title") or folder.name),
        state=state,
        config=config,
        step=step,
        saved_step=saved,
        queue_position=len(queue.runs_ahead(folder)) if state is RunState.WAITING else 0,
        started_at=queue.read_time(process, "began") or None,
        failure_message=failure_message,
        pid=process.get("pid") if owns_pid and isinstance(process.get("pid"), int) else None,
        last_good_step=saved_step(folder / LAST_GOOD_FOLDER),
    )


def sound_config(values: Any) -> dict[str, Any]:
    """The configuration without parts of another type than a run writes: files of runs can be edited and damaged."""
    values = values if isinstance(values, dict) else {}
    types = dict.fromkeys(SETTING_PARTS, dict) | dict.fromkeys(("family", "preset", "data", "start"), str)
    return {name: value for name, value in values.items() if isinstance(value, types.get(name, object))}


def run_state(
    folder: Path, request: dict[str, Any], process: dict[str, Any], config: dict[str, Any], step: int, is_alive: bool
) -> tuple[RunState, str]:
    """The state, with the message of a failure."""
    if is_alive:
        return active_state(folder, request, process), ""
    if queue.is_locked(folder / LOCK_FILE):  # started by hand, outside the queue
        return RunState.RUNNING, ""
    requested = queue.read_time(request, "asked")
    if (
        queue.read_time(process, "queued") < requested
        and not request.get("stop")
        and time.time() - requested < START_TIMEOUT_S
    ):
        return RunState.WAITING, ""
    if process.get("reason"):
        return RunState.FAILED, str(process["reason"])
    if step and step >= total_steps(config) > 0:
        return RunState.FINISHED, ""
    if "ended" in process or request.get("stop") or (not process and not request):
        return RunState.STOPPED, ""
    return RunState.KILLED, ""


def active_state(folder: Path, request: dict[str, Any], process: dict[str, Any]) -> RunState:
    """The state of a run whose process lives."""
    if request.get("stop"):
        return RunState.STOPPING
    if "began" not in process or "ended" in process:
        return RunState.WAITING
    log = folder / LOG_FILE
    has_logged = log.is_file() and log.stat().st_mtime > queue.read_time(process, "began")
    return RunState.RUNNING if has_logged else RunState.PREPARING


def killed_message(saved: int, step: int, output: str) -> str:
    """What a killed run has lost and kept, in sentences."""
    message = "The process was killed, ran out of memory, or the machine restarted. "
    if saved:
        message += f"The save of step {saved:,} is complete: the run can be resumed from there."
        message += f" The steps after it, up to {step:,}, are lost." if step > saved else ""
    else:
        message += "Nothing was saved yet: resuming begins again at step 0."
    return message + (f" The last line of its output: {output}" if output else "")


def last_output(folder: Path) -> str:
    """The last line that a run's process printed."""
    try:
        lines = read_tail(folder / OUTPUT_FILE).strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip()[:300] if lines else ""


def last_step(log: Path) -> int:
    """The step of a log's last complete line; 0 without one."""
    try:
        rows = parse_log(read_tail(log))
        return clip_step(rows[-1]["step"]) if rows else 0
    except OSError:
        return 0


def clip_step(step: float) -> int:
    return int(min(max(step, 0), MAX_STEPS))


def saved_step(folder: Path) -> int:
    """The step of the last save; 0 without one."""
    if not (folder / STATE_FILE).is_file():
        return 0
    try:
        return clip_step(int((folder / SAVED_STEP_FILE).read_text()))
    except (OSError, ValueError):
        return last_step(folder / LOG_FILE)  # a run of an earlier version, which ended with a save


def read_tail(file: Path) -> str:
    """The last TAIL_BYTES of a text file."""
    with file.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(stream.tell() - TAIL_BYTES, 0))
        return stream.read().decode("utf-8", errors="replace")

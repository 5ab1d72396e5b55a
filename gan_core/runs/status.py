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
from gan_core.runs.queue import ALIVE, OUTPUT, PROCESS, REQUEST

CONFIG, LOG, STATE, SAVED, LOCK = "run.json", "log.jsonl", "state.pt", ".saved", ".lock"  # as RunFolder has them
GOOD = "good"  # too: the last save at which all was well
TAIL = 4096  # bytes of a log that hold its last line
LAUNCH = 30.0  # seconds that a process may take to make itself known


class State(StrEnum):
    WAITING = "waiting"
    PREPARING = "preparing"  # data are read
    RUNNING = "running"
    STOPPING = "stopping"  # saves, then ends
    STOPPED = "stopped"
    FINISHED = "finished"
    CRASHED = "crashed"
    LOST = "lost"  # the process is gone without a word


LIVE = (State.WAITING, State.PREPARING, State.RUNNING, State.STOPPING)


@dataclass(frozen=True)
class Entry:
    """`plan` is the run's settings as run.json has them; `step` the last one logged, `saved` the last one saved (0 for
    none) and `good` that of the last save at which all was well, `reason` a sentence on what went wrong, `pid` the
    process where there is one."""

    folder: Path
    title: str
    state: State
    plan: dict[str, Any]
    step: int = 0
    saved: int = 0
    ahead: int = 0
    began: float | None = None
    reason: str = ""
    pid: int | None = None
    good: int = 0

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def steps(self) -> int:
        """The total to reach."""
        return int(self.plan.get("training", {}).get("steps", 0))

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting of model, objective or training."""
        return next((part[name] for kind in ("model", "objective", "training")
                     if name in (part := self.plan.get(kind, {}))), default)  # fmt: skip


def entries(root: Path) -> list[Entry]:
    """All runs of a folder, the youngest first."""
    folders = [each for each in root.glob("[!.]*") if (each / CONFIG).is_file() or (each / REQUEST).is_file()]
    return [look(each) for each in sorted(folders, key=lambda each: -begun(each))]


def begun(folder: Path) -> float:
    """When a run was asked for, as far as is known."""
    asked = queue.read(folder / REQUEST).get("asked")
    try:
        return float(asked) if asked else (folder / CONFIG).stat().st_mtime
    except (OSError, ValueError):
        return 0.0


def look(folder: Path) -> Entry:
    """How a run is now."""
    request, process = queue.read(folder / REQUEST), queue.read(folder / PROCESS)
    plan = queue.read(folder / CONFIG) or request.get("plan", {})
    step, saved = last_step(folder / LOG), saved_step(folder)
    alive = queue.held(folder / ALIVE)
    state, reason = state_of(folder, request, process, plan, step, alive)
    if state is State.LOST:
        reason = lost_reason(saved, step, last_words(folder))
    waiting = len(queue.ahead(folder)) if state is State.WAITING else 0
    pid = process.get("pid") if alive and "ended" not in process else None  # of an earlier process it may be anybody's
    return Entry(
        folder, str(request.get("title") or folder.name), state, plan, step, saved, waiting, process.get("began"),
        reason, pid, saved_step(folder / GOOD),
    )  # fmt: skip


def state_of(
    folder: Path, request: dict[str, Any], process: dict[str, Any], plan: dict[str, Any], step: int, alive: bool
) -> tuple[State, str]:
    """The state, and the reason of a crash."""
    total = plan.get("training", {}).get("steps", 0)
    if alive:
        if request.get("stop"):
            return State.STOPPING, ""
        if "began" not in process or "ended" in process:
            return State.WAITING, ""
        logged = (folder / LOG).is_file() and (folder / LOG).stat().st_mtime > process["began"]
        return (State.RUNNING if logged else State.PREPARING), ""
    if queue.held(folder / LOCK):  # started by hand, without a place in the line
        return State.RUNNING, ""
    asked = float(request.get("asked") or 0)
    if process.get("queued", 0.0) < asked and not request.get("stop") and time.time() - asked < LAUNCH:
        return State.WAITING, ""
    if process.get("reason"):
        return State.CRASHED, str(process["reason"])
    if step and step >= total:
        return State.FINISHED, ""
    if "ended" in process or request.get("stop") or (not process and not request):
        return State.STOPPED, ""
    return State.LOST, ""


def lost_reason(saved: int, step: int, words: str) -> str:
    """What there is to say of a process that is gone."""
    since = f" The steps since, up to {step:,}, are lost." if step > saved else ""
    kept = f"The save of step {saved:,} is whole: the run can go on from there.{since}" if saved else (
        "It had saved nothing yet: going on means beginning again."
    )  # fmt: skip
    return (
        "Its process is gone without a word: it was killed, ran out of memory, or the machine was started anew. "
        + kept
        + (f" Its last words: {words}" if words else "")
    )


def last_words(folder: Path) -> str:
    """The last line that a process printed."""
    try:
        lines = tail(folder / OUTPUT).strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip()[:300] if lines else ""


def last_step(log: Path) -> int:
    """The step of a log's last whole line; 0 without one."""
    try:
        lines = tail(log).splitlines()
    except OSError:
        return 0
    for each in reversed(lines):
        try:
            return int(json.loads(each)["step"])
        except (ValueError, KeyError, TypeError):
            continue
    return 0


def saved_step(folder: Path) -> int:
    """The step of the last save; 0 where there is none."""
    if not (folder / STATE).is_file():
        return 0
    try:
        return int((folder / SAVED).read_text())
    except (OSError, ValueError):
        return last_step(folder / LOG)  # of a run of an earlier version, which ended with a save


def tail(file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(stream.tell() - TAIL, 0))
        return stream.read().decode("utf-8", errors="replace")


def size(folder: Path) -> int:
    """Bytes on disk; what has two names counts once."""
    return sum({(status.st_dev, status.st_ino): status.st_size for status in statuses(folder)}.values())


def statuses(folder: Path) -> Iterator[os.stat_result]:
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(place) / name).lstat()
            except OSError:  # gone meanwhile
                continue

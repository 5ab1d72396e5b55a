"""A run's folder on disk: run.json, state.pt to resume from, log.jsonl and previews, each written whole or not."""

import json
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from gan_core.errors import UsageError
from gan_core.training.config import Run

LOCK_FILE = ".lock"


class RunFolder:
    """Paths and files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_file = path / "run.json"
        self.state_file = path / "state.pt"
        self.saved_step_file = path / ".saved"  # the step of the last save, for those who only want to know that
        self.encoder_file = path / "text.safetensors"  # where the condition is a sentence
        self.log_file = path / "log.jsonl"
        self.previews_folder = path / "previews"
        self.preview_metrics_file = path / "seen.jsonl"  # a line a preview: how diverse, how near to training pictures
        self.real_sheet_file = path / "real.png"  # real pictures, for comparison
        self.last_good_folder = path / "good"  # a run by itself: the last save at which all was well

    @property
    def name(self) -> str:
        """What the run is called; its last good save is called as it is."""
        parent_run = RunFolder(self.path.parent)
        return (
            parent_run.path.name
            if self.path == parent_run.last_good_folder and parent_run.config_file.is_file()
            else self.path.name
        )

    def create(self, run: Run) -> None:
        """Fill a new folder. Raises InputError where something lies there already."""
        self.require_new()
        self.previews_folder.mkdir(parents=True, exist_ok=True)
        self.write_config(run)

    def start_over(self) -> None:
        """Begin again with what was killed before its first save. Raises InputError where there is no run."""
        self.read_config()
        self.previews_folder.mkdir(exist_ok=True)
        self.truncate_log(-1)

    def require_new(self) -> None:
        """Raise InputError where something lies there already; what hides (locks, the studio's notes) is nothing."""
        is_taken = self.path.exists()
        if self.path.is_dir():
            is_taken = any(not file.name.startswith(".") for file in self.path.iterdir())
        if is_taken:
            raise UsageError(f"{self.path} exists: go on with it by --resume, or name another folder by --run.")

    def write_config(self, run: Run) -> None:
        write_atomically(self.config_file, lambda file: file.write_text(json.dumps(run.to_dict(), indent=2) + "\n"))

    def read_config(self) -> Run:
        """The run as it was started. Raises InputError where there is none."""
        if not self.config_file.is_file():
            raise UsageError(f"{self.path} is not a run: it holds no run.json.")
        try:
            return Run.from_dict(json.loads(self.config_file.read_text()))
        except UsageError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{self.config_file} cannot be read as a run's settings: {error!r}.") from error

    def write_state(self, state: dict[str, Any]) -> None:
        write_atomically(self.state_file, lambda file: torch.save(state, file))
        self.saved_step_file.write_text(str(state["step"]))

    def read_state(self) -> dict[str, Any]:
        """Weights, optimizers and step of the last save. Raises InputError where there is none, or it is torn."""
        if not self.state_file.is_file():
            raise UsageError(f"{self.path} has saved nothing yet.")
        try:
            return torch.load(self.state_file, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise UsageError(f"{self.state_file} is not whole and cannot be resumed from: {error}.") from error

    def append_log(self, line: dict[str, Any]) -> None:
        append_line(self.log_file, line)

    def append_preview_metrics(self, line: dict[str, Any]) -> None:
        append_line(self.preview_metrics_file, line)

    def truncate_log(self, last_step: int) -> None:
        """Forget what a run that was killed logged after its last save, at step `number`."""
        for log in (self.log_file, self.preview_metrics_file):
            if log.is_file():
                kept = [line for line in read_lines(log) if line["step"] <= last_step]
                text = "".join(json.dumps(line) + "\n" for line in kept)
                write_atomically(log, lambda file, text=text: file.write_text(text))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder, which must exist, for one process. Raises InputError while another one trains in it."""
        try:
            with FileLock(self.path / LOCK_FILE, timeout=0):
                yield
        except Timeout as error:
            raise UsageError(f"Another process is training in {self.path}: stop it first.") from error


def append_line(log: Path, line: dict[str, Any]) -> None:
    with log.open("a") as file:
        file.write(json.dumps(line) + "\n")


def read_lines(log: Path) -> list[dict[str, Any]]:
    """The lines of a log; one that a killed process left half written is left out."""
    lines = []
    for line in log.read_text().splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


def write_atomically(target: Path, write: Callable[[Path], Any]) -> None:
    """Write beside the target, flush to disk, then rename: a stopped process leaves the old file or the new one."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)  # it may be a second name of something
    write(partial)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(partial, target)

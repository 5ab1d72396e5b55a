"""The folder of a run: run.json, state.pt to resume from, log.jsonl and previews, each written atomically."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError

from gan_core.errors import ExternalError, UsageError
from gan_core.files import write_atomically
from gan_core.json_text import parse_json
from gan_core.training import run_files
from gan_core.training.config import Run
from gan_core.training.run_files import parse_log


class UnwritableFile(ExternalError, OSError):
    """A file of a run cannot be written: the disk is full or gone. The last save is whole."""


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Turns what fails while a file is written into UnwritableFile."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnwritableFile(f"{file} cannot be written ({reason})") from error


class RunFolder:
    """Paths and files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_file = path / run_files.RUN_CONFIG_FILE
        self.state_file = path / run_files.STATE_FILE
        self.saved_step_file = path / run_files.SAVED_STEP_FILE
        self.encoder_file = path / run_files.ENCODER_FILE
        self.log_file = path / run_files.LOG_FILE
        self.previews_folder = path / run_files.PREVIEWS_FOLDER
        self.preview_metrics_file = path / run_files.PREVIEW_METRICS_FILE
        self.prompts_file = path / run_files.PROMPTS_FILE
        self.real_sheet_file = path / run_files.REAL_SHEET_FILE
        self.last_good_folder = path / run_files.LAST_GOOD_FOLDER

    @property
    def name(self) -> str:
        """The folder's name; for the last good save of a run, the name of that run."""
        parent_run = RunFolder(self.path.parent)
        is_last_good = self.path == parent_run.last_good_folder and parent_run.config_file.is_file()
        return parent_run.path.name if is_last_good else self.path.name

    # Creation ---------------------------------------------------------------------------------------------------------

    def create(self, run: Run) -> None:
        """Fills a new folder. Raises UsageError where it holds files already."""
        self.require_new()
        with writing(self.path):
            self.previews_folder.mkdir(parents=True, exist_ok=True)
        self.write_config(run)

    def start_over(self) -> None:
        """Empties the log of a run that was killed before its first save. Raises UsageError where there is no run."""
        self.read_config()
        self.make_previews_folder()
        self.truncate_log(-1)

    def require_new(self) -> None:
        """Raises UsageError where the path holds anything but hidden files (locks, notes of the queue)."""
        is_taken = self.path.exists()
        if self.path.is_dir():
            is_taken = any(not file.name.startswith(".") for file in self.path.iterdir())
        if is_taken:
            raise UsageError(f"{self.path} exists: go on with it by --resume, or name another folder by --run.")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the folder, which must exist, for this process. Raises UsageError while another one trains in it."""
        try:
            with FileLock(self.path / run_files.LOCK_FILE, timeout=0):
                yield
        except Timeout as error:
            raise UsageError(f"Another process is training in {self.path}: stop it first.") from error

    # Config and state -------------------------------------------------------------------------------------------------

    def write_config(self, run: Run) -> None:
        text = json.dumps(run.to_dict(), indent=2) + "\n"
        with writing(self.config_file):
            write_atomically(self.config_file, lambda file: file.write_text(text), sync=True)

    def read_config(self) -> Run:
        """The run as it was started. Raises UsageError where there is none."""
        if not self.config_file.is_file():
            raise UsageError(f"{self.path} is not a run: it holds no run.json.")
        unreadable = f"{self.config_file} cannot be read as a run's settings"
        try:
            return Run.from_dict(parse_json(self.config_file.read_bytes()))
        except UsageError:
            raise
        except KeyError as error:
            raise UsageError(f"{unreadable}: it lacks {error}, or this version does not know it.") from error
        except ValueError as error:
            raise UsageError(f"{unreadable}: {error}.") from error
        except (TypeError, AttributeError) as error:
            raise UsageError(f"{unreadable}: a setting is of another type than it must be.") from error

    def write_state(self, state: dict[str, Any]) -> None:
        """Saves a state. Raises UnwritableFile where that fails: the one before stays whole."""

        def save(file: Path) -> None:
            try:
                torch.save(state, file)
            except RuntimeError as error:  # of torch's own writer, which knows no reason
                raise OSError("the disk may be full" if file.parent.is_dir() else "its folder is gone") from error

        with writing(self.state_file):
            write_atomically(self.state_file, save, sync=True)
            write_atomically(self.saved_step_file, lambda file: file.write_text(str(state["step"])))

    def read_state(self) -> dict[str, Any]:
        """Weights, optimizer states and step of the last save, on the CPU.

        Raises UsageError where there is none, or the file is damaged.
        """
        if not self.state_file.is_file():
            raise UsageError(f"{self.path} has saved nothing yet.")
        try:
            return torch.load(self.state_file, map_location="cpu", weights_only=True)
        except MemoryError:
            raise
        except Exception as error:  # damaged files raise all kinds of exceptions
            raise UsageError(f"{self.state_file} is damaged and cannot be resumed from: {error}.") from error

    # Logs -------------------------------------------------------------------------------------------------------------

    def append_log(self, row: dict[str, Any]) -> None:
        append_row(self.log_file, row)

    def append_preview_metrics(self, row: dict[str, Any]) -> None:
        append_row(self.preview_metrics_file, row)

    def truncate_log(self, last_step: int) -> None:
        """Removes the rows after `last_step` from both logs: what a killed run logged after its last save."""
        for log in (self.log_file, self.preview_metrics_file):
            if log.is_file():
                rows = [row for row in read_log(log) if row["step"] <= last_step]
                text = "".join(json.dumps(row) + "\n" for row in rows)
                with writing(log):
                    write_atomically(log, lambda file, text=text: file.write_text(text), sync=True)

    def make_previews_folder(self) -> None:
        """It may be missing: in the folder of the last good save, and in one that was copied without its images."""
        with writing(self.previews_folder):
            self.previews_folder.mkdir(exist_ok=True)


def append_row(log: Path, row: dict[str, Any]) -> None:
    with writing(log), log.open("a") as file:
        file.write(json.dumps(row) + "\n")


def read_log(log: Path) -> list[dict[str, Any]]:
    return parse_log(log.read_bytes())

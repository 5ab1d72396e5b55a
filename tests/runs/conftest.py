"""Real runs of tiny networks on a folder of images, as the app starts them, and runs that only look ended."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gan_core.runs import lifecycle, processes
from gan_core.runs.queue import PROCESS_FILE, write_note
from gan_core.runs.status import RunState, RunStatus, list_runs, read_status
from gan_core.training.config import Run
from tests.training.short_runs import write_images

TIMEOUT_S = 600  # for a machine that is busy with something else
TINY_SETTINGS = {
    "latent_size": 4, "width": 8, "layers": 1, "batch_size": 4, "steps": 1_000_000, "precision": "float32",
    "device": "cpu", "log_every": 5, "preview_every": 200, "save_every": 200,
}  # fmt: skip
WaitUntil = Callable[..., RunStatus]


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """A folder of grey images."""
    return write_images(tmp_path / "images")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs, which are stopped after the test."""
    path = tmp_path / "runs"
    yield path
    for status in list_runs(path):
        if status.is_active:
            lifecycle.stop(status)
    for child in processes._children:
        try:
            child.wait(60)
        except Exception:
            child.kill()


def tiny_run(image_folder: Path, **changes: Any) -> tuple[Run, dict]:
    """A tiny run, and its differences from the preset."""
    settings = TINY_SETTINGS | changes
    return Run.from_preset("vanilla", str(image_folder), "classic", **settings), settings


@pytest.fixture
def wait_until() -> WaitUntil:
    """`wait_until(folder, *states, step=3)`: the status once it is one of the states at that step."""

    def wait(folder: Path, *states: RunState, step: int = 0) -> RunStatus:
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            status = read_status(folder)
            if (not states or status.state in states) and status.step >= step:
                return status
            assert time.monotonic() < deadline, f"{status.state} at step {status.step}: {status.failure_message}"
            time.sleep(0.1)

    return wait


def ended_run(root: Path, name: str = "mine") -> Path:
    """A run that looks as if its process had ended."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    write_note(folder / PROCESS_FILE, {"pid": 1, "queued": 1.0, "began": 2.0, "ended": 3.0})
    return folder

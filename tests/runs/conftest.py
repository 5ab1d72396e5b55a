"""Real runs of tiny networks on a folder of pictures, as the studio starts them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.runs import lifecycle, processes
from gan_core.runs.status import RunState, RunStatus, list_runs, read_status
from gan_core.training.config import Run

TIMEOUT_S = 600  # seconds, for a machine that is busy with something else
TINY_SETTINGS = {
    "latent_size": 4, "width": 8, "layers": 1, "batch_size": 4, "steps": 1_000_000, "precision": "float32",
    "device": "cpu", "log_every": 5, "preview_every": 200, "save_every": 200,
}  # fmt: skip
WaitUntil = Callable[..., RunStatus]


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """A folder of grey pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        pixels = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs; what still trains at the end is stopped."""
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


def tiny_run(image_folder: Path, **changes: object) -> tuple[Run, dict]:
    """A tiny run, and what it changes."""
    settings = TINY_SETTINGS | changes
    return Run.from_preset("vanilla", str(image_folder), "classic", **settings), settings


@pytest.fixture
def wait_until() -> WaitUntil:
    """`until(folder, *states, step=3)`: the entry as soon as it is in one of the states and so far."""

    def wait(folder: Path, *states: RunState, step: int = 0) -> RunStatus:
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            status = read_status(folder)
            if (not states or status.state in states) and status.step >= step:
                return status
            assert time.monotonic() < deadline, f"{status.state} at step {status.step}: {status.failure_message}"
            time.sleep(0.1)

    return wait

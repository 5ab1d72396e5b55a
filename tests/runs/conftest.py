"""Real runs of tiny networks on a folder of pictures, as the studio starts them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.runs import lifecycle
from gan_core.runs.status import Entry, State, entries, look
from gan_core.training.config import Run

PATIENCE = 600  # seconds, for a machine that is busy with something else
SMALL = {
    "latent_size": 4, "width": 8, "layers": 1, "batch_size": 4, "steps": 1_000_000, "precision": "float32",
    "device": "cpu", "log_every": 5, "preview_every": 200, "save_every": 200,
}  # fmt: skip
Await = Callable[..., Entry]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
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
    place = tmp_path / "runs"
    yield place
    for entry in entries(place):
        if entry.live:
            lifecycle.stop(entry)
    for child in lifecycle._started:
        try:
            child.wait(60)
        except Exception:
            child.kill()


def plan(pictures: Path, **changes: object) -> tuple[Run, dict]:
    """A tiny run, and what it changes."""
    settings = SMALL | changes
    return Run.from_preset("vanilla", str(pictures), "classic", **settings), settings


@pytest.fixture
def until() -> Await:
    """`until(folder, *states, step=3)`: the entry as soon as it is in one of the states and so far."""

    def wait(folder: Path, *states: State, step: int = 0) -> Entry:
        deadline = time.monotonic() + PATIENCE
        while True:
            entry = look(folder)
            if (not states or entry.state in states) and entry.step >= step:
                return entry
            assert time.monotonic() < deadline, f"{entry.state} at step {entry.step}: {entry.reason}"
            time.sleep(0.1)

    return wait

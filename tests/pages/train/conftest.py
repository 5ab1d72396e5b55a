"""Folders of runs, and tiny runs that have ended."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_core.runs import lifecycle, profiling
from gan_core.runs.profiling import CostEstimate
from gan_core.runs.queue import PROCESS_FILE, REQUEST_FILE, write_note
from gan_core.training.trainer import train
from pages.train import cost
from pages.train.dataset import SOURCE_KEY
from tests import factories


@pytest.fixture
def runs_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and one of data. The cost is not measured, which takes seconds."""
    monkeypatch.setenv("GAN_CORE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(profiling, "estimate_cost", lambda run: CostEstimate(0.1, 1_200_000_000, 64))
    monkeypatch.setattr(cost, "busy_cores", lambda seconds: 0.0)
    cost.cached_measurement.clear()
    (tmp_path / "data").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def launched_commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of processes, which are recorded instead of started."""
    commands: list[list[str]] = []

    def record(folder: Path, request: dict, arguments: list[str] | None = None) -> None:
        write_note(folder / REQUEST_FILE, request | {"asked": time.time()})
        commands.append(lifecycle.command_line(folder, arguments or request["arguments"]))

    monkeypatch.setattr(lifecycle, "launch", record)
    return commands


def finished_run(root: Path, name: str = "mine", **changes: object) -> Path:
    """The folder of a tiny run that has finished."""
    run = factories.run("vanilla", "classic", **{"steps": 12, "preview_every": 4, "save_every": 4} | changes)
    folder = root / name
    list(train(run, factories.labelled_images(), folder))
    write_note(folder / REQUEST_FILE, {"title": name.capitalize(), "asked": time.time() - 100, "plan": run.to_dict()})
    write_note(
        folder / PROCESS_FILE, {"pid": 1, "queued": time.time() - 99, "began": time.time() - 98, "ended": time.time()}
    )
    return folder


def write_images(folder: Path, count: int = 12) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def choose_source(app: AppTest, source: str) -> AppTest:
    """Choose where the pictures of a new training come from."""
    return next(group for group in app.segmented_control if group.key == SOURCE_KEY).set_value(source).run()


def encoded_photo(number: int, side: int = 70) -> bytes:
    """A PNG file of coloured noise."""
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()

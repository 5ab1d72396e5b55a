"""What all tests share: a clean accelerate state, and the folder of real data for those marked `shared`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)  # nets this small gain nothing from a second thread, and lose much on a busy machine


@pytest.fixture(autouse=True)
def _fresh_accelerate() -> Iterator[None]:
    """accelerate keeps precision and processes for the life of a process; each test starts without."""
    yield
    if "accelerate" in sys.modules:
        from accelerate.state import AcceleratorState

        AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture
def data_folder() -> Path:
    """The folder that GAN_CORE_DATA names; the test is skipped where it holds no MNIST."""
    folder = Path(os.environ.get("GAN_CORE_DATA") or "nowhere")
    if not (folder / "MNIST").is_dir():
        pytest.skip("GAN_CORE_DATA names no folder with MNIST")
    return folder

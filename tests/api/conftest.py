"""Small models and data sets for the tests of the library."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.checkpoints import store
from tests import factories, small_upscalers


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of small models, one of each task, that all functions use by default."""
    folder = tmp_path / "checkpoints"
    factories.checkpoint(folder, "conditional", "shapes-cgan")
    factories.checkpoint(folder, "vanilla", "shapes-vanilla")
    factories.checkpoint(folder, "text_conditional", "words")
    small_upscalers.make_upscaler_checkpoint(folder)
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(folder))
    return folder


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the documented examples: a photo, images, MNIST, and the committed models."""
    noise = np.random.default_rng(0)
    (tmp_path / "my-images").mkdir()
    for index in range(8):
        pixels = noise.integers(0, 256, (40, 30, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "my-images" / f"{index}.png")
    Image.fromarray(noise.integers(0, 256, (12, 20, 3), np.uint8)).save(tmp_path / "photo.jpg")
    write_mnist(tmp_path / "data" / "MNIST" / "raw", count=100)
    (tmp_path / "checkpoints").mkdir()
    for folder in store.DEFAULT_ROOT.iterdir():
        (tmp_path / "checkpoints" / folder.name).symlink_to(folder)
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_mnist(folder: Path, count: int) -> None:
    """MNIST's four files of noise, in torchvision's layout."""
    folder.mkdir(parents=True)
    for seed, part in enumerate(("train", "t10k")):
        pixels = np.random.default_rng(seed).integers(0, 256, count * 784, np.uint8)
        labels = bytes(index % 10 for index in range(count))
        (folder / f"{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">IIII", 0x803, count, 28, 28) + pixels.tobytes()
        )
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + labels)

"""Repositories for the Hub on loopback, and short ways to download from it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.torch import save

from gan_core import sampling
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.hub.download import fetch_model
from gan_core.hub.file_download import download_file
from gan_core.hub.reference import parse_reference
from gan_core.hub.repository import RepoInfo
from tests.hub.server import Files
from tests.imported_models import ConditionalPerceptron, Perceptron, TutorialDCGAN, save_to_bytes

DATA = bytes(range(256)) * 4000  # 1 MB
FILES = {"model.safetensors": DATA, "README.md": b"# A model\n", "deep/er/x.pth": b"xyz"}


def download(info: RepoInfo, target: Path, path: str = "model.safetensors") -> list[tuple[int, int]]:
    """Downloads a file of FILES; returns the reported progress."""
    progress: list[tuple[int, int]] = []
    file = info.file(path)
    assert file is not None
    download_file(info, file, target, lambda done, total: progress.append((done, total)))
    return progress


def checkpoint_files(checkpoint: Checkpoint) -> Files:
    return {file.name: file.read_bytes() for file in checkpoint.folder.iterdir()}


def fetched(reference: str) -> Checkpoint:
    return fetch_model(parse_reference(reference)).checkpoint


def sampled(checkpoint: Checkpoint, *seeds: int) -> np.ndarray:
    return sampling.sample(sampling.load_model(str(checkpoint.folder), Path("nowhere"), "cpu"), seeds)


IMPORTED: dict[str, tuple[Callable[[], Files], str, tuple[int, ...]]] = {
    "a DCGAN": (lambda: {"generator.pth": save_to_bytes(TutorialDCGAN().state_dict())}, "foreign", (64, 64, 3)),
    "a DCGAN of the HugGAN sprint": (
        lambda: {
            "pytorch_model.bin": save_to_bytes(
                {key.replace("main", "model"): value for key, value in TutorialDCGAN(channels=1).state_dict().items()}
            ),
            "config.json": b'{"num_channels": 1, "latent_dim": 100, "hidden_size": 4}',
        },
        "foreign",
        (64, 64, 1),
    ),
    "a perceptron": (
        lambda: {"model.safetensors": save(Perceptron().state_dict()), "pytorch_model.bin": b"not read"},
        "foreign",
        (28, 28, 1),
    ),
    "a conditional perceptron": (
        lambda: {"cgan.pt": save_to_bytes({"G": ConditionalPerceptron().state_dict()})},
        "foreign_conditional",
        (28, 28, 1),
    ),
}

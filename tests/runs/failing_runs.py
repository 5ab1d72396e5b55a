"""Short trainings of tiny networks that really fail, each in its own way, and one that does not: what the diagnosis is
held against."""

from pathlib import Path
from typing import Any

import torch

from gan_core.data.datasets import InMemoryImages
from gan_core.errors import OutsideError
from gan_core.runs import log_reader
from gan_core.runs.diagnosis import Evidence
from gan_core.runs.status import Entry, State
from gan_core.training.config import Run
from gan_core.training.trainer import train

SIDE = 28
LOOP = {
    "batch_size": 32, "latent_size": 16, "width": 32, "layers": 2, "precision": "float32", "device": "cpu",
    "log_every": 5, "preview_every": 50, "save_every": 100, "steps": 300, "ema_pictures": 0, "image_size": SIDE,
}  # fmt: skip

RUNS: dict[str, tuple[str, dict[str, Any]]] = {  # preset and changes
    "wins": (
        "minimax",
        {"discriminator_rate": 2e-3, "discriminator_steps": 4, "generator_rate": 2e-5, "beta1": 0.5, "steps": 150},
    ),
    "collapse": (
        "minimax",
        {
            "generator_steps": 6, "discriminator_steps": 1, "generator_rate": 2e-3, "discriminator_rate": 1e-4,
            "beta1": 0.5,
        },
    ),
    "oscillation": (
        "classic",
        {
            "generator_steps": 3, "generator_rate": 4e-3, "discriminator_rate": 1e-3, "beta1": 0.5, "steps": 160,
            "log_every": 2,
        },
    ),
    "divergence": (
        "classic", {"generator_rate": 1.0, "discriminator_rate": 1.0, "objective": "wgan-gp", "steps": 150},
    ),
    "memorising": (
        "classic",
        {
            "generator_rate": 1e-3, "discriminator_rate": 1e-3, "steps": 900, "width": 64, "latent_size": 4,
            "latent_distribution": "normal",
        },
    ),
    "fine": ("modern", {"r1": 2.0, "r2": 2.0, "generator_rate": 1e-3, "discriminator_rate": 1e-3, "steps": 400}),
}  # fmt: skip


def bars(count: int) -> InMemoryImages:
    """Bright rectangles of any size and place on black."""
    generator = torch.Generator().manual_seed(3)
    pictures = torch.zeros(count, 1, SIDE, SIDE, dtype=torch.uint8)
    for each in pictures:
        top, left, height, width = torch.randint(3, 13, (4,), generator=generator).tolist()
        each[:, top : top + height, left : left + width] = 255
    return InMemoryImages("bars", pictures)


def evidence(kind: str, folder: Path, **changes: Any) -> Evidence:
    """Train so that it comes to this, and what the run's folder then tells."""
    preset, own = RUNS[kind]
    run = Run.from_preset("vanilla", "bars", preset, **LOOP | own | changes)
    data = bars(6 if kind == "memorising" else 1000)
    state, reason = State.FINISHED, ""
    torch.set_num_threads(1)
    try:
        for _ in train(run, data, folder):
            pass
    except OutsideError as error:
        state, reason = State.CRASHED, str(error)
    log, seen = log_reader.read(folder / "log.jsonl"), log_reader.read(folder / "seen.jsonl")
    entry = Entry(folder, kind, state, run.to_dict(), int(log["step"][-1]) if log else 0, reason=reason)
    return Evidence(entry, log, seen)

"""Short trainings of tiny networks that really fail, one for each failure, and one that does not."""

from pathlib import Path
from typing import Any

import torch

from gan_core.data.datasets import InMemoryImages
from gan_core.errors import ExternalError
from gan_core.runs import log_reader
from gan_core.runs.diagnosis import RunMetrics
from gan_core.runs.status import RunState, RunStatus
from gan_core.training.config import Run
from gan_core.training.trainer import train

SIDE_PX = 28
LOOP_SETTINGS = {
    "batch_size": 32, "latent_size": 16, "width": 32, "layers": 2, "precision": "float32", "device": "cpu",
    "log_every": 5, "preview_every": 50, "save_every": 100, "steps": 300, "ema_pictures": 0, "image_size": SIDE_PX,
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
            "generator_steps": 3, "generator_rate": 1e-2, "discriminator_rate": 1e-3, "beta1": 0.9, "steps": 160,
            "log_every": 2, "variety": 2.0,  # without it, it would collapse as well
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


def random_bars(count: int) -> InMemoryImages:
    """White rectangles of random size and position on black."""
    generator = torch.Generator().manual_seed(3)
    images = torch.zeros(count, 1, SIDE_PX, SIDE_PX, dtype=torch.uint8)
    for image in images:
        top, left, height, width = torch.randint(3, 13, (4,), generator=generator).tolist()
        image[:, top : top + height, left : left + width] = 255
    return InMemoryImages("bars", images)


def train_failing(failure: str, folder: Path, **changes: Any) -> RunMetrics:
    """Trains until the failure; returns what the run's folder then holds."""
    preset, own_settings = RUNS[failure]
    run = Run.from_preset("vanilla", "bars", preset, **LOOP_SETTINGS | own_settings | changes)
    data = random_bars(6 if failure == "memorising" else 1000)
    state, failure_message = RunState.FINISHED, ""
    torch.set_num_threads(1)
    try:
        for _ in train(run, data, folder):
            pass
    except ExternalError as error:
        state, failure_message = RunState.FAILED, str(error)
    log, preview_metrics = log_reader.read_columns(folder / "log.jsonl"), log_reader.read_columns(folder / "seen.jsonl")
    status = RunStatus(
        folder, failure, state, run.to_dict(), int(log["step"][-1]) if log else 0, failure_message=failure_message
    )
    return RunMetrics(status, log, preview_metrics)

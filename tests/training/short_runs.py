"""Short trainings of tiny networks, and comparisons of what they save."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from gan_core.models import FAMILIES, Task
from gan_core.training.config import Run
from gan_core.training.events import Event
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import train
from tests import factories

EVERY_FAMILY = pytest.mark.parametrize("name", FAMILIES)


def train_to(run: Run, folder: Path, steps: int | None = None, **options: Any) -> list[Event]:
    """All events of a training to `steps` in total."""
    settings = run.training if steps is None else replace(run.training, steps=steps)
    return list(train(replace(run, training=settings), factories.dataset_for(run), folder, **options))


def resumable_state(folder: Path) -> dict[str, Any]:
    """What resuming needs, without the time that it took."""
    state = RunFolder(folder).read_state()
    return {name: value for name, value in state.items() if name not in ("seconds", "elapsed")}


def equal(first: Any, second: Any) -> bool:
    """Equal to the last bit, all the way down."""
    if isinstance(first, Tensor):
        return first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(equal(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(equal, first, second))
    return bool(first == second)


def eventful_run(name: str, **changes: Any) -> Run:
    """A run with everything that could go wrong on a resume: lazy penalties, k updates, falling rates."""
    settings = {
        "steps": 6, "save_every": 2, "preview_every": 3, "objective": "relativistic", "penalty_every": 3,
        "discriminator_steps": 2, "generator_steps": 2, "decay_from": 1, "decay_until": 5, "ema_pictures": 8,
    }  # fmt: skip
    if FAMILIES[name].task != Task.SUPER_RESOLUTION:
        settings |= {"augment": "colour+translation+cutout", "augment_chance": 0.5}
    return factories.run(name, **settings | changes)


def flat_weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.flatten() for parameter in network.parameters()])


def write_images(folder: Path, count: int = 12, side: int = 28) -> Path:
    """A folder of grey PNG files of noise."""
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (side, side), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder

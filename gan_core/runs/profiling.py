"""How long a training will take on this device, and how much memory: from a few real steps on noise, before it begins.

The steps are the trainer's own, of the same networks, objective and precision. What they hold for the way back is
counted as autograd saves it. Where a step is long, it is measured with a part of the batch and scaled up.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_core.data.datasets import Batch, InMemoryImages
from gan_core.models import find_family
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import Trainer, in_half

PROGRAM = 700_000_000  # bytes of Python, torch and the rest
FIRST = 8  # pictures of the first step, which warms up
LONGEST = 1.5  # seconds of measuring, about


@dataclass(frozen=True)
class Estimate:
    """Seconds a step, and bytes at its highest without the data."""

    step_seconds: float
    memory: int
    pictures: int  # of the batch that was measured


class Alone:
    """What the trainer asks of accelerate, for one process that measures: accelerate itself keeps its precision for the
    life of a process, and this process may be the app."""

    num_processes, process_index, is_main_process = 1, 0, True

    def __init__(self, settings: TrainingConfig) -> None:
        on_cpu = settings.device == "cpu" or not torch.cuda.is_available()
        self.device = torch.device("cpu" if on_cpu else "cuda")
        self.half = in_half(settings, on_cpu)

    def autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16) if self.half else nullcontext()


def estimate(run: Run) -> Estimate:
    """Measure. Takes about two seconds; raises InputError where the run could not begin."""
    part = min(run.training.batch_size, FIRST)
    trainer, whole = prepared(run), run.training.batch_size
    seconds, saved = timed(trainer, run, part)  # the first steps warm up
    if seconds < LONGEST:
        seconds, saved = timed(trainer, run, part)
    while part < whole and seconds * min(4, whole / part) < LONGEST / 2:
        part = min(4 * part, whole)
        seconds, saved = timed(trainer, run, part)
    numbers = sum(each.numel() for each in trainer.generator.parameters())
    rivals = sum(each.numel() for each in trainer.discriminator.parameters())
    held = 4 * (5 * numbers + 4 * rivals)  # weights, gradients, Adam's two moments; the generator's average
    return Estimate(seconds * whole / part, int(PROGRAM + held + 1.5 * saved * whole / part), part)


def prepared(run: Run) -> Trainer:
    """Networks and optimizers; no folder, and no data but noise."""
    return Trainer(run, InMemoryImages("noise", noise(run, 2)), RunFolder(Path("nowhere")), Alone(run.training))


def timed(trainer: Trainer, run: Run, count: int) -> tuple[float, int]:
    """Seconds of a usual step with so many pictures, and the most bytes that autograd saved in it.

    Lazy penalties come once in so many steps; a round of them is measured where that is quick.
    """
    batches, every = batches_of(run, count), run.objective.penalty_every if run.objective.has_penalty() else 1
    seconds = []
    with saving() as saved:
        for number in (0, 1) if every > 1 else (0,):  # one step with penalties, one without
            trainer.step = number
            began = time.perf_counter()
            trainer.train_step(batches)
            if trainer.device.type == "cuda":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - began)
    usual = seconds[0] if every == 1 else (seconds[0] + (every - 1) * seconds[1]) / every
    return usual, saved[0]


@contextmanager
def saving() -> Iterator[list[int]]:
    """Counts the bytes that autograd keeps at most at a time, each storage once: a list of one number."""
    most, now = [0], {"bytes": 0}

    class Kept:
        def __init__(self, tensor: Tensor) -> None:
            self.tensor, self.size = tensor, tensor.numel() * tensor.element_size()
            now["bytes"] += self.size
            most[0] = max(most[0], now["bytes"])

        def __del__(self) -> None:
            now["bytes"] -= self.size

    with torch.autograd.graph.saved_tensors_hooks(Kept, lambda kept: kept.tensor):
        yield most


def batches_of(run: Run, count: int) -> list[Batch]:
    """As many batches as a step takes."""
    model, condition = run.model, find_family(run.family).condition
    batch = Batch(noise(run, count))
    if condition == "label":
        batch = replace(batch, labels=torch.arange(count) % model.classes)
    elif condition == "text":
        batch = replace(batch, sentences=torch.ones(count, model.sentence_size))
    elif condition == "picture":
        batch = replace(batch, small=batch.images[:, :, :: model.scale, :: model.scale])  # pyright: ignore[reportAttributeAccessIssue]
    elif modes := getattr(model, "modes", 0):
        batch = replace(batch, labels=torch.arange(count) % modes)
    return [batch] * run.training.discriminator_steps


def noise(run: Run, count: int) -> Tensor:
    side = run.model.image_size
    generator = torch.Generator().manual_seed(0)  # nobody else's randomness is touched
    return torch.randint(0, 256, (count, run.model.image_channels, side, side), dtype=torch.uint8, generator=generator)

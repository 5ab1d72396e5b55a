"""Estimates time and memory of a training before it begins, from a few steps of the trainer on noise.

Networks, objective, precision and threads are the run's own. Memory is counted from what autograd saves for the
backward pass. A long step is measured with a part of the batch and scaled up.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from gan_core.data.datasets import Batch, InMemoryImages
from gan_core.devices import use_threads
from gan_core.models import Task, find_family
from gan_core.training.acceleration import uses_bfloat16
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import Trainer

BASE_MEMORY_BYTES = 700_000_000  # of Python, torch and the data loading
WARM_UP_BATCH = 8  # images of the first steps, which warm up
TIME_BUDGET_S = 1.6  # for all steps together, about; a single step may take longer
MAX_ROUNDS = 8  # of steps that are timed
MAX_SCATTER = 3.0  # of the median to the quickest round, above which a measurement is not trusted
MAX_EXTRAPOLATION = 16  # of the batch to the one that was measured, above which it is not trusted
ALLOCATOR_FACTOR = 1.5  # memory in use to what autograd saves


@dataclass(frozen=True)
class CostEstimate:
    """Seconds a step, and bytes of memory at the peak, the data not included.

    `step_seconds` is the quickest of several rounds, `median_step_seconds` their median, which is higher beside other
    programs; 0 stands for the quickest. `is_trusted`: the rounds agree, and the batch is not far from the measured one.
    """

    step_seconds: float
    memory_bytes: int
    measured_batch_size: int
    median_step_seconds: float = 0.0
    is_trusted: bool = True


class SingleProcessAccelerator:
    """The part of Accelerate's interface that a training step uses, for one process.

    Accelerate itself fixes its precision for the life of a process, and this process may be the app.
    """

    num_processes, process_index, is_main_process = 1, 0, True

    def __init__(self, settings: TrainingConfig) -> None:
        on_cpu = settings.device == "cpu" or not torch.cuda.is_available()
        self.device = torch.device("cpu" if on_cpu else "cuda")
        self.uses_bfloat16 = uses_bfloat16(settings, on_cpu)

    def autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16) if self.uses_bfloat16 else nullcontext()


def estimate_cost(run: Run) -> CostEstimate:
    """Measures for about two seconds, on the threads of a training. Raises UsageError where the run could not begin."""
    trainer, full_batch = trainer_on_noise(run), run.training.batch_size
    with use_threads(trainer.starting_threads()):
        batch, rounds, saved_bytes = measure_rounds(trainer, run)
    quickest, middle = min(rounds), median(rounds)
    generator_parameters = sum(parameter.numel() for parameter in trainer.generator.parameters())
    discriminator_parameters = sum(parameter.numel() for parameter in trainer.discriminator.parameters())
    # Four float32 values a parameter: weight, gradient and Adam's two moments; and the generator's EMA.
    state_bytes = 4 * (5 * generator_parameters + 4 * discriminator_parameters)
    scale = full_batch / batch
    return CostEstimate(
        step_seconds=quickest * scale,
        memory_bytes=int(BASE_MEMORY_BYTES + state_bytes + ALLOCATOR_FACTOR * saved_bytes * scale),
        measured_batch_size=batch,
        median_step_seconds=middle * scale,
        is_trusted=len(rounds) > 1 and middle <= MAX_SCATTER * quickest and scale <= MAX_EXTRAPOLATION,
    )


def measure_rounds(trainer: Trainer, run: Run) -> tuple[int, list[float], int]:
    """The largest batch that the time allows, the mean seconds of a step in each round of it, and the bytes saved.

    A small batch is never timed where a larger one fits: its time is mostly overhead. The first steps of a batch warm
    up and are not counted.
    """
    full_batch, started_at = run.training.batch_size, time.perf_counter()
    batch = min(full_batch, WARM_UP_BATCH)
    saved_bytes = count_saved_bytes(trainer, run, batch)
    seconds = time_step(trainer, run, batch)
    while batch < full_batch and seconds * min(4, full_batch / batch) < TIME_BUDGET_S / 6:
        batch = min(4 * batch, full_batch)
        saved_bytes = count_saved_bytes(trainer, run, batch)
        seconds = time_step(trainer, run, batch)
    rounds = [seconds]
    while len(rounds) < 2 or (len(rounds) < MAX_ROUNDS and time.perf_counter() - started_at < TIME_BUDGET_S):
        rounds.append(time_step(trainer, run, batch))
    return batch, rounds, saved_bytes


def trainer_on_noise(run: Run) -> Trainer:
    """A trainer without a folder, on noise."""
    data = InMemoryImages("noise", noise_images(run, 2))
    return Trainer(run, data, RunFolder(Path("nowhere")), SingleProcessAccelerator(run.training))


def time_step(trainer: Trainer, run: Run, batch_size: int) -> float:
    """Mean seconds of a step with so many images.

    With lazy penalties a step with them and one without are measured, and averaged by their frequency.
    """
    batches = noise_batches(run, batch_size)
    penalty_every = run.objective.penalty_every if run.objective.has_penalty() else 1
    seconds = []
    for number in (0, 1) if penalty_every > 1 else (0,):  # one step with penalties, one without
        trainer.step = number
        started_at = time.perf_counter()
        trainer.train_step(batches)
        if trainer.device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started_at)
    return seconds[0] if penalty_every == 1 else (seconds[0] + (penalty_every - 1) * seconds[1]) / penalty_every


def count_saved_bytes(trainer: Trainer, run: Run, batch_size: int) -> int:
    """The most bytes that autograd saves at a time in a step. The step is slower than others: it is not timed."""
    trainer.step = 0  # a step with penalties, where there are any
    with saved_tensor_bytes() as saved_bytes:
        trainer.train_step(noise_batches(run, batch_size))
    return saved_bytes[0]


@contextmanager
def saved_tensor_bytes() -> Iterator[list[int]]:
    """Measures the most bytes that autograd saves at a time, within the block; yields a list of that one number."""
    peak, current = [0], {"bytes": 0}

    class SavedTensor:
        def __init__(self, tensor: Tensor) -> None:
            self.tensor, self.size_bytes = tensor, tensor.numel() * tensor.element_size()
            current["bytes"] += self.size_bytes
            peak[0] = max(peak[0], current["bytes"])

        def __del__(self) -> None:
            current["bytes"] -= self.size_bytes

    with torch.autograd.graph.saved_tensors_hooks(SavedTensor, lambda kept: kept.tensor):
        yield peak


def noise_batches(run: Run, batch_size: int) -> list[Batch]:
    """The batches of one step."""
    model, task = run.model, find_family(run.family).task
    batch = Batch(noise_images(run, batch_size))
    if task == Task.CLASS_CONDITIONAL:
        batch = replace(batch, labels=torch.arange(batch_size) % model.classes)
    elif task == Task.TEXT_TO_IMAGE:
        batch = replace(batch, text_embeddings=torch.ones(batch_size, model.sentence_size))
    elif task == Task.SUPER_RESOLUTION:
        batch = replace(batch, low_res=batch.images[:, :, :: model.scale, :: model.scale])  # pyright: ignore[reportAttributeAccessIssue]
    elif cluster_count := getattr(model, "modes", 0):
        batch = replace(batch, labels=torch.arange(batch_size) % cluster_count)
    return [batch] * run.training.discriminator_steps


def noise_images(run: Run, count: int) -> Tensor:
    side = run.model.image_size
    generator = torch.Generator().manual_seed(0)  # torch's global generator stays as it is
    return torch.randint(0, 256, (count, run.model.image_channels, side, side), dtype=torch.uint8, generator=generator)

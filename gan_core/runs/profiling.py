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
from gan_core.models import Task, find_family
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import Trainer, uses_bfloat16

BASE_MEMORY_BYTES = 700_000_000  # bytes of Python, torch and the rest
WARM_UP_BATCH = 8  # pictures of the first step, which warms up
TIME_BUDGET_S = 1.5  # seconds of measuring, about


@dataclass(frozen=True)
class CostEstimate:
    """Seconds a step, and bytes at its highest without the data."""

    step_seconds: float
    memory_bytes: int
    measured_batch_size: int  # of the batch that was measured


class SingleProcessAccelerator:
    """What the trainer asks of accelerate, for one process that measures: accelerate itself keeps its precision for the
    life of a process, and this process may be the app."""

    num_processes, process_index, is_main_process = 1, 0, True

    def __init__(self, settings: TrainingConfig) -> None:
        on_cpu = settings.device == "cpu" or not torch.cuda.is_available()
        self.device = torch.device("cpu" if on_cpu else "cuda")
        self.uses_bfloat16 = uses_bfloat16(settings, on_cpu)

    def autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16) if self.uses_bfloat16 else nullcontext()


def estimate_cost(run: Run) -> CostEstimate:
    """Measure. Takes about two seconds; raises InputError where the run could not begin."""
    measured_batch = min(run.training.batch_size, WARM_UP_BATCH)
    trainer, full_batch = trainer_on_noise(run), run.training.batch_size
    seconds, saved_bytes = time_step(trainer, run, measured_batch)  # the first steps warm up
    if seconds < TIME_BUDGET_S:
        seconds, saved_bytes = time_step(trainer, run, measured_batch)
    while measured_batch < full_batch and seconds * min(4, full_batch / measured_batch) < TIME_BUDGET_S / 2:
        measured_batch = min(4 * measured_batch, full_batch)
        seconds, saved_bytes = time_step(trainer, run, measured_batch)
    generator_parameters = sum(parameter.numel() for parameter in trainer.generator.parameters())
    discriminator_parameters = sum(parameter.numel() for parameter in trainer.discriminator.parameters())
    state_bytes = 4 * (
        5 * generator_parameters + 4 * discriminator_parameters
    )  # weights, gradients, Adam's two moments; the generator's average
    return CostEstimate(
        seconds * full_batch / measured_batch,
        int(BASE_MEMORY_BYTES + state_bytes + 1.5 * saved_bytes * full_batch / measured_batch),
        measured_batch,
    )


def trainer_on_noise(run: Run) -> Trainer:
    """Networks and optimizers; no folder, and no data but noise."""
    return Trainer(
        run,
        InMemoryImages("noise", noise_images(run, 2)),
        RunFolder(Path("nowhere")),
        SingleProcessAccelerator(run.training),
    )


def time_step(trainer: Trainer, run: Run, batch_size: int) -> tuple[float, int]:
    """Seconds of a usual step with so many pictures, and the most bytes that autograd saved in it.

    Lazy penalties come once in so many steps; a round of them is measured where that is quick.
    """
    batches, penalty_every = (
        noise_batches(run, batch_size),
        run.objective.penalty_every if run.objective.has_penalty() else 1,
    )
    seconds = []
    with saved_tensor_bytes() as saved_bytes:
        for number in (0, 1) if penalty_every > 1 else (0,):  # one step with penalties, one without
            trainer.step = number
            started_at = time.perf_counter()
            trainer.train_step(batches)
            if trainer.device.type == "cuda":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - started_at)
    mean_seconds = seconds[0] if penalty_every == 1 else (seconds[0] + (penalty_every - 1) * seconds[1]) / penalty_every
    return mean_seconds, saved_bytes[0]


@contextmanager
def saved_tensor_bytes() -> Iterator[list[int]]:
    """Counts the bytes that autograd keeps at most at a time, each storage once: a list of one number."""
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
    """As many batches as a step takes."""
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
    generator = torch.Generator().manual_seed(0)  # nobody else's randomness is touched
    return torch.randint(0, 256, (count, run.model.image_channels, side, side), dtype=torch.uint8, generator=generator)

"""How many processor threads a training computes on: no more than there are free cores.

The threads of an operation wait for each other at its end. Where two of them share a core with each other or with
another program, each wait lasts as long as the system's time slice: beside one busy program on two cores, a training
on two threads is 10 to 100 times slower than on one (`python -m tests.benchmarks.threads`). So one core is left to the
rest of the machine, and those that are busy when the training starts are left as well.

Sums are rounded by the number of threads, so it is saved with the state, and a resumed run keeps it. It falls while a
run trains only together with a save: whoever resumes from there goes on with the same number.
"""

import os
import time
from collections.abc import Sequence
from math import floor
from typing import Any

import torch
from torch import nn

from gan_core.devices import ProcessorMeter, available_cores, busy_cores
from gan_core.training.config import TrainingConfig

SMALL_WORK = 100_000_000  # multiply-adds of all layers a step, below which threads cost more than they bring
CORE_TOLERANCE = 0.25  # of a core, that may be busy now and then: the app, the system
CHECK_EVERY_S = 10.0
STORED = "threads"  # key in state.pt


def choose_threads(cores: int, busy: float, work: float) -> int:
    """The threads for a training that starts: one for each core that is free, less one for the rest of the machine.

    `busy` is how many cores other programs use; `work` is that of `work_per_step`.
    """
    if work < SMALL_WORK:
        return 1
    return max(1, min(cores - 1, floor(cores - busy + CORE_TOLERANCE)))


def work_per_step(networks: Sequence[nn.Module], batch_size: int) -> float:
    """The multiply-adds of the networks' linear layers for a batch; infinite with convolutions, which need far more."""
    modules = [module for network in networks for module in network.modules()]
    if any(isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)) for module in modules):
        return float("inf")
    return batch_size * sum(parameter.numel() for network in networks for parameter in network.parameters())


def starting_threads(settings: TrainingConfig, networks: Sequence[nn.Module], busy: float | None = None) -> int:
    """The threads of a new run on the CPU: those of `--threads`, or chosen by the networks and the machine.

    Never more than the process has by OMP_NUM_THREADS, a launcher of several processes or `torch.set_num_threads`.
    `busy` is measured for a moment where it is None.
    """
    if settings.threads:
        return settings.threads
    present, work = torch.get_num_threads(), work_per_step(networks, settings.batch_size)
    if present == 1 or os.environ.get("OMP_NUM_THREADS"):
        return present
    cores = available_cores()
    return min(present, choose_threads(cores, busy_cores() if busy is None and cores > 2 else busy or 0.0, work))


def resumed_threads(settings: TrainingConfig, state: dict[str, Any]) -> int:
    """The threads of a resumed run: those of `--threads`, or those that it had; torch's for a run of an older version.

    Fewer where the machine has fewer cores than threads were saved.
    """
    if settings.threads:
        return settings.threads
    stored = state.get(STORED)
    return min(int(stored), max(available_cores(), torch.get_num_threads())) if stored else torch.get_num_threads()


class ThreadWatch:
    """Watches whether each thread of a training still has a core, from one check to the next."""

    def __init__(self, settings: TrainingConfig, device_type: str, process_count: int) -> None:
        is_chosen = not settings.threads and not os.environ.get("OMP_NUM_THREADS")
        self.is_active = is_chosen and device_type == "cpu" and process_count == 1
        self.meter, self.checked_at = ProcessorMeter(), time.monotonic()

    def fewer_threads(self) -> int | None:
        """The threads to go on with where other programs have taken cores; None where nothing is to change."""
        threads = torch.get_num_threads()
        if not self.is_active or threads == 1 or time.monotonic() - self.checked_at < CHECK_EVERY_S:
            return None
        self.checked_at = time.monotonic()
        free = max(1, floor(available_cores() - self.meter.others() + CORE_TOLERANCE))
        return free if free < threads else None

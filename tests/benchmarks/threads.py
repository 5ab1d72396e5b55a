"""Compares trainings on one thread and on all cores, alone and beside a busy program.

`python -m tests.benchmarks.threads [--rounds 3] [--seconds 3]`. Each row is a family with its default recipe, on noise:
pictures a second (the median of the rounds, in turns) on one thread, on a thread a core, and the ratio. The busy
program is a process of its own that keeps one core at work. The last column is the number of threads that a training
chooses by itself. Nothing here asserts.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from gan_core.devices import available_cores, use_threads
from gan_core.runs.profiling import noise_batches, trainer_on_noise
from gan_core.training.config import Run
from gan_core.training.trainer import Trainer

FAMILIES = ("vanilla", "dcgan", "conditional", "residual")
BUSY_PROGRAM = "while True: pass"
WARM_UP_STEPS = 2


def default_run(family: str) -> Run:
    """The default recipe of a family for digits, in float32, as on most laptops."""
    settings: dict[str, Any] = {"batch_size": 64, "precision": "float32", "device": "cpu"}
    settings |= {"classes": 10} if family == "conditional" else {}
    return Run.from_preset(family, "mnist", None, **settings)


@contextmanager
def busy_program() -> Iterator[None]:
    """Another program that keeps a core busy as long as the block."""
    process = subprocess.Popen([sys.executable, "-c", BUSY_PROGRAM])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def pictures_per_second(trainer: Trainer, run: Run, threads: int, seconds: float) -> float:
    """The rate of steps on so many threads, for so long."""
    batches, size = noise_batches(run, run.training.batch_size), run.training.batch_size
    with use_threads(threads):
        for _ in range(WARM_UP_STEPS):
            trainer.train_step(batches)
        started_at, steps = time.perf_counter(), 0
        while time.perf_counter() - started_at < seconds:
            trainer.step = steps
            trainer.train_step(batches)
            steps += 1
        return size * steps / (time.perf_counter() - started_at)


def compare(family: str, rounds: int, seconds: float) -> tuple[float, float, int]:
    """Rates on one thread and on all cores in turns, and the threads that a training takes by itself."""
    run, cores = default_run(family), available_cores()
    trainer = trainer_on_noise(run)
    rates = [[pictures_per_second(trainer, run, threads, seconds) for threads in (1, cores)] for _ in range(rounds)]
    return median(rate[0] for rate in rates), median(rate[1] for rate in rates), trainer.starting_threads()


def print_table(title: str, rounds: int, seconds: float) -> None:
    cores = available_cores()
    print(f"{title}\n{'family':<14}{'1 thread':>12}{f'{cores} threads':>12}{'ratio':>8}{'chosen':>8}")
    for family in FAMILIES:
        one, all_cores, chosen = compare(family, rounds, seconds)
        print(f"{family:<14}{one:>10.0f}/s{all_cores:>10.0f}/s{one / all_cores:>8.2f}{chosen:>8}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    args = parser.parse_args()
    print_table("Alone", args.rounds, args.seconds)
    with busy_program():
        print_table("Beside a busy program", args.rounds, args.seconds)


if __name__ == "__main__":
    main()

"""Compares the trainer's speed with that of a plain script: `python -m tests.benchmarks.training [--steps 60]`.

In turns, in one process, on real MNIST (GAN_CORE_DATA, or data/):

- plain: the networks, batch and recipe of mnist-cgan as a tutorial would train them: torchvision's data set with
  transforms through a DataLoader, float32, torch.optim.Adam with its defaults;
- trainer: the trainer with EMA, log and checks of every loss;
- saving: the trainer with a preview, a save and five lines of the log a round, more often than in any recipe; their
  share of a training with the usual intervals is computed from it.

Images a second are the best of the rounds, which a busy machine disturbs least. Nothing here asserts.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torch.utils.data import DataLoader

from gan_core.commands.common import data_folder
from gan_core.data import registry
from gan_core.models import find_family, sample_latents
from gan_core.training.config import Run
from gan_core.training.events import Saved, Step
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import Trainer

ROUNDS = 3


def mnist_cgan(steps: int) -> Run:
    """The recipe of mnist-cgan's first phase."""
    return Run.from_preset("conditional", "mnist", None, steps=steps, precision="auto")


def plain_script(run: Run, folder: Path) -> Callable[[int], None]:
    """Steps of a plain script with the same losses at the same steps."""
    from torchvision.datasets import MNIST
    from torchvision.transforms import Compose, Normalize, ToTensor

    dataset = MNIST(folder, transform=Compose([ToTensor(), Normalize(0.5, 0.5)]))
    loader = DataLoader(dataset, run.training.batch_size, shuffle=True, drop_last=True)
    family, objective, settings = find_family(run.family), run.objective, run.training
    generator, discriminator = family.generator(run.model), family.discriminator(run.model)
    betas = (settings.beta1, settings.beta2)
    optimizers = [
        torch.optim.Adam(network.parameters(), settings.generator_rate, betas) for network in (generator, discriminator)
    ]

    def endless() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield from loader

    stream = endless()

    def steps(count: int) -> None:
        for number in range(count):
            real, labels = next(stream)
            one_hot_labels = one_hot(labels, 10).float()
            conditioned: Any = partial(discriminator, condition=one_hot_labels)
            fake = generator(sample_latents(run.model, len(real)), one_hot_labels)
            loss = objective.discriminator_loss(conditioned, real, fake.detach())
            if number % objective.penalty_every == 0:
                loss = loss + objective.penalty_every * objective.penalty(conditioned, real, fake.detach())
            optimizers[1].zero_grad()
            loss.backward()
            optimizers[1].step()
            loss = objective.generator_loss(
                conditioned, real, generator(sample_latents(run.model, len(real)), one_hot_labels)
            )
            optimizers[0].zero_grad()
            loss.backward()
            optimizers[0].step()

    return steps


def trainer_loop(run: Run, dataset: Any, folder: Path, event_type: type) -> Callable[[int], None]:
    """Steps of the trainer's loop, up to the next event of this type."""
    files = RunFolder(folder)
    files.create(run)
    events = Trainer(run, dataset, files).events(lambda: False)

    def steps(_: int) -> None:
        next(event for event in events if isinstance(event, event_type))

    return steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60, help="steps a round; default 60")
    parser.add_argument("--data-dir", type=Path)
    args = parser.parse_args()
    folder = data_folder(args)
    steps, dataset = args.steps, registry.load_dataset("mnist", folder, size=28)
    quiet = {"log_every": steps, "preview_every": 10**8, "save_every": 10**8}
    busy = {"log_every": max(1, steps // 5), "preview_every": steps, "save_every": steps}
    with tempfile.TemporaryDirectory() as temporary:
        run = mnist_cgan(10**8)
        loops = {
            "plain": plain_script(run, folder),
            "trainer": trainer_loop(
                replace(run, training=replace(run.training, **quiet)), dataset, Path(temporary) / "quiet", Step
            ),
            "saving": trainer_loop(
                replace(run, training=replace(run.training, **busy)), dataset, Path(temporary) / "busy", Saved
            ),
        }
        best_seconds = dict.fromkeys(loops, float("inf"))
        for round_number in range(ROUNDS + 1):
            for name, run_steps in loops.items():
                began = time.perf_counter()
                run_steps(steps)
                if round_number:
                    best_seconds[name] = min(best_seconds[name], time.perf_counter() - began)
    for name, seconds in best_seconds.items():
        print(f"{name:8} {steps * run.training.batch_size / seconds:8.0f} images a second")
    usual = run.training.preview_every
    extra = max(0.0, best_seconds["saving"] - best_seconds["trainer"]) / (best_seconds["trainer"] / steps * usual)
    print(f"the trainer is {best_seconds['plain'] / best_seconds['trainer']:.2f} times as fast as the plain script")
    print(f"preview, log and save each {usual} steps cost {extra:.1%}")


if __name__ == "__main__":
    main()

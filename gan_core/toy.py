"""A GAN on points in the plane, small enough to watch its training; it uses the objectives of the image models.

A `ToyGan` is a generator and a discriminator of three hidden layers each. `train` makes training steps of one network
or of both; `snapshot` returns what a chart shows: real and generated points, the discriminator's output over the plane
and the gradient at each generated point.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_core.configuration import MAX_SEED, Configuration, option
from gan_core.errors import UsageError
from gan_core.models.blocks import mlp
from gan_core.objectives import OBJECTIVES, Objective
from gan_core.tasks import Task
from gan_core.toy_targets import DRAWN_TARGET, FIELD_EXTENT, NEAR_DISTANCE, NOISE_STD, TARGETS, Points, thin_out

SNAPSHOT_POINTS = 256  # real and generated points each
FIELD_SIDE = 48  # the discriminator's field has so many points a side
COVERED_SHARE = 0.25  # a centre with this share of its expected points counts as covered
DEFAULT_THREADS = torch.get_num_threads()
TOY_OBJECTIVES = tuple(
    name for name, objective_class in OBJECTIVES.items() if objective_class.supports(Task.UNCONDITIONAL)
)


@dataclass(frozen=True)
class ToyConfig(Configuration):
    """The target, the objective, the two networks and their training."""

    target: str = option("ring", "distribution of the real points", choices=(*TARGETS, DRAWN_TARGET))
    objective: str = option("relativistic", "loss of both networks", choices=TOY_OBJECTIVES)
    penalty: float = option(0.1, "gamma of the R1 and R2 penalties; 0 for none", low=0, high=10)
    generator_steps: int = option(1, "generator updates in each step", low=1, high=8)
    discriminator_steps: int = option(1, "discriminator updates in each step", low=1, high=8)
    generator_rate: float = option(1e-3, "learning rate of the generator (Adam)", low=1e-5, high=0.05)
    discriminator_rate: float = option(1e-3, "learning rate of the discriminator (Adam)", low=1e-5, high=0.05)
    batch_size: int = option(128, "points in each batch", low=8, high=1024)
    width: int = option(96, "units of each hidden layer", low=4, high=256)
    latent_size: int = option(8, "dimensions of the latent vector", low=1, high=64)
    seed: int = option(0, "fixes all randomness of the game", low=0, high=MAX_SEED)

    def fixed_settings(self) -> tuple[str, int, int, int]:
        """The settings that cannot change during a training: target, width, latent size, seed."""
        return self.target, self.width, self.latent_size, self.seed


@contextmanager
def single_threaded() -> Iterator[None]:
    """Run torch on one thread: for networks this small a second one costs time, above all beside a browser.

    The setting holds for this thread and for threads that start meanwhile: another visitor's page can be affected once.
    """
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(DEFAULT_THREADS)


@dataclass(frozen=True)
class Snapshot:
    """The state of the game after a step, as NumPy arrays."""

    step: int
    real: Points  # (256, 2)
    fake: Points  # (256, 2), from the same latents in every snapshot
    arrows: Points  # (256, 2): minus the gradient of the generator's loss at each of them
    field: NDArray[np.float32]  # (48, 48) in [0, 1], the discriminator's output; rows from the lowest y up
    covered_count: int
    centre_count: int
    discriminator_loss: float | None  # the losses of the last step; None before the first
    generator_loss: float | None


class ToyGan:
    """An untrained generator and discriminator. The same config gives the same training, step by step."""

    def __init__(self, config: ToyConfig, drawing: Points | None = None) -> None:
        """`drawing` (N, 2) holds the centres of the target "drawn". Raises UsageError where it is missing."""
        if config.target == DRAWN_TARGET and drawing is None:
            raise UsageError("Draw a target first.")
        self.config = config
        self.centres = drawing if config.target == DRAWN_TARGET and drawing is not None else TARGETS[config.target]()
        self.counted_centres = thin_out(self.centres)
        self.rng = torch.Generator().manual_seed(config.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            hidden_sizes = [config.width] * 3
            self.generator = mlp([config.latent_size, *hidden_sizes, 2])
            self.discriminator = mlp([2, *hidden_sizes, 1])
        self.generator_optimizer = MinimalAdam(self.generator)
        self.discriminator_optimizer = MinimalAdam(self.discriminator)
        self.set_config(config)
        self.snapshot_latents = self.sample_latents(SNAPSHOT_POINTS)
        self.snapshot_real = self.sample_real(SNAPSHOT_POINTS)
        self.step = 0
        self.losses: tuple[float | None, float | None] = None, None  # the generator's, the discriminator's

    def set_config(self, config: ToyConfig) -> None:
        """Continue with another objective, penalty, number of updates, learning rate or batch size.

        Raises UsageError where one of `fixed_settings` differs: that needs a new game.
        """
        if config.fixed_settings() != self.config.fixed_settings():
            raise UsageError("Another target, other networks or another seed need a new game.")
        self.config, self.objective = config, build_objective(config)

    @single_threaded()
    def train(self, steps: int = 1, *, discriminator: bool = True, generator: bool = True) -> None:
        """Train one network or both. Raises UsageError where a loss is no longer finite."""
        for _ in range(steps):
            generator_loss, discriminator_loss = self.losses
            if discriminator:
                for _ in range(self.config.discriminator_steps):
                    discriminator_loss = self.discriminator_step()
            if generator:
                for _ in range(self.config.generator_steps):
                    generator_loss = self.generator_step()
            self.require_finite(generator_loss, discriminator_loss)
            self.step += 1
            self.losses = generator_loss, discriminator_loss

    def require_finite(self, *losses: float | None) -> None:
        """Raises UsageError on a loss that is not finite."""
        if not all(loss is None or isfinite(loss) for loss in losses):
            raise UsageError("A loss is no longer finite: the game diverged. Begin again with smaller rates.")

    def discriminator_step(self) -> float:
        """One update of the discriminator; its loss without the penalty."""
        real = self.sample_real(self.config.batch_size)
        with torch.no_grad():
            fake = self.generate(self.sample_latents(self.config.batch_size))
        loss = total = self.objective.discriminator_loss(self.critic, real, fake)
        if self.objective.has_penalty() and self.step % self.objective.penalty_every == 0:
            with torch.random.fork_rng(devices=[]):  # WGAN-GP draws random points
                torch.manual_seed(self.config.seed + self.step)
                total = loss + self.objective.penalty_every * self.objective.penalty(self.critic, real, fake)
        self.discriminator_optimizer.step(total, self.config.discriminator_rate)
        return loss.item()

    def generator_step(self) -> float:
        """One update of the generator; its loss."""
        fake = self.generate(self.sample_latents(self.config.batch_size))
        loss = self.objective.generator_loss(self.critic, self.sample_real(self.config.batch_size), fake)
        self.generator_optimizer.step(loss, self.config.generator_rate)
        return loss.item()

    @single_threaded()
    def snapshot(self) -> Snapshot:
        """The present state, for a chart; changes nothing."""
        with torch.no_grad():
            fake = self.generate(self.snapshot_latents)
            axis = torch.linspace(-FIELD_EXTENT, FIELD_EXTENT, FIELD_SIDE)
            x, y = torch.meshgrid(axis, axis, indexing="xy")
            scores = self.critic(torch.stack([x, y], -1).reshape(-1, 2, 1, 1)).reshape(FIELD_SIDE, FIELD_SIDE)
            midpoint = (self.critic(self.snapshot_real).mean() + self.critic(fake).mean()) / 2
            scale = (scores - midpoint).abs().mean().clamp_min(0.25)
        fake.requires_grad_()
        loss = self.objective.generator_loss(self.critic, self.snapshot_real, fake)
        (gradient,) = torch.autograd.grad(loss, fake)
        generator_loss, discriminator_loss = self.losses
        return Snapshot(
            step=self.step,
            real=to_points(self.snapshot_real),
            fake=to_points(fake),
            arrows=to_points(-gradient * len(fake)),
            field=((scores - midpoint) / scale).sigmoid().numpy(),
            covered_count=self.count_covered(to_points(fake)),
            centre_count=len(self.counted_centres),
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
        )

    def count_covered(self, fake: Points) -> int:
        """How many centres have at least a quarter of their fair share of the generated points (N, 2)."""
        distances = np.linalg.norm(fake[:, None] - self.counted_centres[None], axis=2)  # (N, centres)
        nearest = distances.argmin(1)[distances.min(1) <= NEAR_DISTANCE]
        fair_share = len(fake) / len(self.counted_centres)
        return int((np.bincount(nearest, minlength=len(self.counted_centres)) >= COVERED_SHARE * fair_share).sum())

    @torch.no_grad()
    def mean_probability_of_real(self) -> float:
        """The mean over real points of the sigmoid of the discriminator's score, in [0, 1]."""
        return self.critic(self.snapshot_real).sigmoid().mean().item()

    # Helpers ---------------------------------------------------------------------------------------------------------

    def critic(self, points: Tensor) -> Tensor:
        """Points (N, 2, 1, 1) -> raw scores (N,)."""
        return self.discriminator(points.flatten(1)).squeeze(1)

    def generate(self, latents: Tensor) -> Tensor:
        """Latents (N, latent_size) -> points (N, 2, 1, 1), images of one pixel and two channels for the objectives."""
        return self.generator(latents)[:, :, None, None]

    def sample_latents(self, count: int) -> Tensor:
        """Latents (N, latent_size) from the standard normal distribution."""
        return torch.randn((count, self.config.latent_size), generator=self.rng)

    def sample_real(self, count: int) -> Tensor:
        """Points of the target (N, 2, 1, 1)."""
        indices = torch.randint(len(self.centres), (count,), generator=self.rng)
        points = torch.from_numpy(self.centres)[indices] + NOISE_STD * torch.randn((count, 2), generator=self.rng)
        return points[:, :, None, None]


def build_objective(config: ToyConfig) -> Objective:
    """The config's objective with its penalty at real and at generated points, every second step."""
    return OBJECTIVES[config.objective](r1=config.penalty, r2=config.penalty, penalty_every=2)


class MinimalAdam:
    """Adam with betas 0 and 0.99 (Kingma and Ba 2015, algorithm 1).

    `torch.optim` imports the compiler, which takes 80 MB of memory in the app's process.
    """

    BETA2, EPSILON = 0.99, 1e-8

    def __init__(self, network: nn.Module) -> None:
        self.parameters = list(network.parameters())
        self.squared_averages = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.step_count = 0

    def step(self, loss: Tensor, learning_rate: float) -> None:
        """One update of the weights from the gradient of `loss`."""
        gradients = torch.autograd.grad(loss, self.parameters)
        self.step_count += 1
        bias_correction = 1 - self.BETA2**self.step_count
        with torch.no_grad():
            for weight, squared_average, gradient in zip(
                self.parameters, self.squared_averages, gradients, strict=True
            ):
                squared_average.lerp_(gradient.square(), 1 - self.BETA2)
                weight.sub_(learning_rate * gradient / ((squared_average / bias_correction).sqrt() + self.EPSILON))


def to_points(points: Tensor) -> Points:
    """Points (N, 2, 1, 1) -> (N, 2) as NumPy."""
    return points.detach().flatten(1).numpy()

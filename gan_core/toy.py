"""The game of two networks in the plane, small enough to be watched: points instead of pictures, the same objectives.

A `Game` is a generator and a discriminator of three dense layers each. `play` lets one or both learn, `look` says what
there is to see: the points, how real the discriminator finds every place, and where each generated point is told to go.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_core.configuration import MAX_SEED, Configuration, option
from gan_core.errors import UsageError
from gan_core.objectives import OBJECTIVES, Objective
from gan_core.tasks import Task

Points = NDArray[np.float32]  # (N, 2), x to the right and y upwards, most of them in [-1, 1]

SNAPSHOT_POINTS = 256  # points of each kind
FIELD_SIDE = 48  # the field is seen on so many places a side, over [-EDGE, EDGE]
FIELD_EXTENT = 1.25
NOISE_STD = 0.03  # standard deviation of a target about its places
NEAR_DISTANCE = 4 * NOISE_STD  # a generated point this near to a place belongs to it
COVERED_SHARE = 0.25  # a place that gets this share of its due counts as covered
DEFAULT_THREADS = torch.get_num_threads()
TOY_OBJECTIVES = tuple(
    name for name, objective_class in OBJECTIVES.items() if objective_class.supports(Task.UNCONDITIONAL)
)


# Targets -------------------------------------------------------------------------------------------------------------


def ring() -> Points:
    """Eight places on a circle: the classic of mode collapse (Metz et al. 2017, unrolled GANs)."""
    angles = np.arange(8) * np.pi / 4
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32) * 0.8


def grid() -> Points:
    """Twenty-five places."""
    side = np.linspace(-0.8, 0.8, 5, dtype=np.float32)
    return np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)


def moons() -> Points:
    """Two half circles, each reaching into the other."""
    angles = np.linspace(0, np.pi, 10)
    upper = np.stack([0.55 * np.cos(angles) - 0.27, 0.6 * np.sin(angles) - 0.15], 1)
    return np.concatenate([upper, -upper]).astype(np.float32)


def spiral() -> Points:
    """One arm, a turn and three quarters."""
    angles = np.sqrt(np.linspace(0.02, 1, 24)) * 3.5 * np.pi
    return (np.stack([np.cos(angles), np.sin(angles)], 1) * angles[:, None] / angles[-1] * 0.9).astype(np.float32)


TARGETS: dict[str, Callable[[], Points]] = {"ring": ring, "grid": grid, "moons": moons, "spiral": spiral}
DRAWN_TARGET = "drawn"
MAX_CENTRES, MIN_CENTRES = 400, 1


def parse_drawing(drawing: list[list[float]]) -> Points:
    """The places of a drawing by hand. Raises InputError unless it is 1 to 400 pairs of numbers in [-1.25, 1.25]."""
    try:
        points = np.asarray(drawing, np.float32)
    except (TypeError, ValueError) as error:
        raise UsageError("A drawing is a list of points, each a pair of numbers.") from error
    if points.ndim != 2 or points.shape[1] != 2 or not MIN_CENTRES <= len(points) <= MAX_CENTRES:
        raise UsageError(f"A drawing has {MIN_CENTRES} to {MAX_CENTRES} points, each a pair of numbers.")
    if not (np.abs(points) <= FIELD_EXTENT).all():
        raise UsageError(f"A drawing's points lie between -{FIELD_EXTENT} and {FIELD_EXTENT}.")
    return points


def thin_out(centres: Points) -> Points:
    """So many of the places that neighbours keep apart: they stand for all when covering is counted."""
    kept: list[int] = []
    for index, centre in enumerate(centres):
        if all(np.hypot(*(centre - centres[kept_index])) > NEAR_DISTANCE for kept_index in kept):
            kept.append(index)
    return centres[kept]


# The game ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToyConfig(Configuration):
    """What is learnt, what both are paid for, and how fast each learns."""

    target: str = option("ring", "where the real points lie", choices=(*TARGETS, DRAWN_TARGET))
    objective: str = option("relativistic", "what both networks are paid for", choices=TOY_OBJECTIVES)
    penalty: float = option(0.1, "gamma of the R1 and R2 penalties; 0 for none", low=0, high=10)
    generator_steps: int = option(1, "how often the generator learns a step", low=1, high=8)
    discriminator_steps: int = option(1, "how often the discriminator learns a step", low=1, high=8)
    generator_rate: float = option(1e-3, "Adam's rate for the generator", low=1e-5, high=0.05)
    discriminator_rate: float = option(1e-3, "Adam's rate for the discriminator", low=1e-5, high=0.05)
    batch_size: int = option(128, "points a step", low=8, high=1024)
    width: int = option(96, "units of each hidden layer", low=4, high=256)
    latent_size: int = option(8, "how many random values a point starts from", low=1, high=64)
    seed: int = option(0, "fixes all randomness of the game", low=0, high=MAX_SEED)

    def fixed_settings(self) -> tuple[str, int, int, int]:
        """What cannot change while a game goes on."""
        return self.target, self.width, self.latent_size, self.seed


@contextmanager
def single_threaded() -> Iterator[None]:
    """Networks this small lose by a second thread, most of all beside a browser. What is set counts for the thread that
    sets it and for those that begin meanwhile: a page of somebody else may once be drawn by one."""
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(DEFAULT_THREADS)


@dataclass(frozen=True)
class Snapshot:
    """What there is to see after a step."""

    step: int
    real: Points  # (256, 2)
    fake: Points  # (256, 2), of the same latents each time
    arrows: Points  # (256, 2): minus the gradient of the generator's loss at each of them
    field: NDArray[np.float32]  # (48, 48) in [0, 1]: how real a place is found; rows from the lowest y up
    covered_count: int
    centre_count: int
    discriminator_loss: float | None  # the losses of the last step; None before the first
    generator_loss: float | None


class ToyGan:
    """A generator and a discriminator that have just met. The same config plays the same game, step by step."""

    def __init__(self, config: ToyConfig, drawing: Points | None = None) -> None:
        """`drawing` (N, 2) holds the places of the target "drawn". Raises InputError where it is missing."""
        if config.target == DRAWN_TARGET and drawing is None:
            raise UsageError("Draw a target first.")
        self.config = config
        self.centres = drawing if config.target == DRAWN_TARGET and drawing is not None else TARGETS[config.target]()
        self.counted_centres = thin_out(self.centres)
        self.rng = torch.Generator().manual_seed(config.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.generator = mlp(config.latent_size, config.width, 2)
            self.discriminator = mlp(2, config.width, 1)
        self.generator_optimizer, self.discriminator_optimizer = (
            MinimalAdam(self.generator),
            MinimalAdam(self.discriminator),
        )
        self.set_config(config)
        self.snapshot_latents = self.sample_latents(SNAPSHOT_POINTS)
        self.snapshot_real = self.sample_real(SNAPSHOT_POINTS)
        self.step = 0
        self.losses: tuple[float | None, float | None] = None, None  # the generator's, the discriminator's

    def set_config(self, config: ToyConfig) -> None:
        """Go on under other rules: objective, penalty, steps, rates and batch. Raises InputError where the config
        asks for another target, other networks or another seed: that is another game."""
        if config.fixed_settings() != self.config.fixed_settings():
            raise UsageError("Another target, other networks or another seed make another game: begin anew.")
        self.config, self.objective = config, build_objective(config)

    @single_threaded()
    def train(self, steps: int = 1, *, discriminator: bool = True, generator: bool = True) -> None:
        """Let one of the two or both learn. Raises InputError where a loss is no longer finite: the game is over."""
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
        if not all(loss is None or isfinite(loss) for loss in losses):
            raise UsageError("A loss is no longer finite: the game diverged. Begin again with smaller rates.")

    def discriminator_step(self) -> float:
        real = self.sample_real(self.config.batch_size)
        with torch.no_grad():
            fake = self.generate(self.sample_latents(self.config.batch_size))
        loss = total = self.objective.discriminator_loss(self.critic, real, fake)
        if self.objective.has_penalty() and self.step % self.objective.penalty_every == 0:
            with torch.random.fork_rng(devices=[]):  # WGAN-GP's draws where between the two it looks
                torch.manual_seed(self.config.seed + self.step)
                total = loss + self.objective.penalty_every * self.objective.penalty(self.critic, real, fake)
        self.discriminator_optimizer.step(total, self.config.discriminator_rate)
        return loss.item()

    def generator_step(self) -> float:
        fake = self.generate(self.sample_latents(self.config.batch_size))
        loss = self.objective.generator_loss(self.critic, self.sample_real(self.config.batch_size), fake)
        self.generator_optimizer.step(loss, self.config.generator_rate)
        return loss.item()

    @single_threaded()
    def snapshot(self) -> Snapshot:
        """What there is to see; changes nothing."""
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
            self.step, to_points(self.snapshot_real), to_points(fake), to_points(-gradient * len(fake)),
            ((scores - midpoint) / scale).sigmoid().numpy(), self.count_covered(to_points(fake)), len(self.counted_centres), discriminator_loss, generator_loss,
        )  # fmt: skip

    def count_covered(self, fake: Points) -> int:
        """How many places of the target get at least a quarter of their due of generated points (N, 2)."""
        distances = np.linalg.norm(fake[:, None] - self.counted_centres[None], axis=2)  # (N, places)
        nearest = distances.argmin(1)[distances.min(1) <= NEAR_DISTANCE]
        fair_share = len(fake) / len(self.counted_centres)
        return int((np.bincount(nearest, minlength=len(self.counted_centres)) >= COVERED_SHARE * fair_share).sum())

    # Helpers ---------------------------------------------------------------------------------------------------------

    def critic(self, points: Tensor) -> Tensor:
        """Points (N, 2, 1, 1) -> raw scores (N,)."""
        return self.discriminator(points.flatten(1)).squeeze(1)

    def generate(self, latents: Tensor) -> Tensor:
        """Latents (N, latent_size) -> points (N, 2, 1, 1): the smallest pictures there are."""
        return self.generator(latents)[:, :, None, None]

    def sample_latents(self, count: int) -> Tensor:
        return torch.randn((count, self.config.latent_size), generator=self.rng)

    def sample_real(self, count: int) -> Tensor:
        """Points of the target (N, 2, 1, 1)."""
        indices = torch.randint(len(self.centres), (count,), generator=self.rng)
        points = torch.from_numpy(self.centres)[indices] + NOISE_STD * torch.randn((count, 2), generator=self.rng)
        return points[:, :, None, None]


def mlp(inputs: int, width: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size in (inputs, width, width):
        layers += [nn.Linear(size, width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def build_objective(config: ToyConfig) -> Objective:
    """With the penalty of the config at real and at generated points, at every other step."""
    return OBJECTIVES[config.objective](r1=config.penalty, r2=config.penalty, penalty_every=2)


class MinimalAdam:
    """Adam with betas 0 and 0.99 (Kingma and Ba 2015, algorithm 1): each weight's step is divided by how large its
    gradients have been. Not `torch.optim`, which brings the compiler along: 80 MB in the memory of a page."""

    BETA2, EPSILON = 0.99, 1e-8

    def __init__(self, network: nn.Module) -> None:
        self.parameters = list(network.parameters())
        self.squared_averages = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.step_count = 0

    def step(self, loss: Tensor, learning_rate: float) -> None:
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
    return points.detach().flatten(1).numpy()

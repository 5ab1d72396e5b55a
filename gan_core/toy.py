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

from gan_core.configuration import Configuration, option
from gan_core.errors import InputError
from gan_core.objectives import OBJECTIVES, Objective

Points = NDArray[np.float32]  # (N, 2), x to the right and y upwards, most of them in [-1, 1]

SHOWN = 256  # points of each kind
FIELD = 48  # the field is seen on so many places a side, over [-EDGE, EDGE]
EDGE = 1.25
NOISE = 0.03  # standard deviation of a target about its places
NEAR = 4 * NOISE  # a generated point this near to a place belongs to it
FAIR = 0.25  # a place that gets this share of its due counts as covered
THREADS = torch.get_num_threads()
PLAYABLE = tuple(name for name, kind in OBJECTIVES.items() if kind.suits("none"))


# Targets -------------------------------------------------------------------------------------------------------------


def ring() -> Points:
    """Eight places on a circle: the classic of mode collapse (Metz et al. 2017, unrolled GANs)."""
    turns = np.arange(8) * np.pi / 4
    return np.stack([np.cos(turns), np.sin(turns)], 1).astype(np.float32) * 0.8


def grid() -> Points:
    """Twenty-five places."""
    side = np.linspace(-0.8, 0.8, 5, dtype=np.float32)
    return np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)


def moons() -> Points:
    """Two half circles, each reaching into the other."""
    turns = np.linspace(0, np.pi, 10)
    upper = np.stack([0.55 * np.cos(turns) - 0.27, 0.6 * np.sin(turns) - 0.15], 1)
    return np.concatenate([upper, -upper]).astype(np.float32)


def spiral() -> Points:
    """One arm, a turn and three quarters."""
    turns = np.sqrt(np.linspace(0.02, 1, 24)) * 3.5 * np.pi
    return (np.stack([np.cos(turns), np.sin(turns)], 1) * turns[:, None] / turns[-1] * 0.9).astype(np.float32)


TARGETS: dict[str, Callable[[], Points]] = {"ring": ring, "grid": grid, "moons": moons, "spiral": spiral}
DRAWN = "drawn"
MOST_PLACES, LEAST_PLACES = 400, 1


def places_from(drawing: list[list[float]]) -> Points:
    """The places of a drawing by hand. Raises InputError unless it is 1 to 400 pairs of numbers in [-1.25, 1.25]."""
    try:
        points = np.asarray(drawing, np.float32)
    except (TypeError, ValueError) as error:
        raise InputError("A drawing is a list of points, each a pair of numbers.") from error
    if points.ndim != 2 or points.shape[1] != 2 or not LEAST_PLACES <= len(points) <= MOST_PLACES:
        raise InputError(f"A drawing has {LEAST_PLACES} to {MOST_PLACES} points, each a pair of numbers.")
    if not (np.abs(points) <= EDGE).all():
        raise InputError(f"A drawing's points lie between -{EDGE} and {EDGE}.")
    return points


def thinned(places: Points) -> Points:
    """So many of the places that neighbours keep apart: they stand for all when covering is counted."""
    kept: list[int] = []
    for number, place in enumerate(places):
        if all(np.hypot(*(place - places[other])) > NEAR for other in kept):
            kept.append(number)
    return places[kept]


# The game ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GameConfig(Configuration):
    """What is learnt, what both are paid for, and how fast each learns."""

    target: str = option("ring", "where the real points lie", choices=(*TARGETS, DRAWN))
    objective: str = option("relativistic", "what both networks are paid for", choices=PLAYABLE)
    penalty: float = option(0.1, "gamma of the R1 and R2 penalties; 0 for none", low=0, high=10)
    generator_steps: int = option(1, "how often the generator learns a step", low=1, high=8)
    discriminator_steps: int = option(1, "how often the discriminator learns a step", low=1, high=8)
    generator_rate: float = option(1e-3, "Adam's rate for the generator", low=1e-5, high=0.05)
    discriminator_rate: float = option(1e-3, "Adam's rate for the discriminator", low=1e-5, high=0.05)
    batch_size: int = option(128, "points a step", low=8, high=1024)
    width: int = option(96, "units of each hidden layer", low=4, high=256)
    latent_size: int = option(8, "how many random values a point starts from", low=1, high=64)
    seed: int = option(0, "fixes all randomness of the game", low=0, high=2**31 - 1)

    def same_game(self) -> tuple[str, int, int, int]:
        """What cannot change while a game goes on."""
        return self.target, self.width, self.latent_size, self.seed


@contextmanager
def one_thread() -> Iterator[None]:
    """Networks this small lose by a second thread, most of all beside a browser. What is set counts for the thread that
    sets it and for those that begin meanwhile: a page of somebody else may once be drawn by one."""
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(THREADS)


@dataclass(frozen=True)
class View:
    """What there is to see after a step."""

    step: int
    real: Points  # (256, 2)
    fake: Points  # (256, 2), of the same latents each time
    arrows: Points  # (256, 2): minus the gradient of the generator's loss at each of them
    field: NDArray[np.float32]  # (48, 48) in [0, 1]: how real a place is found; rows from the lowest y up
    covered: int
    places: int
    discriminator: float | None  # the losses of the last step; None before the first
    generator: float | None


class Game:
    """A generator and a discriminator that have just met. The same config plays the same game, step by step."""

    def __init__(self, config: GameConfig, drawing: Points | None = None) -> None:
        """`drawing` (N, 2) holds the places of the target "drawn". Raises InputError where it is missing."""
        if config.target == DRAWN and drawing is None:
            raise InputError("Draw a target first.")
        self.config = config
        self.places = drawing if config.target == DRAWN and drawing is not None else TARGETS[config.target]()
        self.standing = thinned(self.places)
        self.randomness = torch.Generator().manual_seed(config.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.generator = dense(config.latent_size, config.width, 2)
            self.discriminator = dense(2, config.width, 1)
        self.generator_descent, self.discriminator_descent = Descent(self.generator), Descent(self.discriminator)
        self.rule(config)
        self.shown_latents = self.latents(SHOWN)
        self.shown_real = self.real(SHOWN)
        self.step = 0
        self.losses: tuple[float | None, float | None] = None, None  # the generator's, the discriminator's

    def rule(self, config: GameConfig) -> None:
        """Go on under other rules: objective, penalty, steps, rates and batch. Raises InputError where the config
        asks for another target, other networks or another seed: that is another game."""
        if config.same_game() != self.config.same_game():
            raise InputError("Another target, other networks or another seed make another game: begin anew.")
        self.config, self.objective = config, objective_of(config)

    @one_thread()
    def play(self, steps: int = 1, *, discriminator: bool = True, generator: bool = True) -> None:
        """Let one of the two or both learn. Raises InputError where a loss is no longer finite: the game is over."""
        for _ in range(steps):
            ours, theirs = self.losses
            if discriminator:
                for _ in range(self.config.discriminator_steps):
                    theirs = self.learn_to_tell()
            if generator:
                for _ in range(self.config.generator_steps):
                    ours = self.learn_to_forge()
            self.demand_finite(ours, theirs)
            self.step += 1
            self.losses = ours, theirs

    def demand_finite(self, *losses: float | None) -> None:
        if not all(each is None or isfinite(each) for each in losses):
            raise InputError("A loss is no longer finite: the game diverged. Begin again with smaller rates.")

    def learn_to_tell(self) -> float:
        real = self.real(self.config.batch_size)
        with torch.no_grad():
            fake = self.forge(self.latents(self.config.batch_size))
        loss = total = self.objective.critic_loss(self.critic, real, fake)
        if self.objective.has_penalty() and self.step % self.objective.penalty_every == 0:
            with torch.random.fork_rng(devices=[]):  # WGAN-GP's draws where between the two it looks
                torch.manual_seed(self.config.seed + self.step)
                total = loss + self.objective.penalty_every * self.objective.penalty(self.critic, real, fake)
        self.discriminator_descent.step(total, self.config.discriminator_rate)
        return loss.item()

    def learn_to_forge(self) -> float:
        fake = self.forge(self.latents(self.config.batch_size))
        loss = self.objective.generator_loss(self.critic, self.real(self.config.batch_size), fake)
        self.generator_descent.step(loss, self.config.generator_rate)
        return loss.item()

    @one_thread()
    def look(self) -> View:
        """What there is to see; changes nothing."""
        with torch.no_grad():
            fake = self.forge(self.shown_latents)
            line = torch.linspace(-EDGE, EDGE, FIELD)
            across, up = torch.meshgrid(line, line, indexing="xy")
            scores = self.critic(torch.stack([across, up], -1).reshape(-1, 2, 1, 1)).reshape(FIELD, FIELD)
            middle = (self.critic(self.shown_real).mean() + self.critic(fake).mean()) / 2
            spread = (scores - middle).abs().mean().clamp_min(0.25)
        fake.requires_grad_()
        loss = self.objective.generator_loss(self.critic, self.shown_real, fake)
        (slope,) = torch.autograd.grad(loss, fake)
        ours, theirs = self.losses
        return View(
            self.step, flat(self.shown_real), flat(fake), flat(-slope * len(fake)),
            ((scores - middle) / spread).sigmoid().numpy(), self.covered(flat(fake)), len(self.standing), theirs, ours,
        )  # fmt: skip

    def covered(self, fake: Points) -> int:
        """How many places of the target get at least a quarter of their due of generated points (N, 2)."""
        apart = np.linalg.norm(fake[:, None] - self.standing[None], axis=2)  # (N, places)
        nearest = apart.argmin(1)[apart.min(1) <= NEAR]
        due = len(fake) / len(self.standing)
        return int((np.bincount(nearest, minlength=len(self.standing)) >= FAIR * due).sum())

    # Helpers ---------------------------------------------------------------------------------------------------------

    def critic(self, points: Tensor) -> Tensor:
        """Points (N, 2, 1, 1) -> raw scores (N,)."""
        return self.discriminator(points.flatten(1)).squeeze(1)

    def forge(self, latents: Tensor) -> Tensor:
        """Latents (N, latent_size) -> points (N, 2, 1, 1): the smallest pictures there are."""
        return self.generator(latents)[:, :, None, None]

    def latents(self, count: int) -> Tensor:
        return torch.randn((count, self.config.latent_size), generator=self.randomness)

    def real(self, count: int) -> Tensor:
        """Points of the target (N, 2, 1, 1)."""
        chosen = torch.randint(len(self.places), (count,), generator=self.randomness)
        points = torch.from_numpy(self.places)[chosen] + NOISE * torch.randn((count, 2), generator=self.randomness)
        return points[:, :, None, None]


def dense(inputs: int, width: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size in (inputs, width, width):
        layers += [nn.Linear(size, width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def objective_of(config: GameConfig) -> Objective:
    """With the penalty of the config at real and at generated points, at every other step."""
    return OBJECTIVES[config.objective](r1=config.penalty, r2=config.penalty, penalty_every=2)


class Descent:
    """Adam with betas 0 and 0.99 (Kingma and Ba 2015, algorithm 1): each weight's step is divided by how large its
    gradients have been. Not `torch.optim`, which brings the compiler along: 80 MB in the memory of a page."""

    DECAY, TINY = 0.99, 1e-8

    def __init__(self, network: nn.Module) -> None:
        self.parameters = list(network.parameters())
        self.squares = [torch.zeros_like(each) for each in self.parameters]
        self.count = 0

    def step(self, loss: Tensor, rate: float) -> None:
        gradients = torch.autograd.grad(loss, self.parameters)
        self.count += 1
        unbias = 1 - self.DECAY**self.count
        with torch.no_grad():
            for weight, square, gradient in zip(self.parameters, self.squares, gradients, strict=True):
                square.lerp_(gradient.square(), 1 - self.DECAY)
                weight.sub_(rate * gradient / ((square / unbias).sqrt() + self.TINY))


def flat(points: Tensor) -> Points:
    return points.detach().flatten(1).numpy()

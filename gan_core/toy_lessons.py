"""Lessons of the toy GAN: sequences of rules that lead to a known behaviour, and the measurement that shows it.

A `Lesson` has phases, each with its rules and a point that the game must reach. A `LessonRun` follows one game through
them. Every lesson starts from an untrained game with the same seed, so that it reaches its point whatever was played
before; only the cure can also continue a game that has collapsed. Steps decide, never the time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil
from typing import Any

import numpy as np

from gan_core.toy import Snapshot, ToyConfig, ToyGan
from gan_core.toy_targets import NEAR_DISTANCE

LESSON_SEED = 0  # of the game of each lesson
GATHERED_SHARE = 0.95  # of the generated points, which the fewest possible modes are counted for
GATHERED_MODES = 8  # at most one mode in so many holds the points of a collapsed generator
NEAR_ENOUGH = (
    2 * NEAR_DISTANCE
)  # median distance of the points from the nearest mode: the untrained ones lie further off
MOVES = 3  # different modes that a collapsed generator has gathered at, one after the other
FEW_MODES = 8  # up to so many, the cure must cover all of them; of more modes, COVERED_MODES
COVERED_MODES = 0.6  # share of the modes
MIN_MODES = 4  # of a target; with fewer there is nothing to drop
CERTAIN = 0.999  # the discriminator's mean probability of "real" for real points, from which on it counts as certain
SHORT_ARROWS = 0.01  # mean length of the arrows, relative to the greatest mean length of the lesson


class Learner(StrEnum):
    """Which of the two networks is trained."""

    BOTH = "Both"
    DISCRIMINATOR = "Discriminator"
    GENERATOR = "Generator"


@dataclass
class Memory:
    """What a lesson remembers of the snapshots of its present phase."""

    places: set[int] = field(default_factory=set)  # modes that all points have gathered at
    longest_arrows: float = 0.0  # greatest mean length
    covered_at_first: int = 0  # modes covered when the phase began


Check = Callable[[ToyGan, Snapshot, Memory], tuple[bool, str]]  # whether the point is reached, and the finding in words


@dataclass(frozen=True)
class Phase:
    """Rules that are played until `check` finds the point; `max_steps` is where the lesson gives up."""

    rules: dict[str, Any]  # fields of ToyConfig
    check: Check
    max_steps: int
    learner: Learner = Learner.BOTH
    steps_per_frame: int = 5
    pauses: bool = True  # at its point; otherwise the game goes on


@dataclass(frozen=True)
class Lesson:
    """A title, what it shows, and the phases that lead there; `target` where it needs a certain one."""

    name: str
    title: str
    about: str
    phases: tuple[Phase, ...]
    target: str = ""


# Measurements ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gathering:
    """How many modes, the fullest first, are nearest to 95% of the generated points, the index of the fullest, and
    whether that is a collapse: at most one mode in eight, rounded down, with the points close by."""

    mode_count: int
    fullest: int
    is_collapse: bool


def measure_gathering(game: ToyGan, snapshot: Snapshot) -> Gathering:
    distances = np.linalg.norm(snapshot.fake[:, None] - game.counted_centres[None], axis=2)  # (N, modes)
    counts = np.bincount(distances.argmin(1), minlength=len(game.counted_centres))
    held = np.cumsum(np.sort(counts)[::-1])
    mode_count = int((held < GATHERED_SHARE * len(snapshot.fake)).sum()) + 1
    is_close = float(np.median(distances.min(1))) <= NEAR_ENOUGH
    is_collapse = is_close and mode_count <= max(1, len(game.counted_centres) // GATHERED_MODES)
    return Gathering(mode_count, int(counts.argmax()), is_collapse)


def check_collapse(game: ToyGan, snapshot: Snapshot, memory: Memory) -> tuple[bool, str]:
    """All points gather, at three different modes one after the other."""
    gathering = measure_gathering(game, snapshot)
    if gathering.is_collapse:
        memory.places.add(gathering.fullest)
    verb = "All points sit on" if gathering.is_collapse else "The points are nearest to"
    finding = f"{verb} {gathering.mode_count} of {snapshot.centre_count} modes"
    visited = f"; so far they have gathered at {len(memory.places)} different ones, one after the other"
    return len(memory.places) >= MOVES, f"{finding}{visited if len(memory.places) > 1 else ''}."


def check_gathered(game: ToyGan, snapshot: Snapshot, memory: Memory) -> tuple[bool, str]:
    """All points gather once."""
    gathering = measure_gathering(game, snapshot)
    finding = f"The points are nearest to {gathering.mode_count} of {snapshot.centre_count} modes."
    return gathering.is_collapse, f"First the collapse. {finding}"


def modes_to_cover(count: int) -> int:
    """How many of the modes the cure must cover: all of a few, else three fifths."""
    return count if count <= FEW_MODES else ceil(COVERED_MODES * count)


def check_covered(game: ToyGan, snapshot: Snapshot, memory: Memory) -> tuple[bool, str]:
    needed = modes_to_cover(snapshot.centre_count)
    finding = f"{snapshot.covered_count} of {snapshot.centre_count} modes are covered again"
    goal = "" if needed == snapshot.centre_count else f"; the lesson waits for {needed}"
    is_reached = snapshot.covered_count >= needed
    return is_reached, f"{finding}{'' if is_reached else goal}."


def check_vanished(game: ToyGan, snapshot: Snapshot, memory: Memory) -> tuple[bool, str]:
    """The discriminator is certain, and the gradient of the generated points has all but vanished."""
    length = float(np.linalg.norm(snapshot.arrows, axis=1).mean())
    memory.longest_arrows = max(memory.longest_arrows, length)
    share = length / memory.longest_arrows if memory.longest_arrows else 1.0
    certainty = game.mean_probability_of_real()
    finding = f"The discriminator finds the real points real with {certainty:.1%} certainty"
    arrows = f"the arrows have {share:.1%} of their greatest length"
    return certainty >= CERTAIN and share <= SHORT_ARROWS, f"{finding}, and {arrows}."


def check_spread(game: ToyGan, snapshot: Snapshot, memory: Memory) -> tuple[bool, str]:
    """Both networks have learned enough for the discriminator to tell places from one another."""
    needed = ceil(COVERED_MODES * snapshot.centre_count)
    finding = f"{snapshot.covered_count} of {snapshot.centre_count} modes are covered"
    return snapshot.covered_count >= needed, f"First both networks learn. {finding}."


def check_lost(game: ToyGan, snapshot: Snapshot, memory: Memory) -> tuple[bool, str]:
    """At most half of the modes that were covered at the beginning of the phase still are."""
    memory.covered_at_first = max(memory.covered_at_first, snapshot.covered_count)
    finding = f"Of {memory.covered_at_first} covered modes, {snapshot.covered_count} are left"
    return snapshot.covered_count <= memory.covered_at_first // 2, f"{finding}: the points run where D was highest."


# The lessons ----------------------------------------------------------------------------------------------------------

COLLAPSE_RULES = {
    "objective": "minimax", "penalty": 0.0, "generator_steps": 8, "discriminator_steps": 1, "generator_rate": 2e-3,
    "discriminator_rate": 5e-4,
}  # fmt: skip
CURE_RULES = {
    "objective": "relativistic", "penalty": 1.0, "generator_steps": 1, "discriminator_steps": 1,
    "generator_rate": 1e-3, "discriminator_rate": 1e-3,
}  # fmt: skip
VANISHING_RULES = CURE_RULES | {"objective": "minimax", "penalty": 0.0}
DEFAULT_RULES = {name: getattr(ToyConfig(), name) for name in COLLAPSE_RULES}

LESSONS = {
    lesson.name: lesson
    for lesson in (
        Lesson(
            "collapse", "Collapse",
            "The minimax loss of the first paper without a penalty, and a generator that learns faster: eight updates"
            " in each step, at four times the discriminator's rate.",
            (Phase(COLLAPSE_RULES, check_collapse, 1000, pauses=False),),
        ),
        Lesson(
            "cure", "The cure",
            "The relativistic pairing loss with R1 and R2, and one update of each network in each step. It continues a"
            " game that has collapsed, or begins with the collapse.",
            (Phase(COLLAPSE_RULES, check_gathered, 1000), Phase(CURE_RULES, check_covered, 5000, steps_per_frame=20)),
        ),
        Lesson(
            "vanishing", "Vanishing gradient",
            "Only the discriminator learns, under the minimax loss without a penalty. The target is the ring, none of"
            " whose modes lies where the untrained generator puts its points.",
            (Phase(VANISHING_RULES, check_vanished, 2000, Learner.DISCRIMINATOR),),
            "ring",
        ),
        Lesson(
            "alone", "Generator alone",
            "Both networks learn until most modes are covered; then the discriminator stops.",
            (Phase(DEFAULT_RULES, check_spread, 5000, steps_per_frame=20),
             Phase(DEFAULT_RULES, check_lost, 2000, Learner.GENERATOR)),
        ),
    )
}  # fmt: skip


class LessonRun:
    """One lesson in one game: which phase it is in, and what the last snapshot showed."""

    def __init__(self, lesson: Lesson, game: ToyGan | None = None, phase_index: int = 0) -> None:
        """`game` is the one that the lesson continues, from the phase `phase_index` on; None for a new one."""
        self.lesson, self.phase_index = lesson, phase_index
        self.memory = Memory()
        self.began_at = game.step if game else 0  # step of the present phase
        self.reached_at: int | None = None  # step of the lesson's point
        self.finding = ""

    @property
    def phase(self) -> Phase:
        return self.lesson.phases[self.phase_index]

    def config(self, config: ToyConfig) -> ToyConfig:
        """The config with the rules of the present phase and the seed of all lessons."""
        target = self.lesson.target or config.target
        return replace(config, **self.phase.rules, seed=LESSON_SEED, target=target)

    def watch(self, game: ToyGan, snapshot: Snapshot) -> bool:
        """Measures a snapshot. True where the phase or the lesson has just reached its point."""
        is_reached, self.finding = self.phase.check(game, snapshot, self.memory)
        if not is_reached or self.reached_at is not None:
            return False
        if self.phase_index + 1 < len(self.lesson.phases):
            self.phase_index, self.memory, self.began_at = self.phase_index + 1, Memory(), game.step
        else:
            self.reached_at = game.step
        return True

    def has_given_up(self, game: ToyGan) -> bool:
        """Whether the present phase has had all of its steps without reaching its point."""
        return self.reached_at is None and game.step - self.began_at >= self.phase.max_steps

    def has_collapsed(self) -> bool:
        """Whether this is the lesson of collapse, and its generator has gathered at least once."""
        return self.lesson.name == "collapse" and bool(self.memory.places)

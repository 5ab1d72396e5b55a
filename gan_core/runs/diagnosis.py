"""What ails a training, in plain words: computed from its log, its previews and, where there is a judge, from what that
sees in them.

Every finding has a reason and remedies. The thresholds were set on runs that really failed; tests hold them there.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from gan_core.models import FAMILIES
from gan_core.runs import remedies
from gan_core.runs.log_reader import Column, latest
from gan_core.runs.remedies import Remedy
from gan_core.runs.status import Entry, State

RECENT = 10  # lines of the log that are looked at
CERTAIN = 0.99  # probability of telling real from fake from which on nothing is left to learn from
CONTESTED, RARELY = 0.9, 0.05  # below the first it is a game; the share of lines in which one that never was may be
VANISHED = 0.02  # of the strongest gradient that the generator ever had
WON = 0.02  # logistic loss of a discriminator that cannot be wrong
UNALIKE = 0.4  # diversity, against real pictures', below which the generator repeats itself
ONE_CLASS = 0.6  # share of one class among pictures of many
NEAR = 0.4  # distance to the nearest training picture, against that between training pictures
SWINGS = 4  # times that the upper hand changes
EXPLODED = 1e4  # the norm of a gradient; sound trainings stay below some hundreds


class Kind(StrEnum):
    EARLY = "early"
    FINE = "fine"
    WINS = "discriminator wins"
    COLLAPSE = "mode collapse"
    OSCILLATION = "oscillation"
    DIVERGENCE = "divergence"
    MEMORISING = "memorising"


@dataclass(frozen=True)
class Finding:
    kind: Kind
    title: str
    reason: str
    remedies: tuple[Remedy, ...] = ()

    @property
    def well(self) -> bool:
        return self.kind in (Kind.FINE, Kind.EARLY)


@dataclass(frozen=True)
class Evidence:
    """What is known of a run: the columns of its log and of its previews' facts, and how many of the last preview's
    pictures the judge takes for each class (empty without a judge)."""

    entry: Entry
    log: dict[str, Column]
    seen: dict[str, Column]
    classes: list[int] = field(default_factory=list)

    @property
    def told(self) -> bool:
        """Whether the generator is told what class to draw."""
        family = FAMILIES.get(self.entry.plan.get("family", ""))
        return family is not None and family.condition == "label"


def diagnose(evidence: Evidence) -> Finding:
    """The gravest of what is found."""
    looks = (divergence, never_a_game, oscillation, collapse, discriminator_wins, memorising)
    begun = len(evidence.log.get("told_apart", ())) >= 2 * RECENT  # untrained networks show every symptom
    found = next((finding for look in looks[: None if begun else 1] if (finding := look(evidence))), None)
    if found is None:
        return fine(evidence)
    return replace(found, remedies=remedies.fitting(found.remedies, evidence.entry.plan))


# Each thing that can be wrong -----------------------------------------------------------------------------------------


def divergence(evidence: Evidence) -> Finding | None:
    entry = evidence.entry
    broke = entry.state is State.CRASHED and "no longer finite" in entry.reason
    norms = [latest(evidence.log, name, RECENT) for name in ("generator_gradient", "discriminator_gradient")]
    strongest = max((each for each in norms if each is not None), default=0.0)
    if not broke and strongest < EXPLODED:
        return None
    how = "Numbers became infinite or undefined" if broke else f"Gradients have a norm of {strongest:,.0f}"
    return Finding(
        Kind.DIVERGENCE, "The training diverged",
        f"{how}: each step overshoots, and the next one overshoots more. What was saved before is sound.",
        (remedies.SLOWER, remedies.PENALTIES, remedies.SPECTRAL, remedies.EXACT),
    )  # fmt: skip


def discriminator_wins(evidence: Evidence) -> Finding | None:
    apart, gradient = latest(evidence.log, "told_apart", RECENT), evidence.log.get("generator_gradient", np.array([]))
    if apart is None or apart < CERTAIN or len(gradient) < 3:
        return None
    now, most = latest(evidence.log, "generator_gradient", RECENT), float(np.nanmax(gradient))
    vanished = most > 0 and (now or 0.0) < VANISHED * most
    loss = latest(evidence.log, "discriminator", 2 * RECENT)
    logistic = evidence.entry.plan.get("objective", {}).get("name") in ("minimax", "non-saturating", "relativistic")
    sure = logistic and loss is not None and loss < WON and len(gradient) >= 4 * RECENT  # a sound one is so at first
    if not vanished and not sure:
        return None
    heard = (
        f"the gradient that reaches the generator has sunk to {now / most:.1%} of what it was" if vanished and now
        else "whatever the generator changes, the verdict stays the same"
    )  # fmt: skip
    return Finding(
        Kind.WINS, "The discriminator has won",
        f"It tells real from generated with {apart:.1%} certainty, and {heard}. There is nothing left to learn from.",
        (
            remedies.PENALTIES, remedies.SPECTRAL, remedies.SLOW_CRITIC, remedies.LESS_CRITIC,
            *unsaturated(evidence.entry),
        ),
    )  # fmt: skip


def never_a_game(evidence: Evidence) -> Finding | None:
    """The discriminator has won from the first lines on: the generator could not even collapse."""
    apart = evidence.log["told_apart"]
    return discriminator_wins(evidence) if np.nanmean(apart < CONTESTED) < RARELY else None


def collapse(evidence: Evidence) -> Finding | None:
    alike = recent_looks(evidence, "diversity")
    shares, total = evidence.classes, sum(evidence.classes)
    if alike is None:
        return None
    one = not evidence.told and total > 0 and max(shares) / total > ONE_CLASS and len(shares) > 2
    if max(alike) > UNALIKE and not (one and evidence.entry.step):
        return None
    seen = latest(evidence.seen, "diversity_seen")
    facts = f"The previews differ from one another {alike[-1]:.0%} as much as real pictures do"
    facts += f" ({seen:.0%} in the discriminator's eyes)" if seen is not None else ""
    if one:
        facts += f", and {max(shares)} of {total} show the same class"
    return Finding(
        Kind.COLLAPSE, "The generator repeats itself (mode collapse)",
        f"{facts}. It has found a few pictures that pass, and nothing rewards it for drawing others.",
        (
            remedies.VARIETY, remedies.PENALTIES, remedies.MORE_CRITIC, remedies.SPECTRAL,
            *unsaturated(evidence.entry),
        ),
    )  # fmt: skip


def memorising(evidence: Evidence) -> Finding | None:
    near = recent_looks(evidence, "nearest")
    if near is None or max(near) > NEAR or (recent_looks(evidence, "diversity") or [0])[-1] < UNALIKE:
        return None
    return Finding(
        Kind.MEMORISING, "The generator copies its training pictures",
        f"Generated pictures lie {near[-1]:.0%} as far from the nearest training picture as training pictures lie from"
        " one another: it draws what it was shown instead of what is like it. There are too few pictures for networks"
        " so large and a training so long.",
        (remedies.AUGMENT, remedies.STRONGER, remedies.SMALLER),
    )  # fmt: skip


def oscillation(evidence: Evidence) -> Finding | None:
    apart = evidence.log.get("told_apart", np.array([]))[-6 * RECENT :]
    if swings(apart) < SWINGS:
        return None
    return Finding(
        Kind.OSCILLATION, "The two chase each other in circles (oscillation)",
        f"The upper hand changed {swings(apart)} times of late: the discriminator learns to spot today's pictures, the"
        " generator moves to others, and neither gets better.",
        (remedies.SLOWER, remedies.CALMER, remedies.PENALTIES, remedies.SPECTRAL),
    )  # fmt: skip


def fine(evidence: Evidence) -> Finding:
    apart, alike = latest(evidence.log, "told_apart", RECENT), recent_looks(evidence, "diversity")
    if apart is None and "generator" in evidence.log and "discriminator" not in evidence.log:
        return Finding(Kind.FINE, "No game here", "Only the generator learns, from true answers: there is no rival.")
    restores = "scale" in evidence.entry.plan.get("model", {})  # its previews show restored pictures: none is to differ
    if apart is None or (alike is None and not restores) or len(evidence.log["told_apart"]) < 2 * RECENT:
        return Finding(Kind.EARLY, "Too early to tell", f"After {2 * RECENT} lines of the log and two previews there is"
                       " something to say.")  # fmt: skip
    diverse = f", and the previews are {alike[-1]:.0%} as diverse as real pictures" if alike else ""
    return Finding(
        Kind.FINE, "All is well",
        f"The discriminator tells real from generated with {apart:.0%} certainty (50% is guessing), its gradient still"
        f" reaches the generator{diverse}. Losses say little: look at the pictures.",
    )  # fmt: skip


def recent_looks(evidence: Evidence, name: str) -> list[float] | None:
    """The last two values of the previews' facts; None as long as there are not two since the start."""
    values, steps = evidence.seen.get(name), evidence.seen.get("step")
    if values is None or steps is None:
        return None
    trained = values[(steps > 0) & ~np.isnan(values)][-2:]
    return trained.tolist() if len(trained) == 2 else None


def swings(apart: Column, low: float = 0.4, high: float = 0.65) -> int:
    """How often the discriminator fell from telling real from fake to being fooled, or rose again. A mean over three
    lines, and two marks apart: noise around either is no swing."""
    values = apart[~np.isnan(apart)]
    if len(values) < 3:
        return 0
    above, changes = None, 0
    for value in np.convolve(values, np.ones(3) / 3, "valid").tolist():
        now = True if value > high else False if value < low else above
        changes += above is not None and now is not above
        above = now
    return changes


def unsaturated(entry: Entry) -> tuple[Remedy, ...]:
    """The loss that is steep where the generator loses, for those who play with the one that is not."""
    return (remedies.UNSATURATED,) if entry.plan.get("objective", {}).get("name") == "minimax" else ()

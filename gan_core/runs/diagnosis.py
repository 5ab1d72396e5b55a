"""What ails a training, in plain words: computed from its log, its previews and, where there is a judge, from what that
sees in them.

Every finding has a reason and remedies. The thresholds were set on runs that really failed; tests hold them there.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from gan_core.models import FAMILIES, Task
from gan_core.runs import remedies
from gan_core.runs.log_reader import Column, last_median
from gan_core.runs.remedies import Remedy
from gan_core.runs.status import RunState, RunStatus

RECENT_LINES = 10  # lines of the log that are looked at
CERTAIN_AUC = 0.99  # probability of telling real from fake from which on nothing is left to learn from
CONTESTED_AUC, RARELY_SHARE = (
    0.9,
    0.05,
)  # below the first it is a game; the share of lines in which one that never was may be
VANISHED_SHARE = 0.02  # of the strongest gradient that the generator ever had
SATURATED_LOSS = 0.02  # logistic loss of a discriminator that cannot be wrong
MIN_DIVERSITY = 0.4  # diversity, against real pictures', below which the generator repeats itself
ONE_CLASS_SHARE = 0.6  # share of one class among pictures of many
MIN_NN_DISTANCE = 0.4  # distance to the nearest training picture, against that between training pictures
MIN_OSCILLATIONS = 4  # times that the upper hand changes
EXPLODED_NORM = 1e4  # the norm of a gradient; sound trainings stay below some hundreds


class Health(StrEnum):
    TOO_EARLY = "early"
    HEALTHY = "fine"
    DISCRIMINATOR_WINS = "discriminator wins"
    MODE_COLLAPSE = "mode collapse"
    OSCILLATION = "oscillation"
    DIVERGENCE = "divergence"
    MEMORISATION = "memorising"


@dataclass(frozen=True)
class Diagnosis:
    health: Health
    title: str
    reason: str
    remedies: tuple[Remedy, ...] = ()

    @property
    def is_healthy(self) -> bool:
        return self.health in (Health.HEALTHY, Health.TOO_EARLY)


@dataclass(frozen=True)
class RunMetrics:
    """What is known of a run: the columns of its log and of its previews' facts, and how many of the last preview's
    pictures the judge takes for each class (empty without a judge)."""

    status: RunStatus
    log: dict[str, Column]
    preview_metrics: dict[str, Column]
    class_counts: list[int] = field(default_factory=list)

    @property
    def is_conditional(self) -> bool:
        """Whether the generator is told what class to draw."""
        family = FAMILIES.get(self.status.config.get("family", ""))
        return family is not None and family.task == Task.CLASS_CONDITIONAL


def diagnose(metrics: RunMetrics) -> Diagnosis:
    """The gravest of what is found."""
    detectors = (
        divergence,
        discriminator_wins_from_start,
        oscillation,
        mode_collapse,
        discriminator_wins,
        memorisation,
    )
    is_trained = len(metrics.log.get("told_apart", ())) >= 2 * RECENT_LINES  # untrained networks show every symptom
    found = next((finding for detect in detectors[: None if is_trained else 1] if (finding := detect(metrics))), None)
    if found is None:
        return healthy(metrics)
    return replace(found, remedies=remedies.applicable(found.remedies, metrics.status.config))


# Each thing that can be wrong -----------------------------------------------------------------------------------------


def divergence(metrics: RunMetrics) -> Diagnosis | None:
    status = metrics.status
    is_not_finite = status.state is RunState.FAILED and "no longer finite" in status.failure_message
    norms = [last_median(metrics.log, name, RECENT_LINES) for name in ("generator_gradient", "discriminator_gradient")]
    strongest = max((norm for norm in norms if norm is not None), default=0.0)
    if not is_not_finite and strongest < EXPLODED_NORM:
        return None
    symptom = "Numbers became infinite or undefined" if is_not_finite else f"Gradients have a norm of {strongest:,.0f}"
    return Diagnosis(
        Health.DIVERGENCE, "The training diverged",
        f"{symptom}: each step overshoots, and the next one overshoots more. What was saved before is sound.",
        (remedies.LOWER_RATES, remedies.RELATIVISTIC_R1_R2, remedies.SPECTRAL_NORM, remedies.FLOAT32),
    )  # fmt: skip


def discriminator_wins(metrics: RunMetrics) -> Diagnosis | None:
    critic_auc, gradient = (
        last_median(metrics.log, "told_apart", RECENT_LINES),
        metrics.log.get("generator_gradient", np.array([])),
    )
    if critic_auc is None or critic_auc < CERTAIN_AUC or len(gradient) < 3:
        return None
    now, strongest = last_median(metrics.log, "generator_gradient", RECENT_LINES), float(np.nanmax(gradient))
    vanished = strongest > 0 and (now or 0.0) < VANISHED_SHARE * strongest
    loss = last_median(metrics.log, "discriminator", 2 * RECENT_LINES)
    is_logistic = metrics.status.config.get("objective", {}).get("name") in (
        "minimax",
        "non-saturating",
        "relativistic",
    )
    is_saturated = (
        is_logistic and loss is not None and loss < SATURATED_LOSS and len(gradient) >= 4 * RECENT_LINES
    )  # a sound one is so at first
    if not vanished and not is_saturated:
        return None
    consequence = (
        f"the gradient that reaches the generator has sunk to {now / strongest:.1%} of what it was" if vanished and now
        else "whatever the generator changes, the verdict stays the same"
    )  # fmt: skip
    return Diagnosis(
        Health.DISCRIMINATOR_WINS, "The discriminator has won",
        f"It tells real from generated with {critic_auc:.1%} certainty, and {consequence}. There is nothing left to learn from.",
        (
            remedies.RELATIVISTIC_R1_R2, remedies.SPECTRAL_NORM, remedies.LOWER_DISCRIMINATOR_RATE, remedies.FEWER_DISCRIMINATOR_STEPS,
            *non_saturating_remedy(metrics.status),
        ),
    )  # fmt: skip


def discriminator_wins_from_start(metrics: RunMetrics) -> Diagnosis | None:
    """The discriminator has won from the first lines on: the generator could not even collapse."""
    critic_auc = metrics.log["told_apart"]
    return discriminator_wins(metrics) if np.nanmean(critic_auc < CONTESTED_AUC) < RARELY_SHARE else None


def mode_collapse(metrics: RunMetrics) -> Diagnosis | None:
    diversity = recent_previews(metrics, "diversity")
    class_counts, total = metrics.class_counts, sum(metrics.class_counts)
    if diversity is None:
        return None
    is_one_class = (
        not metrics.is_conditional
        and total > 0
        and max(class_counts) / total > ONE_CLASS_SHARE
        and len(class_counts) > 2
    )
    if max(diversity) > MIN_DIVERSITY and not (is_one_class and metrics.status.step):
        return None
    feature_diversity = last_median(metrics.preview_metrics, "diversity_seen")
    findings = f"The previews differ from one another {diversity[-1]:.0%} as much as real pictures do"
    findings += f" ({feature_diversity:.0%} in the discriminator's eyes)" if feature_diversity is not None else ""
    if is_one_class:
        findings += f", and {max(class_counts)} of {total} show the same class"
    return Diagnosis(
        Health.MODE_COLLAPSE, "The generator repeats itself (mode collapse)",
        f"{findings}. It has found a few pictures that pass, and nothing rewards it for drawing others.",
        (
            remedies.DIVERSITY_LOSS, remedies.RELATIVISTIC_R1_R2, remedies.MORE_DISCRIMINATOR_STEPS, remedies.SPECTRAL_NORM,
            *non_saturating_remedy(metrics.status),
        ),
    )  # fmt: skip


def memorisation(metrics: RunMetrics) -> Diagnosis | None:
    nn_distance = recent_previews(metrics, "nearest")
    if (
        nn_distance is None
        or max(nn_distance) > MIN_NN_DISTANCE
        or (recent_previews(metrics, "diversity") or [0])[-1] < MIN_DIVERSITY
    ):
        return None
    return Diagnosis(
        Health.MEMORISATION, "The generator copies its training pictures",
        f"Generated pictures lie {nn_distance[-1]:.0%} as far from the nearest training picture as training pictures lie from"
        " one another: it draws what it was shown instead of what is like it. There are too few pictures for networks"
        " so large and a training so long.",
        (remedies.AUGMENTATION, remedies.STRONGER_PENALTIES, remedies.SMALLER_NETWORKS),
    )  # fmt: skip


def oscillation(metrics: RunMetrics) -> Diagnosis | None:
    critic_auc = metrics.log.get("told_apart", np.array([]))[-6 * RECENT_LINES :]
    if count_oscillations(critic_auc) < MIN_OSCILLATIONS:
        return None
    return Diagnosis(
        Health.OSCILLATION, "The two chase each other in circles (oscillation)",
        f"The upper hand changed {count_oscillations(critic_auc)} times of late: the discriminator learns to spot today's pictures, the"
        " generator moves to others, and neither gets better.",
        (remedies.LOWER_RATES, remedies.NO_MOMENTUM, remedies.RELATIVISTIC_R1_R2, remedies.SPECTRAL_NORM),
    )  # fmt: skip


def healthy(metrics: RunMetrics) -> Diagnosis:
    critic_auc, diversity = last_median(metrics.log, "told_apart", RECENT_LINES), recent_previews(metrics, "diversity")
    if critic_auc is None and "generator" in metrics.log and "discriminator" not in metrics.log:
        return Diagnosis(
            Health.HEALTHY, "No game here", "Only the generator learns, from true answers: there is no rival."
        )
    is_super_resolution = "scale" in metrics.status.config.get(
        "model", {}
    )  # its previews show restored pictures: none is to differ
    if (
        critic_auc is None
        or (diversity is None and not is_super_resolution)
        or len(metrics.log["told_apart"]) < 2 * RECENT_LINES
    ):
        return Diagnosis(Health.TOO_EARLY, "Too early to tell", f"After {2 * RECENT_LINES} lines of the log and two previews there is"
                       " something to say.")  # fmt: skip
    diversity_text = f", and the previews are {diversity[-1]:.0%} as diverse as real pictures" if diversity else ""
    return Diagnosis(
        Health.HEALTHY, "All is well",
        f"The discriminator tells real from generated with {critic_auc:.0%} certainty (50% is guessing), its gradient still"
        f" reaches the generator{diversity_text}. Losses say little: look at the pictures.",
    )  # fmt: skip


def recent_previews(metrics: RunMetrics, name: str) -> list[float] | None:
    """The last two values of the previews' facts; None as long as there are not two since the start."""
    values, steps = metrics.preview_metrics.get(name), metrics.preview_metrics.get("step")
    if values is None or steps is None:
        return None
    trained = values[(steps > 0) & ~np.isnan(values)][-2:]
    return trained.tolist() if len(trained) == 2 else None


def count_oscillations(critic_auc: Column, low: float = 0.4, high: float = 0.65) -> int:
    """How often the discriminator fell from telling real from fake to being fooled, or rose again. A mean over three
    lines, and two marks apart: noise around either is no swing."""
    values = critic_auc[~np.isnan(critic_auc)]
    if len(values) < 3:
        return 0
    is_winning, changes = None, 0
    for value in np.convolve(values, np.ones(3) / 3, "valid").tolist():
        wins_now = True if value > high else False if value < low else is_winning
        changes += is_winning is not None and wins_now is not is_winning
        is_winning = wins_now
    return changes


def non_saturating_remedy(status: RunStatus) -> tuple[Remedy, ...]:
    """The loss that is steep where the generator loses, for those who play with the one that is not."""
    return (remedies.NON_SATURATING_LOSS,) if status.config.get("objective", {}).get("name") == "minimax" else ()

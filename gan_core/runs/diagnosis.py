"""Diagnoses how a training fails: from its log, the metrics of its previews and, where there is a classifier, their
classes.

Each diagnosis has a reason in words and remedies. The thresholds were set on runs that really failed; the tests hold
such runs.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from gan_core.models import FAMILIES, Task
from gan_core.runs import remedies
from gan_core.runs.log_reader import Column, last_median
from gan_core.runs.remedies import Remedy
from gan_core.runs.status import RunState, RunStatus

RECENT_LINES = 10  # of the log, whose median counts as the present value
CERTAIN_AUC = 0.99  # of the discriminator, from which on the generator may have nothing left to learn from
CONTESTED_AUC = 0.9  # below it, both networks still compete
MIN_CONTESTED_SHARE = 0.05  # of all lines; below it, the discriminator has won from the start
VANISHED_SHARE = 0.02  # of the generator's largest gradient norm, below which its gradient has vanished
SATURATED_LOSS = 0.02  # of a logistic discriminator loss
MIN_DIVERSITY = 0.4  # relative to real images, at or below which the generator has collapsed
RECOVERED_DIVERSITY = 0.5  # at or above which a collapsed generator has recovered; between the two nothing changes
MAX_CLASS_SHARE = 0.5  # of one class among the previews of an unconditional model
RECOVERED_CLASS_SHARE = 0.4  # at or below which no class prevails any more
HISTORY_PREVIEWS = 60  # that are looked back on to say since when a diagnosis holds
MIN_NN_DISTANCE = 0.4  # to the nearest training image, relative to the distance between training images
MIN_OSCILLATIONS = 4  # changes of the upper hand
EXPLODED_NORM = 1e4  # of a gradient; healthy trainings stay below some hundreds
LOGISTIC_OBJECTIVES = ("minimax", "non-saturating", "relativistic")


class Health(StrEnum):
    TOO_EARLY = "early"
    HEALTHY = "fine"
    UNEVEN = "uneven"  # the generator learns from a discriminator that is far ahead
    DISCRIMINATOR_WINS = "discriminator wins"
    MODE_COLLAPSE = "mode collapse"
    OSCILLATION = "oscillation"
    DIVERGENCE = "divergence"
    MEMORISATION = "memorising"


@dataclass(frozen=True)
class Diagnosis:
    """The health of a run, with a title and a reason for its user, and remedies, the most promising first.

    `since` is the step of the preview from which on the health has been this one; None where that is not known.
    """

    health: Health
    title: str
    reason: str
    remedies: tuple[Remedy, ...] = ()
    since: int | None = None

    @property
    def is_healthy(self) -> bool:
        return self.health in (Health.HEALTHY, Health.UNEVEN, Health.TOO_EARLY)


@dataclass(frozen=True)
class RunMetrics:
    """What a diagnosis is made from: status, the columns of both logs, and how many images of the last preview, and of
    the one before it, are of each class (empty without a classifier)."""

    status: RunStatus
    log: dict[str, Column]
    preview_metrics: dict[str, Column]
    class_counts: list[int] = field(default_factory=list)
    previous_class_counts: list[int] = field(default_factory=list)

    @property
    def is_class_conditional(self) -> bool:
        family = FAMILIES.get(self.status.config.get("family", ""))
        return family is not None and family.task == Task.CLASS_CONDITIONAL

    @property
    def objective(self) -> str:
        """The name of the objective."""
        return self.status.config.get("objective", {}).get("name", "")

    def recent(self, name: str, lines: int = RECENT_LINES) -> float | None:
        """The median of a column of the log over its last lines."""
        return last_median(self.log, name, lines)

    def trained_previews(self, name: str) -> tuple[list[int], list[float]]:
        """The steps after 0 that have a preview, and the values of a column at them."""
        values, steps = self.preview_metrics.get(name), self.preview_metrics.get("step")
        if values is None or steps is None:
            return [], []
        is_trained = (steps > 0) & (steps < 2**53) & ~np.isnan(values)  # above, somebody has edited the file
        return steps[is_trained].astype(int).tolist(), values[is_trained].tolist()

    def until(self, step: int) -> "RunMetrics":
        """What was known at a step, the classes aside."""
        log, preview_metrics = (
            {name: values[columns["step"] <= step] for name, values in columns.items()} if "step" in columns else {}
            for columns in (self.log, self.preview_metrics)
        )
        return RunMetrics(self.status, log, preview_metrics)

    def recent_previews(self, name: str) -> list[float] | None:
        """The values of the last two previews after step 0; None while there are fewer."""
        values = self.trained_previews(name)[1][-2:]
        return values if len(values) == 2 else None


def diagnose(metrics: RunMetrics) -> Diagnosis:
    """The most serious failure found, with the remedies that apply to the run and since when, or a healthy diagnosis.

    A collapse comes before the discriminator's certainty and before oscillation, which are often its company.
    """
    found = find_health(metrics)
    applicable = remedies.applicable(found.remedies, metrics.status.config)
    return replace(found, remedies=applicable, since=health_since(metrics, found.health))


def find_health(metrics: RunMetrics) -> Diagnosis:
    detectors = (
        divergence,
        discriminator_wins_from_start,
        mode_collapse,
        oscillation,
        discriminator_wins,
        memorisation,
    )
    is_trained = len(metrics.log.get("told_apart", ())) >= 2 * RECENT_LINES  # untrained networks show every symptom
    found = next((failure for detect in detectors[: None if is_trained else 1] if (failure := detect(metrics))), None)
    return found or healthy(metrics)


def health_since(metrics: RunMetrics, health: Health) -> int | None:
    """The step of the first of the last previews, without a break, at which the health was this one already."""
    since = None
    for step in reversed(metrics.trained_previews("diversity")[0][-HISTORY_PREVIEWS:]):
        if find_health(metrics.until(step)).health is not health:
            break
        since = step
    return since


# Detectors: each returns a failure, or None ---------------------------------------------------------------------------


def divergence(metrics: RunMetrics) -> Diagnosis | None:
    """Losses or weights that are not finite, or exploding gradients."""
    status = metrics.status
    is_not_finite = status.state is RunState.FAILED and "no longer finite" in status.failure_message
    norms = [metrics.recent(name) for name in ("generator_gradient", "discriminator_gradient")]
    largest = max((norm for norm in norms if norm is not None), default=0.0)
    if not is_not_finite and largest < EXPLODED_NORM:
        return None
    symptom = "Numbers became infinite or undefined" if is_not_finite else f"Gradients have a norm of {largest:,.0f}"
    return Diagnosis(
        Health.DIVERGENCE,
        "The training diverged",
        f"{symptom}: each step overshoots, and the next one overshoots more. Earlier saves are not affected.",
        (remedies.LOWER_RATES, remedies.RELATIVISTIC_R1_R2, remedies.SPECTRAL_NORM, remedies.FLOAT32),
    )


def discriminator_wins(metrics: RunMetrics) -> Diagnosis | None:
    """A discriminator that is certain, and a generator's gradient that vanished or a loss that saturated."""
    auc, gradient = metrics.recent("told_apart"), metrics.log.get("generator_gradient", np.array([]))
    if auc is None or auc < CERTAIN_AUC or len(gradient) < 3:
        return None
    now, largest = metrics.recent("generator_gradient") or 0.0, float(np.nanmax(gradient))
    has_vanished = largest > 0 and now < VANISHED_SHARE * largest
    loss = metrics.recent("discriminator", 2 * RECENT_LINES)
    is_saturated = (
        metrics.objective in LOGISTIC_OBJECTIVES
        and loss is not None
        and loss < SATURATED_LOSS
        and len(gradient) >= 4 * RECENT_LINES  # at the start of a healthy training the loss is small as well
    )
    if not has_vanished and not is_saturated:
        return None
    consequence = (
        f"the gradient that reaches the generator has fallen to {now / largest:.1%} of its maximum"
        if has_vanished and now
        else "whatever the generator changes, the scores stay the same"
    )
    return Diagnosis(
        Health.DISCRIMINATOR_WINS,
        "The discriminator has won",
        f"It tells real from generated images with {auc:.1%} certainty, and {consequence}. The generator has nothing "
        "left to learn from.",
        (
            remedies.RELATIVISTIC_R1_R2,
            remedies.SPECTRAL_NORM,
            remedies.LOWER_DISCRIMINATOR_RATE,
            remedies.FEWER_DISCRIMINATOR_STEPS,
            *saturation_remedies(metrics),
        ),
    )


def discriminator_wins_from_start(metrics: RunMetrics) -> Diagnosis | None:
    """A discriminator that has won from the first lines on: low diversity is then no collapse."""
    is_contested = np.nanmean(metrics.log["told_apart"] < CONTESTED_AUC) >= MIN_CONTESTED_SHARE
    return None if is_contested else discriminator_wins(metrics)


def mode_collapse(metrics: RunMetrics) -> Diagnosis | None:
    """Two previews of low diversity since which none has recovered, or of which more than half is one class."""
    diversity = metrics.trained_previews("diversity")[1]
    if len(diversity) < 2:
        return None
    is_one_class = has_prevailing_class(metrics)
    if not has_collapsed(diversity) and not is_one_class:
        return None
    in_features = last_median(metrics.preview_metrics, "diversity_seen")
    findings = f"The previews differ from one another {diversity[-1]:.0%} as much as real images do"
    findings += f" ({in_features:.0%} in the discriminator's features)" if in_features is not None else ""
    counts = metrics.class_counts
    findings += f", and {max(counts)} of {sum(counts)} show the same class" if is_one_class else ""
    changes = recent_oscillations(metrics)
    cycle = f" The upper hand changed {changes} times recently: all images change together." if changes else ""
    return Diagnosis(
        Health.MODE_COLLAPSE,
        "The generator repeats itself (mode collapse)",
        f"{findings}. It has found a few images that the discriminator accepts, and nothing rewards it for others."
        f"{cycle}",
        (
            remedies.DIVERSITY_LOSS,
            remedies.RELATIVISTIC_R1_R2,
            remedies.MORE_DISCRIMINATOR_STEPS,
            remedies.SPECTRAL_NORM,
            *saturation_remedies(metrics),
        ),
    )


def has_collapsed(diversity: list[float]) -> bool:
    """Whether two previews in a row were at most MIN_DIVERSITY, and no two since at least RECOVERED_DIVERSITY."""
    is_collapsed = False
    for first, second in pairwise(diversity):
        if max(first, second) <= MIN_DIVERSITY:
            is_collapsed = True
        elif min(first, second) >= RECOVERED_DIVERSITY:
            is_collapsed = False
    return is_collapsed


def has_prevailing_class(metrics: RunMetrics) -> bool:
    """Whether one class has more than half of one of the last two previews and more than two fifths of both.

    Only of models that are not asked for a class, and where there are more than two.
    """
    shares = [
        max(counts) / sum(counts) for counts in (metrics.class_counts, metrics.previous_class_counts) if sum(counts)
    ]
    if not shares or not sum(metrics.class_counts) or len(metrics.class_counts) <= 2:
        return False
    is_asked_for_classes = metrics.is_class_conditional or metrics.status.step <= 0
    return not is_asked_for_classes and max(shares) > MAX_CLASS_SHARE and min(shares) > RECOVERED_CLASS_SHARE


def memorisation(metrics: RunMetrics) -> Diagnosis | None:
    """Two diverse previews that are near to training images."""
    nn_distance, diversity = metrics.recent_previews("nearest"), metrics.recent_previews("diversity")
    if nn_distance is None or max(nn_distance) > MIN_NN_DISTANCE or (diversity or [0])[-1] < MIN_DIVERSITY:
        return None
    return Diagnosis(
        Health.MEMORISATION,
        "The generator copies its training images",
        f"Generated images are {nn_distance[-1]:.0%} as far from the nearest training image as training images are from"
        " one another: it memorises instead of generalising. There are too few images for networks so large and a "
        "training so long.",
        (remedies.AUGMENTATION, remedies.STRONGER_PENALTIES, remedies.SMALLER_NETWORKS),
    )


def oscillation(metrics: RunMetrics) -> Diagnosis | None:
    """An AUC that rises and falls again and again."""
    changes = recent_oscillations(metrics)
    if not changes:
        return None
    return Diagnosis(
        Health.OSCILLATION,
        "The two networks chase each other in circles (oscillation)",
        f"The upper hand changed {changes} times recently: the discriminator learns to recognise the present images,"
        " the generator moves to others, and neither improves.",
        (remedies.LOWER_RATES, remedies.NO_MOMENTUM, remedies.RELATIVISTIC_R1_R2, remedies.SPECTRAL_NORM),
    )


def recent_oscillations(metrics: RunMetrics) -> int:
    """How often the upper hand changed in the last sixty lines; 0 where that is fewer than MIN_OSCILLATIONS."""
    changes = count_oscillations(metrics.log.get("told_apart", np.array([]))[-6 * RECENT_LINES :])
    return changes if changes >= MIN_OSCILLATIONS else 0


def count_oscillations(auc: Column, low: float = 0.4, high: float = 0.65) -> int:
    """How often the discriminator's AUC, averaged over three lines, went from above `high` to below `low` or back."""
    values = auc[~np.isnan(auc)]
    if len(values) < 3:
        return 0
    is_winning, changes = None, 0
    for value in np.convolve(values, np.ones(3) / 3, "valid").tolist():
        wins_now = True if value > high else False if value < low else is_winning
        changes += is_winning is not None and wins_now is not is_winning
        is_winning = wins_now
    return changes


def saturation_remedies(metrics: RunMetrics) -> tuple[Remedy, ...]:
    """The non-saturating loss, for a run with the loss that saturates."""
    return (remedies.NON_SATURATING_LOSS,) if metrics.objective == "minimax" else ()


# No failure -----------------------------------------------------------------------------------------------------------


def healthy(metrics: RunMetrics) -> Diagnosis:
    """What a run without failures shows, or that it is too early to say."""
    auc, diversity = metrics.recent("told_apart"), metrics.recent_previews("diversity")
    if auc is None and "generator" in metrics.log and "discriminator" not in metrics.log:
        return Diagnosis(
            Health.HEALTHY,
            "No discriminator",
            "Only the generator is trained, on the originals themselves: no adversarial failure is possible.",
        )
    has_diversity = diversity is not None or "scale" in metrics.status.config.get("model", {})  # super-resolution: none
    if auc is None or not has_diversity or len(metrics.log["told_apart"]) < 2 * RECENT_LINES:
        needed = f"{2 * RECENT_LINES} lines of the log and two previews"
        return Diagnosis(Health.TOO_EARLY, "Too early to tell", f"A diagnosis needs {needed}.")
    diversity_text = f", and the previews are {diversity[-1]:.0%} as diverse as real images" if diversity else ""
    if auc >= CERTAIN_AUC:
        return Diagnosis(
            Health.UNEVEN,
            "The discriminator is far ahead",
            f"It tells real from generated images with {auc:.0%} certainty (50% is guessing): nearly every generated"
            " image still gives itself away. Its gradient reaches the generator, so the generator can catch up"
            f"{diversity_text}. Early in a training this is normal; the certainty must fall as the images improve.",
            (remedies.RELATIVISTIC_R1_R2, remedies.LOWER_DISCRIMINATOR_RATE),
        )
    return Diagnosis(
        Health.HEALTHY,
        "All is well",
        f"The discriminator tells real from generated images with {auc:.0%} certainty (50% is guessing, 100% would"
        " mean that each generated image gives itself away), and its"
        f" gradient still reaches the generator{diversity_text}. Losses say little: look at the images.",
    )

"""Failures are found in runs that really fail, and in none that does not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.runs.diagnosis import Health, RunMetrics, count_oscillations, diagnose, has_collapsed
from gan_core.runs.status import RunState, RunStatus
from tests import factories
from tests.runs.failing_runs import RUNS, train_failing

HEALTHY_COLUMNS = {"told_apart": 0.75, "generator_gradient": 1.0, "discriminator_gradient": 1.0, "discriminator": 0.6}


def run_metrics(
    preset: str = "classic", previews: dict[str, list[float]] | None = None, class_counts: tuple[int, ...] = (),
    failure_message: str = "", **columns: Any,
) -> RunMetrics:  # fmt: skip
    """Metrics of forty lines and four previews, those of a healthy run unless given."""
    log = {
        name: np.broadcast_to(np.asarray(value, float), 40).copy()
        for name, value in (HEALTHY_COLUMNS | columns).items()
    }
    preview_metrics = {
        name: np.array(values)
        for name, values in ({"diversity": [0.1, 0.9, 0.9, 0.9], "nearest": [2.0] * 4} | (previews or {})).items()
    }
    state = RunState.FAILED if failure_message else RunState.RUNNING
    status = RunStatus(
        Path("x"), "x", state, factories.run("vanilla", preset).to_dict(), 40, 40, failure_message=failure_message
    )
    return RunMetrics(
        status,
        log | {"step": np.arange(40.0)},
        preview_metrics | {"step": np.array([0.0, 10, 20, 30])},
        list(class_counts),
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("wins", Health.DISCRIMINATOR_WINS), ("collapse", Health.MODE_COLLAPSE), ("oscillation", Health.OSCILLATION),
     ("divergence", Health.DIVERGENCE), ("memorising", Health.MEMORISATION), ("fine", Health.HEALTHY)],
)  # fmt: skip
def test_a_run_that_really_fails_is_diagnosed(kind: str, expected: Health, tmp_path: Path) -> None:
    metrics = train_failing(kind, tmp_path / "run")
    diagnosis = diagnose(metrics)
    assert diagnosis.health is expected, (metrics.log.get("told_apart"), metrics.preview_metrics, diagnosis)
    assert diagnosis.is_healthy is (expected is Health.HEALTHY)
    assert bool(diagnosis.remedies) is (expected is not Health.HEALTHY)


def test_every_failure_has_a_failing_run() -> None:
    assert len(RUNS) == len(Health) - 2  # all but too early and uneven, which are no failures


def test_a_discriminator_that_is_certain_at_first_has_not_won_while_its_gradient_is_large() -> None:
    """As in the tutorial `modern`, whose generator catches up after twenty-five lines."""
    beginning = run_metrics(told_apart=1.0, generator_gradient=3.4, discriminator=0.018)
    first = replace(beginning, log={name: values[:25] for name, values in beginning.log.items()})
    assert diagnose(first).health is Health.UNEVEN
    assert diagnose(beginning).health is Health.DISCRIMINATOR_WINS


def test_a_healthy_training_is_diagnosed_as_healthy() -> None:
    diagnosis = diagnose(run_metrics())
    assert diagnosis.health is Health.HEALTHY
    assert "75%" in diagnosis.reason
    assert "90% as diverse" in diagnosis.reason


def test_a_vanished_gradient_means_that_the_discriminator_has_won() -> None:
    gradient = np.concatenate([np.ones(5), np.full(35, 1e-4)])
    diagnosis = diagnose(run_metrics("minimax", told_apart=1.0, generator_gradient=gradient))
    assert diagnosis.health is Health.DISCRIMINATOR_WINS
    assert "fallen to 0.0%" in diagnosis.reason
    assert [remedy.label for remedy in diagnosis.remedies][-1] == "Non-saturating loss"
    assert (
        diagnose(run_metrics(told_apart=1.0, generator_gradient=1.0)).health is Health.UNEVEN
    )  # certain, and yet it teaches


def test_a_saturated_discriminator_has_won_whatever_the_gradient() -> None:
    diagnosis = diagnose(run_metrics(told_apart=1.0, discriminator=0.001))
    assert diagnosis.health is Health.DISCRIMINATOR_WINS
    assert "the scores stay the same" in diagnosis.reason


def test_two_previews_of_low_diversity_are_a_collapse_and_one_is_not() -> None:
    assert diagnose(run_metrics(previews={"diversity": [0.1, 0.9, 0.1, 0.1]})).health is Health.MODE_COLLAPSE
    assert diagnose(run_metrics(previews={"diversity": [0.1, 0.9, 0.9, 0.1]})).health is Health.HEALTHY


def test_a_single_class_is_a_collapse_even_where_images_differ() -> None:
    diagnosis = diagnose(run_metrics(class_counts=(50, 2, 4, 8)))
    assert diagnosis.health is Health.MODE_COLLAPSE
    assert "50 of 64 show the same class" in diagnosis.reason
    assert diagnose(run_metrics(class_counts=(16, 16, 16, 16))).health is Health.HEALTHY


def test_more_than_half_of_one_class_is_a_collapse_whatever_the_certainty() -> None:
    diagnosis = diagnose(run_metrics(told_apart=1.0, class_counts=(35, 9, 10, 10)))
    assert diagnosis.health is Health.MODE_COLLAPSE
    assert "35 of 64 show the same class" in diagnosis.reason


def test_a_class_that_prevails_holds_its_diagnosis_until_both_previews_are_mixed() -> None:
    def health(last: tuple[int, ...], previous: tuple[int, ...]) -> Health:
        metrics = run_metrics(class_counts=last)
        return diagnose(replace(metrics, previous_class_counts=list(previous))).health

    half, mixed, most = (31, 11, 11, 11), (16, 16, 16, 16), (40, 8, 8, 8)
    assert health(most, mixed) is Health.HEALTHY  # once is chance
    assert health(most, half) is health(half, most) is health(most, most) is Health.MODE_COLLAPSE
    assert health(mixed, most) is Health.HEALTHY


def test_a_certain_discriminator_is_not_all_well_and_is_explained() -> None:
    diagnosis = diagnose(run_metrics(told_apart=1.0))
    assert diagnosis.health is Health.UNEVEN
    assert "All is well" not in diagnosis.title
    assert "gives itself away" in diagnosis.reason
    assert diagnosis.remedies


def test_a_collapse_remains_one_though_the_discriminator_is_certain_or_the_upper_hand_changes() -> None:
    low = {"diversity": [0.1, 0.1, 0.1, 0.1]}
    vanished = np.concatenate([np.ones(5), np.full(35, 1e-4)])
    auc = np.concatenate([np.full(10, 0.5), np.ones(30)])
    assert (
        diagnose(run_metrics(previews=low, told_apart=auc, generator_gradient=vanished)).health is Health.MODE_COLLAPSE
    )
    wave = 0.5 + 0.5 * np.sin(np.arange(40) / 2)
    assert diagnose(run_metrics(told_apart=wave)).health is Health.OSCILLATION
    assert diagnose(run_metrics(previews=low, told_apart=wave)).health is Health.MODE_COLLAPSE


def test_between_two_thresholds_a_diagnosis_of_collapse_does_not_change() -> None:
    assert has_collapsed([0.3, 0.3, 0.45, 0.42, 0.55, 0.45])
    assert not has_collapsed([0.3, 0.3, 0.55, 0.6, 0.45, 0.42])
    assert not has_collapsed([0.9, 0.3, 0.45])


def test_a_diagnosis_says_since_when_it_holds() -> None:
    metrics = run_metrics(previews={"diversity": [0.1, 0.9, 0.1, 0.1], "nearest": [2.0] * 4})
    assert diagnose(metrics).since == 30
    assert diagnose(run_metrics()).since == 20  # the first preview with twenty lines of the log before it


def test_diverse_copies_of_training_images_are_memorisation() -> None:
    diagnosis = diagnose(run_metrics(previews={"nearest": [6.0, 1.0, 0.1, 0.1]}))
    assert diagnosis.health is Health.MEMORISATION
    assert "10% as far" in diagnosis.reason
    assert diagnosis.remedies[0].label == "Augmentation"


@pytest.mark.parametrize("gradient", [1e6, [1.0] * 20 + [1e5] * 20])
def test_exploding_gradients_are_divergence(gradient: Any) -> None:
    assert diagnose(run_metrics(discriminator_gradient=gradient)).health is Health.DIVERGENCE


def test_a_failure_with_values_that_are_not_finite_is_divergence_however_early() -> None:
    reason = "The generator's loss is no longer finite at step 3: the training diverged."
    status = RunStatus(Path("x"), "x", RunState.FAILED, factories.run("vanilla").to_dict(), failure_message=reason)
    assert diagnose(RunMetrics(status, {}, {})).health is Health.DIVERGENCE
    assert diagnose(run_metrics(failure_message="The disk is full.")).health is Health.HEALTHY


def test_oscillations_are_counted_and_noise_is_not() -> None:
    wave = np.sin(np.arange(60) / 4)
    assert count_oscillations(0.5 + 0.5 * wave) >= 4
    assert count_oscillations(0.5 + 0.09 * wave) == 0
    noise = np.random.default_rng(0).uniform(0.42, 0.63, 60)
    assert count_oscillations(noise) == 0
    assert count_oscillations(np.array([np.nan, 1.0])) == 0


def test_with_few_lines_it_is_too_early_for_a_diagnosis() -> None:
    status = RunStatus(Path("x"), "x", RunState.RUNNING, factories.run("vanilla").to_dict())
    assert diagnose(RunMetrics(status, {}, {})).health is Health.TOO_EARLY
    short = {name: np.full(5, value) for name, value in HEALTHY_COLUMNS.items()} | {"step": np.arange(5.0)}
    assert diagnose(RunMetrics(status, short, {})).health is Health.TOO_EARLY


def test_super_resolution_without_a_discriminator_is_healthy() -> None:
    status = RunStatus(Path("x"), "x", RunState.RUNNING, factories.run("srgan").to_dict())
    log = {"step": np.arange(40.0), "generator": np.ones(40)}
    assert diagnose(RunMetrics(status, log, {})).health is Health.HEALTHY


# Remedies -------------------------------------------------------------------------------------------------------------


def test_super_resolution_has_no_diversity() -> None:
    status = RunStatus(Path("x"), "x", RunState.RUNNING, factories.run("srgan").to_dict())
    log = {name: np.full(40, value) for name, value in HEALTHY_COLUMNS.items()} | {"step": np.arange(40.0)}
    diagnosis = diagnose(RunMetrics(status, log, {}))
    assert diagnosis.health is Health.HEALTHY
    assert "diverse" not in diagnosis.reason

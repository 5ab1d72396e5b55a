"""What ails a training is found in runs that really fail, not found in one that does not, and the remedies are ones."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.models import FAMILIES
from gan_core.objectives import OBJECTIVES
from gan_core.runs import remedies
from gan_core.runs.diagnosis import Health, RunMetrics, count_oscillations, diagnose
from gan_core.runs.log_reader import read_columns
from gan_core.runs.remedies import Remedy, applicable, apply_remedy
from gan_core.runs.status import RunState, RunStatus
from gan_core.runs.tutorials import TUTORIALS
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.trainer import train
from tests import factories
from tests.runs.failing_runs import RUNS, random_bars, train_failing

REMEDIES = [remedy for remedy in vars(remedies).values() if isinstance(remedy, Remedy)]
SOUND = {"told_apart": 0.75, "generator_gradient": 1.0, "discriminator_gradient": 1.0, "discriminator": 0.6}


def run_metrics(
    preset: str = "classic", previews: dict[str, list[float]] | None = None, class_counts: tuple[int, ...] = (),
    failure_message: str = "", **columns: Any,
) -> RunMetrics:  # fmt: skip
    """Evidence of forty lines and four previews, sound where nothing else is said."""
    log = {name: np.broadcast_to(np.asarray(value, float), 40).copy() for name, value in (SOUND | columns).items()}
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
def test_a_run_that_really_fails_is_told_how(kind: str, expected: Health, tmp_path: Path) -> None:
    metrics = train_failing(kind, tmp_path / "run")
    finding = diagnose(metrics)
    assert finding.health is expected, (metrics.log.get("told_apart"), metrics.preview_metrics, finding)
    assert finding.is_healthy is (expected is Health.HEALTHY)
    assert bool(finding.remedies) is (expected is not Health.HEALTHY)


def test_every_failure_has_its_run() -> None:
    assert len(RUNS) == len(Health) - 1  # all but too early


def test_a_certain_beginning_is_no_victory_as_long_as_it_teaches() -> None:
    """Numbers as those of the lesson *modern*, whose generator catches up after twenty-five lines."""
    beginning = run_metrics(told_apart=1.0, generator_gradient=3.4, discriminator=0.018)
    first = replace(beginning, log={name: values[:25] for name, values in beginning.log.items()})
    assert diagnose(first).health is Health.HEALTHY
    assert diagnose(beginning).health is Health.DISCRIMINATOR_WINS


def test_a_sound_training_is_well() -> None:
    finding = diagnose(run_metrics())
    assert finding.health is Health.HEALTHY
    assert "75%" in finding.reason
    assert "90% as diverse" in finding.reason


def test_a_vanished_gradient_is_a_win_of_the_discriminator() -> None:
    gradient = np.concatenate([np.ones(5), np.full(35, 1e-4)])
    finding = diagnose(run_metrics("minimax", told_apart=1.0, generator_gradient=gradient))
    assert finding.health is Health.DISCRIMINATOR_WINS
    assert "fallen to 0.0%" in finding.reason
    assert [remedy.label for remedy in finding.remedies][-1] == "Non-saturating loss"
    assert (
        diagnose(run_metrics(told_apart=1.0, generator_gradient=1.0)).health is Health.HEALTHY
    )  # certain, and yet it teaches


def test_a_discriminator_without_any_loss_has_won_whatever_the_gradient() -> None:
    finding = diagnose(run_metrics(told_apart=1.0, discriminator=0.001))
    assert finding.health is Health.DISCRIMINATOR_WINS
    assert "the scores stay the same" in finding.reason


def test_previews_that_are_alike_twice_are_a_collapse_and_once_are_not() -> None:
    assert diagnose(run_metrics(previews={"diversity": [0.1, 0.9, 0.1, 0.1]})).health is Health.MODE_COLLAPSE
    assert diagnose(run_metrics(previews={"diversity": [0.1, 0.9, 0.9, 0.1]})).health is Health.HEALTHY


def test_one_class_again_and_again_is_a_collapse_even_where_pictures_differ() -> None:
    finding = diagnose(run_metrics(class_counts=(50, 2, 4, 8)))
    assert finding.health is Health.MODE_COLLAPSE
    assert "50 of 64 show the same class" in finding.reason
    assert diagnose(run_metrics(class_counts=(16, 16, 16, 16))).health is Health.HEALTHY


def test_copies_are_memorising_where_they_are_diverse() -> None:
    finding = diagnose(run_metrics(previews={"nearest": [6.0, 1.0, 0.1, 0.1]}))
    assert finding.health is Health.MEMORISATION
    assert "10% as far" in finding.reason
    assert finding.remedies[0].label == "Augmentation"


@pytest.mark.parametrize("gradient", [1e6, [1.0] * 20 + [1e5] * 20])
def test_exploding_gradients_are_divergence(gradient: Any) -> None:
    assert diagnose(run_metrics(discriminator_gradient=gradient)).health is Health.DIVERGENCE


def test_so_is_a_crash_for_numbers_that_are_none_however_early() -> None:
    reason = "The generator's loss is no longer finite at step 3: the training diverged."
    entry = RunStatus(Path("x"), "x", RunState.FAILED, factories.run("vanilla").to_dict(), failure_message=reason)
    assert diagnose(RunMetrics(entry, {}, {})).health is Health.DIVERGENCE
    assert diagnose(run_metrics(failure_message="The disk is full.")).health is Health.HEALTHY


def test_swings_are_counted_and_noise_is_none() -> None:
    wave = np.sin(np.arange(60) / 4)
    assert count_oscillations(0.5 + 0.5 * wave) >= 4
    assert count_oscillations(0.5 + 0.09 * wave) == 0
    noise = np.random.default_rng(0).uniform(0.42, 0.63, 60)
    assert count_oscillations(noise) == 0
    assert count_oscillations(np.array([np.nan, 1.0])) == 0


def test_before_there_is_enough_to_go_by_nothing_is_said() -> None:
    entry = RunStatus(Path("x"), "x", RunState.RUNNING, factories.run("vanilla").to_dict())
    assert diagnose(RunMetrics(entry, {}, {})).health is Health.TOO_EARLY
    short = {name: np.full(5, value) for name, value in SOUND.items()} | {"step": np.arange(5.0)}
    assert diagnose(RunMetrics(entry, short, {})).health is Health.TOO_EARLY


def test_super_resolution_without_a_rival_has_no_game() -> None:
    entry = RunStatus(Path("x"), "x", RunState.RUNNING, factories.run("srgan").to_dict())
    log = {"step": np.arange(40.0), "generator": np.ones(40)}
    assert diagnose(RunMetrics(entry, log, {})).health is Health.HEALTHY


# Remedies -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: remedy.label)
@pytest.mark.parametrize(("family", "preset"), factories.PRESETS)
def test_a_remedy_makes_another_run_of_the_same_networks_or_is_not_offered(
    family: str, preset: str, remedy: Remedy
) -> None:
    plan = Run.from_preset(family, "x", preset).to_dict()
    found = apply_remedy(plan, remedy)
    if found is None:
        assert remedy not in applicable((remedy,), plan)
        return
    run, changes = found
    assert run.to_dict() != plan
    assert Run.from_preset(family, "x", preset, **changes) == run
    assert (run.family, run.preset, run.data) == (family, preset, "x")


def test_every_remedy_helps_somebody_and_names_settings_that_exist() -> None:
    configs = (*(family.config for family in FAMILIES.values()), *OBJECTIVES.values(), TrainingConfig)
    setting_names = {config_field.name for config in configs for config_field in fields(config)} | {"objective"}
    for remedy in REMEDIES:
        assert set(remedy.changes) <= setting_names
        changed = {"r1": 1.0, "r2": 1.0, "beta1": 0.5, "discriminator_steps": 2}
        bases = (("vanilla", "x", "minimax"), ("dcgan", "x", "modern"))
        plans = [Run.from_preset(*base, **more).to_dict() for base in bases for more in ({}, changed)]
        assert any(apply_remedy(plan, remedy) for plan in plans), remedy.label


def test_a_remedy_keeps_what_was_changed_by_hand() -> None:
    plan = Run.from_preset("dcgan", "x", "classic", width=12, batch_size=7, generator_rate=4e-3).to_dict()
    run, changes = apply_remedy(plan, remedies.RELATIVISTIC_R1_R2) or pytest.fail("it is none")
    assert (run.model.to_dict()["width"], run.training.batch_size) == (12, 7)
    assert changes["objective"] == "relativistic"
    assert run.objective.r1 > 0
    slower, _ = apply_remedy(plan, remedies.LOWER_RATES) or pytest.fail("it is none")
    assert slower.training.generator_rate == pytest.approx(1e-3)
    assert slower.training.discriminator_rate == pytest.approx(5e-5)


def test_the_first_remedy_of_a_collapse_wakes_even_a_generator_that_draws_nothing_else(tmp_path: Path) -> None:
    collapsed = train_failing("collapse", tmp_path / "collapsed")
    assert max(collapsed.preview_metrics["diversity"][-2:]) < 0.1
    run, _ = apply_remedy(collapsed.status.config, diagnose(collapsed).remedies[0]) or pytest.fail("it is none")
    run = replace(run, start=str(tmp_path / "collapsed"), training=replace(run.training, steps=150))
    list(train(run, random_bars(1000), tmp_path / "cured"))
    assert min(read_columns(tmp_path / "cured" / "seen.jsonl")["diversity"][-2:]) > 0.5


def test_variety_is_never_made_less() -> None:
    plan = Run.from_preset("vanilla", "x", "minimax", variety=4.0).to_dict()
    assert apply_remedy(plan, remedies.DIVERSITY_LOSS) is None
    run, _ = apply_remedy(plan, remedies.RELATIVISTIC_R1_R2) or pytest.fail("it is none")
    assert run.objective.variety == 4.0


def test_a_plan_of_an_earlier_version_has_the_newer_remedies() -> None:
    plan = Run.from_preset("vanilla", "x", "minimax").to_dict()
    plan["objective"].pop("variety")
    assert apply_remedy(plan, remedies.DIVERSITY_LOSS)


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_lesson_is_a_run_that_its_changes_tell(name: str) -> None:
    tutorial = TUTORIALS[name]
    run = tutorial.build_run()
    assert run.diff_from_preset() == {
        key: value for key, value in tutorial.changes.items()
        if value != (Run.from_preset(tutorial.family, tutorial.data, tutorial.preset).to_dict()["training"]
                     | Run.from_preset(tutorial.family, tutorial.data, tutorial.preset).to_dict()["model"])[key]
    }  # fmt: skip


def test_restored_pictures_need_not_differ() -> None:
    entry = RunStatus(Path("x"), "x", RunState.RUNNING, factories.run("srgan").to_dict())
    log = {name: np.full(40, value) for name, value in SOUND.items()} | {"step": np.arange(40.0)}
    finding = diagnose(RunMetrics(entry, log, {}))
    assert finding.health is Health.HEALTHY
    assert "diverse" not in finding.reason

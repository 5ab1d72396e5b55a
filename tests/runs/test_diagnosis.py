"""What ails a training is found in runs that really fail, not found in one that does not, and the remedies are ones."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.models import FAMILIES
from gan_core.objectives import OBJECTIVES
from gan_core.runs import remedies
from gan_core.runs.diagnosis import Evidence, Kind, diagnose, swings
from gan_core.runs.log_reader import read
from gan_core.runs.remedies import Remedy, changed_settings, fitting, remedied
from gan_core.runs.status import Entry, State
from gan_core.runs.tutorials import LESSONS
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.trainer import train
from tests import factories
from tests.runs.failing_runs import RUNS, bars, evidence

REMEDIES = [each for each in vars(remedies).values() if isinstance(each, Remedy)]
SOUND = {"told_apart": 0.75, "generator_gradient": 1.0, "discriminator_gradient": 1.0, "discriminator": 0.6}


def told(
    preset: str = "classic", looks: dict[str, list[float]] | None = None, classes: tuple[int, ...] = (),
    reason: str = "", **columns: Any,
) -> Evidence:  # fmt: skip
    """Evidence of forty lines and four previews, sound where nothing else is said."""
    log = {name: np.broadcast_to(np.asarray(value, float), 40).copy() for name, value in (SOUND | columns).items()}
    seen = {
        name: np.array(each)
        for name, each in ({"diversity": [0.1, 0.9, 0.9, 0.9], "nearest": [2.0] * 4} | (looks or {})).items()
    }
    state = State.CRASHED if reason else State.RUNNING
    entry = Entry(Path("x"), "x", state, factories.run("vanilla", preset).to_dict(), 40, 40, reason=reason)
    return Evidence(entry, log | {"step": np.arange(40.0)}, seen | {"step": np.array([0.0, 10, 20, 30])}, list(classes))


@pytest.mark.parametrize(
    ("kind", "found"),
    [("wins", Kind.WINS), ("collapse", Kind.COLLAPSE), ("oscillation", Kind.OSCILLATION),
     ("divergence", Kind.DIVERGENCE), ("memorising", Kind.MEMORISING), ("fine", Kind.FINE)],
)  # fmt: skip
def test_a_run_that_really_fails_is_told_how(kind: str, found: Kind, tmp_path: Path) -> None:
    told = evidence(kind, tmp_path / "run")
    finding = diagnose(told)
    assert finding.kind is found, (told.log.get("told_apart"), told.seen, finding)
    assert finding.well is (found is Kind.FINE)
    assert bool(finding.remedies) is (found is not Kind.FINE)


def test_every_failure_has_its_run() -> None:
    assert len(RUNS) == len(Kind) - 1  # all but too early


def test_a_certain_beginning_is_no_victory_as_long_as_it_teaches() -> None:
    """Numbers as those of the lesson *modern*, whose generator catches up after twenty-five lines."""
    beginning = told(told_apart=1.0, generator_gradient=3.4, discriminator=0.018)
    first = replace(beginning, log={name: values[:25] for name, values in beginning.log.items()})
    assert diagnose(first).kind is Kind.FINE
    assert diagnose(beginning).kind is Kind.WINS


def test_a_sound_training_is_well() -> None:
    finding = diagnose(told())
    assert finding.kind is Kind.FINE
    assert "75%" in finding.reason
    assert "90% as diverse" in finding.reason


def test_a_vanished_gradient_is_a_win_of_the_discriminator() -> None:
    gradient = np.concatenate([np.ones(5), np.full(35, 1e-4)])
    finding = diagnose(told("minimax", told_apart=1.0, generator_gradient=gradient))
    assert finding.kind is Kind.WINS
    assert "sunk to 0.0%" in finding.reason
    assert [each.label for each in finding.remedies][-1] == "The non-saturating loss"
    assert diagnose(told(told_apart=1.0, generator_gradient=1.0)).kind is Kind.FINE  # certain, and yet it teaches


def test_a_discriminator_without_any_loss_has_won_whatever_the_gradient() -> None:
    finding = diagnose(told(told_apart=1.0, discriminator=0.001))
    assert finding.kind is Kind.WINS
    assert "the verdict stays the same" in finding.reason


def test_previews_that_are_alike_twice_are_a_collapse_and_once_are_not() -> None:
    assert diagnose(told(looks={"diversity": [0.1, 0.9, 0.1, 0.1]})).kind is Kind.COLLAPSE
    assert diagnose(told(looks={"diversity": [0.1, 0.9, 0.9, 0.1]})).kind is Kind.FINE


def test_one_class_again_and_again_is_a_collapse_even_where_pictures_differ() -> None:
    finding = diagnose(told(classes=(50, 2, 4, 8)))
    assert finding.kind is Kind.COLLAPSE
    assert "50 of 64 show the same class" in finding.reason
    assert diagnose(told(classes=(16, 16, 16, 16))).kind is Kind.FINE


def test_copies_are_memorising_where_they_are_diverse() -> None:
    finding = diagnose(told(looks={"nearest": [6.0, 1.0, 0.1, 0.1]}))
    assert finding.kind is Kind.MEMORISING
    assert "10% as far" in finding.reason
    assert finding.remedies[0].label == "Pictures changed at random"


@pytest.mark.parametrize("gradient", [1e6, [1.0] * 20 + [1e5] * 20])
def test_exploding_gradients_are_divergence(gradient: Any) -> None:
    assert diagnose(told(discriminator_gradient=gradient)).kind is Kind.DIVERGENCE


def test_so_is_a_crash_for_numbers_that_are_none_however_early() -> None:
    reason = "The generator's loss is no longer finite at step 3: the training diverged."
    entry = Entry(Path("x"), "x", State.CRASHED, factories.run("vanilla").to_dict(), reason=reason)
    assert diagnose(Evidence(entry, {}, {})).kind is Kind.DIVERGENCE
    assert diagnose(told(reason="The disk is full.")).kind is Kind.FINE


def test_swings_are_counted_and_noise_is_none() -> None:
    wave = np.sin(np.arange(60) / 4)
    assert swings(0.5 + 0.5 * wave) >= 4
    assert swings(0.5 + 0.09 * wave) == 0
    noise = np.random.default_rng(0).uniform(0.42, 0.63, 60)
    assert swings(noise) == 0
    assert swings(np.array([np.nan, 1.0])) == 0


def test_before_there_is_enough_to_go_by_nothing_is_said() -> None:
    entry = Entry(Path("x"), "x", State.RUNNING, factories.run("vanilla").to_dict())
    assert diagnose(Evidence(entry, {}, {})).kind is Kind.EARLY
    short = {name: np.full(5, value) for name, value in SOUND.items()} | {"step": np.arange(5.0)}
    assert diagnose(Evidence(entry, short, {})).kind is Kind.EARLY


def test_super_resolution_without_a_rival_has_no_game() -> None:
    entry = Entry(Path("x"), "x", State.RUNNING, factories.run("srgan").to_dict())
    log = {"step": np.arange(40.0), "generator": np.ones(40)}
    assert diagnose(Evidence(entry, log, {})).kind is Kind.FINE


# Remedies -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda each: each.label)
@pytest.mark.parametrize(("family", "preset"), factories.PRESETS)
def test_a_remedy_makes_another_run_of_the_same_networks_or_is_not_offered(
    family: str, preset: str, remedy: Remedy
) -> None:
    plan = Run.from_preset(family, "x", preset).to_dict()
    found = remedied(plan, remedy)
    if found is None:
        assert remedy not in fitting((remedy,), plan)
        return
    run, changes = found
    assert run.to_dict() != plan
    assert Run.from_preset(family, "x", preset, **changes) == run
    assert (run.family, run.preset, run.data) == (family, preset, "x")


def test_every_remedy_helps_somebody_and_names_settings_that_exist() -> None:
    configs = (*(each.config for each in FAMILIES.values()), *OBJECTIVES.values(), TrainingConfig)
    known = {each.name for config in configs for each in fields(config)} | {"objective"}
    for remedy in REMEDIES:
        assert set(remedy.changes) <= known
        changed = {"r1": 1.0, "r2": 1.0, "beta1": 0.5, "discriminator_steps": 2}
        bases = (("vanilla", "x", "minimax"), ("dcgan", "x", "modern"))
        plans = [Run.from_preset(*each, **more).to_dict() for each in bases for more in ({}, changed)]
        assert any(remedied(plan, remedy) for plan in plans), remedy.label


def test_a_remedy_keeps_what_was_changed_by_hand() -> None:
    plan = Run.from_preset("dcgan", "x", "classic", width=12, batch_size=7, generator_rate=4e-3).to_dict()
    run, changes = remedied(plan, remedies.PENALTIES) or pytest.fail("it is none")
    assert (run.model.to_dict()["width"], run.training.batch_size) == (12, 7)
    assert changes["objective"] == "relativistic"
    assert run.objective.r1 > 0
    slower, _ = remedied(plan, remedies.SLOWER) or pytest.fail("it is none")
    assert slower.training.generator_rate == pytest.approx(1e-3)
    assert slower.training.discriminator_rate == pytest.approx(5e-5)


def test_the_first_remedy_of_a_collapse_wakes_even_a_generator_that_draws_nothing_else(tmp_path: Path) -> None:
    collapsed = evidence("collapse", tmp_path / "collapsed")
    assert max(collapsed.seen["diversity"][-2:]) < 0.1
    run, _ = remedied(collapsed.entry.plan, diagnose(collapsed).remedies[0]) or pytest.fail("it is none")
    run = replace(run, start=str(tmp_path / "collapsed"), training=replace(run.training, steps=150))
    list(train(run, bars(1000), tmp_path / "cured"))
    assert min(read(tmp_path / "cured" / "seen.jsonl")["diversity"][-2:]) > 0.5


def test_variety_is_never_made_less() -> None:
    plan = Run.from_preset("vanilla", "x", "minimax", variety=4.0).to_dict()
    assert remedied(plan, remedies.VARIETY) is None
    run, _ = remedied(plan, remedies.PENALTIES) or pytest.fail("it is none")
    assert run.objective.variety == 4.0


def test_a_plan_of_an_earlier_version_has_the_newer_remedies() -> None:
    plan = Run.from_preset("vanilla", "x", "minimax").to_dict()
    plan["objective"].pop("variety")
    assert remedied(plan, remedies.VARIETY)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_a_run_that_its_changes_tell(name: str) -> None:
    lesson = LESSONS[name]
    run = lesson.run()
    assert changed_settings(run) == {
        key: value for key, value in lesson.changes.items()
        if value != (Run.from_preset(lesson.family, lesson.data, lesson.preset).to_dict()["training"]
                     | Run.from_preset(lesson.family, lesson.data, lesson.preset).to_dict()["model"])[key]
    }  # fmt: skip


def test_restored_pictures_need_not_differ() -> None:
    entry = Entry(Path("x"), "x", State.RUNNING, factories.run("srgan").to_dict())
    log = {name: np.full(40, value) for name, value in SOUND.items()} | {"step": np.arange(40.0)}
    finding = diagnose(Evidence(entry, log, {}))
    assert finding.kind is Kind.FINE
    assert "diverse" not in finding.reason

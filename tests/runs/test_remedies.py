"""Remedies change settings that exist, keep the others, and help."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from gan_core.models import FAMILIES
from gan_core.objectives import OBJECTIVES
from gan_core.runs import remedies
from gan_core.runs.diagnosis import diagnose
from gan_core.runs.log_reader import read_columns
from gan_core.runs.remedies import Remedy, applicable, apply_remedy
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.trainer import train
from tests import factories
from tests.runs.failing_runs import random_bars, train_failing

REMEDIES = [remedy for remedy in vars(remedies).values() if isinstance(remedy, Remedy)]


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: remedy.label)
@pytest.mark.parametrize(("family", "preset"), factories.PRESETS)
def test_a_remedy_changes_the_run_or_is_not_offered(family: str, preset: str, remedy: Remedy) -> None:
    plan = Run.from_preset(family, "x", preset).to_dict()
    found = apply_remedy(plan, remedy)
    if found is None:
        assert remedy not in applicable((remedy,), plan)
        return
    run, changes = found
    assert run.to_dict() != plan
    assert Run.from_preset(family, "x", preset, **changes) == run
    assert (run.family, run.preset, run.data) == (family, preset, "x")


def test_every_remedy_applies_to_some_run_and_changes_settings_that_exist() -> None:
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


def test_the_first_remedy_of_a_collapse_restores_diversity_even_after_a_complete_one(tmp_path: Path) -> None:
    collapsed = train_failing("collapse", tmp_path / "collapsed")
    assert max(collapsed.preview_metrics["diversity"][-2:]) < 0.1
    run, _ = apply_remedy(collapsed.status.config, diagnose(collapsed).remedies[0]) or pytest.fail("it is none")
    run = replace(run, start=str(tmp_path / "collapsed"), training=replace(run.training, steps=150))
    list(train(run, random_bars(1000), tmp_path / "cured"))
    assert min(read_columns(tmp_path / "cured" / "seen.jsonl")["diversity"][-2:]) > 0.5


def test_the_weight_of_the_diversity_loss_is_never_lowered() -> None:
    plan = Run.from_preset("vanilla", "x", "minimax", variety=4.0).to_dict()
    assert apply_remedy(plan, remedies.DIVERSITY_LOSS) is None
    run, _ = apply_remedy(plan, remedies.RELATIVISTIC_R1_R2) or pytest.fail("it is none")
    assert run.objective.variety == 4.0


def test_the_config_of_an_earlier_version_has_the_newer_remedies() -> None:
    plan = Run.from_preset("vanilla", "x", "minimax").to_dict()
    plan["objective"].pop("variety")
    assert apply_remedy(plan, remedies.DIVERSITY_LOSS)

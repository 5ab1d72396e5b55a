"""The configuration of a run: presets with changes, validation, and JSON."""

import json
from collections import Counter
from dataclasses import fields
from typing import Any

import pytest

from gan_core.errors import UsageError
from gan_core.models import FAMILIES, Task
from gan_core.objectives import OBJECTIVES, Relativistic, objective_name
from gan_core.training.config import Run, TrainingConfig
from tests import factories

PRESETS = pytest.mark.parametrize(("name", "preset"), factories.PRESETS)


@PRESETS
def test_every_preset_survives_json(name: str, preset: str) -> None:
    run = Run.from_preset(name, "mnist", preset, steps=77)
    again = Run.from_dict(json.loads(json.dumps(run.to_dict())))
    assert again == run
    assert (again.preset, again.data, again.training.steps) == (preset, "mnist", 77)


@pytest.mark.parametrize(("name", "preset"), factories.NOISE_PRESETS)
@pytest.mark.parametrize("objective", factories.UNCONDITIONAL_OBJECTIVES)
def test_a_preset_takes_any_objective_that_works_with_its_model(name: str, preset: str, objective: str) -> None:
    norm: dict[str, Any] = {"critic_norm": "none"} if name in ("dcgan", "conditional") else {}
    run = Run.from_preset(name, "mnist", preset, objective=objective, **norm)
    assert objective_name(run.objective) == objective
    own = FAMILIES[name].preset(preset).objective
    assert run.objective == (own if objective_name(own) == objective else OBJECTIVES[objective]())


@pytest.mark.parametrize("name", factories.NOISE_FAMILIES)
def test_the_objective_restoration_is_for_super_resolution_alone(name: str) -> None:
    with pytest.raises(UsageError, match="objective restoration is for super-resolution"):
        Run.from_preset(name, "mnist", objective="restoration")


RESTORERS = [name for name, kind in OBJECTIVES.items() if kind.supports(Task.SUPER_RESOLUTION)]


@pytest.mark.parametrize("objective", RESTORERS)
def test_super_resolution_takes_every_objective_that_needs_no_condition(objective: str) -> None:
    assert objective_name(Run.from_preset("srgan", "photos", objective=objective).objective) == objective


@pytest.mark.parametrize("name", ["vanilla", "dcgan", "srgan"])
def test_the_matching_aware_hinge_is_for_conditional_families(name: str) -> None:
    with pytest.raises(UsageError, match="has no condition to mismatch"):
        Run.from_preset(name, "mnist", objective="matching-aware")


def test_df_gan_is_trained_as_its_paper_says() -> None:
    run = Run.from_preset("text_conditional", "shapes", "df-gan")
    assert run.objective.to_dict() == {
        "r1": 0.0, "r2": 0.0, "penalty_every": 1, "mismatch": 0.5, "match": 0.0, "rivals": 1, "variety": 0.0,
        "matching_penalty": 2.0,
    }  # fmt: skip
    training = run.training
    assert (training.generator_rate, training.discriminator_rate) == (1e-4, 4e-4)
    assert (training.beta1, training.beta2) == (0, 0.9)


@pytest.mark.parametrize("name", factories.NOISE_FAMILIES)
def test_the_default_is_relativistic_pairing_with_both_penalties(name: str) -> None:
    run = Run.from_preset(name, "mnist")
    assert run.preset == "modern"
    assert isinstance(run.objective, Relativistic)
    assert run.objective.r1 > 0
    assert run.objective.r2 > 0


@pytest.mark.parametrize("name", factories.NOISE_FAMILIES)
def test_changes_reach_model_objective_and_training(name: str) -> None:
    run = Run.from_preset(name, "mnist", latent_size=7, r1=0.25, batch_size=9)
    assert run.model.latent_size == 7
    assert run.objective.r1 == 0.25
    assert run.training.batch_size == 9


def test_an_unknown_setting_is_refused_with_its_flag() -> None:
    with pytest.raises(UsageError, match=r"^vanilla with non-saturating has no setting --critic-width, --sparkle\.$"):
        Run.from_preset("vanilla", "mnist", "classic", critic_width=8, sparkle=1)
    with pytest.raises(UsageError, match="no objective 'sparkle'; there are minimax"):
        Run.from_preset("vanilla", "mnist", objective="sparkle")


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_two_configs_of_a_run_share_a_name(name: str, objective: str) -> None:
    """A flag means one thing."""
    configs = (FAMILIES[name].config, OBJECTIVES[objective], TrainingConfig)
    names = Counter(config_field.name for kind in configs for config_field in fields(kind))
    assert [repeated for repeated, count in names.items() if count > 1] == []


@pytest.mark.parametrize("name", ["dcgan", "conditional"])
@pytest.mark.parametrize("changes", [{"r1": 1.0}, {"r2": 0.1}, {"objective": "wgan-gp"}, {"objective": "relativistic"}])
def test_gradient_penalties_and_batch_statistics_do_not_mix(name: str, changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="take --critic-norm none, or an objective without penalties"):
        Run.from_preset(name, "mnist", "classic", **changes)
    Run.from_preset(name, "mnist", "classic", critic_norm="none", **changes)
    Run.from_preset(name, "mnist", "classic", objective="hinge")


def test_rates_cannot_stop_decaying_before_they_begin() -> None:
    with pytest.raises(UsageError, match=r"--decay-until \(5\) must lie after --decay-from \(5\)"):
        TrainingConfig(decay_from=5, decay_until=5)


def test_super_resolution_has_no_augmentation() -> None:
    with pytest.raises(UsageError, match="--augment must be none"):
        factories.run("srgan", augment="translation")


def test_a_family_without_a_latent_has_no_diversity_loss() -> None:
    with pytest.raises(UsageError, match="srgan has no latent, so no diversity loss"):
        factories.run("srgan", variety=1.0)


def test_an_unconditional_family_has_no_mismatch_loss() -> None:
    with pytest.raises(UsageError, match="vanilla has no condition to mismatch"):
        factories.run("vanilla", mismatch=1.0)
    with pytest.raises(UsageError, match="--match must be 0"):
        factories.run("vanilla", match=1.0)
    assert factories.run("dcgan", modes=2, mismatch=1.0).objective.mismatch == 1

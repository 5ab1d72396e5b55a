"""Recipes for data sets of different sizes: which one fits, how many steps it takes, and what it starts from."""

from pathlib import Path

import pytest

from gan_core.checkpoints.description import DISCRIMINATOR_FILE
from gan_core.models import FAMILIES
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.recipes import base_run
from gan_core.runs.suggested_recipes import (
    LARGE,
    MEDIUM,
    PAPER,
    RECIPES,
    SMALL,
    SuggestedRecipe,
    differing_shapes,
    family_for,
    planned_steps,
    recipe_for,
    starts_for,
    with_steps,
)
from gan_core.training.config import Run
from tests import factories

PHOTOS = DatasetReport("photos", 40, 3, 64, 200)
KINDS = DatasetReport("kinds", 40, 3, 64, 200, classes=("cat", "dog"))
GREY = DatasetReport("grey", 40, 1, 28, 28)


@pytest.mark.parametrize(
    ("count", "expected"), [(40, SMALL), (2_000, SMALL), (2_001, MEDIUM), (20_000, MEDIUM), (60_000, LARGE)]
)
def test_the_number_of_images_chooses_the_recipe(count: int, expected: SuggestedRecipe) -> None:
    assert recipe_for(DatasetReport("any", count)) is expected


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("report", [PHOTOS, KINDS, GREY], ids=lambda report: report.name)
def test_every_recipe_makes_a_run_of_the_family_that_it_names(recipe: SuggestedRecipe, report: DatasetReport) -> None:
    name, preset = family_for(recipe, report)
    run = base_run(FAMILIES[name], "mine", preset, "relativistic", None, report, recipe)
    assert run.family == name
    assert (run.training.augment != "none") is (recipe in (SMALL, MEDIUM) or (recipe is PAPER and name == "residual"))


def test_a_small_set_is_augmented_in_small_batches_and_writing_is_never_mirrored() -> None:
    photos = base_run(FAMILIES["residual"], "mine", "modern", "relativistic", None, PHOTOS, SMALL)
    assert (photos.training.batch_size, photos.training.augment_chance) == (16, 0.5)
    assert "mirror" in photos.training.augment
    grey = base_run(FAMILIES["dcgan"], "mine", "modern", "relativistic", None, GREY, SMALL)
    assert grey.training.augment == "translation"


def test_a_recipe_leaves_out_settings_that_the_objective_does_not_have() -> None:
    run = base_run(FAMILIES["dcgan"], "mine", "modern", "hinge", None, GREY, SMALL)
    assert run.training.batch_size == 16


def test_as_many_steps_are_planned_as_fit_into_the_time_within_bounds() -> None:
    run = Run.from_preset("dcgan", "mine", "modern")
    assert planned_steps(SMALL, run, 0.5) == 3_600
    assert planned_steps(SMALL, run, 0.481) == 3_700  # 3,742 rounded down, so that the time is not exceeded
    assert planned_steps(SMALL, run, 1e-4) == SMALL.max_steps
    assert planned_steps(SMALL, run, 60.0) == SMALL.min_steps
    assert planned_steps(PAPER, run, 60.0) == run.training.steps


def test_a_short_training_is_seen_and_saved_early() -> None:
    training = with_steps(Run.from_preset("residual", "mine", "modern", batch_size=16), 1_000).training
    assert (training.steps, training.preview_every, training.save_every) == (1_000, 25, 50)
    assert training.log_every == 5
    assert 500 <= training.ema_pictures <= 1_000 * 16 / 10


def test_kinds_are_learnt_unless_a_trained_model_is_wanted() -> None:
    assert family_for(SMALL, KINDS)[0] == "conditional"
    assert family_for(SMALL, KINDS, learn_kinds=False) == ("residual", "modern")
    assert family_for(LARGE, PHOTOS) == ("residual", "plain")
    assert family_for(SMALL, GREY)[0] == "dcgan"


def test_a_run_starts_only_from_checkpoints_with_its_size_and_channels_and_a_discriminator(tmp_path: Path) -> None:
    fitting = factories.checkpoint(tmp_path, "residual", "fitting", image_size=64, image_channels=3)
    others = [
        factories.checkpoint(tmp_path, "residual", "small", image_size=32, image_channels=3),
        factories.checkpoint(tmp_path, "residual", "grey", image_size=64, image_channels=1),
        factories.checkpoint(tmp_path, "residual", "alone", image_size=64, image_channels=3),
        factories.checkpoint(tmp_path, "dcgan", "other", image_size=64, image_channels=3),
    ]
    (others[2].folder / DISCRIMINATOR_FILE).unlink()
    checkpoints = {checkpoint.name: checkpoint for checkpoint in (fitting, *others)}
    assert list(starts_for(FAMILIES["residual"], PHOTOS, checkpoints)) == ["fitting"]
    assert not starts_for(FAMILIES["dcgan"], PHOTOS, checkpoints)


def test_other_networks_than_those_of_the_start_are_named() -> None:
    model = Run.from_preset("residual", "mine", "modern").model
    assert differing_shapes(model, model.to_dict()) == []
    assert differing_shapes(model, model.to_dict() | {"width": 7, "critic_width": 7}) == ["width"]

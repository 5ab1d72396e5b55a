"""The run of a form: what the data allow, what a tutorial sets, and what was changed by hand."""

from dataclasses import fields

import pytest

from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.recipes import apply_settings, base_run, can_train_on
from gan_core.runs.tutorials import TUTORIALS

GREY = DatasetReport("grey", 100, 1, 28, 28)
LABELLED = DatasetReport("labelled", 100, 3, 40, 70, classes=("cat", "dog", "hen"))
CAPTIONED = DatasetReport("captioned", 100, 3, 28, 28, has_captions=True)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (GREY, {"vanilla", "dcgan", "residual"}),
        (LABELLED, {"vanilla", "dcgan", "residual", "conditional", "srgan"}),
        (CAPTIONED, {"vanilla", "dcgan", "residual", "text_conditional"}),
    ],
)
def test_a_family_trains_only_on_data_that_have_what_it_needs(report: DatasetReport, expected: set[str]) -> None:
    assert {name for name, family in FAMILIES.items() if can_train_on(family, report)} == expected


def test_size_channels_and_classes_come_from_the_data() -> None:
    run = base_run(FAMILIES["conditional"], "mine", next(iter(FAMILIES["conditional"].presets)), "relativistic",
                   None, LABELLED)  # fmt: skip
    settings = run.to_dict()["model"]
    assert (settings["image_size"], settings["image_channels"], settings["classes"]) == (64, 3, 3)


def test_a_tutorial_applies_to_its_own_family_and_preset_alone() -> None:
    tutorial = next(iter(TUTORIALS.values()))
    run = base_run(FAMILIES[tutorial.family], "mine", tutorial.preset, "minimax", tutorial, GREY)
    assert run.training.steps == tutorial.changes["steps"]
    other = next(name for name in ("vanilla", "dcgan") if name != tutorial.family)
    preset = next(iter(FAMILIES[other].presets))
    assert base_run(FAMILIES[other], "mine", preset, "minimax", tutorial, GREY).training.steps != run.training.steps


def test_only_settings_that_differ_from_the_preset_are_changes() -> None:
    base = base_run(FAMILIES["dcgan"], "mine", "modern", "relativistic", None, GREY)
    same = {field.name: getattr(base.training, field.name) for field in fields(base.training)}
    run, changes = apply_settings(base, same | {"steps": 77}, GREY)
    assert run.training.steps == 77
    assert changes["steps"] == 77
    assert "batch_size" not in changes


def test_settings_that_contradict_each_other_are_refused() -> None:
    base = base_run(FAMILIES["dcgan"], "mine", "modern", "relativistic", None, GREY)
    with pytest.raises(UsageError, match="batch"):
        apply_settings(base, {"critic_norm": "batch"}, GREY)

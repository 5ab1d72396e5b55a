"""Builds the run of a form step by step: preset, tutorial or suggested recipe and data set, then what was changed."""

from dataclasses import fields, replace
from typing import Any

from gan_core.models.family import Family
from gan_core.objectives import objective_name
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.suggested_recipes import SuggestedRecipe
from gan_core.runs.tutorials import TutorialPreset
from gan_core.tasks import Task
from gan_core.training.config import Run

DATA_DERIVED_FIELDS = ("classes", "sentence_size")  # set by the data, never by hand
MIN_UPSCALING_SIDE_PX = 64  # of the median image
Settings = dict[str, Any]


def can_train_on(family: Family, report: DatasetReport) -> bool:
    """Whether the data have what the family needs: classes, captions, or images large enough to be upscaled to."""
    match family.task:
        case Task.CLASS_CONDITIONAL:
            return len(report.classes) > 1
        case Task.TEXT_TO_IMAGE:
            return report.has_captions
        case Task.SUPER_RESOLUTION:
            return report.median_side >= MIN_UPSCALING_SIDE_PX
    return True


def base_run(
    family: Family,
    data: str,
    preset: str,
    objective: str,
    tutorial: TutorialPreset | None,
    report: DatasetReport,
    recipe: SuggestedRecipe | None = None,
    start: str = "",
    start_model: Settings | None = None,
) -> Run:
    """The run before anything is changed by hand. A tutorial applies to its own family and preset.

    `start` is the folder of the checkpoint that the run starts from, `start_model` the settings of its model.
    """
    applies = tutorial is not None and (tutorial.family, tutorial.preset) == (family.name, preset)
    changes: Settings = dict(tutorial.changes) if tutorial is not None and applies else {}
    if recipe is not None and tutorial is None and family.task != Task.SUPER_RESOLUTION:
        changes |= recipe.changes(family, objective, report)
    if objective != objective_name(family.presets[preset].objective):
        changes["objective"] = objective
    if family.task in (Task.UNCONDITIONAL, Task.CLASS_CONDITIONAL) and "image_size" not in family.presets[preset].model:
        changes["image_size"] = report.training_size()
    if family.task == Task.CLASS_CONDITIONAL:
        changes["classes"] = len(report.classes)
    changes["image_channels"] = report.channels
    return Run.from_preset(family.name, data, preset, start=start, **(start_model or {}) | changes)


def apply_settings(base: Run, settings: Settings, report: DatasetReport) -> tuple[Run, Settings]:
    """The run with these settings, and its differences from the preset. Raises UsageError where they do not fit."""
    run = base
    for section in ("model", "objective", "training"):
        config = getattr(run, section)
        section_settings = {field.name: settings[field.name] for field in fields(config) if field.name in settings}
        run = replace(run, **{section: replace(config, **section_settings)})
    changes = {name: value for name, value in run.diff_from_preset().items() if name not in DATA_DERIVED_FIELDS}
    return run, changes | {"image_channels": settings.get("image_channels", report.channels)}

"""Recipes for data sets of different sizes: family, preset, settings, a checkpoint to start from, and a time limit.

The settings for small sets were tried on 40 photos of two kinds, 64 x 64: after 300 steps of 16 images from
`faces-r3gan` the residual networks drew both kinds well, from `flowers-r3gan` a little later; after 600 steps from
scratch they drew blobs (Wang et al. 2018, "Transferring GANs"). Half of what the discriminator sees is augmented
(Karras et al. 2020).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.models import Family
from gan_core.models.family import ModelConfig
from gan_core.objectives import OBJECTIVES
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.training.config import Run, TrainingConfig

COLOUR_AUGMENTATION, GREY_AUGMENTATION = "mirror+colour+translation", "translation"  # writing must not be mirrored
UNMEASURED_STEPS = 2_000  # where the time of a step is not known
PREVIEWS, SAVES = 40, 20  # of a training, about
EMA_SHARE = 0.05  # half-life of the weights' moving average, as a share of all images that are seen
MIN_EMA_IMAGES = 500
STARTING_FAMILY, STARTING_SIDE_PX = "residual", 64  # whose checkpoints are started from
# Fields of a model's config that a generator's shape does not depend on.
SHAPELESS_FIELDS = frozenset({"critic_width", "critic_depth", "critic_norm", "spectral_norm", "latent_spread"})


@dataclass(frozen=True)
class SuggestedRecipe:
    """A recipe for data sets of at most `max_images`.

    `limit_s` is the time that the training may take on this machine, None for the preset's own number of steps. Less
    than `min_steps` teach too little, however long they take.
    """

    name: str
    title: str
    description: str
    max_images: int | None = None
    limit_s: float | None = None
    min_steps: int = 1
    max_steps: int = 30_000
    augment_chance: float = 0.0
    starts_from_checkpoint: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    def changes(self, family: Family, objective: str, report: DatasetReport) -> dict[str, Any]:
        """The settings that differ from a preset of this family, with the objective of this name, for these data."""
        known = {setting.name for config in (family.config, TrainingConfig, OBJECTIVES[objective])
                 for setting in fields(config)}  # fmt: skip
        changes = {name: value for name, value in self.settings.items() if name in known}
        if self.limit_s is not None:
            changes["augment"] = "none"
        if self.augment_chance:
            changes["augment"] = COLOUR_AUGMENTATION if report.channels == 3 else GREY_AUGMENTATION
            changes["augment_chance"] = self.augment_chance
        return changes


SMALL = SuggestedRecipe(
    "small",
    "A small set",
    "Up to 2,000 pictures: small batches, every second look at a picture mirrored, recoloured or shifted, and a trained"
    " model to start from where one fits. Planned for half an hour.",
    max_images=2_000,
    limit_s=1_800,
    min_steps=1_000,
    max_steps=8_000,
    augment_chance=0.5,
    starts_from_checkpoint=True,
    settings={"batch_size": 16, "r1": 0.3, "r2": 0.3},
)
MEDIUM = SuggestedRecipe(
    "medium",
    "Some thousand pictures",
    "From 2,000 to 20,000 pictures: larger batches, augmented a little. Planned for an hour.",
    max_images=20_000,
    limit_s=3_600,
    min_steps=2_000,
    augment_chance=0.2,
    settings={"batch_size": 32},
)
LARGE = SuggestedRecipe(
    "large",
    "Many pictures",
    "More than 20,000 pictures: nothing is augmented, because nothing can be learnt by heart. Planned for an hour.",
    limit_s=3_600,
    min_steps=3_000,
    max_steps=20_000,
    settings={"batch_size": 64},
)
PAPER = SuggestedRecipe(
    "paper",
    "As in the paper",
    "Every setting as the preset has it, for as many steps as it takes: hours without a GPU.",
)
RECIPES = {recipe.name: recipe for recipe in (SMALL, MEDIUM, LARGE, PAPER)}


def recipe_for(report: DatasetReport) -> SuggestedRecipe:
    """The recipe for a data set of this size."""
    return next(
        recipe for recipe in RECIPES.values() if recipe.max_images is None or report.image_count <= recipe.max_images
    )


def family_for(recipe: SuggestedRecipe, report: DatasetReport, *, learn_kinds: bool = True) -> tuple[str, str]:
    """Names of the family and the preset for these data.

    Kinds are learnt where there are any, unless they shall not be. Otherwise colour photos take the residual networks,
    which can start from a checkpoint; all else takes the DCGAN, which is several times faster.
    """
    if len(report.classes) > 1 and learn_kinds:
        return "conditional", "modern"
    if report.channels == 3 and report.training_size() >= STARTING_SIDE_PX:
        return STARTING_FAMILY, "plain" if recipe is LARGE else "modern"
    return "dcgan", "modern"


# Steps ----------------------------------------------------------------------------------------------------------------


def planned_steps(recipe: SuggestedRecipe, run: Run, step_seconds: float | None) -> int:
    """As many steps as fit into the recipe's time, rounded down to two digits; the preset's where it has no limit.

    Never less than the recipe's `min_steps`, which then take longer than the limit. `step_seconds` is None where it is
    not known.
    """
    if recipe.limit_s is None:
        return run.training.steps
    if step_seconds is None:
        return UNMEASURED_STEPS
    return min(max(round_down(recipe.limit_s / step_seconds), recipe.min_steps), recipe.max_steps)


def round_down(value: float) -> int:
    """The value with all digits but the first two set to 0."""
    unit = 10 ** max(len(str(int(value))) - 2, 0)
    return int(value // unit * unit)


def with_steps(run: Run, steps: int) -> Run:
    """The run with so many steps, and with a schedule and an EMA that fit them."""
    training = run.training
    ema_images = min(max(round_down(EMA_SHARE * steps * training.batch_size), MIN_EMA_IMAGES), training.ema_pictures)
    return replace(
        run,
        training=replace(
            training,
            steps=steps,
            ema_pictures=ema_images,
            log_every=min(training.log_every, max(steps // 200, 1)),
            preview_every=min(training.preview_every, max(round_down(steps / PREVIEWS), 1)),
            save_every=min(training.save_every, max(round_down(steps / SAVES), 1)),
        ),
    )


# Checkpoints to start from --------------------------------------------------------------------------------------------


def starts_for(family: Family, report: DatasetReport, checkpoints: Mapping[str, Checkpoint]) -> dict[str, Checkpoint]:
    """The checkpoints that a run of this family can start from: with images of the same size and channels, and with a
    discriminator."""
    if family.name != STARTING_FAMILY:
        return {}
    return {
        name: checkpoint
        for name, checkpoint in checkpoints.items()
        if checkpoint.description.family == family.name
        and checkpoint.has_discriminator
        and checkpoint.description.model.get("image_size") == report.training_size()
        and checkpoint.description.model.get("image_channels") == report.channels
    }


def differing_shapes(model: ModelConfig, start_model: dict[str, Any]) -> list[str]:
    """The settings by which a generator has another shape than the one that the run starts from."""
    settings = model.to_dict()
    return [
        name for name, value in start_model.items()
        if name not in SHAPELESS_FIELDS and name in settings and settings[name] != value
    ]  # fmt: skip

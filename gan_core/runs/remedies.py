"""Remedies for a training that fails: changes of settings, offered where the run and its networks allow them."""

from dataclasses import dataclass
from typing import Any

from gan_core.errors import UsageError
from gan_core.training.config import Run


@dataclass(frozen=True)
class Remedy:
    """Changes of settings, with a label for a button and an explanation.

    Settings that the run's configs do not have are skipped, unless `required_setting` names one of them.
    """

    label: str
    explanation: str
    changes: dict[str, Any]
    from_scratch: bool = False  # the trained weights do not fit the new networks
    required_setting: str = ""


DIVERSITY_LOSS = Remedy(
    "Diversity loss",
    "Rewards images that differ where the noise does (Yang et al. 2019), even after a complete collapse.",
    {"variety": 1.0},
)
RELATIVISTIC_R1_R2 = Remedy(
    "Relativistic with R1 and R2",
    "Each generated image is compared with a real one, in equally many steps, and R1 and R2 keep the discriminator's"
    " gradient small (R3GAN, Huang et al. 2024).",
    {"objective": "relativistic", "critic_norm": "none", "beta1": 0.0, "beta2": 0.99, "generator_steps": 1},
)
SPECTRAL_NORM = Remedy(
    "Spectral normalisation",
    "Bounds the slope of every layer of the discriminator (Miyato et al. 2018), with equally many steps.",
    {"spectral_norm": True, "critic_norm": "none", "generator_steps": 1},
    required_setting="spectral_norm",
)
LOWER_DISCRIMINATOR_RATE = Remedy(
    "Lower discriminator rate",
    "A quarter of its learning rate, so that the generator can keep up.",
    {"discriminator_rate": 0.25},
)
FEWER_DISCRIMINATOR_STEPS = Remedy(
    "Fewer discriminator steps",
    "One for each of the generator's: so far the discriminator has learned more often.",
    {"discriminator_steps": 1},
)
MORE_DISCRIMINATOR_STEPS = Remedy(
    "More discriminator steps",
    "Two for each of the generator's: a discriminator nearer to its optimum notices what is missing.",
    {"discriminator_steps": 2, "generator_steps": 1},
)
NON_SATURATING_LOSS = Remedy(
    "Non-saturating loss",
    "The generator maximises log D, whose gradient is large where the discriminator wins; with equally many steps.",
    {"objective": "non-saturating", "generator_steps": 1},
)
LOWER_RATES = Remedy(
    "Lower learning rates",
    "A quarter of both, so that steps do not overshoot.",
    {"generator_rate": 0.25, "discriminator_rate": 0.25},
)
NO_MOMENTUM = Remedy(
    "No momentum", "Momentum carries both networks past their equilibrium.", {"beta1": 0.0, "beta2": 0.99}
)
FLOAT32 = Remedy("Full precision", "Sixteen bits may have been too few.", {"precision": "float32"})
AUGMENTATION = Remedy(
    "Augmentation",
    "DiffAugment changes all images at random, so that the discriminator cannot memorise them (Zhao et al. 2020).",
    {"augment": "colour+translation+cutout"},
    required_setting="augment",
)
STRONGER_PENALTIES = Remedy(
    "Ten times the penalties",
    "A smoother discriminator cannot single out training images.",
    {"r1": 10.0, "r2": 10.0},
)
SMALLER_NETWORKS = Remedy(
    "Smaller networks",
    "Half the width leaves less capacity to memorise; the training starts from scratch.",
    {"width": 0.5, "critic_width": 0.5},
    from_scratch=True,
    required_setting="width",
)

SCALED_SETTINGS = {"discriminator_rate", "generator_rate", "width", "critic_width", "r1", "r2"}  # changes are factors
NEVER_LOWERED = {"variety"}
MIN_WIDTH = 8


def applicable(candidates: tuple[Remedy, ...], config: dict[str, Any]) -> tuple[Remedy, ...]:
    """Those that change something in a run's config and that its networks allow."""
    return tuple(remedy for remedy in candidates if apply_remedy(config, remedy) is not None)


def apply_remedy(config: dict[str, Any], remedy: Remedy) -> tuple[Run, dict[str, Any]] | None:
    """The run with the remedy, and its differences from the preset; None where the remedy does not apply.

    `config` is the content of run.json, perhaps of an earlier version.
    """
    try:
        run = Run.from_dict(config)
    except (UsageError, KeyError, TypeError):
        return None
    parts = run.to_dict()  # with the settings that an earlier version did not write
    objective = parts["objective"]["name"]
    current = parts["model"] | parts["objective"] | parts["training"] | {"objective": objective}
    changed = new_settings(remedy, current)
    if (remedy.required_setting and remedy.required_setting not in current) or not changed:
        return None
    settings = run.diff_from_preset() | changed
    if "objective" in changed:  # the settings of the old objective are none of the new one
        old_settings = parts["objective"].keys() - NEVER_LOWERED
        settings = {name: value for name, value in settings.items() if name not in old_settings}
    try:
        return Run.from_preset(run.family, run.data, run.preset, **settings), settings
    except UsageError:
        return None


def new_settings(remedy: Remedy, current: dict[str, Any]) -> dict[str, Any]:
    """The changes of a remedy as absolute values, of the settings that exist; empty where all have them already."""
    changed: dict[str, Any] = {}
    for name, value in remedy.changes.items():
        if name not in current:
            continue
        old = current[name]
        if name in SCALED_SETTINGS:
            value = type(old)(old * value)
        if name in NEVER_LOWERED:
            value = max(old, value)
        changed[name] = max(value, MIN_WIDTH) if name in ("width", "critic_width") else value
    if changed.get("objective") == current["objective"]:
        changed.pop("objective")
    return changed if any(current[name] != value for name, value in changed.items()) else {}

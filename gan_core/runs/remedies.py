"""What helps a training that fails: settings that change, where the run and its networks allow it."""

from dataclasses import dataclass
from typing import Any

from gan_core.errors import UsageError
from gan_core.models import find_family
from gan_core.objectives import objective_name
from gan_core.training.config import Run, TrainingConfig


@dataclass(frozen=True)
class Remedy:
    """What to do otherwise: a label for a button, why it helps, and the settings that change."""

    label: str
    explanation: str
    changes: dict[str, Any]
    from_scratch: bool = False  # with fresh networks: what was learned does not fit


DIVERSITY_LOSS = Remedy(
    "Paid for variety",
    "Other noise must give another picture (Yang et al. 2019): that wakes even one that draws nothing else.",
    {"variety": 1.0},
)
RELATIVISTIC_R1_R2 = Remedy(
    "Relativistic with R1 and R2",
    "Each generated picture is held against a real one, step for step, and the discriminator pays for being steep.",
    {"objective": "relativistic", "critic_norm": "none", "beta1": 0.0, "beta2": 0.99, "generator_steps": 1},
)
SPECTRAL_NORM = Remedy(
    "Spectral normalisation", "No layer of it can become steep (Miyato et al. 2018); step for step.",
    {"spectral_norm": True, "critic_norm": "none", "generator_steps": 1},
)  # fmt: skip
LOWER_DISCRIMINATOR_RATE = Remedy(
    "A slower discriminator", "At a quarter of its rate the generator can follow.", {"discriminator_rate": 0.25}
)
FEWER_DISCRIMINATOR_STEPS = Remedy(
    "Fewer discriminator steps", "One for each of the generator's: it learned more often than its rival.",
    {"discriminator_steps": 1},
)  # fmt: skip
MORE_DISCRIMINATOR_STEPS = Remedy(
    "More discriminator steps",
    "Two for each of the generator's: a discriminator that is nearer its best notices what is missing.",
    {"discriminator_steps": 2, "generator_steps": 1},
)  # fmt: skip
NON_SATURATING_LOSS = Remedy(
    "The non-saturating loss", "The generator is paid by log D, which is steep where it loses; step for step.",
    {"objective": "non-saturating", "generator_steps": 1},
)  # fmt: skip
LOWER_RATES = Remedy(
    "Slower, both of them", "A quarter of both rates: steps that do not overshoot.",
    {"generator_rate": 0.25, "discriminator_rate": 0.25},
)  # fmt: skip
NO_MOMENTUM = Remedy(
    "No momentum", "Momentum carries both past the point where they meet.", {"beta1": 0.0, "beta2": 0.99}
)
FLOAT32 = Remedy("Full precision", "Sixteen bits may have been too few.", {"precision": "float32"})
AUGMENTATION = Remedy(
    "Pictures changed at random",
    "DiffAugment: the discriminator cannot learn single pictures by heart (Zhao et al. 2020).",
    {"augment": "colour+translation+cutout"},
)  # fmt: skip
STRONGER_PENALTIES = Remedy(
    "Ten times the penalties", "A flatter discriminator cannot single out pictures.", {"r1": 10.0, "r2": 10.0}
)
SMALLER_NETWORKS = Remedy("Smaller networks", "Half the width has less room to remember; it begins anew.",
                 {"width": 0.5, "critic_width": 0.5}, from_scratch=True)  # fmt: skip
RELATIVE_SETTINGS = {
    "discriminator_rate",
    "generator_rate",
    "width",
    "critic_width",
    "r1",
    "r2",
}  # a share of what it was
REQUIRED_SETTING = {
    SPECTRAL_NORM.label: "spectral_norm",
    AUGMENTATION.label: "augment",
    SMALLER_NETWORKS.label: "width",
}
NEVER_LOWERED = {"variety"}  # never less than it was


def applicable(candidates: tuple[Remedy, ...], config: dict[str, Any]) -> tuple[Remedy, ...]:
    """Those that change something about this run and that its networks allow."""
    return tuple(remedy for remedy in candidates if apply_remedy(config, remedy) is not None)


def apply_remedy(config: dict[str, Any], remedy: Remedy) -> tuple[Run, dict[str, Any]] | None:
    """The run under the remedy with what differs from its preset, not yet started from anything; None where the remedy
    is none for it. A setting that the networks do not have is passed over, unless the remedy is that setting."""
    try:
        run = Run.from_dict(config)
    except (UsageError, KeyError, TypeError):
        return None
    settings_by_part = run.to_dict()  # with what the plan of an earlier version does not name
    current = settings_by_part["model"] | settings_by_part["objective"] | settings_by_part["training"]
    changed: dict[str, Any] = {}
    for name, value in remedy.changes.items():
        if name == "objective" or name in current:
            old = current.get(name)
            scaled = type(old)(old * value) if name in RELATIVE_SETTINGS and old is not None else value
            scaled = max(old, value) if name in NEVER_LOWERED else scaled
            changed[name] = max(scaled, 8) if name in ("width", "critic_width") else scaled
    if REQUIRED_SETTING.get(remedy.label, "objective") not in current | {"objective": ""}:
        return None
    if remedy.changes.get("objective") == config["objective"]["name"]:
        changed.pop("objective")
    if not changed or all(current.get(name, config["objective"]["name"]) == value for name, value in changed.items()):
        return None
    settings = diff_from_preset(run) | changed
    if "objective" in changed:  # the old objective's own settings are no settings of the new one
        objective_settings = settings_by_part["objective"].keys() - NEVER_LOWERED
        settings = {name: value for name, value in settings.items() if name not in objective_settings}
    try:
        return Run.from_preset(run.family, run.data, run.preset, **settings), settings
    except UsageError:
        return None


def diff_from_preset(run: Run) -> dict[str, Any]:
    """What of a run's settings is otherwise than its preset has it."""
    family, settings_by_part = find_family(run.family), run.to_dict()
    preset = family.preset(run.preset)
    name, preset_objective = settings_by_part["objective"].pop("name"), objective_name(preset.objective)
    base = family.config(**preset.model).to_dict() | TrainingConfig(**preset.training).to_dict()
    base |= (preset.objective if name == preset_objective else type(run.objective)()).to_dict()
    settings = settings_by_part["model"] | settings_by_part["training"] | settings_by_part["objective"]
    changed = {key: value for key, value in settings.items() if base[key] != value}
    return changed if name == preset_objective else {"objective": name} | changed

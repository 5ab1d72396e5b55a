"""What helps a training that fails: settings that change, where the run and its networks allow it."""

from dataclasses import dataclass
from typing import Any

from gan_core.errors import InputError
from gan_core.models import find_family
from gan_core.objectives import name_of
from gan_core.training.config import Run, TrainingConfig


@dataclass(frozen=True)
class Remedy:
    """What to do otherwise: a label for a button, why it helps, and the settings that change."""

    label: str
    why: str
    changes: dict[str, Any]
    anew: bool = False  # with fresh networks: what was learned does not fit


VARIETY = Remedy(
    "Paid for variety",
    "Other noise must give another picture (Yang et al. 2019): that wakes even one that draws nothing else.",
    {"variety": 1.0},
)
PENALTIES = Remedy(
    "Relativistic with R1 and R2",
    "Each generated picture is held against a real one, step for step, and the discriminator pays for being steep.",
    {"objective": "relativistic", "critic_norm": "none", "beta1": 0.0, "beta2": 0.99, "generator_steps": 1},
)
SPECTRAL = Remedy(
    "Spectral normalisation", "No layer of it can become steep (Miyato et al. 2018); step for step.",
    {"spectral_norm": True, "critic_norm": "none", "generator_steps": 1},
)  # fmt: skip
SLOW_CRITIC = Remedy(
    "A slower discriminator", "At a quarter of its rate the generator can follow.", {"discriminator_rate": 0.25}
)
LESS_CRITIC = Remedy(
    "Fewer discriminator steps", "One for each of the generator's: it learned more often than its rival.",
    {"discriminator_steps": 1},
)  # fmt: skip
MORE_CRITIC = Remedy(
    "More discriminator steps",
    "Two for each of the generator's: a discriminator that is nearer its best notices what is missing.",
    {"discriminator_steps": 2, "generator_steps": 1},
)  # fmt: skip
UNSATURATED = Remedy(
    "The non-saturating loss", "The generator is paid by log D, which is steep where it loses; step for step.",
    {"objective": "non-saturating", "generator_steps": 1},
)  # fmt: skip
SLOWER = Remedy(
    "Slower, both of them", "A quarter of both rates: steps that do not overshoot.",
    {"generator_rate": 0.25, "discriminator_rate": 0.25},
)  # fmt: skip
CALMER = Remedy("No momentum", "Momentum carries both past the point where they meet.", {"beta1": 0.0, "beta2": 0.99})
EXACT = Remedy("Full precision", "Sixteen bits may have been too few.", {"precision": "float32"})
AUGMENT = Remedy(
    "Pictures changed at random",
    "DiffAugment: the discriminator cannot learn single pictures by heart (Zhao et al. 2020).",
    {"augment": "colour+translation+cutout"},
)  # fmt: skip
STRONGER = Remedy(
    "Ten times the penalties", "A flatter discriminator cannot single out pictures.", {"r1": 10.0, "r2": 10.0}
)
SMALLER = Remedy("Smaller networks", "Half the width has less room to remember; it begins anew.",
                 {"width": 0.5, "critic_width": 0.5}, anew=True)  # fmt: skip
SHARES = {"discriminator_rate", "generator_rate", "width", "critic_width", "r1", "r2"}  # a share of what it was
REQUIRED = {SPECTRAL.label: "spectral_norm", AUGMENT.label: "augment", SMALLER.label: "width"}
AT_LEAST = {"variety"}  # never less than it was


def fitting(remedies: tuple[Remedy, ...], plan: dict[str, Any]) -> tuple[Remedy, ...]:
    """Those that change something about this run and that its networks allow."""
    return tuple(each for each in remedies if remedied(plan, each) is not None)


def remedied(plan: dict[str, Any], remedy: Remedy) -> tuple[Run, dict[str, Any]] | None:
    """The run under the remedy with what differs from its preset, not yet started from anything; None where the remedy
    is none for it. A setting that the networks do not have is passed over, unless the remedy is that setting."""
    try:
        run = Run.from_dict(plan)
    except (InputError, KeyError, TypeError):
        return None
    told = run.to_dict()  # with what the plan of an earlier version does not name
    known = told["model"] | told["objective"] | told["training"]
    wanted: dict[str, Any] = {}
    for name, value in remedy.changes.items():
        if name == "objective" or name in known:
            was = known.get(name)
            scaled = type(was)(was * value) if name in SHARES and was is not None else value
            scaled = max(was, value) if name in AT_LEAST else scaled
            wanted[name] = max(scaled, 8) if name in ("width", "critic_width") else scaled
    if REQUIRED.get(remedy.label, "objective") not in known | {"objective": ""}:
        return None
    if remedy.changes.get("objective") == plan["objective"]["name"]:
        wanted.pop("objective")
    if not wanted or all(known.get(name, plan["objective"]["name"]) == value for name, value in wanted.items()):
        return None
    settings = changed_settings(run) | wanted
    if "objective" in wanted:  # the old objective's own settings are no settings of the new one
        own = told["objective"].keys() - AT_LEAST
        settings = {name: value for name, value in settings.items() if name not in own}
    try:
        return Run.from_preset(run.family, run.data, run.preset, **settings), settings
    except InputError:
        return None


def changed_settings(run: Run) -> dict[str, Any]:
    """What of a run's settings is otherwise than its preset has it."""
    family, told = find_family(run.family), run.to_dict()
    preset = family.preset(run.preset)
    name, usual = told["objective"].pop("name"), name_of(preset.objective)
    base = family.config(**preset.model).to_dict() | TrainingConfig(**preset.training).to_dict()
    base |= (preset.objective if name == usual else type(run.objective)()).to_dict()
    settings = told["model"] | told["training"] | told["objective"]
    found = {key: value for key, value in settings.items() if base[key] != value}
    return found if name == usual else {"objective": name} | found

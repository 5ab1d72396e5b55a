"""Everything that decides a training: family, model, objective, data and the loop's settings, in one frozen tree."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from gan_core.configuration import MAX_SEED, Configuration, option, to_flag
from gan_core.data.augmentation import POLICIES
from gan_core.errors import UsageError
from gan_core.models import ModelConfig, Task, cluster_count, find_family
from gan_core.objectives import OBJECTIVES, Objective, Restoration, objective_name

SCHEDULE_FIELDS = {"log_every", "preview_every", "save_every", "steps", "batch_size", "device"}  # not part of a recipe


@dataclass(frozen=True)
class TrainingConfig(Configuration):
    """The loop's settings. Rates belong to Adam; the horizon of the EMA is counted in pictures."""

    steps: int = option(10_000, "generator steps to reach in total", low=1, high=100_000_000)
    batch_size: int = option(128, "pictures a step and process", low=2, high=65_536)
    seed: int = option(0, "fixes all randomness of the training", low=0, high=MAX_SEED)
    generator_rate: float = option(2e-4, "Adam's rate for the generator", low=0, high=1)
    discriminator_rate: float = option(2e-4, "Adam's rate for the discriminator", low=0, high=1)
    beta1: float = option(0.0, "Adam's first beta, the momentum", low=0, high=0.999)
    beta2: float = option(0.99, "Adam's second beta", low=0, high=0.99999)
    generator_steps: int = option(1, "generator updates a step", low=1, high=64)
    discriminator_steps: int = option(1, "discriminator updates a step", low=1, high=64)
    decay_from: int = option(0, "step at which both rates begin to fall on a cosine", low=0, high=100_000_000)
    decay_until: int = option(0, "step at which they reach a hundredth; 0 keeps them constant", low=0, high=100_000_000)
    ema_pictures: int = option(20_000, "half-life of the weights' moving average, in pictures", low=0, high=100_000_000)
    augment: str = option(
        "none", "changes at random that the discriminator sees pictures under, for small data", choices=tuple(POLICIES)
    )
    augment_chance: float = option(1.0, "share of pictures that each of these changes meets", low=0, high=1)
    balance: float = option(
        0.0, "how much more often pictures of rare kinds are shown: 0 as often as they come, 1 all kinds alike", low=0,
        high=1,
    )  # fmt: skip
    precision: str = option(
        "auto", "auto takes bfloat16 where the device computes in it", choices=("auto", "float32", "bfloat16")
    )
    device: str = option("auto", "auto takes a GPU where there is one", choices=("auto", "cpu"))
    log_every: int = option(20, "steps between two lines of the log", low=1, high=1_000_000)
    preview_every: int = option(500, "steps between two previews", low=1, high=100_000_000)
    save_every: int = option(500, "steps between two saves", low=1, high=100_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decay_until and self.decay_until <= self.decay_from:
            raise UsageError(f"--decay-until ({self.decay_until}) must lie after --decay-from ({self.decay_from}).")


@dataclass(frozen=True)
class Run:
    """One training, whole: what `run.json` holds. `data` is the name or path the user gave."""

    family: str
    model: ModelConfig
    objective: Objective
    training: TrainingConfig
    data: str
    preset: str = ""
    start: str = ""  # the folder of a run whose networks this one begins with; empty for a training from scratch

    def __post_init__(self) -> None:
        task = find_family(self.family).task
        if isinstance(self.objective, Restoration) and task != Task.SUPER_RESOLUTION:
            raise UsageError(f"{self.family} has no original to restore: the objective restoration is for srgan.")
        if self.training.augment != "none" and task == Task.SUPER_RESOLUTION:
            raise UsageError(f"{self.family} answers a picture with a picture: --augment must be none.")
        if self.objective.variety and task == Task.SUPER_RESOLUTION:
            raise UsageError(f"{self.family} takes no noise that could give other pictures: --variety must be 0.")
        has_condition = task in (Task.CLASS_CONDITIONAL, Task.TEXT_TO_IMAGE) or cluster_count(self.model)
        if (self.objective.mismatch or self.objective.match) and not has_condition:
            raise UsageError(f"{self.family} has no condition that could be wrong: --mismatch and --match must be 0.")
        if getattr(self.model, "critic_norm", "none") == "batch" and self.objective.has_penalty():
            raise UsageError(
                "A gradient penalty looks at each picture alone, and batch normalisation in the discriminator mixes "
                "them: take --critic-norm none, or an objective without penalties (--r1 0, --r2 0, no wgan-gp)."
            )

    @classmethod
    def from_preset(cls, family_name: str, data: str, preset_name: str | None = None, **changes: Any) -> Self:
        """A preset with `changes` on top: any field of the model's, the objective's or the training's config,
        and `objective`, a name. The model's settings are those of `model`, an earlier run's say, where it is given, but
        for what a preset says that was asked for by its name. Raises InputError on a name that is no field of any."""
        family = find_family(family_name)
        preset = family.preset(preset_name)
        chosen_objective, start, model_settings = (
            changes.pop("objective", None),
            changes.pop("start", ""),
            changes.pop("model", None) or {},
        )
        if chosen_objective is not None and chosen_objective not in OBJECTIVES:
            raise UsageError(f"There is no objective {chosen_objective!r}; there are {', '.join(OBJECTIVES)}.")
        objective = (
            preset.objective
            if chosen_objective in (None, objective_name(preset.objective))
            else OBJECTIVES[chosen_objective]()
        )
        model_config = family.config.from_dict(
            {**model_settings, **preset.model} if preset_name else {**preset.model, **model_settings}
        )
        defaults = (model_config, objective, TrainingConfig(**preset.training))
        model, objective, training = (apply_changes(config, changes) for config in defaults)
        if changes:
            unknown = ", ".join(map(to_flag, sorted(changes)))
            raise UsageError(f"{family_name} with {objective_name(objective)} has no setting {unknown}.")
        used_preset = preset_name or next(iter(family.presets))
        return cls(family_name, model, objective, training, data, used_preset, start)

    def to_dict(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "preset": self.preset,
            "data": self.data,
            "start": self.start,
            "model": self.model.to_dict(),
            "objective": {"name": objective_name(self.objective)} | self.objective.to_dict(),
            "training": self.training.to_dict(),
        }

    def training_summary(self, state: dict[str, Any]) -> dict[str, Any]:
        """What a model card tells of the training that led to a saved state."""
        settings = {name: value for name, value in self.training.to_dict().items() if name not in SCHEDULE_FIELDS}
        return {
            "steps": state["step"],
            "batch_size": self.training.batch_size,
            "seconds": round(state["seconds"]),
            "hardware": state["hardware"],
            "preset": self.preset,
            "objective": {"name": objective_name(self.objective)} | self.objective.to_dict(),
            "settings": settings,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild from `run.json`. Raises InputError where it names what this version does not know."""
        objective = dict(values["objective"])
        return cls(
            family=values["family"],
            model=find_family(values["family"]).config.from_dict(values["model"]),
            objective=OBJECTIVES[objective.pop("name")].from_dict(objective),
            training=TrainingConfig.from_dict(values["training"]),
            data=values["data"],
            preset=values.get("preset", ""),
            start=values.get("start", ""),
        )


def apply_changes(config: Any, changes: dict[str, Any]) -> Any:
    """The config with those of `changes` that are its fields; they are taken out of `changes`."""
    own_changes = {
        config_field.name: changes.pop(config_field.name)
        for config_field in fields(config)
        if config_field.name in changes
    }
    return replace(config, **own_changes)

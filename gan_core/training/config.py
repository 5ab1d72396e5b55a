"""The configuration of a run: family, model, objective, data and the settings of the training loop."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from gan_core.configuration import MAX_SEED, Configuration, option, to_flag
from gan_core.data.augmentation import POLICIES
from gan_core.data.fingerprint import Fingerprint
from gan_core.errors import UsageError
from gan_core.models import ModelConfig, Task, cluster_count, find_family
from gan_core.objectives import OBJECTIVES, Objective, Restoration, objective_name

# How long a run trains and how often it reports: no part of its recipe, so that a resumed run may change them.
SCHEDULE_FIELDS = frozenset({"steps", "log_every", "preview_every", "save_every"})


@dataclass(frozen=True)
class TrainingConfig(Configuration):
    """Settings of the training loop. Learning rates are Adam's; batch sizes and the EMA's half-life count images."""

    steps: int = option(10_000, "generator steps to reach in total", low=1, high=100_000_000)
    batch_size: int = option(128, "images a step and process", low=2, high=65_536)
    seed: int = option(0, "fixes all randomness of the training", low=0, high=MAX_SEED)
    generator_rate: float = option(2e-4, "the generator's learning rate (Adam)", low=0, high=1)
    discriminator_rate: float = option(2e-4, "the discriminator's learning rate (Adam)", low=0, high=1)
    beta1: float = option(0.0, "Adam's first beta, the momentum", low=0, high=0.999)
    beta2: float = option(0.99, "Adam's second beta", low=0, high=0.99999)
    generator_steps: int = option(1, "generator updates a step", low=1, high=64)
    discriminator_steps: int = option(1, "discriminator updates a step", low=1, high=64)
    decay_from: int = option(0, "step at which both rates begin to fall on a cosine", low=0, high=100_000_000)
    decay_until: int = option(0, "step at which they reach a hundredth; 0 keeps them constant", low=0, high=100_000_000)
    ema_pictures: int = option(20_000, "half-life of the weights' moving average, in images", low=0, high=100_000_000)
    augment: str = option(
        "none", "random augmentation of all images that the discriminator sees, for small data", choices=tuple(POLICIES)
    )
    augment_chance: float = option(1.0, "probability of each augmentation for an image", low=0, high=1)
    balance: float = option(
        0.0, "oversampling of rare classes: 0 none, 1 until all classes are equally frequent", low=0, high=1
    )
    precision: str = option(
        "auto", "auto takes bfloat16 where the device computes in it", choices=("auto", "float32", "bfloat16")
    )
    device: str = option("auto", "auto takes a GPU where there is one", choices=("auto", "cpu"))
    threads: int = option(0, "processor threads; 0 leaves a core free, and those that are busy", low=0, high=1024)
    log_every: int = option(20, "steps between two lines of the log", low=1, high=1_000_000)
    preview_every: int = option(500, "steps between two previews", low=1, high=100_000_000)
    save_every: int = option(500, "steps between two saves", low=1, high=100_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decay_until and self.decay_until <= self.decay_from:
            raise UsageError(f"--decay-until ({self.decay_until}) must lie after --decay-from ({self.decay_from}).")


@dataclass(frozen=True)
class Run:
    """The configuration of one training: the content of `run.json`. `data` is a data set's name or an absolute path.

    `fingerprint` is that of the data set, with the classes in the order of the labels; None in runs of version 0.1.

    Raises UsageError on construction where objective or settings do not fit the family.
    """

    family: str
    model: ModelConfig
    objective: Objective
    training: TrainingConfig
    data: str
    preset: str = ""
    start: str = ""  # the folder of the run or checkpoint whose networks this one begins with; "" is from scratch
    fingerprint: Fingerprint | None = None

    def __post_init__(self) -> None:
        task = find_family(self.family).task
        if isinstance(self.objective, Restoration) and task != Task.SUPER_RESOLUTION:
            raise UsageError(f"The objective restoration is for super-resolution (srgan), not for {self.family}.")
        if self.training.augment != "none" and task == Task.SUPER_RESOLUTION:
            raise UsageError(f"{self.family} restores the very image it is given: --augment must be none.")
        if self.objective.variety and task == Task.SUPER_RESOLUTION:
            raise UsageError(f"{self.family} has no latent, so no diversity loss: --variety must be 0.")
        is_conditional = task in (Task.CLASS_CONDITIONAL, Task.TEXT_TO_IMAGE) or cluster_count(self.model)
        if (self.objective.mismatch or self.objective.match) and not is_conditional:
            raise UsageError(f"{self.family} has no condition to mismatch: --mismatch and --match must be 0.")
        if getattr(self.model, "critic_norm", "none") == "batch" and self.objective.has_penalty():
            raise UsageError(
                "Gradient penalties are defined for single images, and batch normalisation in the discriminator mixes "
                "them: take --critic-norm none, or an objective without penalties (--r1 0, --r2 0, no wgan-gp)."
            )

    @classmethod
    def from_preset(
        cls,
        family_name: str,
        data: str,
        preset_name: str | None = None,
        *,
        objective: str | None = None,
        start: str = "",
        model: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Self:
        """A preset, the family's first by default, with changes.

        `objective` is a name; another one than the preset's has its own defaults. `model` holds the settings of an
        earlier run's model: they replace the default preset's, while a preset that is named replaces them. `changes`
        are fields of the model's, the objective's or the training's config. Raises UsageError on any other name.
        """
        family = find_family(family_name)
        preset = family.preset(preset_name)
        if objective is not None and objective not in OBJECTIVES:
            raise UsageError(f"There is no objective {objective!r}; there are {', '.join(OBJECTIVES)}.")
        is_presets = objective in (None, objective_name(preset.objective))
        model_settings = {**(model or {}), **preset.model} if preset_name else {**preset.model, **(model or {})}
        configs = (
            apply_changes(family.config.from_dict(model_settings), changes),
            apply_changes(preset.objective if is_presets else OBJECTIVES[str(objective)](), changes),
            apply_changes(TrainingConfig(**preset.training), changes),
        )
        if changes:
            unknown = ", ".join(map(to_flag, sorted(changes)))
            raise UsageError(f"{family_name} with {objective_name(configs[1])} has no setting {unknown}.")
        return cls(family_name, *configs, data, preset_name or next(iter(family.presets)), start)

    def diff_from_preset(self) -> dict[str, Any]:
        """The settings that differ from the preset's, as `from_preset` takes them."""
        family = find_family(self.family)
        preset = family.preset(self.preset)
        name, preset_objective = objective_name(self.objective), objective_name(preset.objective)
        objective = preset.objective if name == preset_objective else type(self.objective)()
        defaults = family.config(**preset.model).to_dict() | TrainingConfig(**preset.training).to_dict()
        defaults |= objective.to_dict()
        settings = self.model.to_dict() | self.training.to_dict() | self.objective.to_dict()
        changed = {key: value for key, value in settings.items() if defaults[key] != value}
        return changed if name == preset_objective else {"objective": name} | changed

    def training_summary(self, state: dict[str, Any]) -> dict[str, Any]:
        """The training as a model card shows it, from the configuration and a saved state."""
        shown_elsewhere = SCHEDULE_FIELDS | {"batch_size", "device", "threads"}
        settings = {name: value for name, value in self.training.to_dict().items() if name not in shown_elsewhere}
        return {
            "steps": state["step"],
            "batch_size": self.training.batch_size,
            "seconds": round(state["seconds"]),
            "hardware": state["hardware"],
            "preset": self.preset,
            "objective": {"name": objective_name(self.objective)} | self.objective.to_dict(),
            "settings": settings,
        }

    def to_dict(self) -> dict[str, Any]:
        """The configuration as JSON values."""
        fingerprint = {"fingerprint": self.fingerprint.to_dict()} if self.fingerprint else {}
        return {
            "family": self.family,
            "preset": self.preset,
            "data": self.data,
            **fingerprint,
            "start": self.start,
            "model": self.model.to_dict(),
            "objective": {"name": objective_name(self.objective)} | self.objective.to_dict(),
            "training": self.training.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuilds from `to_dict`. Raises UsageError on names that this version does not know."""
        texts = {name: values.get(name, "") for name in ("family", "data", "preset", "start")}
        if wrong := [name for name, text in texts.items() if not isinstance(text, str)]:
            raise UsageError(
                f"The settings of a run name no {wrong[0]}: a text is needed, not {texts[wrong[0]]!r:.40}."
            )
        objective = dict(values["objective"])
        return cls(
            family=values["family"],
            model=find_family(values["family"]).config.from_dict(values["model"]),
            objective=OBJECTIVES[objective.pop("name")].from_dict(objective),
            training=TrainingConfig.from_dict(values["training"]),
            data=values["data"],
            preset=values.get("preset", ""),
            start=values.get("start", ""),
            fingerprint=Fingerprint.from_dict(values.get("fingerprint")),
        )


def apply_changes(config: Any, changes: dict[str, Any]) -> Any:
    """The config with those of `changes` that are its fields, which are removed from `changes`."""
    names = [setting.name for setting in fields(config) if setting.name in changes]
    return replace(config, **{name: changes.pop(name) for name in names})

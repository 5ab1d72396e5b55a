"""Frozen config dataclasses whose fields carry a help text and a range.

One declaration of a field serves the command-line flag, the widget, the JSON key and the validation.
"""

from dataclasses import Field, asdict, dataclass, field, fields
from math import isnan
from typing import Any, Self

from gan_core.errors import UsageError

MAX_SEED = 2**31 - 1  # the largest seed of samples, trainings and toy games


def option(
    default: Any, help: str, *, low: float | None = None, high: float | None = None, choices: tuple[Any, ...] = ()
) -> Any:
    """A dataclass field with a help text and a closed range [low, high] or choices; its type is that of the default."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True)
class Configuration:
    """Base of every config. Each field is validated on construction: raises UsageError on a value out of range."""

    def __post_init__(self) -> None:
        for setting in fields(self):
            validate_setting(setting, getattr(self, setting.name))

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from `to_dict`. Raises UsageError on an unknown name: a newer version may have written it."""
        names = {setting.name for setting in fields(cls)}
        unknown = sorted(set(values) - names)
        if unknown:
            raise UsageError(
                f"{cls.__name__} has no setting named {', '.join(unknown)}; it has {', '.join(sorted(names))}."
            )
        return cls(**values)


def to_flag(name: str) -> str:
    """The command-line flag of a field: latent_size -> --latent-size."""
    return "--" + name.replace("_", "-")


def validate_setting(setting: Field, value: Any) -> None:
    """Raise UsageError unless the value has the default's type and lies in the field's range or choices."""
    if "help" not in setting.metadata:
        return
    low, high, choices = (setting.metadata[key] for key in ("low", "high", "choices"))
    expected_type = type(setting.default)
    has_type = isinstance(value, (int, float)) if expected_type is float else isinstance(value, expected_type)
    if not has_type or (isinstance(value, bool) and expected_type is not bool):
        raise UsageError(f"{to_flag(setting.name)} must be of type {expected_type.__name__}, not {value!r}.")
    if choices and value not in choices:
        raise UsageError(f"{to_flag(setting.name)} must be one of {', '.join(map(str, choices))}, not {value}.")
    if isinstance(value, float) and isnan(value):
        raise UsageError(f"{to_flag(setting.name)} must be a number, not NaN.")
    if (low is not None and value < low) or (high is not None and value > high):
        upper_bound = "" if high is None else f" and at most {high:g}"
        raise UsageError(f"{to_flag(setting.name)} must be at least {low:g}{upper_bound}, not {value}.")

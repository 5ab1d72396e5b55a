"""Frozen config dataclasses whose fields carry help and range: one declaration for flags, widgets, JSON and checks."""

from dataclasses import Field, asdict, dataclass, field, fields
from math import isnan
from typing import Any, Self

from gan_core.errors import InputError


def option(
    default: Any, help: str, *, low: float | None = None, high: float | None = None, choices: tuple[Any, ...] = ()
) -> Any:
    """A dataclass field with its help, its closed range [low, high] or its choices. Its type is that of the default."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True)
class Configuration:
    """Base of every config: checks each field on construction and speaks in sentences when a value cannot be used."""

    def __post_init__(self) -> None:
        for each in fields(self):
            check(each, getattr(self, each.name))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild from JSON. Raises InputError on a name that is no field: a newer version may have written it."""
        known = {each.name for each in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise InputError(
                f"{cls.__name__} has no setting named {', '.join(unknown)}; it has {', '.join(sorted(known))}."
            )
        return cls(**values)


def flag(name: str) -> str:
    """latent_size -> --latent-size"""
    return "--" + name.replace("_", "-")


def check(setting: Field, value: Any) -> None:
    """Raise InputError unless the value has the default's type and lies in the field's range or choices."""
    if "help" not in setting.metadata:
        return
    low, high, choices = (setting.metadata[key] for key in ("low", "high", "choices"))
    wanted = type(setting.default)
    fits = isinstance(value, (int, float)) if wanted is float else isinstance(value, wanted)
    if not fits or (isinstance(value, bool) and wanted is not bool):
        raise InputError(f"{flag(setting.name)} must be of type {wanted.__name__}, not {value!r}.")
    if choices and value not in choices:
        raise InputError(f"{flag(setting.name)} must be one of {', '.join(map(str, choices))}, not {value}.")
    if isinstance(value, float) and isnan(value):
        raise InputError(f"{flag(setting.name)} must be a number, not NaN.")
    if (low is not None and value < low) or (high is not None and value > high):
        upper = "" if high is None else f" and at most {high:g}"
        raise InputError(f"{flag(setting.name)} must be at least {low:g}{upper}, not {value}.")

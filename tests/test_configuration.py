"""Every setting of every config is validated, documented, and written to and read from JSON."""

import json
from dataclasses import Field, dataclass, fields
from math import inf, nan
from typing import Any

import pytest

from gan_core.configuration import Configuration, option, to_flag
from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from gan_core.objectives import OBJECTIVES
from gan_core.training.config import TrainingConfig

pytestmark = pytest.mark.core

# Messages about two settings that must fit each other.
MUTUAL_ERRORS = ("must lie after", "a multiple of the scale", "less than --latent-size")
CONFIGS = [TrainingConfig, *(family.config for family in FAMILIES.values()), *OBJECTIVES.values()]
SETTINGS = [(config_class, setting) for config_class in CONFIGS for setting in fields(config_class)]


def class_name(config_class: type[Configuration]) -> str:
    return f"{config_class.__module__}.{config_class.__name__}"


def id_of(value: Any) -> str:
    return value.name if isinstance(value, Field) else class_name(value)


def wrong_values(setting: Field) -> list[Any]:
    """Values that a setting must reject."""
    low, high, choices = (setting.metadata[key] for key in ("low", "high", "choices"))
    wrong: list[Any] = [None, [], b"x"]
    expected_type = type(setting.default)
    if expected_type is bool:
        return [*wrong, 0, 1, "yes"]
    if expected_type is str:
        return [*wrong, 1, "no such choice"]
    wrong += ["7", True, False, nan, inf, -inf]
    wrong += [1.5] if expected_type is int else []
    wrong += [] if low is None else [low - 1, -(10**400)]
    wrong += [] if high is None else [high + 1, 10**400]
    return wrong + ([max(choices) + 1] if choices else [])


@pytest.mark.parametrize(("config_class", "setting"), SETTINGS, ids=id_of)
def test_an_invalid_value_is_rejected_with_a_sentence_that_names_its_flag(
    config_class: type[Configuration], setting: Field
) -> None:
    for value in wrong_values(setting):
        with pytest.raises(UsageError, match=rf"^{to_flag(setting.name)} must .*\.$"):
            config_class(**{setting.name: value})


@pytest.mark.parametrize(("config_class", "setting"), SETTINGS, ids=id_of)
def test_every_setting_has_a_help_text_and_a_range_or_choices(
    config_class: type[Configuration], setting: Field
) -> None:
    assert setting.metadata["help"]
    low, high, choices = (setting.metadata[key] for key in ("low", "high", "choices"))
    if isinstance(setting.default, bool):
        return
    assert choices or (low is not None and high is not None)
    for edge in choices or (type(setting.default)(low), type(setting.default)(high)):
        try:
            config_class(**{setting.name: edge})
        except UsageError as error:
            if not any(words in str(error) for words in MUTUAL_ERRORS):
                raise


@pytest.mark.parametrize("config_class", CONFIGS, ids=class_name)
def test_a_config_is_read_back_from_json(config_class: type[Configuration]) -> None:
    config = config_class()
    assert config_class.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("config_class", CONFIGS, ids=class_name)
def test_an_unknown_setting_is_named(config_class: type[Configuration]) -> None:
    with pytest.raises(UsageError, match="no setting named sparkle"):
        config_class.from_dict({"sparkle": 1})


@dataclass(frozen=True)
class Oven(Configuration):
    heat: float = option(180.0, "degrees", low=50, high=250)
    trays: int = option(1, "how many", low=1)
    mode: str = option("air", "how it heats", choices=("air", "grill"))


def test_messages_state_what_is_allowed() -> None:
    with pytest.raises(UsageError, match=r"^--heat must be at least 50 and at most 250, not 300\.$"):
        Oven(heat=300)
    with pytest.raises(UsageError, match=r"^--trays must be at least 1, not 0\.$"):
        Oven(trays=0)
    with pytest.raises(UsageError, match=r"^--mode must be one of air, grill, not steam\.$"):
        Oven(mode="steam")
    with pytest.raises(UsageError, match=r"^--trays must be of type int, not '2'\.$"):
        Oven(trays="2")  # type: ignore[arg-type]


def test_an_integer_is_accepted_for_a_float() -> None:
    assert Oven(heat=200).heat == 200


def test_a_flag_has_dashes_for_underscores() -> None:
    assert to_flag("latent_size") == "--latent-size"

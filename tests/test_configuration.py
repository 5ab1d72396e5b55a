"""Every setting of every config says in a sentence what it cannot be, and survives JSON."""

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

# Complaints about two settings that must fit each other.
MUTUAL_ERRORS = ("must lie after", "a multiple of the scale", "less than --latent-size")
CONFIGS = [TrainingConfig, *(family.config for family in FAMILIES.values()), *OBJECTIVES.values()]
SETTINGS = [
    pytest.param(kind, setting, id=f"{kind.__module__}.{kind.__name__}.{setting.name}")
    for kind in CONFIGS
    for setting in fields(kind)
]


def wrong_values(setting: Field) -> list[Any]:
    """Values that a setting must refuse."""
    low, high, choices = (setting.metadata[key] for key in ("low", "high", "choices"))
    wrong: list[Any] = [None, [], b"x"]
    kind = type(setting.default)
    if kind is bool:
        return [*wrong, 0, 1, "yes"]
    if kind is str:
        return [*wrong, 1, "no such choice"]
    wrong += ["7", True, False, nan, inf, -inf]
    wrong += [1.5] if kind is int else []
    wrong += [] if low is None else [low - 1, -(10**400)]
    wrong += [] if high is None else [high + 1, 10**400]
    return wrong + ([max(choices) + 1] if choices else [])


@pytest.mark.parametrize(("kind", "setting"), SETTINGS)
def test_a_value_that_cannot_be_used_is_refused_in_a_sentence_that_names_its_flag(
    kind: type[Configuration], setting: Field
) -> None:
    for value in wrong_values(setting):
        with pytest.raises(UsageError, match=rf"^{to_flag(setting.name)} must .*\.$"):
            kind(**{setting.name: value})


@pytest.mark.parametrize(("kind", "setting"), SETTINGS)
def test_every_setting_explains_itself_and_states_what_it_may_be(kind: type[Configuration], setting: Field) -> None:
    assert setting.metadata["help"]
    low, high, choices = (setting.metadata[key] for key in ("low", "high", "choices"))
    if isinstance(setting.default, bool):
        return
    assert choices or (low is not None and high is not None)
    for edge in choices or (type(setting.default)(low), type(setting.default)(high)):
        try:
            kind(**{setting.name: edge})
        except UsageError as error:
            if not any(words in str(error) for words in MUTUAL_ERRORS):
                raise


@pytest.mark.parametrize("kind", CONFIGS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_a_config_survives_json(kind: type[Configuration]) -> None:
    config = kind()
    assert kind.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("kind", CONFIGS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_a_setting_from_a_newer_version_is_named(kind: type[Configuration]) -> None:
    with pytest.raises(UsageError, match="no setting named sparkle"):
        kind.from_dict({"sparkle": 1})


@dataclass(frozen=True)
class Oven(Configuration):
    heat: float = option(180.0, "degrees", low=50, high=250)
    trays: int = option(1, "how many", low=1)
    mode: str = option("air", "how it heats", choices=("air", "grill"))


def test_the_sentences_say_what_is_allowed() -> None:
    with pytest.raises(UsageError, match=r"^--heat must be at least 50 and at most 250, not 300\.$"):
        Oven(heat=300)
    with pytest.raises(UsageError, match=r"^--trays must be at least 1, not 0\.$"):
        Oven(trays=0)
    with pytest.raises(UsageError, match=r"^--mode must be one of air, grill, not steam\.$"):
        Oven(mode="steam")
    with pytest.raises(UsageError, match=r"^--trays must be of type int, not '2'\.$"):
        Oven(trays="2")  # type: ignore[arg-type]


def test_a_whole_number_will_do_for_a_fraction() -> None:
    assert Oven(heat=200).heat == 200


def test_underscores_become_dashes() -> None:
    assert to_flag("latent_size") == "--latent-size"

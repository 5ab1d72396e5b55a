"""A model card states recipe, data, licence and limits."""

from dataclasses import asdict

import pytest
import yaml

from gan_core.checkpoints.model_card import render_card
from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from tests import factories


@pytest.mark.parametrize("name", FAMILIES)
def test_a_card_has_recipe_data_licence_limits_and_a_command(name: str) -> None:
    text = render_card(asdict(factories.description(name)))
    front = yaml.safe_load(text.split("---")[1])
    assert front["license"] == "mit"
    assert name in front["tags"]
    for words in (
        "## Recipe",
        "Shapes, 14 images",
        "Licence as its source states it: none",
        "## Limits",
        "upscale small.png --model tiny" if name == "srgan" else "sample tiny",
    ):
        assert words in text
    assert "## Scores" not in text


def test_an_upscalers_card_warns_of_invented_detail() -> None:
    text = render_card(asdict(factories.description("srgan")))
    assert "Detail that is not in the low-resolution image is invented" in text


@pytest.mark.parametrize(
    "change",
    [
        {"training": {}}, {"training": {"before": 3}}, {"data": {"name": "a"}}, {"objective": {}},
        {"data": {"name": "a", "pictures": "9"}},
        {"scores": {"benchmarks": {"set5": None}}}, {"scores": {"class_names": [], "floor": None}},
    ],
    ids=str,
)  # fmt: skip
def test_a_config_that_was_edited_until_it_tells_too_little_has_no_card(change: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="tiny does not tell of training, data and scores what a model card needs"):
        render_card(asdict(factories.description("srgan")) | change)

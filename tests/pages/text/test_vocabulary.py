"""The vocabulary of a text-to-image model: which names a search finds, and which names are left out."""

from pathlib import Path

import pytest

from pages.text import vocabulary
from pages.ui import example_prompts
from tests import factories


@pytest.mark.parametrize(
    ("name", "query", "found"),
    [("Tshirts", "t-shirt", True), ("Tshirts", "T SHIRTS", True), ("Dresses", "dress", True), ("Handbags", "bag", True),
     ("Navy Blue", "blue", True), ("Watches", "", True), ("Watches", "shoes", False), ("Watches", "🦄", False)],
)  # fmt: skip
def test_a_search_ignores_case_hyphens_and_plurals(name: str, query: str, found: bool) -> None:
    assert vocabulary.matches(name, query) == found


def test_a_query_that_no_name_matches_is_answered_by_the_nearest_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    model = factories.checkpoint(tmp_path, "text_conditional", "painter")
    known = {"article": {"Circle": 9, "Star": 2}, "colour": {"Red": 8, "Blue": 6}}
    found = vocabulary.nearest_names(model, known, "a red circle")
    assert found["colour"][0] == ("Red", 8)
    assert found["article"][0] == ("Circle", 9)
    assert vocabulary.nearest_names(model, known, "xylophone") == {}


def test_names_that_could_be_markup_are_left_out(tmp_path: Path) -> None:
    noted = {"article": {"![x](http://z.y/w)": 3, "<b>Bag</b>": 2, "Bag": 1, "Shoe": "many"}, "colour": ["Red"]}
    model = factories.checkpoint(tmp_path, "text_conditional", "painter", subjects=noted)  # type: ignore[arg-type]
    assert example_prompts.vocabulary(model) == {"article": {"Bag": 1}}

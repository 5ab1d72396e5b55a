"""Misspelt words: distances between words, and the nearest word of a vocabulary."""

import pytest

from gan_core.text.spelling import SpellingVocabulary, edit_distance

WEIGHTS = {
    "green": 3.2,
    "grey": 3.1,
    "greet": 1.0,
    "handbag": 3.0,
    "white": 3.0,
    "with": 1.0,
    "bracelet": 2.0,
    "cap": 3.0,
}
VOCABULARY = SpellingVocabulary(WEIGHTS)


@pytest.mark.parametrize(
    ("written", "meant", "distance"),
    [("red", "red", 0), ("gren", "green", 0.5), ("greeen", "green", 0.5), ("gren", "grey", 1), ("wihte", "white", 0.7),
     ("purpel", "purple", 0.7), ("sandel", "sandal", 0.7), ("shoe", "", 4)],
)  # fmt: skip
def test_slips_that_people_make_often_cost_less(written: str, meant: str, distance: float) -> None:
    assert edit_distance(written, meant, 9) == pytest.approx(distance)
    assert edit_distance(meant, written, 9) == pytest.approx(distance)


def test_a_distance_above_the_limit_is_above_it_whatever_it_is() -> None:
    assert edit_distance("umbrella", "sunglasses", 2) > 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [("gren", "green"), ("handbagg", "handbag"), ("hnadbag", "handbag"), ("braclet", "bracelet"), ("whte", "white"),
     ("cat", ""), ("xylophone", ""), ("h4ndbag", ""), ("grn", "")],
)  # fmt: skip
def test_the_nearest_word_is_found_and_short_words_are_left_alone(written: str, meant: str) -> None:
    assert VOCABULARY.nearest(written) == meant


def test_of_equally_near_words_the_one_with_the_highest_weight_is_offered() -> None:
    assert SpellingVocabulary({"shirt": 1.0, "shift": 2.0}).nearest("shirft") == "shift"
    assert SpellingVocabulary({"shirt": 3.0, "shift": 2.0}).nearest("shirft") == "shirt"


def test_a_limit_makes_the_search_stricter() -> None:
    assert VOCABULARY.nearest("braclt") == ""
    assert VOCABULARY.nearest("braclet", 0.9) == ""

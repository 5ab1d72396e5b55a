"""The world of a model, made from its description: which phrases it has, and what they mean."""

from typing import Any

import pytest

from gan_core.text.prompt_findings import Topic
from gan_core.text.prompt_phrases import Role, Via
from gan_core.text.prompt_reading import Reading, read_prompt
from gan_core.text.prompt_world import PromptWorld, build_world
from tests import factories

SUBJECTS = {"article": {"Circle": 90, "Squares": 30, "Blue Star": 2}, "colour": {"Red": 80, "Blue": 60}}


def world(subjects: Any = SUBJECTS, scores: Any = None) -> PromptWorld:
    return build_world(subjects, factories.tiny_encoder(), scores)


def test_names_are_known_in_singular_and_plural_and_by_their_last_word() -> None:
    phrases = world().phrases
    for phrase in ("circle", "circles", "square", "squares", "blue star"):
        meaning = phrases[tuple(phrase.split())]
        assert (meaning.role, meaning.via) == (Role.KIND, Via.NAME)
    assert phrases["star",].via == Via.HEAD
    assert [name.name for name in phrases["star",].names] == ["blue star"]
    assert phrases["red",].role == Role.COLOUR


def test_the_encoders_synonyms_are_known() -> None:
    encoder = factories.tiny_encoder()
    object.__setattr__(encoder, "synonyms", {"circle": ("disc", "the"), "party": ("ball",)})
    phrases = build_world(SUBJECTS, encoder).phrases
    assert phrases["disc",].names[0].name == "circle"
    assert phrases["disc",].via == Via.SYNONYM
    assert phrases["discs",].names == phrases["disc",].names
    assert phrases["party",].role == phrases["ball",].role == Role.ATTRIBUTE
    assert ("the",) not in phrases


def test_shares_are_taken_from_the_scores() -> None:
    shares = {"draws": 4, "article": {"Circle": 0.25, "Squares": "x"}, "floor": {"article": {"Circle": 0.9}}}
    circle, square, star = world(scores={"captions": {"by_value": shares}}).kinds
    assert (circle.recognised, circle.recognised_real) == (0.25, 0.9)
    assert (square.recognised, star.recognised) == (None, None)


@pytest.mark.parametrize(
    "subjects",
    [None, [], {"article": None}, {"article": {"": 3, "x": "many", "y" * 200: 1}}, {"colour": {"Red": 3}}, {1: {2: 3}}],
)
@pytest.mark.parametrize(
    "scores", [None, {}, {"captions": None}, {"captions": {"by_value": {"article": 3, "floor": 1}}}]
)
def test_a_description_without_names_makes_a_world_that_claims_nothing(subjects: Any, scores: Any) -> None:
    nothing = world(subjects, scores)
    assert nothing.kinds == ()
    assert read_prompt("three red circles, not blue", nothing).topics == (Topic.UNKNOWN,)
    assert read_prompt("red circle", nothing) == Reading("red circle", drawn="red circle")
    assert not read_prompt("xylophone", nothing).is_understood


def test_whole_sentences_are_no_names() -> None:
    sentences = {"text": {"a red circle beside a blue star": 3, "a square that stands on a circle": 2, "circle": 1}}
    assert world(sentences).kinds == ()


def test_a_model_of_ones_own_is_read_by_its_own_names() -> None:
    own = world({"text": {"circle": 20, "red star": 20, "square": 19}})
    assert read_prompt("two circles", own).drawn == "circles"
    assert read_prompt("a blue circle", own).topics == (Topic.FIXED_COLOUR,)
    assert read_prompt("red star", own).findings == ()
    assert read_prompt("a circle and a square", own).findings[0].offers == ("circle", "square")
    assert read_prompt("a cirle", own).findings[0].offers == ("a circle",)
    assert not read_prompt("xylophone", own).is_understood

"""The thesaurus: every line is usable, and only for its column."""

import pytest

from gan_core.text import thesaurus
from gan_core.text.captions import ARTICLE_NAMES, singular_article
from gan_core.text.encoder import WORDS_FILE, TextEncoder
from gan_core.text.thesaurus import synonyms_for_values
from gan_core.text.tokenizer import MAX_PHRASE_WORDS, normalize_phrase, tokenize
from gan_core.text.wordnet import pluralize


def test_values_have_synonyms_in_singular_and_plural() -> None:
    found = synonyms_for_values({"article": ["Handbags", "Sports Shoes", "Tshirts"], "colour": ["Navy Blue", "Red"]})
    assert "purse" in found["handbag"]
    assert found["handbags"] == found["handbag"]
    assert {"trainers", "running shoes"} <= set(found["sports shoes"])
    assert "tee" in found["tshirt"]
    assert {"crimson", "scarlet"} <= set(found["red"])
    assert "midnight blue" in found["navy blue"]


def test_synonyms_are_for_values_of_the_data_and_never_the_name_of_another_value() -> None:
    assert synonyms_for_values({"article": ["Spoons"], "size": ["Red"]}) == {}
    assert "crimson" in synonyms_for_values({"colour": ["Red"]})["red"]
    assert "crimson" not in synonyms_for_values({"colour": ["Red", "Crimson"]})["red"]


def test_synonyms_of_a_name_depend_on_its_column() -> None:
    """A rose is a flower where captions name flowers, and a red where they name colours."""
    flower, colour = (synonyms_for_values({column: ["Rose"]})["rose"] for column in ("text", "colour"))
    assert not set(flower) & set(colour)


@pytest.mark.parametrize("column", sorted(thesaurus.read_thesaurus()))
def test_every_line_has_synonyms_with_known_words(column: str) -> None:
    table = TextEncoder.load(WORDS_FILE)
    for name, others in thesaurus.read_thesaurus()[column].items():
        assert others, name
        assert name not in others
        unread = [other for other in others if len(table.unknown_words(other)) == len(tokenize(other))]
        assert not unread, (name, unread)


def test_every_article_is_spelled_as_in_captions() -> None:
    """A name that no caption contains would never be replaced."""
    for name in thesaurus.read_thesaurus()["article"]:
        values = [
            name,
            pluralize(name),
            *(value for value, usual in ARTICLE_NAMES.items() if normalize_phrase(usual) == name),
        ]
        assert name in {normalize_phrase(singular_article(value)) for value in values}, name


def test_only_articles_are_turned_into_singulars() -> None:
    columns = {"gender": ["Boys", "Men"], "usage": ["Sports"], "text": ["canterbury bells"], "article": ["Booties"]}
    assert {"boys", "men", "sports", "canterbury bells", "bootie"} <= synonyms_for_values(columns).keys()


def test_no_name_has_too_many_words_to_be_replaced() -> None:
    assert (
        max(name.count(" ") + 1 for names in thesaurus.read_thesaurus().values() for name in names) < MAX_PHRASE_WORDS
    )

"""What people say for what captions name: every line of the list can be used, and only where it belongs."""

import pytest
import torch

from gan_core.text import thesaurus
from gan_core.text.captions import ARTICLE_NAMES, singular_article
from gan_core.text.encoder import (
    MAX_PHRASE_WORDS,
    SYNONYM_REPLACEMENT_SHARE,
    WORDS_FILE,
    TextEncoder,
    replace_synonyms,
    tokenize,
)
from gan_core.text.thesaurus import normalize_phrase, synonyms_for_values
from gan_core.text.wordnet import pluralize


def test_a_value_may_be_called_what_people_call_it_one_or_many() -> None:
    found = synonyms_for_values({"article": ["Handbags", "Sports Shoes", "Tshirts"], "colour": ["Navy Blue", "Red"]})
    assert "purse" in found["handbag"]
    assert found["handbags"] == found["handbag"]
    assert {"trainers", "running shoes"} <= set(found["sports shoes"])
    assert "tee" in found["tshirt"]
    assert {"crimson", "scarlet"} <= set(found["red"])
    assert "midnight blue" in found["navy blue"]


def test_only_values_that_the_data_have_are_called_otherwise_and_never_by_the_name_of_another() -> None:
    assert synonyms_for_values({"article": ["Spoons"], "size": ["Red"]}) == {}
    assert "crimson" in synonyms_for_values({"colour": ["Red"]})["red"]
    assert "crimson" not in synonyms_for_values({"colour": ["Red", "Crimson"]})["red"]


def test_a_name_means_what_its_column_means() -> None:
    """A rose is a flower where captions name flowers, and a red where they name colours."""
    flower, colour = (synonyms_for_values({column: ["Rose"]})["rose"] for column in ("text", "colour"))
    assert not set(flower) & set(colour)


@pytest.mark.parametrize("column", sorted(thesaurus.read_thesaurus()))
def test_every_line_says_something_else_in_words_that_are_read(column: str) -> None:
    table = TextEncoder.load(WORDS_FILE)
    for name, others in thesaurus.read_thesaurus()[column].items():
        assert others, name
        assert name not in others
        unread = [other for other in others if len(table.unknown_words(other)) == len(tokenize(other))]
        assert not unread, (name, unread)


def test_every_kind_in_the_list_is_named_as_captions_name_it() -> None:
    """A name that no caption says would never be exchanged."""
    for name in thesaurus.read_thesaurus()["article"]:
        values = [
            name,
            pluralize(name),
            *(value for value, said in ARTICLE_NAMES.items() if normalize_phrase(said) == name),
        ]
        assert name in {normalize_phrase(singular_article(value)) for value in values}, name


def test_only_kinds_lose_their_plural_where_captions_name_them() -> None:
    columns = {"gender": ["Boys", "Men"], "usage": ["Sports"], "text": ["canterbury bells"], "article": ["Booties"]}
    assert {"boys", "men", "sports", "canterbury bells", "bootie"} <= synonyms_for_values(columns).keys()


def test_no_name_is_longer_than_what_is_looked_for() -> None:
    assert (
        max(name.count(" ") + 1 for names in thesaurus.read_thesaurus().values() for name in names) < MAX_PHRASE_WORDS
    )


def test_of_names_of_several_words_the_longest_is_exchanged() -> None:
    instead = {"shoes": ("brogues",), "sports shoes": ("trainers",), "red": ("crimson",)}
    drawing = torch.Generator().manual_seed(0)
    told = [" ".join(replace_synonyms(tokenize("red sports shoes for men"), instead, drawing)) for _ in range(400)]
    kinds = {
        f"{colour} {thing} for men" for colour in ("red", "crimson") for thing in ("sports shoes", "sports brogues",
        "trainers")
    }  # fmt: skip
    assert set(told) <= kinds
    assert sum("trainers" in text for text in told) / 400 == pytest.approx(SYNONYM_REPLACEMENT_SHARE, abs=0.06)

"""Senses and synonyms from WordNet's database files."""

from pathlib import Path

import pytest

from gan_core.errors import UsageError
from gan_core.text.wordnet import Sense, noun_synonyms, pluralize, read_senses, senses_of


def test_the_text_of_a_sense_has_its_words_definition_and_hypernym(wordnet: Path) -> None:
    (sense,) = read_senses(wordnet)["billfold"]
    assert str(sense) == "wallet, billfold, pocket book: a pocket-size case for papers, a kind of case"
    assert sense.is_thing


def test_only_senses_that_images_can_show_are_read(wordnet: Path) -> None:
    senses = read_senses(wordnet)
    assert len(senses["wallet"]) == 1  # the sense of money is a possession
    assert [sense.is_thing for sense in senses["crimson"]] == [False, True]
    assert senses["violent"][0].lemmas == ("crimson", "violent")


def test_a_plural_has_the_senses_of_its_singular(wordnet: Path) -> None:
    senses = read_senses(wordnet)
    assert senses_of("billfolds", senses) == senses_of("billfold", senses)
    assert senses_of("nonsense", senses) == []


def test_a_folder_without_the_database_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no data\."):
        read_senses(tmp_path)


# Synonyms ------------------------------------------------------------------------------------------------------------

PURSE = Sense(("wallet", "billfold", "pocket book"), "a case for papers", "case", True, "noun 2", "noun 1")
KIND = Sense(("card case", "notecase"), "a wallet for cards", "wallet", True, "noun 3", "noun 2")
MONEY = Sense(("wallet",), "the money that one has", "", True, "noun 4")
SENSES = {"wallet": [MONEY, PURSE], "billfold": [PURSE], "notecase": [KIND], "red": [Sense(("red",), "a colour")]}


def mentions_papers(word: str, text: str) -> float:
    return float("papers" in text)


def test_synonyms_of_a_thing_are_its_other_names_and_those_of_its_hyponyms() -> None:
    found = noun_synonyms(["wallets", "red", "nonsense"], SENSES, mentions_papers)
    names = ("billfold", "pocket book", "card case", "notecase")
    assert found == {"wallets": ("wallet", *(form for name in names for form in (name, f"{name}s")))}


PLURALS = {
    "shoe": "shoes", "dress": "dresses", "brush": "brushes", "ruby": "rubies", "toy": "toys", "jeans": "jeans",
}  # fmt: skip


@pytest.mark.parametrize("singular", PLURALS)
def test_plurals_follow_the_rules_of_english(singular: str) -> None:
    assert pluralize(singular) == PLURALS[singular]


def test_a_word_of_the_captions_is_never_a_synonym_of_another() -> None:
    assert "billfold" not in noun_synonyms(["wallet", "billfold"], SENSES, mentions_papers)["wallet"]

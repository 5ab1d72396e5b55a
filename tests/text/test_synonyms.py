"""Synonyms of what the captions of a data set name."""

from pathlib import Path

import numpy as np
import pytest

from gan_core.text.encoder import TextEncoder
from gan_core.text.synonyms import split_value, synonym_table, wordnet_synonyms


def rows_of(articles: tuple[str, ...], colours: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Forty rows in which every article is combined with every colour."""
    rows = [{"file_name": f"{number}.jpg", "article": articles[number % len(articles)]} for number in range(40)]
    for number, row in enumerate(rows):
        row |= {"colour": colours[number // len(articles) % len(colours)]} if colours else {}
    return rows


def table_of(*words: str) -> TextEncoder:
    return TextEncoder.from_vectors(words, np.eye(len(words), 16, dtype=np.float32) + 0.1)


def test_synonyms_are_found_for_the_articles_and_colours_of_captions(
    wordnet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"red": (255, 0, 0), "scarlet": (255, 36, 0), "blue": (0, 0, 255), "royal": (20, 20, 220)}
    monkeypatch.setattr("gan_core.text.colours.colour_names", lambda: names)
    table = table_of("red", "blue", "wallet", "shoe", "papers", "quality", "color", "blood")
    found = wordnet_synonyms(rows_of(("Wallet", "Shoe"), ("Red", "Blue")), table, wordnet)
    assert found["wallet"] == ("wallets", "billfold", "billfolds", "pocket book", "pocket books")
    assert found["blue"] == ("royal",)
    # WordNet's hyponyms, then the names of similar colours:
    assert found["red"] == ("reds", "crimson", "crimsons", "deep red", "deep reds", "scarlet")


def test_only_the_last_word_of_a_value_has_synonyms(wordnet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wallet chain is no billfold, but "wallet and papers" contains one."""
    monkeypatch.setattr("gan_core.text.colours.colour_names", lambda: {"red": (255, 0, 0)})
    table = table_of("wallet", "papers", "chain")
    assert "billfold" in wordnet_synonyms(rows_of(("Wallet", "Chain")), table, wordnet)["wallet"]
    assert "billfold" in wordnet_synonyms(rows_of(("Wallet and Papers", "Chain")), table, wordnet)["wallet"]
    assert "wallet" not in wordnet_synonyms(rows_of(("Wallet Chain", "Shoe")), table, wordnet)


def test_the_thesaurus_wins_over_wordnet(wordnet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.text.colours.colour_names", lambda: {"red": (255, 0, 0)})
    rows, table = rows_of(("Wallets", "Handbags")), table_of("wallet", "handbag", "papers")
    assert "purse" in synonym_table(rows, table)["handbag"]
    assert synonym_table(rows, table, wordnet) == wordnet_synonyms(rows, table, wordnet) | synonym_table(rows, table)


def test_a_value_is_split_where_it_joins_several() -> None:
    assert split_value("Necklace and Chains") == [["necklace"], ["chains"]]
    assert split_value("Shoe Accessories, Socks/Ties") == [["shoe", "accessories"], ["socks"], ["ties"]]

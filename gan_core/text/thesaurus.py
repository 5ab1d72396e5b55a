"""What people say for what captions name, as we wrote it down: a purse for a handbag, crimson for red.

WordNet knows words by the dictionary; shoppers type others. `thesaurus.ini` has them by column of the metadata, for
learning captions in such words too (`text_learning.py`); an encoder keeps what it has learned so.
"""

from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from functools import cache
from pathlib import Path

from gan_core.text.captions import singular_article
from gan_core.text.encoder import tokenize
from gan_core.text.wordnet import pluralize

THESAURUS_FILE = Path(__file__).with_name("thesaurus.ini")


def synonyms_for_values(columns: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """What may be said in place of the values of each column, by the words that captions name them with, one or many;
    never the name of another of them."""
    entries = read_thesaurus()
    found: dict[str, tuple[str, ...]] = {}
    for column in columns.keys() & entries.keys():
        names = {
            normalize_phrase(singular_article(value.lower()) if column == "article" else value)
            for value in columns[column]
        }
        for name in sorted(names & entries[column].keys()):
            synonyms = tuple(synonym for synonym in entries[column][name] if synonym not in names)
            found |= dict.fromkeys((name, pluralize(name)), synonyms)
    return found


def all_phrases() -> list[str]:
    """All that is said for anything."""
    return [phrase for names in read_thesaurus().values() for synonyms in names.values() for phrase in synonyms]


@cache
def read_thesaurus() -> dict[str, dict[str, tuple[str, ...]]]:
    """Column -> name -> what else is said for it."""
    parser = ConfigParser(delimiters=(":",), interpolation=None)
    parser.read(THESAURUS_FILE, encoding="utf-8")
    return {
        column: {
            normalize_phrase(name): parse_synonyms(normalize_phrase(name), line)
            for name, line in parser[column].items()
        }
        for column in parser.sections()
    }


def parse_synonyms(name: str, line: str) -> tuple[str, ...]:
    """What a line says, as plain words, each once; "t shirt" is a t-shirt already."""
    phrases_seen = dict.fromkeys(normalize_phrase(part) for part in line.split(","))
    return tuple(phrase for phrase in phrases_seen if phrase not in ("", name))


def normalize_phrase(text: str) -> str:
    return " ".join(tokenize(text))

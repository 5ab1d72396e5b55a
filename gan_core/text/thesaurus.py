"""What people say for what captions name, as we wrote it down: a purse for a handbag, crimson for red.

WordNet knows words by the dictionary; shoppers type others. `thesaurus.ini` has them by column of the metadata, for
learning captions in such words too (`text_learning.py`); an encoder keeps what it has learned so.
"""

from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from functools import cache
from pathlib import Path

from gan_core.text.captions import named
from gan_core.text.encoder import split
from gan_core.text.wordnet import plural_of

FILE = Path(__file__).with_name("thesaurus.ini")


def said_for_values(columns: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """What may be said in place of the values of each column, by the words that captions name them with, one or many;
    never the name of another of them."""
    written = read()
    found: dict[str, tuple[str, ...]] = {}
    for column in columns.keys() & written.keys():
        names = {as_words(named(value.lower()) if column == "article" else value) for value in columns[column]}
        for name in sorted(names & written[column].keys()):
            said = tuple(each for each in written[column][name] if each not in names)
            found |= dict.fromkeys((name, plural_of(name)), said)
    return found


def phrases() -> list[str]:
    """All that is said for anything."""
    return [phrase for names in read().values() for said in names.values() for phrase in said]


@cache
def read() -> dict[str, dict[str, tuple[str, ...]]]:
    """Column -> name -> what else is said for it."""
    parser = ConfigParser(delimiters=(":",), interpolation=None)
    parser.read(FILE, encoding="utf-8")
    return {
        column: {as_words(name): others_than(as_words(name), said) for name, said in parser[column].items()}
        for column in parser.sections()
    }


def others_than(name: str, said: str) -> tuple[str, ...]:
    """What a line says, as plain words, each once; "t shirt" is a t-shirt already."""
    found = dict.fromkeys(as_words(each) for each in said.split(","))
    return tuple(each for each in found if each not in ("", name))


def as_words(text: str) -> str:
    return " ".join(split(text))

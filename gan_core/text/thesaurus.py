"""A thesaurus written for this project: what people type for the values that captions name ("purse" for handbag).

`thesaurus.ini` complements WordNet with everyday words, by column of the metadata. Encoders are trained with these
synonyms (`encoder_training.py`) and store them.
"""

from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from functools import cache
from pathlib import Path

from gan_core.text.captions import singular_article
from gan_core.text.tokenizer import normalize_phrase
from gan_core.text.wordnet import pluralize

THESAURUS_FILE = Path(__file__).with_name("thesaurus.ini")


def synonyms_for_values(columns: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Synonyms of the values of each column, by the names that captions use, singular and plural; the name of another
    value is never a synonym."""
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
    """All synonyms of the thesaurus."""
    return [phrase for names in read_thesaurus().values() for synonyms in names.values() for phrase in synonyms]


@cache
def read_thesaurus() -> dict[str, dict[str, tuple[str, ...]]]:
    """Column -> name -> synonyms."""
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
    """The synonyms of a line, normalised, each once, without the name itself ("t shirt" for t-shirt)."""
    phrases = dict.fromkeys(normalize_phrase(part) for part in line.split(","))
    return tuple(phrase for phrase in phrases if phrase not in ("", name))

"""The phrases that name what a model knows, each with its meaning: names, their parts, their synonyms, last words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from gan_core.text import english, thesaurus
from gan_core.text.encoder import TextEncoder
from gan_core.text.synonyms import split_value
from gan_core.text.tokenizer import normalize_phrase, normalize_word
from gan_core.text.wordnet import pluralize


class Role(StrEnum):
    """What a phrase names."""

    KIND = "kind"
    COLOUR = "colour"
    ATTRIBUTE = "attribute"  # another column of the metadata, such as the wearer


class Via(StrEnum):
    """How a phrase names it."""

    NAME = "name"
    SYNONYM = "synonym"
    HEAD = "head"  # the last word of names of several words, as "tulip" is of "siam tulip"


@dataclass(frozen=True)
class KnownName:
    """A name of the captions: as prompts have it, and its number of training images.

    `recognised` is the share of the images drawn for it that a classifier recognised, `recognised_real` the share of
    photographs; None where that was not measured.
    """

    name: str
    images: int
    recognised: float | None = None
    recognised_real: float | None = None

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(normalize_phrase(self.name).split())


@dataclass(frozen=True)
class Meaning:
    """What a phrase means: names of one column, those of most images first; none for a colour or an attribute that
    the description does not list."""

    role: Role
    names: tuple[KnownName, ...] = ()
    via: Via = Via.NAME


def build_phrases(
    kinds: Iterable[KnownName],
    colours: Iterable[KnownName],
    columns: Mapping[str, Mapping[str, int]],
    encoder: TextEncoder,
) -> dict[tuple[str, ...], Meaning]:
    """Every phrase with its meaning: names, their parts, synonyms, last words. What comes first in that order wins."""
    entries: dict[str, Meaning] = {}
    kinds, colours = tuple(kinds), tuple(colours)
    kind_meanings = {kind: Meaning(Role.KIND, (kind,)) for kind in kinds}
    for kind in kinds:
        add_forms(entries, kind.name, kind_meanings[kind])
    for colour in colours:
        entries.setdefault(normalize_phrase(colour.name), Meaning(Role.COLOUR, (colour,)))
    if not colours:
        for word in english.BASIC_COLOUR_WORDS:
            entries.setdefault(word, Meaning(Role.COLOUR))
    for kind in kinds:
        for part in name_parts(kind.name):
            add_forms(entries, part, kind_meanings[kind])
    synonyms = {**thesaurus.synonyms_for_values({name: list(values) for name, values in columns.items()})}
    synonyms |= {normal(name): tuple(words) for name, words in encoder.synonyms.items()}
    add_synonyms(entries, synonyms)
    for word, names in heads_of(kinds).items():
        add_forms(entries, word, Meaning(Role.KIND, names, Via.HEAD))
    if colours:
        for word in english.BASIC_COLOUR_WORDS:
            entries.setdefault(word, Meaning(Role.COLOUR))
    for name, words in synonyms.items():
        if name not in entries:
            attribute = Meaning(Role.ATTRIBUTE, via=Via.SYNONYM)
            entries.setdefault(name, Meaning(Role.ATTRIBUTE))
            for phrase in map(normal, words):
                if phrase not in english.STOP_WORDS:
                    entries.setdefault(phrase, attribute)
    return {tuple(phrase.split()): meaning for phrase, meaning in entries.items() if phrase}


def add_forms(entries: dict[str, Meaning], name: str, meaning: Meaning) -> None:
    """Adds a name in singular and plural."""
    phrase = normalize_phrase(name)
    for form in (phrase, pluralize(phrase), phrase.removesuffix("s") if not phrase.endswith("ss") else phrase):
        entries.setdefault(form, meaning)


def add_synonyms(entries: dict[str, Meaning], synonyms: Mapping[str, Iterable[str]]) -> None:
    """Adds the synonyms of each kind and colour, except stop words."""
    for name, words in synonyms.items():
        meaning = entries.get(name)
        if meaning and meaning.role != Role.ATTRIBUTE:
            synonym = replace(meaning, via=Via.SYNONYM)
            for phrase in map(normal, words):
                if phrase not in entries and phrase not in english.STOP_WORDS:
                    entries[phrase] = synonym
                    if meaning.role == Role.KIND:
                        entries.setdefault(pluralize(phrase), synonym)


def normal(phrase: str) -> str:
    """The phrase as `normalize_phrase` has it; stored synonyms mostly are so already."""
    is_plain = phrase.isascii() and phrase.islower() and phrase.replace(" ", "").isalpha()
    return phrase if is_plain and "t shirt" not in phrase and "  " not in phrase else normalize_phrase(phrase)


def name_parts(name: str) -> list[str]:
    """The parts of a name that names several things: "kajal and eyeliner"; none of any other name."""
    parts = [" ".join(words) for words in split_value(name)]
    return parts if len(parts) > 1 else []


def heads_of(kinds: Iterable[KnownName]) -> dict[str, tuple[KnownName, ...]]:
    """The last words of names of several words, each with the names, those of most images first."""
    found: dict[str, list[KnownName]] = {}
    for kind in sorted(kinds, key=lambda kind: -kind.images):
        if len(kind.words) > 1 and not re.search(r"\b(of|in)\b", kind.name):
            found.setdefault(singular(kind.words[-1]), []).append(kind)
    return {word: tuple(names) for word, names in found.items() if word not in english.STOP_WORDS}


def singular_forms(word: str) -> list[str]:
    """The possible singulars of a regular plural."""
    endings = ("s", "es") if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")) else ("s",)
    return [word.removesuffix(ending) for ending in endings if word.endswith(ending) and not word.endswith("ss")]


def singular(word: str) -> str:
    """A word without the s of a regular plural."""
    return normalize_word(word[:-1] if word.endswith("s") and not word.endswith("ss") else word)

"""Reads senses, definitions and synonyms of words from WordNet's database files (Miller 1995; Debian: wordnet-base).

Only for making word tables and encoders: definitions improve the vectors of rare words (`distillation.py`), and
encoders are trained with synonyms (`encoder_training.py`).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gan_core.errors import UsageError
from gan_core.text.tokenizer import tokenize

# Lexicographer files (lexnames(5WN)) of what images can show: adjectives, artifacts, attributes including colours,
# food, plants and substances.
VISIBLE_FILES = {"adj": {0}, "noun": {6, 7, 13, 20, 27}}
THING_FILES = {6, 7, 20}  # artifacts, attributes and plants, which captions name most often
MAX_NAMED_LEMMAS = 4  # in the text of a sense


@dataclass(frozen=True)
class Sense:
    """A meaning of a word (synset): the words that share it, its definition and its hypernym."""

    lemmas: tuple[str, ...]
    definition: str
    hypernym: str = ""
    is_thing: bool = False  # an artifact, an attribute or a plant
    synset_id: str = ""  # part of speech and offset in the database
    hypernym_id: str = ""

    def __str__(self) -> str:
        kind = f", a kind of {self.hypernym}" if self.hypernym else ""
        return f"{', '.join(self.lemmas[:MAX_NAMED_LEMMAS])}: {self.definition}{kind}"


def read_senses(folder: Path) -> dict[str, list[Sense]]:
    """The senses of each single word in VISIBLE_FILES, from WordNet's files data.noun and data.adj.

    Raises UsageError where these are missing.
    """
    found: dict[str, list[Sense]] = defaultdict(list)
    for part_of_speech, file_numbers in VISIBLE_FILES.items():
        try:
            lines = (folder / f"data.{part_of_speech}").read_text(encoding="latin-1").splitlines()
        except OSError as error:
            raise UsageError(
                f"{folder} holds no data.{part_of_speech}: give the folder of WordNet's database files."
            ) from error
        entries = [line for line in lines if not line.startswith("  ")]  # the licence comes first, indented
        first_lemmas = {line[:8]: parse_lemmas(line)[0] for line in entries}
        for line in entries:
            if int(line[9:11]) not in file_numbers:
                continue
            lemmas = parse_lemmas(line)
            match = re.search(r" (?:@|&) (\d{8}) ", line)
            hypernym_id = match.group(1) if match else ""
            is_thing = int(line[9:11]) in THING_FILES
            sense = Sense(
                lemmas,
                parse_definition(line),
                first_lemmas.get(hypernym_id, ""),
                is_thing,
                f"{part_of_speech} {line[:8]}",
                f"{part_of_speech} {hypernym_id}",
            )
            for lemma in lemmas:
                if len(parts := tokenize(lemma)) == 1:
                    found[parts[0]].append(sense)
    return dict(found)


def parse_lemmas(line: str) -> tuple[str, ...]:
    """The words of a line of the database (format: wndb(5WN))."""
    fields = line.split(" ", 200)
    count = int(fields[3], 16)
    return tuple(re.sub(r"\(.*\)", "", fields[4 + 2 * index]).replace("_", " ") for index in range(count))


def parse_definition(line: str) -> str:
    """The definition of a line of the database, without examples."""
    return line.split("|", 1)[1].split(";")[0].split('"')[0].strip()


def senses_of(word: str, senses_by_word: dict[str, list[Sense]]) -> list[Sense]:
    """The senses of a word, or else of its singular; empty for an unknown word."""
    return next((senses_by_word[form] for form in word_forms(word) if form in senses_by_word), [])


def word_forms(word: str) -> tuple[str, ...]:
    """A word and its possible singulars."""
    return (word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word))


def pluralize(word: str) -> str:
    """The plural of a regular noun; a word that ends in s stays."""
    if word.endswith("s") and not word.endswith("ss"):
        return word
    return re.sub("([^aeiou])y$", r"\1ie", re.sub("(s|x|z|ch|sh)$", r"\1e", word)) + "s"


def noun_synonyms(
    words: Sequence[str], senses_by_word: dict[str, list[Sense]], closeness: Callable[[str, str], float]
) -> dict[str, tuple[str, ...]]:
    """Synonyms of each word that names a thing: words of the same sense and of its hyponyms, singular and plural, but
    none of `words`. Of several senses, the one with the highest `closeness(word, text of the sense)` is used."""
    hyponyms: dict[str, list[Sense]] = defaultdict(list)
    for sense in {sense for word_senses in senses_by_word.values() for sense in word_senses}:
        hyponyms[sense.hypernym_id].append(sense)
    found = {}
    for word in words:
        senses = [sense for sense in senses_of(word, senses_by_word) if sense.is_thing]
        if not senses:
            continue
        best_sense = max(senses, key=lambda sense: closeness(word, str(sense)))
        named_senses = [best_sense, *sorted(hyponyms[best_sense.synset_id], key=lambda sense: sense.synset_id)]
        lemmas = [" ".join(tokenize(lemma)) for sense in named_senses for lemma in sense.lemmas]
        forms = dict.fromkeys(form for lemma in lemmas for form in (lemma, pluralize(lemma)))
        found[word] = tuple(form for form in forms if form not in words)
    return {word: synonyms for word, synonyms in found.items() if synonyms}

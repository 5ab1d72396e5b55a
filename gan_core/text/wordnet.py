"""What words mean, as dictionaries say it: WordNet's senses, and the colours that names stand for.

Only for making tables of words: a transformer that reads "billfold" alone knows little of it, but reads its definition
well, and a synonym has the very same one (`word_vectors.py`); and whoever learns captions can learn them in other words
too (`text_learning.py`). Needs the database files of WordNet (Miller 1995;
Debian: wordnet-base), and for colours the names of the xkcd survey (CC0), which matplotlib carries.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gan_core.errors import UsageError
from gan_core.text.encoder import tokenize

# The files of the lexicographers whose words can be seen in a picture (lexnames(5WN)): adjectives, artifacts,
# attributes, with the colours, food, plants and substances.
VISIBLE_FILES = {"adj": {0}, "noun": {6, 7, 13, 20, 27}}
THING_FILES = {6, 7, 20}  # of them, those that captions mean before others
MAX_NAMED_LEMMAS = 4  # lemmas of a sense that are named


@dataclass(frozen=True)
class Sense:
    """One meaning, with the words that share it and the next wider one."""

    lemmas: tuple[str, ...]
    definition: str
    hypernym: str = ""
    is_thing: bool = False  # an artifact, an attribute or a plant
    synset_id: str = ""  # in the dictionary
    hypernym_id: str = ""  # the place of the next wider one

    def __str__(self) -> str:
        kind = f", a kind of {self.hypernym}" if self.hypernym else ""
        return f"{', '.join(self.lemmas[:MAX_NAMED_LEMMAS])}: {self.definition}{kind}"


def read_senses(folder: Path) -> dict[str, list[Sense]]:
    """The senses of each single word that are VISIBLE, by WordNet's files data.noun and data.adj.

    Raises InputError where they are missing."""
    found: dict[str, list[Sense]] = defaultdict(list)
    for part_of_speech, file_numbers in VISIBLE_FILES.items():
        try:
            lines = (folder / f"data.{part_of_speech}").read_text(encoding="latin-1").splitlines()
        except OSError as error:
            raise UsageError(f"{folder} holds no data.{part_of_speech}: it is no folder of WordNet's.") from error
        entries = [line for line in lines if not line.startswith("  ")]  # the licence stands first, indented
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
    """The words of a line of the database (wndb(5WN))."""
    fields = line.split(" ", 200)
    count = int(fields[3], 16)
    return tuple(re.sub(r"\(.*\)", "", fields[4 + 2 * index]).replace("_", " ") for index in range(count))


def parse_definition(line: str) -> str:
    """The definition without examples."""
    return line.split("|", 1)[1].split(";")[0].split('"')[0].strip()


def senses_of(word: str, senses_by_word: dict[str, list[Sense]]) -> list[Sense]:
    """The senses of a word, or of its singular."""
    return next((senses_by_word[form] for form in word_forms(word) if form in senses_by_word), [])


def word_forms(word: str) -> tuple[str, ...]:
    """A word, and what its singular may be."""
    return (word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word))


def pluralize(word: str) -> str:
    """Of a regular noun, or of one that is a plural already."""
    if word.endswith("s") and not word.endswith("ss"):
        return word
    return re.sub("([^aeiou])y$", r"\1ie", re.sub("(s|x|z|ch|sh)$", r"\1e", word)) + "s"


def noun_synonyms(
    words: Sequence[str], senses_by_word: dict[str, list[Sense]], closeness: Callable[[str, str], float]
) -> dict[str, tuple[str, ...]]:
    """What may be said in place of each word that names a thing: what shares its sense, and the kinds of it, one or
    many; never another of the words. Of several senses the one is meant whose text has the highest
    `closeness(word, text)`."""
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


# Colours -------------------------------------------------------------------------------------------------------------

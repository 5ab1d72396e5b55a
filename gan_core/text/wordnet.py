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

from gan_core.errors import InputError
from gan_core.text.encoder import split

# The files of the lexicographers whose words can be seen in a picture (lexnames(5WN)): adjectives, artifacts,
# attributes, with the colours, food, plants and substances.
VISIBLE = {"adj": {0}, "noun": {6, 7, 13, 20, 27}}
THINGS = {6, 7, 20}  # of them, those that captions mean before others
TOLD = 4  # lemmas of a sense that are named


@dataclass(frozen=True)
class Sense:
    """One meaning, with the words that share it and the next wider one."""

    lemmas: tuple[str, ...]
    meaning: str
    wider: str = ""
    thing: bool = False  # an artifact, an attribute or a plant
    place: str = ""  # in the dictionary
    above: str = ""  # the place of the next wider one

    def __str__(self) -> str:
        kind = f", a kind of {self.wider}" if self.wider else ""
        return f"{', '.join(self.lemmas[:TOLD])}: {self.meaning}{kind}"


def read_senses(folder: Path) -> dict[str, list[Sense]]:
    """The senses of each single word that are VISIBLE, by WordNet's files data.noun and data.adj.

    Raises InputError where they are missing."""
    found: dict[str, list[Sense]] = defaultdict(list)
    for part, kinds in VISIBLE.items():
        try:
            lines = (folder / f"data.{part}").read_text(encoding="latin-1").splitlines()
        except OSError as error:
            raise InputError(f"{folder} holds no data.{part}: it is no folder of WordNet's.") from error
        entries = [line for line in lines if not line.startswith("  ")]  # the licence stands first, indented
        names = {line[:8]: lemmas_of(line)[0] for line in entries}
        for line in entries:
            if int(line[9:11]) not in kinds:
                continue
            lemmas = lemmas_of(line)
            wider = re.search(r" (?:@|&) (\d{8}) ", line)
            above = wider.group(1) if wider else ""
            thing = int(line[9:11]) in THINGS
            sense = Sense(
                lemmas, meaning_of(line), names.get(above, ""), thing, f"{part} {line[:8]}", f"{part} {above}"
            )
            for lemma in lemmas:
                if len(parts := split(lemma)) == 1:
                    found[parts[0]].append(sense)
    return dict(found)


def lemmas_of(line: str) -> tuple[str, ...]:
    """The words of a line of the database (wndb(5WN))."""
    fields = line.split(" ", 200)
    count = int(fields[3], 16)
    return tuple(re.sub(r"\(.*\)", "", fields[4 + 2 * place]).replace("_", " ") for place in range(count))


def meaning_of(line: str) -> str:
    """The definition without examples."""
    return line.split("|", 1)[1].split(";")[0].split('"')[0].strip()


def senses_of(word: str, known: dict[str, list[Sense]]) -> list[Sense]:
    """The senses of a word, or of its singular."""
    return next((known[form] for form in forms_of(word) if form in known), [])


def forms_of(word: str) -> tuple[str, ...]:
    """A word, and what its singular may be."""
    return (word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word))


def plural_of(word: str) -> str:
    """Of a regular noun, or of one that is a plural already."""
    if word.endswith("s") and not word.endswith("ss"):
        return word
    return re.sub("([^aeiou])y$", r"\1ie", re.sub("(s|x|z|ch|sh)$", r"\1e", word)) + "s"


def said_for_things(
    words: Sequence[str], known: dict[str, list[Sense]], closeness: Callable[[str, str], float]
) -> dict[str, tuple[str, ...]]:
    """What may be said in place of each word that names a thing: what shares its sense, and the kinds of it, one or
    many; never another of the words. Of several senses the one is meant whose text has the highest
    `closeness(word, text)`."""
    kinds: dict[str, list[Sense]] = defaultdict(list)
    for sense in {sense for each in known.values() for sense in each}:
        kinds[sense.above].append(sense)
    found = {}
    for word in words:
        senses = [sense for sense in senses_of(word, known) if sense.thing]
        if not senses:
            continue
        meant = max(senses, key=lambda sense: closeness(word, str(sense)))
        named = [meant, *sorted(kinds[meant.place], key=lambda sense: sense.place)]
        lemmas = [" ".join(split(lemma)) for sense in named for lemma in sense.lemmas]
        said = dict.fromkeys(form for lemma in lemmas for form in (lemma, plural_of(lemma)))
        found[word] = tuple(each for each in said if each not in words)
    return {word: said for word, said in found.items() if said}


# Colours -------------------------------------------------------------------------------------------------------------

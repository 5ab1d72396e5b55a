"""What words mean, as dictionaries say it: WordNet's senses, and the colours that names stand for.

Only for making a table of words (`word_vectors.py`): a transformer that reads "billfold" alone knows little of it, but
reads its definition well, and a synonym has the very same one. Needs the database files of WordNet (Miller 1995;
Debian: wordnet-base), and for colours the names of the xkcd survey (CC0), which matplotlib carries.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ImageColor

from gan_core.errors import InputError
from gan_core.text import plain

# The files of the lexicographers whose words can be seen in a picture (lexnames(5WN)): adjectives, artifacts,
# attributes, with the colours, food, plants and substances.
VISIBLE = {"adj": {0}, "noun": {6, 7, 13, 20, 27}}
THINGS = {6, 7, 20}  # of them, those that captions mean before others
TOLD = 4  # lemmas of a sense that are named
TONES = 48  # centres in the space of colours
REACH = 22.0  # of a centre, in CIELAB, where 2.3 is a just noticeable difference


@dataclass(frozen=True)
class Sense:
    """One meaning, with the words that share it and the next wider one."""

    lemmas: tuple[str, ...]
    meaning: str
    wider: str = ""
    thing: bool = False  # an artifact, an attribute or a plant

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
            sense = Sense(
                lemmas, meaning_of(line), names.get(wider.group(1), "") if wider else "", int(line[9:11]) in THINGS
            )
            for lemma in lemmas:
                if " " not in lemma:
                    found[plain(lemma)].append(sense)
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
    for form in (word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)):
        if form in known:
            return known[form]
    return []


# Colours -------------------------------------------------------------------------------------------------------------


def colour_names() -> dict[str, tuple[int, int, int]]:
    """Single words that name a colour -> sRGB (0 to 255): CSS's names and those of the xkcd survey."""
    try:
        from matplotlib.colors import XKCD_COLORS  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise InputError("The names of colours come with the package matplotlib, in this environment.") from error
    codes = {name: ImageColor.getrgb(name) for name in ImageColor.colormap}
    codes |= {name.removeprefix("xkcd:"): ImageColor.getrgb(code) for name, code in XKCD_COLORS.items()}
    return {plain(name): code[:3] for name, code in codes.items() if name.isalpha()}


def tones(words: list[str], names: dict[str, tuple[int, int, int]]) -> np.ndarray:
    """For each word how near its colour lies to each of TONES (N, TONES), of length 1; zeros where it names none."""
    colours = lab(np.array(list(names.values())))
    centres = [colours[0]]
    while len(centres) < TONES:  # the farthest from all before
        centres.append(colours[np.min([np.square(colours - each).sum(axis=1) for each in centres], axis=0).argmax()])
    near = np.exp(-np.square(colours[:, None] - np.array(centres)).sum(axis=2) / (2 * REACH**2))
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    rows = dict(zip(names, near, strict=True))
    return np.stack([rows.get(word, np.zeros(TONES)) for word in words]).astype(np.float32)


def lab(colours: np.ndarray) -> np.ndarray:
    """sRGB (N, 3) from 0 to 255 -> CIELAB under D65 (N, 3), where distances are those that are seen."""
    share = colours / 255
    linear = np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratios = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)

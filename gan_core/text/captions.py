"""Pictures with captions: what was written about each, told in ever new words, as sentence vectors in the batch.

A caption is drawn afresh each time a picture is: its title, with or without the brand that stands before it, or a
sentence made of its attributes. Whatever the metadata hold is used; a `text` in each line of metadata.jsonl is enough.
A fixed twentieth of the pictures is held out by its file names and never trained on.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import torch
from torch import Tensor

from gan_core.data.datasets import Batch, HeldPictures, StreamedPictures
from gan_core.errors import InputError
from gan_core.text.encoder import TextEncoder, exchanged, split

HELD_OUT = 20  # one in so many pictures
BRAND_DROPPED = 0.7  # share of titles that lose their brand
TITLES = 0.3  # share of titles among captions, where there are attributes to make others of
SILENT = 0.05  # share of pictures with no caption at all, so that no prompt, or one of unknown words, draws well too
OTHER_WORDS = 0.4  # share of captions told with synonyms
SUBJECTS = ("article", "colour")
MOST_SUBJECTS = 500
LONG = 5  # words from which on a text is a sentence of its own rather than a name
WEARERS = {"men": "men", "women": "women", "boys": "boys", "girls": "girls"}
PLURAL = {"men": "men's", "women": "women's", "boys": "boys'", "girls": "girls'"}
GENDER = re.compile(r"\b(men|women|boys?|girls?|unisex|kids?|man|woman)(['’]s)?\b", re.IGNORECASE)
NAMES = {
    "tshirts": "t-shirt", "perfume and body mist": "perfume", "necklace and chains": "necklace", "dresses": "dress",
    "watches": "watch", "clutches": "clutch", "scarves": "scarf", "accessory gift set": "gift set",
    "kajal and eyeliner": "eyeliner", "foundation and primer": "foundation", "highlighter and blush": "blush",
    "mask and peel": "face mask", "face wash and cleanser": "face wash",
}  # fmt: skip
PAIRS = {"jeans", "trousers", "shorts", "leggings", "jeggings", "capris", "sunglasses", "track pants", "suspenders",
         "heels", "flats", "earrings", "cufflinks", "socks", "gloves"}  # fmt: skip
SENTENCES = (
    "{colour} {article}", "a {colour} {article}", "{wearer} {colour} {article}", "{colour} {article} for {gender}",
    "a {usage} {colour} {article}", "{article} in {colour}", "a {colour} {article} for {gender}", "{article}",
    "{wearer} {article}, {colour}", "{usage} {article} for {gender} in {colour}", "{gender} {colour} {article}",
    # What people say besides, and what is to be read past:
    "{colour} coloured {article}", "a {colour} colored {article} for {gender}", "{article} of {colour} colour",
    "a picture of a {colour} {article}", "a photo of {wearer} {colour} {article}", "show me a {article} in {colour}",
    "please draw a {colour} {article}", "i would like some {colour} {article}", "a nice {colour} {article}, please",
)  # fmt: skip
SHORT = ("{text}", "{text}", "a {text}", "a photo of a {text}", "a picture of {text}", "the {text}")


@dataclass
class Captioned:
    """Pictures and the rows of their metadata, by index; their batches carry sentence vectors."""

    pictures: HeldPictures | StreamedPictures
    encoder: TextEncoder

    classes: tuple[str, ...] = ()  # captions take the labels' place

    def __post_init__(self) -> None:
        self.name, self.warnings = self.pictures.name, self.pictures.warnings

    @property
    def channels(self) -> int:
        return self.pictures.channels

    def __len__(self) -> int:
        return len(self.pictures)

    def take(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """The pictures of these indices with the vectors of captions drawn by `generator`."""
        generator = generator or torch.Generator().manual_seed(0)
        told = [self.told(index, generator) for index in indices.tolist()]
        return replace(self.pictures.take(indices), labels=None, sentences=self.encoder.encode(told))

    def told(self, index: int, generator: torch.Generator) -> str:
        """One way to say what a picture's metadata say, now and then in other words that the encoder learned."""
        said = caption(self.pictures.rows[index], generator)
        if self.encoder.synonyms and torch.rand(1, generator=generator) < OTHER_WORDS:
            return " ".join(exchanged(split(said), self.encoder.synonyms, generator))
        return said

    def kinds(self) -> dict[str, list[str]]:
        """What sorts the pictures, "" where it is not told: kind and colour as far as the metadata have them, else
        their texts where they are names rather than sentences, each at its own."""
        told = [attributes(row) for row in self.pictures.rows]
        columns = [name for name in SUBJECTS if any(name in facts for facts in told)] or ["text"]
        kinds = {name: [facts.get(name, "") for facts in told] for name in columns}
        return {name: found for name, found in kinds.items() if len(set(found) - {""}) <= MOST_SUBJECTS}

    def subjects(self) -> dict[str, dict[str, int]]:
        """What there is to ask for, and in how many pictures it is, the most frequent first."""
        counts = {name: Counter(each for each in found if each) for name, found in self.kinds().items()}
        return {name: dict(found.most_common()) for name, found in counts.items()}

    def prompts(self, count: int) -> list[str]:
        """The same captions each time, of pictures spread over the set: what previews show."""
        generator, rows = torch.Generator().manual_seed(0), self.pictures.rows
        told = (caption(rows[place * len(rows) // count], generator) for place in range(count))
        return [each or "(no prompt)" for each in told]


def with_captions(pictures: Any) -> Any:
    """The same pictures without those that have no caption. Raises InputError where none has one."""
    told = [bool(row) and bool(attributes(row)) for row in pictures.rows]
    if not any(told):
        raise InputError(
            f"{pictures.name} has no captions: put a metadata.jsonl beside the pictures, with a line for each such as "
            '{"file_name": "1.jpg", "text": "a red leather handbag"}.'
        )
    if missing := told.count(False):
        words = f"{missing} of {len(told)} pictures have no caption and were left out."
        pictures = replace(pictures, warnings=[*pictures.warnings, words])
    return pictures.subset([place for place, each in enumerate(told) if each])


def split_off(pictures: Any, split: str) -> Any:
    """The part to train on ("train") or the part that no training sees ("held-out")."""
    wanted = split == "held-out"
    kept = [place for place, row in enumerate(pictures.rows) if held_out(row["file_name"]) == wanted]
    return pictures.subset(kept)


def held_out(file_name: str) -> bool:
    """Whether a picture is never trained on: a function of its file's own name alone."""
    digest = hashlib.sha256(PurePosixPath(file_name).name.encode()).digest()
    return int.from_bytes(digest[:4], "big") % HELD_OUT == 0


# One picture's captions ----------------------------------------------------------------------------------------------


def caption(row: dict[str, Any], generator: torch.Generator) -> str:
    """One of the many ways to say what this row of metadata says."""
    facts = attributes(row)
    chances = torch.rand(3, generator=generator).tolist()
    if chances[2] < SILENT:
        return ""
    if "article" in facts and (chances[0] >= TITLES or "text" not in facts):
        return from_attributes(facts, chances[1])
    text = facts["text"]
    if "article" in facts:
        return without_brand(text) if chances[1] < BRAND_DROPPED else text
    return text if len(text.split()) >= LONG else pick(SHORT, chances[1]).format(text=text)


def attributes(row: dict[str, Any]) -> dict[str, str]:
    """What a row says that captions can be made of."""
    known = ("text", "article", "colour", "gender", "usage")
    facts = {name: str(row[name]).strip() for name in known if isinstance(row.get(name), str)}
    return {name: value for name, value in facts.items() if value not in ("", "NA")}


def from_attributes(facts: dict[str, str], chance: float) -> str:
    """ "a red handbag for women", of what there is; a form is taken only where all that it names is known."""
    article, gender = facts["article"].lower(), facts.get("gender", "").lower()
    values = {"article": named(article), "usage": facts.get("usage", "").lower(), "gender": WEARERS.get(gender, "")}
    values |= {"colour": facts.get("colour", "").lower(), "wearer": PLURAL.get(gender, "")}
    forms = [form for form in SENTENCES if all(value or f"{{{name}}}" not in form for name, value in values.items())]
    return pick(forms, chance).format(**values)


def namings(row: dict[str, Any]) -> list[str]:
    """The shortest names of what a picture shows, its colour in all of them where colours are told: "red handbag" and
    "women's red handbag"; or its text, where that is a name and there is nothing else."""
    facts = attributes(row)
    if "article" not in facts:
        text = facts.get("text", "")
        return [text.lower()] if 0 < len(text.split()) < LONG else []
    if "colour" not in facts:
        return []
    name = f"{facts['colour']} {named(facts['article'].lower())}".lower()
    wearer = PLURAL.get(facts.get("gender", "").lower())
    return [name, f"{wearer} {name}"] if wearer else [name]


def named(article: str) -> str:
    """A kind of article as people call one: "casual shoes" stays, "handbags" becomes "handbag"."""
    if article in NAMES:
        return NAMES[article]
    plural = article.endswith("s") and not article.endswith("ss") and article not in PAIRS
    return article.removesuffix("s") if plural and not article.endswith(("shoes", "sandals", "flops")) else article


def without_brand(title: str) -> str:
    """A title from the word for its wearer on: what stands before is a brand or the name of a line."""
    found = GENDER.search(title)
    return title[found.start() :] if found else title


def pick(choices: Sequence[str], chance: float) -> str:
    return choices[int(chance * len(choices))]

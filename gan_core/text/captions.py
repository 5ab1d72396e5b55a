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

from gan_core.data.datasets import Batch, InMemoryImages, StreamingImages
from gan_core.errors import UsageError
from gan_core.text.encoder import TextEncoder, replace_synonyms, tokenize

HOLDOUT_EVERY = 20  # one in so many pictures
BRAND_DROP_SHARE = 0.7  # share of titles that lose their brand
TITLE_SHARE = 0.3  # share of titles among captions, where there are attributes to make others of
UNCAPTIONED_SHARE = (
    0.05  # share of pictures with no caption at all, so that no prompt, or one of unknown words, draws well too
)
SYNONYM_SHARE = 0.4  # share of captions told with synonyms
ATTRIBUTE_COLUMNS = ("article", "colour")
MAX_ATTRIBUTE_VALUES = 500
MIN_SENTENCE_WORDS = 5  # words from which on a text is a sentence of its own rather than a name
WEARER_NAMES = {"men": "men", "women": "women", "boys": "boys", "girls": "girls"}
WEARER_POSSESSIVES = {"men": "men's", "women": "women's", "boys": "boys'", "girls": "girls'"}
GENDER_PATTERN = re.compile(r"\b(men|women|boys?|girls?|unisex|kids?|man|woman)(['’]s)?\b", re.IGNORECASE)
ARTICLE_NAMES = {
    "tshirts": "t-shirt", "perfume and body mist": "perfume", "necklace and chains": "necklace", "dresses": "dress",
    "watches": "watch", "clutches": "clutch", "scarves": "scarf", "accessory gift set": "gift set",
    "kajal and eyeliner": "eyeliner", "foundation and primer": "foundation", "highlighter and blush": "blush",
    "mask and peel": "face mask", "face wash and cleanser": "face wash",
}  # fmt: skip
PLURAL_ONLY_ARTICLES = {"jeans", "trousers", "shorts", "leggings", "jeggings", "capris", "sunglasses", "track pants", "suspenders",
         "heels", "flats", "earrings", "cufflinks", "socks", "gloves"}  # fmt: skip
ATTRIBUTE_TEMPLATES = (
    "{colour} {article}", "a {colour} {article}", "{wearer} {colour} {article}", "{colour} {article} for {gender}",
    "a {usage} {colour} {article}", "{article} in {colour}", "a {colour} {article} for {gender}", "{article}",
    "{wearer} {article}, {colour}", "{usage} {article} for {gender} in {colour}", "{gender} {colour} {article}",
    # What people say besides, and what is to be read past:
    "{colour} coloured {article}", "a {colour} colored {article} for {gender}", "{article} of {colour} colour",
    "a picture of a {colour} {article}", "a photo of {wearer} {colour} {article}", "show me a {article} in {colour}",
    "please draw a {colour} {article}", "i would like some {colour} {article}", "a nice {colour} {article}, please",
)  # fmt: skip
NAME_TEMPLATES = ("{text}", "{text}", "a {text}", "a photo of a {text}", "a picture of {text}", "the {text}")


@dataclass
class CaptionedDataset:
    """Pictures and the rows of their metadata, by index; their batches carry sentence vectors."""

    dataset: InMemoryImages | StreamingImages
    encoder: TextEncoder

    classes: tuple[str, ...] = ()  # captions take the labels' place

    def __post_init__(self) -> None:
        self.name, self.warnings = self.dataset.name, self.dataset.warnings

    @property
    def channels(self) -> int:
        return self.dataset.channels

    def __len__(self) -> int:
        return len(self.dataset)

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """The pictures of these indices with the vectors of captions drawn by `generator`."""
        generator = generator or torch.Generator().manual_seed(0)
        captions = [self.random_caption(index, generator) for index in indices.tolist()]
        return replace(self.dataset.get_batch(indices), labels=None, text_embeddings=self.encoder.encode(captions))

    def random_caption(self, index: int, generator: torch.Generator) -> str:
        """One way to say what a picture's metadata say, now and then in other words that the encoder learned."""
        text = compose_caption(self.dataset.rows[index], generator)
        if self.encoder.synonyms and torch.rand(1, generator=generator) < SYNONYM_SHARE:
            return " ".join(replace_synonyms(tokenize(text), self.encoder.synonyms, generator))
        return text

    def attribute_values(self) -> dict[str, list[str]]:
        """What sorts the pictures, "" where it is not told: kind and colour as far as the metadata have them, else
        their texts where they are names rather than sentences, each at its own."""
        row_fields = [row_attributes(row) for row in self.dataset.rows]
        columns = [name for name in ATTRIBUTE_COLUMNS if any(name in fields for fields in row_fields)] or ["text"]
        values_by_column = {name: [fields.get(name, "") for fields in row_fields] for name in columns}
        return {
            name: values for name, values in values_by_column.items() if len(set(values) - {""}) <= MAX_ATTRIBUTE_VALUES
        }

    def vocabulary(self) -> dict[str, dict[str, int]]:
        """What there is to ask for, and in how many pictures it is, the most frequent first."""
        counts = {name: Counter(value for value in values if value) for name, values in self.attribute_values().items()}
        return {name: dict(counter.most_common()) for name, counter in counts.items()}

    def preview_captions(self, count: int) -> list[str]:
        """The same captions each time, of pictures spread over the set: what previews show."""
        generator, rows = torch.Generator().manual_seed(0), self.dataset.rows
        captions = (compose_caption(rows[index * len(rows) // count], generator) for index in range(count))
        return [text or "(no prompt)" for text in captions]


def drop_uncaptioned(dataset: Any) -> Any:
    """The same pictures without those that have no caption. Raises InputError where none has one."""
    has_caption = [bool(row) and bool(row_attributes(row)) for row in dataset.rows]
    if not any(has_caption):
        raise UsageError(
            f"{dataset.name} has no captions: put a metadata.jsonl beside the pictures, with a line for each such as "
            '{"file_name": "1.jpg", "text": "a red leather handbag"}.'
        )
    if missing := has_caption.count(False):
        warning = f"{missing} of {len(has_caption)} pictures have no caption and were left out."
        dataset = replace(dataset, warnings=[*dataset.warnings, warning])
    return dataset.subset([index for index, captioned in enumerate(has_caption) if captioned])


def select_split(dataset: Any, split: str) -> Any:
    """The part to train on ("train") or the part that no training sees ("held-out")."""
    want_held_out = split == "held-out"
    indices = [index for index, row in enumerate(dataset.rows) if is_held_out(row["file_name"]) == want_held_out]
    return dataset.subset(indices)


def is_held_out(file_name: str) -> bool:
    """Whether a picture is never trained on: a function of its file's own name alone."""
    digest = hashlib.sha256(PurePosixPath(file_name).name.encode()).digest()
    return int.from_bytes(digest[:4], "big") % HOLDOUT_EVERY == 0


# One picture's captions ----------------------------------------------------------------------------------------------


def compose_caption(row: dict[str, Any], generator: torch.Generator) -> str:
    """One of the many ways to say what this row of metadata says."""
    fields = row_attributes(row)
    draws = torch.rand(3, generator=generator).tolist()
    if draws[2] < UNCAPTIONED_SHARE:
        return ""
    if "article" in fields and (draws[0] >= TITLE_SHARE or "text" not in fields):
        return caption_from_attributes(fields, draws[1])
    text = fields["text"]
    if "article" in fields:
        return strip_brand(text) if draws[1] < BRAND_DROP_SHARE else text
    return (
        text if len(text.split()) >= MIN_SENTENCE_WORDS else pick_template(NAME_TEMPLATES, draws[1]).format(text=text)
    )


def row_attributes(row: dict[str, Any]) -> dict[str, str]:
    """What a row says that captions can be made of."""
    columns = ("text", "article", "colour", "gender", "usage")
    fields = {name: str(row[name]).strip() for name in columns if isinstance(row.get(name), str)}
    return {name: value for name, value in fields.items() if value not in ("", "NA")}


def caption_from_attributes(fields: dict[str, str], draw: float) -> str:
    """ "a red handbag for women", of what there is; a form is taken only where all that it names is known."""
    article, gender = fields["article"].lower(), fields.get("gender", "").lower()
    values = {
        "article": singular_article(article),
        "usage": fields.get("usage", "").lower(),
        "gender": WEARER_NAMES.get(gender, ""),
    }
    values |= {"colour": fields.get("colour", "").lower(), "wearer": WEARER_POSSESSIVES.get(gender, "")}
    templates = [
        template
        for template in ATTRIBUTE_TEMPLATES
        if all(value or f"{{{name}}}" not in template for name, value in values.items())
    ]
    return pick_template(templates, draw).format(**values)


def short_names(row: dict[str, Any]) -> list[str]:
    """The shortest names of what a picture shows, its colour in all of them where colours are told: "red handbag" and
    "women's red handbag"; or its text, where that is a name and there is nothing else."""
    fields = row_attributes(row)
    if "article" not in fields:
        text = fields.get("text", "")
        return [text.lower()] if 0 < len(text.split()) < MIN_SENTENCE_WORDS else []
    if "colour" not in fields:
        return []
    name = f"{fields['colour']} {singular_article(fields['article'].lower())}".lower()
    wearer = WEARER_POSSESSIVES.get(fields.get("gender", "").lower())
    return [name, f"{wearer} {name}"] if wearer else [name]


def singular_article(article: str) -> str:
    """A kind of article as people call one: "casual shoes" stays, "handbags" becomes "handbag"."""
    if article in ARTICLE_NAMES:
        return ARTICLE_NAMES[article]
    is_plural = article.endswith("s") and not article.endswith("ss") and article not in PLURAL_ONLY_ARTICLES
    return article.removesuffix("s") if is_plural and not article.endswith(("shoes", "sandals", "flops")) else article


def strip_brand(title: str) -> str:
    """A title from the word for its wearer on: what stands before is a brand or the name of a line."""
    match = GENDER_PATTERN.search(title)
    return title[match.start() :] if match else title


def pick_template(templates: Sequence[str], draw: float) -> str:
    return templates[int(draw * len(templates))]

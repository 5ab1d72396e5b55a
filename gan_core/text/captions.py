"""Captions of images, composed from metadata, and data sets whose batches contain their embeddings.

A caption is composed anew each time an image is used: its title, with or without the brand, or a phrase made from its
attributes. A `text` in each line of metadata.jsonl suffices; other columns (article, colour, gender, usage) are used
where they exist. A fixed twentieth of the images, chosen by file name, is held out and never trained on.
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
from gan_core.data.fingerprint import Fingerprint
from gan_core.errors import UsageError
from gan_core.text.encoder import TextEncoder
from gan_core.text.tokenizer import replace_synonyms, tokenize

HOLDOUT_EVERY = 20  # one image in 20
BRAND_DROP_SHARE = 0.7  # of titles whose brand is removed
TITLE_SHARE = 0.3  # of titles among captions, where there are attributes
UNCAPTIONED_SHARE = 0.05  # of empty captions, so that the generator also learns to draw without a known word
SYNONYM_SHARE = 0.4  # of captions with synonyms
ATTRIBUTE_COLUMNS = ("article", "colour")
MAX_ATTRIBUTE_VALUES = 500
MIN_SENTENCE_WORDS = 5  # a shorter text is the name of something
WEARER_NAMES = {"men": "men", "women": "women", "boys": "boys", "girls": "girls"}
WEARER_POSSESSIVES = {"men": "men's", "women": "women's", "boys": "boys'", "girls": "girls'"}
GENDER_PATTERN = re.compile(r"\b(men|women|boys?|girls?|unisex|kids?|man|woman)(['’]s)?\b", re.IGNORECASE)
ARTICLE_NAMES = {
    "tshirts": "t-shirt", "perfume and body mist": "perfume", "necklace and chains": "necklace", "dresses": "dress",
    "watches": "watch", "clutches": "clutch", "scarves": "scarf", "accessory gift set": "gift set",
    "kajal and eyeliner": "eyeliner", "foundation and primer": "foundation", "highlighter and blush": "blush",
    "mask and peel": "face mask", "face wash and cleanser": "face wash",
}  # fmt: skip
PLURAL_ONLY_ARTICLES = {
    "jeans", "trousers", "shorts", "leggings", "jeggings", "capris", "sunglasses", "track pants", "suspenders", "heels",
    "flats", "earrings", "cufflinks", "socks", "gloves",
}  # fmt: skip
ATTRIBUTE_TEMPLATES = (
    "{colour} {article}", "a {colour} {article}", "{wearer} {colour} {article}", "{colour} {article} for {gender}",
    "a {usage} {colour} {article}", "{article} in {colour}", "a {colour} {article} for {gender}", "{article}",
    "{wearer} {article}, {colour}", "{usage} {article} for {gender} in {colour}", "{gender} {colour} {article}",
    # With words that do not matter:
    "{colour} coloured {article}", "a {colour} colored {article} for {gender}", "{article} of {colour} colour",
    "a picture of a {colour} {article}", "a photo of {wearer} {colour} {article}", "show me a {article} in {colour}",
    "please draw a {colour} {article}", "i would like some {colour} {article}", "a nice {colour} {article}, please",
)  # fmt: skip
NAME_TEMPLATES = ("{text}", "{text}", "a {text}", "a photo of a {text}", "a picture of {text}", "the {text}")


@dataclass
class CaptionedDataset:
    """Images with rows of metadata, by index; batches contain the text embeddings of their captions."""

    dataset: InMemoryImages | StreamingImages
    encoder: TextEncoder
    classes: tuple[str, ...] = ()  # there are captions instead of labels

    def __post_init__(self) -> None:
        self.name, self.warnings = self.dataset.name, self.dataset.warnings

    @property
    def channels(self) -> int:
        return self.dataset.channels

    @property
    def fingerprint(self) -> Fingerprint | None:
        """That of the whole data set, of which this may be the part to train on."""
        return self.dataset.fingerprint

    def __len__(self) -> int:
        return len(self.dataset)

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """The images of these indices with the embeddings of captions drawn with `generator`."""
        generator = generator or torch.Generator().manual_seed(0)
        captions = [self.random_caption(index, generator) for index in indices.tolist()]
        return replace(self.dataset.get_batch(indices), labels=None, text_embeddings=self.encoder.encode(captions))

    def random_caption(self, index: int, generator: torch.Generator) -> str:
        """A caption composed from the metadata of an image, sometimes with synonyms that the encoder knows."""
        text = compose_caption(self.dataset.rows[index], generator)
        if self.encoder.synonyms and torch.rand(1, generator=generator) < SYNONYM_SHARE:
            return " ".join(replace_synonyms(tokenize(text), self.encoder.synonyms, generator))
        return text

    def attribute_values(self) -> dict[str, list[str]]:
        """The attribute columns, each with the value of every image, "" where it is missing.

        These are article and colour as far as the metadata have them, else the texts; a column with more than
        MAX_ATTRIBUTE_VALUES different values is left out.
        """
        row_fields = [row_attributes(row) for row in self.dataset.rows]
        columns = [name for name in ATTRIBUTE_COLUMNS if any(name in fields for fields in row_fields)] or ["text"]
        found = {name: [fields.get(name, "") for fields in row_fields] for name in columns}
        return {name: values for name, values in found.items() if len(set(values) - {""}) <= MAX_ATTRIBUTE_VALUES}

    def vocabulary(self) -> dict[str, dict[str, int]]:
        """For each attribute column its values with the number of images, the most frequent first."""
        counts = {name: Counter(value for value in values if value) for name, values in self.attribute_values().items()}
        return {name: dict(counter.most_common()) for name, counter in counts.items()}

    def preview_captions(self, count: int) -> list[str]:
        """The captions of previews: of images spread over the data set, the same each time."""
        generator, rows = torch.Generator().manual_seed(0), self.dataset.rows
        captions = (compose_caption(rows[index * len(rows) // count], generator) for index in range(count))
        return [text or "(no prompt)" for text in captions]


def drop_uncaptioned(dataset: Any) -> Any:
    """The data set without images that have no caption. Raises UsageError where none has one."""
    has_caption = [bool(row) and bool(row_attributes(row)) for row in dataset.rows]
    if not any(has_caption):
        sentence = (
            f"{dataset.name} has no captions: put a metadata.jsonl beside the images, with a line for each such as "
            '{"file_name": "1.jpg", "text": "a red leather handbag"}.'
        )
        raise UsageError(" ".join([sentence, *dataset.warnings]))  # which may say why there are none
    if missing := has_caption.count(False):
        warning = f"{missing} of {len(has_caption)} images have no caption and were left out."
        dataset = replace(dataset, warnings=[*dataset.warnings, warning])
    return dataset.subset([index for index, captioned in enumerate(has_caption) if captioned])


def select_split(dataset: Any, split: str) -> Any:
    """The part of a data set to train on ("train"), or the part that is never trained on ("held-out")."""
    want_held_out = split == "held-out"
    indices = [index for index, row in enumerate(dataset.rows) if is_held_out(row["file_name"]) == want_held_out]
    return dataset.subset(indices)


def is_held_out(file_name: str) -> bool:
    """Whether an image is held out: a function of its file name without the folder."""
    digest = hashlib.sha256(PurePosixPath(file_name).name.encode()).digest()
    return int.from_bytes(digest[:4], "big") % HOLDOUT_EVERY == 0


# Captions of one image -----------------------------------------------------------------------------------------------


def compose_caption(row: dict[str, Any], generator: torch.Generator) -> str:
    """A random caption for a row of metadata; "" for a share of UNCAPTIONED_SHARE."""
    fields = row_attributes(row)
    draws = torch.rand(3, generator=generator).tolist()
    if draws[2] < UNCAPTIONED_SHARE:
        return ""
    if "article" in fields and (draws[0] >= TITLE_SHARE or "text" not in fields):
        return caption_from_attributes(fields, draws[1])
    text = fields["text"]
    if "article" in fields:
        return strip_brand(text) if draws[1] < BRAND_DROP_SHARE else text
    is_sentence = len(text.split()) >= MIN_SENTENCE_WORDS
    return text if is_sentence else pick_template(NAME_TEMPLATES, draws[1]).format(text=text)


def row_attributes(row: dict[str, Any]) -> dict[str, str]:
    """The values of a row that captions are composed of, by column; missing ones left out."""
    columns = ("text", "article", "colour", "gender", "usage")
    fields = {name: str(row[name]).strip() for name in columns if isinstance(row.get(name), str)}
    return {name: value for name, value in fields.items() if value not in ("", "NA")}


def caption_from_attributes(fields: dict[str, str], draw: float) -> str:
    """A phrase such as "a red handbag for women", from a template whose attributes are all known; `draw` in [0, 1)."""
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
    """The shortest names of what an image shows: "red handbag" and "women's red handbag", or its text where that is a
    name and there are no attributes. None without a colour."""
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
    """The usual name of one piece of a kind of article: "handbag" for "handbags"; "casual shoes" stays."""
    if article in ARTICLE_NAMES:
        return ARTICLE_NAMES[article]
    is_plural = article.endswith("s") and not article.endswith("ss") and article not in PLURAL_ONLY_ARTICLES
    return article.removesuffix("s") if is_plural and not article.endswith(("shoes", "sandals", "flops")) else article


def strip_brand(title: str) -> str:
    """A title from the first word for a wearer on; a brand or product line comes before it."""
    match = GENDER_PATTERN.search(title)
    return title[match.start() :] if match else title


def pick_template(templates: Sequence[str], draw: float) -> str:
    return templates[int(draw * len(templates))]

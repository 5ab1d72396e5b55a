"""Synonyms of what the captions of a data set name, from the thesaurus and from WordNet."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from gan_core.text import colours, thesaurus, wordnet
from gan_core.text.captions import compose_caption
from gan_core.text.encoder import TextEncoder
from gan_core.text.tokenizer import tokenize
from gan_core.text.training_captions import learnable_columns

MAX_SENSE_CAPTIONS = 1_000  # with a word, compared with each of its senses

Rows = Sequence[dict[str, Any]]
Synonyms = dict[str, tuple[str, ...]]


def synonym_table(rows: Rows, table: TextEncoder, wordnet_folder: Path | None = None) -> Synonyms:
    """Synonyms of what the captions of these rows name: the thesaurus's, and WordNet's for other words."""
    found = wordnet_synonyms(rows, table, wordnet_folder) if wordnet_folder else {}
    return found | thesaurus.synonyms_for_values(learnable_columns(rows))


def wordnet_synonyms(rows: Rows, table: TextEncoder, wordnet_folder: Path) -> Synonyms:
    """WordNet's synonyms of the words of captions that name values of the metadata's columns.

    Of the senses of a word, the one nearest to the captions with the word is used; in a column whose words are mostly
    names of colours, the one nearest to these words, and names of similar colours are synonyms too. In other columns,
    only the last word of a value has synonyms ("shoe accessories" are no shoes).
    """
    senses, rgb_by_name = wordnet.read_senses(wordnet_folder), colours.colour_names()
    captions = captions_by_word(rows)
    synonyms_by_word: Synonyms = {}
    for values in learnable_columns(rows).values():
        words = words_naming(captions, values)
        is_colour_column = sum(word in rgb_by_name for word in words) > len(words) / 2
        contexts = {word: [" ".join(words)] if is_colour_column else captions[word] for word in words}
        found = wordnet.noun_synonyms(words, senses, closeness_to(contexts, table))
        found = add_colour_synonyms(found, words, rgb_by_name) if is_colour_column else without_modifiers(found, values)
        synonyms_by_word = found | synonyms_by_word
    return synonyms_by_word


def closeness_to(contexts: Mapping[str, Sequence[str]], table: TextEncoder) -> Callable[[str, str], float]:
    """A function from a word and a text to the similarity of the text to the word's contexts."""
    centres = {word: table.encode(texts[:MAX_SENSE_CAPTIONS]).mean(dim=0) for word, texts in contexts.items()}
    return lambda word, text: float(table.encode([text])[0] @ centres[word])


def add_colour_synonyms(
    found: Synonyms, words: Sequence[str], rgb_by_name: dict[str, tuple[int, int, int]]
) -> Synonyms:
    """`found` with the names of similar colours, except those that are synonyms already."""
    known = {synonym for word in words for synonym in found.get(word, ())}
    similar = colours.colour_synonyms(words, {name: rgb for name, rgb in rgb_by_name.items() if name not in known})
    return found | {word: (*found.get(word, ()), *names) for word, names in similar.items()}


def without_modifiers(found: Synonyms, values: Iterable[str]) -> Synonyms:
    """`found` without words that come before the last word of a value."""
    modifiers = {word for value in values for part in split_value(value) for word in part[:-1]}
    return {word: synonyms for word, synonyms in found.items() if word not in modifiers}


def captions_by_word(rows: Rows) -> dict[str, list[str]]:
    """One caption of each row, by each of its words."""
    generator = torch.Generator().manual_seed(0)
    texts_by_word: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        text = compose_caption(row, generator)
        for word in set(tokenize(text)):
            texts_by_word[word].append(text)
    return texts_by_word


def words_naming(words: Iterable[str], values: Iterable[str]) -> list[str]:
    """The words that occur in one of the values, in singular or plural, sorted."""
    value_forms = {form for value in values for word in tokenize(value) for form in wordnet.word_forms(word)}
    return [word for word in sorted(words) if value_forms.intersection(wordnet.word_forms(word))]


def split_value(value: str) -> list[list[str]]:
    """The words of each part of a value: "necklace and chains" has two parts."""
    return [words for part in re.split(r"\band\b|[,/&]", value, flags=re.IGNORECASE) if (words := tokenize(part))]

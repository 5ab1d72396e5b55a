"""The world of a text-to-image model: the kinds of things and the colours that it knows, and every word for them.

Everything comes from the model's own description: `data.subjects` (the names in its captions, with their numbers of
images), its text encoder with its synonyms, and its scores by value. A model without a list of subjects has a world
without kinds: then only its vocabulary is known, and nothing is claimed about what it can draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gan_core.text import english
from gan_core.text.captions import MIN_SENTENCE_WORDS, singular_article
from gan_core.text.encoder import TextEncoder, normalize_rows
from gan_core.text.prompt_phrases import KnownName, Meaning, build_phrases, heads_of, singular_forms
from gan_core.text.spelling import SpellingVocabulary
from gan_core.text.tokenizer import normalize_phrase
from gan_core.text.wordnet import pluralize

MAX_NAMES, MAX_NAME_CHARACTERS = 1_000, 80  # of a description, which may be anybody's
COMMON_WORD_COUNT = 15_000  # words of the encoder's table, which begins with the most frequent ones
FAMILIAR_WORD_COUNT = 5_000  # so frequent that they are offered for a misspelt word of no name
NAME_WEIGHT, SYNONYM_WEIGHT = 3.0, 2.0  # of the words of names, and of their synonyms, for spelling
COLOUR_COLUMN = "colour"
MIN_CLEAR_COSINE = 0.89  # of a phrase and the nearest name, for the phrase to be read as it
MIN_RELATIVE_NORM = 0.5  # of its vector, relative to those of names
MIN_NEIGHBOUR_COSINE = 0.6  # of two kinds of which one borrows from the other


@dataclass(frozen=True)
class PromptWorld:
    """What a model can be asked for. `phrases` are normalised words in order; the longest match in a prompt counts."""

    encoder: TextEncoder = field(repr=False)
    kinds: tuple[KnownName, ...] = ()
    colours: tuple[KnownName, ...] = ()
    phrases: Mapping[tuple[str, ...], Meaning] = field(default_factory=dict, repr=False)

    def prepare(self) -> None:
        """Computes what would otherwise be computed at the first prompts."""
        names = ["spelling", "name_spelling", "phrase_words", "name_words", "heads", "longest_phrase"]
        for name in (*names, "kind_vectors", "typical_norm") if self.kinds else names:
            getattr(self, name)

    @cached_property
    def longest_phrase(self) -> int:
        return max(map(len, self.phrases), default=0)

    @cached_property
    def spelling(self) -> SpellingVocabulary:
        """The words that may have been meant: those of names, then of synonyms, then frequent English ones."""
        count = max(len(self.encoder.words), 1)
        weights = {word: 1 - rank / count for rank, word in enumerate(self.encoder.words[:FAMILIAR_WORD_COUNT])}
        weights |= {word: SYNONYM_WEIGHT for phrase in self.phrases for word in phrase}
        total = max(sum(name.images for name in (*self.kinds, *self.colours)), 1)
        for name in (*self.kinds, *self.colours):
            for form in (name.name, singular_article(name.name.lower()), pluralize(name.name.lower())):
                for word in normalize_phrase(form).split():
                    weights[word] = max(weights.get(word, 0.0), NAME_WEIGHT + name.images / total)
        return SpellingVocabulary(weights)

    @cached_property
    def name_spelling(self) -> SpellingVocabulary:
        """The words of names alone."""
        return SpellingVocabulary({word: self.spelling.weights.get(word, 0.0) for word in self.listed_words})

    @cached_property
    def heads(self) -> Mapping[str, tuple[KnownName, ...]]:
        """The last words of names of several words, each with these names."""
        return heads_of(self.kinds)

    @cached_property
    def phrase_words(self) -> frozenset[str]:
        return frozenset(word for phrase in self.phrases for word in phrase)

    @cached_property
    def listed_words(self) -> frozenset[str]:
        """The words of the names of kinds and colours, in singular and plural."""
        forms = (form for name in (*self.kinds, *self.colours) for form in (name.name, pluralize(name.name)))
        return frozenset(word for form in forms for word in normalize_phrase(form).split())

    @cached_property
    def name_words(self) -> frozenset[str]:
        """The words of the kinds' names."""
        return frozenset(word for kind in self.kinds for word in kind.words)

    def in_captions(self, word: str) -> bool:
        """Whether captions contain the word; True for every word of the table where that was not written down."""
        token_ids = self.encoder.word_token_ids(word)
        flags = self.encoder.in_caption_vocabulary
        return bool(token_ids) and (not len(flags) or bool(flags[token_ids].all()))

    def in_names(self, word: str) -> bool:
        """Whether the word is known to be in a name or in captions."""
        return word in self.name_words or (len(self.encoder.in_caption_vocabulary) > 0 and self.in_captions(word))

    def is_word(self, word: str) -> bool:
        """Whether it is surely spelt as it was meant: a frequent word, or one of a name or a synonym."""
        forms = (word, *singular_forms(word))
        ranks = (self.encoder.word_indices.get(form) for form in forms)
        is_common = any(rank is not None and rank < COMMON_WORD_COUNT for rank in ranks)
        is_listed = any(form in self.phrase_words or form in self.name_words for form in forms)
        return is_common or is_listed or word in english.ALL_WORDS

    def nearest_name(self, phrase: str) -> tuple[str, float]:
        """The prototype nearest to a phrase, and its cosine similarity; ("", 0) where there are no prototypes."""
        encoder = self.encoder
        token_ids = encoder.token_ids(phrase)
        if not token_ids or not encoder.prototype_names or len(encoder.prototype_names) != len(encoder.prototypes):
            return "", 0.0
        similarities = encoder.prototypes_float32 @ normalize_rows(encoder.sum_embeddings(token_ids)[None])[0]
        best = int(similarities.argmax())
        return encoder.prototype_names[best], float(similarities[best])

    def is_clear(self, phrase: str) -> bool:
        """Whether the encoder reads a phrase as one of the names, although no list says so.

        Its direction is that of a name, and its vector is not much shorter than names' are: words that the encoder
        learned nothing about have short ones.
        """
        vector = self.encoder.sum_embeddings(self.encoder.token_ids(phrase))
        if all(word in self.name_words and word not in self.heads for word in phrase.split()):
            return False  # nothing, or only a part of names: a tiger is no tiger lily
        is_long = float(np.linalg.norm(vector)) >= MIN_RELATIVE_NORM * self.typical_norm
        return is_long and self.nearest_name(phrase)[1] >= MIN_CLEAR_COSINE

    @cached_property
    def typical_norm(self) -> float:
        """The median length of the kinds' vectors."""
        encoder = self.encoder
        sums = [encoder.sum_embeddings(encoder.token_ids(kind.name)) for kind in self.kinds]
        return float(np.median(np.linalg.norm(np.stack(sums), axis=1)))

    def has_frequent_neighbour(self, kind: KnownName, images: int) -> bool:
        """Whether the encoder takes a kind almost for another one, of at least so many images."""
        if kind not in self.kinds:
            return False
        vectors = self.kind_vectors
        cosines = vectors @ vectors[self.kinds.index(kind)]
        return any(
            cosine >= MIN_NEIGHBOUR_COSINE and other.images >= images and other is not kind
            for cosine, other in zip(cosines.tolist(), self.kinds, strict=True)
        )

    def nearest_kind(self, word: str) -> tuple[str, float]:
        """The kind nearest to a word, and its cosine similarity; ("", 0) for a word without a vector."""
        token_ids = self.encoder.token_ids(word)
        if not token_ids or not self.kinds:
            return "", 0.0
        similarities = self.kind_vectors @ normalize_rows(self.encoder.sum_embeddings(token_ids)[None])[0]
        best = int(similarities.argmax())
        return self.kinds[best].name, float(similarities[best])

    @cached_property
    def kind_vectors(self) -> np.ndarray:
        """The directions of the kinds (N, dim)."""
        encoder = self.encoder
        return normalize_rows(np.stack([encoder.sum_embeddings(encoder.token_ids(kind.name)) for kind in self.kinds]))


def build_world(subjects: Any, encoder: TextEncoder, scores: Mapping[str, Any] | None = None) -> PromptWorld:
    """The world of a model: `subjects` and `scores` as its description has them, which may be missing or malformed."""
    columns = valid_columns(subjects)
    kind_column = next((name for name in columns if name != COLOUR_COLUMN), "")
    shares = value_shares(scores)
    kinds = known_names(kind_column, columns, shares)
    if sum(len(kind.words) < MIN_SENTENCE_WORDS for kind in kinds) <= len(kinds) / 2:
        kinds = ()  # these are sentences, not names
    colours = known_names(COLOUR_COLUMN, columns, shares)
    return PromptWorld(encoder, kinds, colours, build_phrases(kinds, colours, columns, encoder))


def valid_columns(subjects: Any) -> dict[str, dict[str, int]]:
    """The names with their numbers of images, by column, without what is malformed."""
    found = {}
    for column, names in subjects.items() if isinstance(subjects, dict) else ():
        if isinstance(names, dict):
            entries = [
                (name, count)
                for name, count in names.items()
                if isinstance(name, str) and isinstance(count, int) and normalize_phrase(name)
                and len(name) <= MAX_NAME_CHARACTERS
            ]  # fmt: skip
            found[column] = dict(entries[:MAX_NAMES])
    return {column: names for column, names in found.items() if names}


def value_shares(scores: Mapping[str, Any] | None) -> dict[str, Any]:
    """The scores by value of `score_values`; empty where there are none."""
    captions = scores.get("captions") if scores else None
    shares = captions.get("by_value") if isinstance(captions, dict) else None
    return shares if isinstance(shares, dict) else {}


def known_names(
    column: str, columns: Mapping[str, Mapping[str, int]], shares: Mapping[str, Any]
) -> tuple[KnownName, ...]:
    """The names of a column, with what was measured of them."""
    found = []
    for value, images in columns.get(column, {}).items():
        name = singular_article(value.lower()) if column == "article" else value.lower()
        real = shares.get("floor")
        drawn, photographed = (share_of(scores, column, value) for scores in (shares, real))
        found.append(KnownName(name, images, drawn, photographed))
    return tuple(found)


def share_of(scores: Any, column: str, value: str) -> float | None:
    """A share of `score_values`; None where it is missing or no share."""
    shares = scores.get(column) if isinstance(scores, dict) else None
    share = shares.get(value) if isinstance(shares, dict) else None
    return float(share) if isinstance(share, (int, float)) and 0 <= share <= 1 else None

"""Sentences as vectors, with no network and no transformer: a table of words, small enough to travel with a model.

A sentence's vector is the sum of its words' rows, brought to a fixed length. All the knowledge lies in the rows: they
are distilled from a sentence transformer (`word_vectors.py`), so that "crimson" lies near "red" whether or not a
caption ever said it, and then turned towards what the captions of one data set are about (`text_learning.py`). But near
is not there, and a generator draws best what it was told often: an encoder remembers what the pictures' kinds are
called, and a sentence with words that no caption says is read as those of these names that are most like it.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from torch import Tensor

from gan_core.errors import UsageError

SYNONYM_REPLACEMENT_SHARE = 0.8  # share of the words exchanged, of those that others may stand in for
MAX_PHRASE_WORDS = 5  # words of a name that others may stand in for
INVERSE_TEMPERATURE = 100.0  # how sharply the remembered name that is most like a sentence outweighs others, per cosine
CHUNK_SENTENCES = 1_000  # sentences held against the memory at once
MAX_CHARACTERS = 1_000  # of a sentence: what follows is not read
# What stands above and below letters and belongs to them, vowels where Hindi or Thai is written: no letters to Python.
COMBINING_MARKS = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u109f\u1780-\u17d3"
WORD_PATTERN = re.compile(rf"[^\W_](?:[^\W_]|[{COMBINING_MARKS}])*")
WORDS_FILE = Path(__file__).resolve().parent / "words.safetensors"  # as distilled, not yet turned to any captions


@dataclass(frozen=True)
class TextEncoder:
    """Sentences -> vectors (N, dim) float32, each of length sqrt(dim); one without a known word is all zeros."""

    words: tuple[str, ...]
    embeddings: np.ndarray = field(repr=False)  # (words, dim) int8
    scales: np.ndarray = field(repr=False)  # (words,) float32: a word's row is rows * scale
    source: str = ""  # what it was made from, in a sentence
    synonyms: Mapping[str, Sequence[str]] = field(
        default_factory=dict, repr=False
    )  # learned, as `exchanged` takes them
    prototypes: np.ndarray = field(
        default_factory=lambda: np.empty((0, 0), np.float16), repr=False
    )  # (names, dim) float16: unit vectors
    prototype_names: tuple[str, ...] = field(default=(), repr=False)  # those in the memory, where the file tells them
    in_caption_vocabulary: np.ndarray = field(
        default_factory=lambda: np.empty(0, np.uint8), repr=False
    )  # (words,) uint8: 1 where captions say the word; empty where nothing is remembered

    @property
    def dim(self) -> int:
        """Values in a sentence's vector."""
        return self.embeddings.shape[1]

    @cached_property
    def word_indices(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    @cached_property
    def fingerprint(self) -> str:
        """The first 8 hex digits of a SHA-256 over words, rows and memory: equal ones encode the same."""
        parts = ["\n".join(self.words).encode(), self.embeddings.tobytes(), self.scales.tobytes()]
        parts += [self.prototypes.tobytes(), self.in_caption_vocabulary.tobytes()] if len(self.prototypes) else []
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]

    def encode(self, sentences: Sequence[str]) -> Tensor:
        """One vector a sentence. Words that are not known count for nothing: ask `unknown` for them."""
        if not sentences:
            return torch.empty(0, self.dim)
        token_ids = [self.token_ids(sentence) for sentence in sentences]
        vectors = normalize_rows(np.stack([self.sum_embeddings(ids) for ids in token_ids]))
        unseen = [row for row, ids in enumerate(token_ids) if self.has_unseen_word(ids)]
        for start in range(0, len(unseen), CHUNK_SENTENCES):
            chunk = unseen[start : start + CHUNK_SENTENCES]
            vectors[chunk] = self.attend_to_prototypes(vectors[chunk])
        return torch.from_numpy(vectors * np.float32(self.dim**0.5))

    def attend_to_prototypes(self, directions: np.ndarray) -> np.ndarray:
        """Unit vectors (N, dim) as means of the remembered ones, each weighed by how like it is (Ramsauer et al. 2021,
        equation 3)."""
        prototypes = self.prototypes_float32
        similarities = INVERSE_TEMPERATURE * directions @ prototypes.T  # (N, names)
        weights = np.exp(similarities - similarities.max(axis=1, keepdims=True))
        return normalize_rows(weights @ prototypes)

    def nearest_prototype(self, sentence: str) -> str:
        """What a sentence with words of no caption is taken for: the name that is most like it; "" where it is read as
        it stands."""
        token_ids = self.token_ids(sentence)
        if len(self.prototype_names) != len(self.prototypes) or not self.has_unseen_word(token_ids):
            return ""
        return self.prototype_names[
            int((self.prototypes_float32 @ normalize_rows(self.sum_embeddings(token_ids)[None])[0]).argmax())
        ]

    def has_unseen_word(self, token_ids: list[int]) -> bool:
        """Whether there is a memory, and a word among these that no caption says."""
        return len(self.prototypes) > 0 and not self.in_caption_vocabulary[token_ids].all()

    @cached_property
    def prototypes_float32(self) -> np.ndarray:
        """The memory in float32."""
        return self.prototypes.astype(np.float32)

    def token_ids(self, sentence: str) -> list[int]:
        """The rows of all its known words."""
        return [token_id for word in tokenize(sentence) for token_id in self.word_token_ids(word)]

    def sum_embeddings(self, token_ids: list[int]) -> np.ndarray:
        """The sum of some words' rows (dim,)."""
        return (self.embeddings[token_ids] * self.scales[token_ids, None]).sum(axis=0, dtype=np.float32)

    def unknown_words(self, sentence: str) -> list[str]:
        """The words that say nothing to this encoder, each once, as they were written."""
        return list(
            dict.fromkeys(
                word for word in tokenize(sentence, lower=False) if not self.word_token_ids(normalize_word(word))
            )
        )

    def word_token_ids(self, word: str) -> list[int]:
        """The row of a word, or of its singular, or those of the two words it is joined of; else none."""
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in self.word_indices:
                return [self.word_indices[form]]
        for cut in range(3, len(word) - 2):
            if word[:cut] in self.word_indices and word[cut:] in self.word_indices:
                return [self.word_indices[word[:cut]], self.word_indices[word[cut:]]]
        return []

    def save(self, file: Path) -> None:
        """One safetensors file: rows, scales, memory, and the words in its metadata."""
        metadata = {"words": "\n".join(self.words), "source": self.source, "synonyms": json.dumps(self.synonyms)}
        metadata |= {"names": json.dumps(self.prototype_names)} if self.prototype_names else {}
        tensors = {"rows": self.embeddings, "scales": self.scales}
        prototype_tensors = (
            {"memory": self.prototypes, "familiar": self.in_caption_vocabulary} if len(self.prototypes) else {}
        )
        save_file(tensors | prototype_tensors, file, metadata=metadata)
        file.chmod(0o644)  # safetensors writes for the owner's eyes only

    @classmethod
    def load(cls, file: Path) -> "TextEncoder":
        """Raises InputError where the file is missing, torn or no encoder."""
        try:
            with safe_open(file, "numpy") as opened:
                metadata = opened.metadata() or {}
                embeddings, scales = opened.get_tensor("rows"), opened.get_tensor("scales")
                words, synonyms = tuple(metadata["words"].split("\n")), json.loads(metadata.get("synonyms", "{}"))
                encoder = cls(words, embeddings, scales, metadata.get("source", ""), synonyms)
                if {"memory", "familiar"} <= set(opened.keys()):
                    prototypes, in_caption_vocabulary = (opened.get_tensor(name) for name in ("memory", "familiar"))
                    prototype_names = tuple(map(str, json.loads(metadata.get("names", "[]"))))
                    encoder = replace(
                        encoder,
                        prototypes=prototypes,
                        in_caption_vocabulary=in_caption_vocabulary,
                        prototype_names=prototype_names,
                    )
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise UsageError(f"{file} cannot be read as a text encoder: {error}.") from error
        if (
            encoder.embeddings.ndim != 2
            or len(encoder.embeddings) != len(encoder.words)
            or encoder.scales.shape != (len(encoder.words),)
            or (len(encoder.prototypes) and encoder.prototypes.shape[1:] != encoder.embeddings.shape[1:])
            or (len(encoder.prototypes) and encoder.in_caption_vocabulary.shape != (len(encoder.words),))
        ):
            raise UsageError(f"{file} is no text encoder: it has {encoder.embeddings.shape} values for its words.")
        return encoder

    @classmethod
    def from_vectors(
        cls,
        words: Sequence[str],
        vectors: np.ndarray,
        source: str = "",
        synonyms: Mapping[str, Sequence[str]] | None = None,
    ) -> "TextEncoder":
        """From float rows (words, dim), each rounded to 8 bits of its own scale."""
        scales = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
        embeddings = np.rint(vectors / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
        return cls(tuple(words), embeddings, scales, source, synonyms or {})

    def with_prototypes(self, names: Sequence[str], caption_token_ids: Collection[int]) -> "TextEncoder":
        """The same encoder with these names in its memory, for sentences with other words than those at the `familiar`
        places of the table."""
        sums_by_name = {name: summed for name in names if (summed := self.sum_embeddings(self.token_ids(name))).any()}
        if not sums_by_name:
            return self
        flags = np.zeros(len(self.words), np.uint8)
        flags[list(caption_token_ids)] = 1
        prototypes = normalize_rows(np.stack(list(sums_by_name.values()))).astype(np.float16)
        return replace(self, prototypes=prototypes, in_caption_vocabulary=flags, prototype_names=tuple(sums_by_name))

    def float_embeddings(self) -> np.ndarray:
        """All rows in float32 (words, dim)."""
        return self.embeddings * self.scales[:, None]


def normalize_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows (N, dim) at length 1, zeros as they are."""
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)).astype(np.float32)


def replace_synonyms(words: list[str], synonyms: Mapping[str, Sequence[str]], generator: torch.Generator) -> list[str]:
    """The words, some of those that others may stand in for exchanged for one of these; so are names of several words,
    the longest first."""
    replaced: list[str] = []
    while words:
        phrase_lengths = (
            count for count in range(min(MAX_PHRASE_WORDS, len(words)), 0, -1) if synonyms.get(" ".join(words[:count]))
        )
        count = next(phrase_lengths, 0)
        if count and torch.rand(1, generator=generator) < SYNONYM_REPLACEMENT_SHARE:
            choices = synonyms[" ".join(words[:count])]
            replaced += tokenize(choices[int(torch.randint(len(choices), (1,), generator=generator))])
        else:
            replaced += words[: count or 1]
        words = words[count or 1 :]
    return replaced


def tokenize(sentence: str, *, lower: bool = True) -> list[str]:
    """The words of a sentence, of its first MAX_CHARACTERS; "men's" is "men", "T-shirt" is "tshirt"."""
    joined = re.sub(r"\b([tT])[- ](?=[sS]hirt)", r"\1", sentence[:MAX_CHARACTERS])
    words = WORD_PATTERN.findall(re.sub(r"['’]s?\b", "", joined))
    return [normalize_word(word) for word in words] if lower else words


def normalize_word(word: str) -> str:
    """Lower case, without accents."""
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))

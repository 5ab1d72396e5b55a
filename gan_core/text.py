"""Sentences as vectors, with no network and no transformer: a table of words, small enough to travel with a model.

A sentence's vector is the sum of its words' rows, brought to a fixed length. All the knowledge lies in the rows: they
are distilled from a sentence transformer (`word_vectors.py`), so that "crimson" lies near "red" whether or not a
caption ever said it, and then turned towards what the captions of one data set are about (`text_learning.py`).
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from torch import Tensor

from gan_core.errors import InputError

EXCHANGED = 0.8  # share of the words exchanged, of those that others may stand in for
LONGEST = 5  # words of a name that others may stand in for
MAX_CHARACTERS = 1_000  # of a sentence: what follows is not read
# What stands above and below letters and belongs to them, vowels where Hindi or Thai is written: no letters to Python.
SIGNS = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u109f\u1780-\u17d3"
WORD = re.compile(rf"[^\W_](?:[^\W_]|[{SIGNS}])*")
WORDS_FILE = Path(__file__).resolve().parent / "words.safetensors"  # as distilled, not yet turned to any captions


@dataclass(frozen=True)
class TextEncoder:
    """Sentences -> vectors (N, dim) float32, each of length sqrt(dim); one without a known word is all zeros."""

    words: tuple[str, ...]
    rows: np.ndarray = field(repr=False)  # (words, dim) int8
    scales: np.ndarray = field(repr=False)  # (words,) float32: a word's row is rows * scale
    source: str = ""  # what it was made from, in a sentence
    synonyms: Mapping[str, Sequence[str]] = field(
        default_factory=dict, repr=False
    )  # learned, as `exchanged` takes them

    @property
    def size(self) -> int:
        """Values in a sentence's vector."""
        return self.rows.shape[1]

    @cached_property
    def places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def fingerprint(self) -> str:
        """The first 8 hex digits of a SHA-256 over words and rows: equal ones encode the same."""
        parts = ("\n".join(self.words).encode(), self.rows.tobytes(), self.scales.tobytes())
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]

    def encode(self, sentences: Sequence[str]) -> Tensor:
        """One vector a sentence. Words that are not known count for nothing: ask `unknown` for them."""
        vectors = np.stack([self.total(sentence) for sentence in sentences]) if sentences else np.empty((0, self.size))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return torch.from_numpy((vectors / np.maximum(lengths, 1e-6) * self.size**0.5).astype(np.float32))

    def total(self, sentence: str) -> np.ndarray:
        """The sum of the rows of all known words (dim,)."""
        places = [place for word in split(sentence) for place in self.places_of(word)]
        return (self.rows[places] * self.scales[places, None]).sum(axis=0, dtype=np.float32)

    def unknown(self, sentence: str) -> list[str]:
        """The words that say nothing to this encoder, each once, as they were written."""
        return list(dict.fromkeys(word for word in split(sentence, lower=False) if not self.places_of(plain(word))))

    def places_of(self, word: str) -> list[int]:
        """The row of a word, or of its singular, or those of the two words it is joined of; else none."""
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in self.places:
                return [self.places[form]]
        for cut in range(3, len(word) - 2):
            if word[:cut] in self.places and word[cut:] in self.places:
                return [self.places[word[:cut]], self.places[word[cut:]]]
        return []

    def save(self, file: Path) -> None:
        """One safetensors file: rows, scales, and the words in its metadata."""
        facts = {"words": "\n".join(self.words), "source": self.source, "synonyms": json.dumps(self.synonyms)}
        save_file({"rows": self.rows, "scales": self.scales}, file, metadata=facts)
        file.chmod(0o644)  # safetensors writes for the owner's eyes only

    @classmethod
    def load(cls, file: Path) -> "TextEncoder":
        """Raises InputError where the file is missing, torn or no encoder."""
        try:
            with safe_open(file, "numpy") as opened:
                facts = opened.metadata() or {}
                encoder = cls(
                    tuple(facts["words"].split("\n")), opened.get_tensor("rows"), opened.get_tensor("scales"),
                    facts.get("source", ""), json.loads(facts.get("synonyms", "{}")),
                )  # fmt: skip
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise InputError(f"{file} cannot be read as a text encoder: {error}.") from error
        if (
            encoder.rows.ndim != 2
            or len(encoder.rows) != len(encoder.words)
            or encoder.scales.shape != (len(encoder.words),)
        ):
            raise InputError(f"{file} is no text encoder: it has {encoder.rows.shape} values for its words.")
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
        rows = np.rint(vectors / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
        return cls(tuple(words), rows, scales, source, synonyms or {})

    def vectors(self) -> np.ndarray:
        """All rows in float32 (words, dim)."""
        return self.rows * self.scales[:, None]


def exchanged(words: list[str], instead: Mapping[str, Sequence[str]], drawing: torch.Generator) -> list[str]:
    """The words, some of those that others may stand in for exchanged for one of these; so are names of several words,
    the longest first."""
    said: list[str] = []
    while words:
        known = (count for count in range(min(LONGEST, len(words)), 0, -1) if instead.get(" ".join(words[:count])))
        count = next(known, 0)
        if count and torch.rand(1, generator=drawing) < EXCHANGED:
            choices = instead[" ".join(words[:count])]
            said += split(choices[int(torch.randint(len(choices), (1,), generator=drawing))])
        else:
            said += words[: count or 1]
        words = words[count or 1 :]
    return said


def split(sentence: str, *, lower: bool = True) -> list[str]:
    """The words of a sentence, of its first MAX_CHARACTERS; "men's" is "men", "T-shirt" is "tshirt"."""
    joined = re.sub(r"\b([tT])[- ](?=[sS]hirt)", r"\1", sentence[:MAX_CHARACTERS])
    words = WORD.findall(re.sub(r"['’]s?\b", "", joined))
    return [plain(word) for word in words] if lower else words


def plain(word: str) -> str:
    """Lower case, without accents."""
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))

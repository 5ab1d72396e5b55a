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

from gan_core.errors import InputError

EXCHANGED = 0.8  # share of the words exchanged, of those that others may stand in for
LONGEST = 5  # words of a name that others may stand in for
RECALL = 100.0  # how sharply the remembered name that is most like a sentence outweighs others, per cosine
TOGETHER = 1_000  # sentences held against the memory at once
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
    memory: np.ndarray = field(
        default_factory=lambda: np.empty((0, 0), np.float16), repr=False
    )  # (names, dim) float16: unit vectors
    names: tuple[str, ...] = field(default=(), repr=False)  # those in the memory, where the file tells them
    familiar: np.ndarray = field(
        default_factory=lambda: np.empty(0, np.uint8), repr=False
    )  # (words,) uint8: 1 where captions say the word; empty where nothing is remembered

    @property
    def size(self) -> int:
        """Values in a sentence's vector."""
        return self.rows.shape[1]

    @cached_property
    def places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def fingerprint(self) -> str:
        """The first 8 hex digits of a SHA-256 over words, rows and memory: equal ones encode the same."""
        parts = ["\n".join(self.words).encode(), self.rows.tobytes(), self.scales.tobytes()]
        parts += [self.memory.tobytes(), self.familiar.tobytes()] if len(self.memory) else []
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]

    def encode(self, sentences: Sequence[str]) -> Tensor:
        """One vector a sentence. Words that are not known count for nothing: ask `unknown` for them."""
        if not sentences:
            return torch.empty(0, self.size)
        places = [self.places_in(sentence) for sentence in sentences]
        vectors = unit(np.stack([self.total(each) for each in places]))
        strange = [row for row, each in enumerate(places) if self.strange(each)]
        for start in range(0, len(strange), TOGETHER):
            rows = strange[start : start + TOGETHER]
            vectors[rows] = self.recalled(vectors[rows])
        return torch.from_numpy(vectors * np.float32(self.size**0.5))

    def recalled(self, directions: np.ndarray) -> np.ndarray:
        """Unit vectors (N, dim) as means of the remembered ones, each weighed by how like it is (Ramsauer et al. 2021,
        equation 3)."""
        known = self.known
        likeness = RECALL * directions @ known.T  # (N, names)
        weights = np.exp(likeness - likeness.max(axis=1, keepdims=True))
        return unit(weights @ known)

    def read_as(self, sentence: str) -> str:
        """What a sentence with words of no caption is taken for: the name that is most like it; "" where it is read as
        it stands."""
        places = self.places_in(sentence)
        if len(self.names) != len(self.memory) or not self.strange(places):
            return ""
        return self.names[int((self.known @ unit(self.total(places)[None])[0]).argmax())]

    def strange(self, places: list[int]) -> bool:
        """Whether there is a memory, and a word among these that no caption says."""
        return len(self.memory) > 0 and not self.familiar[places].all()

    @cached_property
    def known(self) -> np.ndarray:
        """The memory in float32."""
        return self.memory.astype(np.float32)

    def places_in(self, sentence: str) -> list[int]:
        """The rows of all its known words."""
        return [place for word in split(sentence) for place in self.places_of(word)]

    def total(self, places: list[int]) -> np.ndarray:
        """The sum of some words' rows (dim,)."""
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
        """One safetensors file: rows, scales, memory, and the words in its metadata."""
        facts = {"words": "\n".join(self.words), "source": self.source, "synonyms": json.dumps(self.synonyms)}
        facts |= {"names": json.dumps(self.names)} if self.names else {}
        tensors = {"rows": self.rows, "scales": self.scales}
        remembered = {"memory": self.memory, "familiar": self.familiar} if len(self.memory) else {}
        save_file(tensors | remembered, file, metadata=facts)
        file.chmod(0o644)  # safetensors writes for the owner's eyes only

    @classmethod
    def load(cls, file: Path) -> "TextEncoder":
        """Raises InputError where the file is missing, torn or no encoder."""
        try:
            with safe_open(file, "numpy") as opened:
                facts = opened.metadata() or {}
                rows, scales = opened.get_tensor("rows"), opened.get_tensor("scales")
                words, synonyms = tuple(facts["words"].split("\n")), json.loads(facts.get("synonyms", "{}"))
                encoder = cls(words, rows, scales, facts.get("source", ""), synonyms)
                if {"memory", "familiar"} <= set(opened.keys()):
                    memory, familiar = (opened.get_tensor(name) for name in ("memory", "familiar"))
                    names = tuple(map(str, json.loads(facts.get("names", "[]"))))
                    encoder = replace(encoder, memory=memory, familiar=familiar, names=names)
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise InputError(f"{file} cannot be read as a text encoder: {error}.") from error
        if (
            encoder.rows.ndim != 2
            or len(encoder.rows) != len(encoder.words)
            or encoder.scales.shape != (len(encoder.words),)
            or (len(encoder.memory) and encoder.memory.shape[1:] != encoder.rows.shape[1:])
            or (len(encoder.memory) and encoder.familiar.shape != (len(encoder.words),))
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

    def remembering(self, names: Sequence[str], familiar: Collection[int]) -> "TextEncoder":
        """The same encoder with these names in its memory, for sentences with other words than those at the `familiar`
        places of the table."""
        kept = {name: total for name in names if (total := self.total(self.places_in(name))).any()}
        if not kept:
            return self
        flags = np.zeros(len(self.words), np.uint8)
        flags[list(familiar)] = 1
        memory = unit(np.stack(list(kept.values()))).astype(np.float16)
        return replace(self, memory=memory, familiar=flags, names=tuple(kept))

    def vectors(self) -> np.ndarray:
        """All rows in float32 (words, dim)."""
        return self.rows * self.scales[:, None]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows (N, dim) at length 1, zeros as they are."""
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)).astype(np.float32)


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

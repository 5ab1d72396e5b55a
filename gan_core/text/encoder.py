"""A bag-of-words text encoder: a table of word vectors, small enough to be stored with a model.

The embedding of a sentence is the sum of its words' vectors, scaled to a fixed length. The word vectors are distilled
from a sentence transformer (`distillation.py`), so that "crimson" is near "red" even where no caption contains it, and
then trained on the captions of one data set (`encoder_training.py`). As generators draw best the embeddings they were
trained on, an encoder also stores prototypes, the embeddings of the names of what the images show: a sentence with a
word outside the captions' vocabulary is mapped to the most similar prototypes.
"""

import hashlib
import json
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
from gan_core.files import write_atomically
from gan_core.text.tokenizer import normalize_word, tokenize

INVERSE_TEMPERATURE = 100.0  # of the softmax over the cosine similarities to the prototypes
CHUNK_SENTENCES = 1_000  # sentences compared with the prototypes at once
WORDS_FILE = Path(__file__).resolve().parent / "words.safetensors"  # distilled, not trained on any captions


def empty_prototypes() -> np.ndarray:
    return np.empty((0, 0), np.float16)


def empty_vocabulary() -> np.ndarray:
    return np.empty(0, np.uint8)


@dataclass(frozen=True)
class TextEncoder:
    """Sentences -> embeddings (N, dim) float32, each of length sqrt(dim); all zeros for one without a known word."""

    words: tuple[str, ...]
    embeddings: np.ndarray = field(repr=False)  # (words, dim) int8
    scales: np.ndarray = field(repr=False)  # (words,) float32; the vector of a word is its embedding times its scale
    source: str = ""  # a sentence on how it was made
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)  # as `replace_synonyms` takes them
    prototypes: np.ndarray = field(default_factory=empty_prototypes, repr=False)  # (names, dim) float16 unit vectors
    prototype_names: tuple[str, ...] = field(default=(), repr=False)  # empty where the file does not have them
    # (words,) uint8: 1 for the words of the captions; empty without prototypes
    in_caption_vocabulary: np.ndarray = field(default_factory=empty_vocabulary, repr=False)

    @property
    def dim(self) -> int:
        """The number of values of an embedding."""
        return self.embeddings.shape[1]

    @cached_property
    def word_indices(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    @cached_property
    def fingerprint(self) -> str:
        """The first 8 hex digits of a SHA-256 of words, vectors and prototypes; equal ones encode alike."""
        parts = ["\n".join(self.words).encode(), self.embeddings.tobytes(), self.scales.tobytes()]
        parts += [self.prototypes.tobytes(), self.in_caption_vocabulary.tobytes()] if len(self.prototypes) else []
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]

    def encode(self, sentences: Sequence[str]) -> Tensor:
        """The embeddings of sentences. Unknown words are ignored; `unknown_words` returns them."""
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
        """Means of the prototypes, weighted by a softmax of their similarity to unit vectors (N, dim), as unit vectors
        (N, dim) (Ramsauer et al. 2021, equation 3)."""
        prototypes = self.prototypes_float32
        similarities = INVERSE_TEMPERATURE * directions @ prototypes.T  # (N, names)
        weights = np.exp(similarities - similarities.max(axis=1, keepdims=True))
        return normalize_rows(weights @ prototypes)

    def nearest_prototype(self, sentence: str) -> str:
        """The name most similar to a sentence with a word outside the captions' vocabulary; "" for other sentences."""
        token_ids = self.token_ids(sentence)
        if len(self.prototype_names) != len(self.prototypes) or not self.has_unseen_word(token_ids):
            return ""
        similarities = self.prototypes_float32 @ normalize_rows(self.sum_embeddings(token_ids)[None])[0]
        return self.prototype_names[int(similarities.argmax())]

    def has_unseen_word(self, token_ids: list[int]) -> bool:
        """Whether there are prototypes, and a word among these is outside the captions' vocabulary."""
        return len(self.prototypes) > 0 and not self.in_caption_vocabulary[token_ids].all()

    @cached_property
    def prototypes_float32(self) -> np.ndarray:
        return self.prototypes.astype(np.float32)

    def token_ids(self, sentence: str) -> list[int]:
        """The indices of all known words of a sentence."""
        return [token_id for word in tokenize(sentence) for token_id in self.word_token_ids(word)]

    def sum_embeddings(self, token_ids: list[int]) -> np.ndarray:
        """The sum (dim,) of the vectors of some words."""
        return (self.embeddings[token_ids] * self.scales[token_ids, None]).sum(axis=0, dtype=np.float32)

    def unknown_words(self, sentence: str) -> list[str]:
        """The words that this encoder ignores, each once, as they are written in the sentence."""
        words = tokenize(sentence, lower=False)
        return list(dict.fromkeys(word for word in words if not self.word_token_ids(normalize_word(word))))

    def word_token_ids(self, word: str) -> list[int]:
        """The index of a word or of its singular, or the indices of the two words it is composed of, or none."""
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in self.word_indices:
                return [self.word_indices[form]]
        for cut in range(3, len(word) - 2):
            if word[:cut] in self.word_indices and word[cut:] in self.word_indices:
                return [self.word_indices[word[:cut]], self.word_indices[word[cut:]]]
        return []

    def save(self, file: Path) -> None:
        """Writes one safetensors file, atomically; the words are in its metadata."""
        metadata = {"words": "\n".join(self.words), "source": self.source, "synonyms": json.dumps(self.synonyms)}
        tensors = {"rows": self.embeddings, "scales": self.scales}
        if self.prototype_names:
            metadata["names"] = json.dumps(self.prototype_names)
        if len(self.prototypes):
            tensors |= {"memory": self.prototypes, "familiar": self.in_caption_vocabulary}

        def write(partial: Path) -> None:
            save_file(tensors, partial, metadata=metadata)
            partial.chmod(0o644)  # safetensors makes files that only their owner can read

        write_atomically(file, write)

    @classmethod
    def load(cls, file: Path) -> "TextEncoder":
        """Raises UsageError where the file is missing, damaged or no text encoder."""
        try:
            with safe_open(file, "numpy") as opened:
                metadata = opened.metadata() or {}
                embeddings, scales = opened.get_tensor("rows"), opened.get_tensor("scales")
                words, synonyms = tuple(metadata["words"].split("\n")), json.loads(metadata.get("synonyms", "{}"))
                encoder = cls(words, embeddings, scales, metadata.get("source", ""), synonyms)
                if {"memory", "familiar"} <= set(opened.keys()):
                    encoder = replace(
                        encoder,
                        prototypes=opened.get_tensor("memory"),
                        in_caption_vocabulary=opened.get_tensor("familiar"),
                        prototype_names=tuple(map(str, json.loads(metadata.get("names", "[]")))),
                    )
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise UsageError(f"{file} cannot be read as a text encoder: {error}.") from error
        if not encoder.has_consistent_shapes():
            raise UsageError(f"{file} is no text encoder: the shapes of its tensors do not fit its words.")
        return encoder

    def has_consistent_shapes(self) -> bool:
        """Whether there is a vector and a scale for each word, and prototypes, if any, have as many values."""
        count = len(self.words)
        if self.embeddings.ndim != 2 or len(self.embeddings) != count or self.scales.shape != (count,):
            return False
        return not len(self.prototypes) or (
            self.prototypes.shape[1:] == self.embeddings.shape[1:] and self.in_caption_vocabulary.shape == (count,)
        )

    @classmethod
    def from_vectors(
        cls,
        words: Sequence[str],
        vectors: np.ndarray,
        source: str = "",
        synonyms: Mapping[str, Sequence[str]] | None = None,
    ) -> "TextEncoder":
        """From float vectors (words, dim), each quantised to 8 bits with a scale of its own."""
        scales = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
        embeddings = np.rint(vectors / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
        return cls(tuple(words), embeddings, scales, source, synonyms or {})

    def with_prototypes(self, names: Sequence[str], caption_token_ids: Collection[int]) -> "TextEncoder":
        """The same encoder with the embeddings of `names` as prototypes; `caption_token_ids` are the indices of the
        words in the captions' vocabulary."""
        sums_by_name = {name: summed for name in names if (summed := self.sum_embeddings(self.token_ids(name))).any()}
        if not sums_by_name:
            return self
        flags = np.zeros(len(self.words), np.uint8)
        flags[list(caption_token_ids)] = 1
        prototypes = normalize_rows(np.stack(list(sums_by_name.values()))).astype(np.float16)
        return replace(self, prototypes=prototypes, in_caption_vocabulary=flags, prototype_names=tuple(sums_by_name))

    def float_embeddings(self) -> np.ndarray:
        """The vectors of all words (words, dim) in float32."""
        return self.embeddings * self.scales[:, None]


def normalize_rows(vectors: np.ndarray) -> np.ndarray:
    """Vectors (N, dim) at length 1; zeros stay zeros."""
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)).astype(np.float32)

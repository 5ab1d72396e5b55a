"""Distils a table of word vectors from a sentence transformer, which is not needed afterwards.

Each word is encoded alone, as the mean of the transformer's last layer (model2vec, Tulkens and van Dongen 2024), and
concatenated with the vector of its WordNet definition, in the sense nearest to the captions, and with the features of
the colour that it names. The result is reduced to its principal components, with less weight for frequent words (SIF,
Arora et al. 2017). Needs the packages `transformers`, `wordfreq` and `matplotlib`, which the project does not require.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core.errors import UsageError
from gan_core.text.colours import colour_features, colour_names
from gan_core.text.encoder import TextEncoder
from gan_core.text.tokenizer import normalize_word, tokenize
from gan_core.text.wordnet import Sense, senses_of

BATCH_SIZE = 256
MAX_TOKENS = 48  # of a text; the rest is truncated
SIF_SMOOTHING = 1e-4  # a: the weight of a word is a / (a + frequency)
PART_WEIGHTS = {"word": 0.5, "definition": 0.5, "colour": 0.5}  # shares in the squared length
THING_BONUS = 0.1  # added to the cosine of a sense that is a thing
NEAREST_CAPTIONS = 20  # compared with each sense


@dataclass
class SentenceTransformer:
    """The sentence transformer in a model folder, as a function from texts to vectors (N, hidden) float32.

    `progress` is called with the number of texts of each batch.
    """

    folder: Path
    progress: Callable[[int], Any]

    def __post_init__(self) -> None:
        try:
            from transformers import AutoModel, AutoTokenizer  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise UsageError(
                "Distillation needs the packages transformers and wordfreq: install them in this environment."
            ) from error
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        self.model = AutoModel.from_pretrained(self.folder).eval()

    @torch.inference_mode()
    def __call__(self, texts: list[str]) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))  # similar lengths need little padding
        vectors = np.empty((len(texts), self.model.config.hidden_size), np.float32)
        for first in range(0, len(texts), BATCH_SIZE):
            indices = order[first : first + BATCH_SIZE]
            batch = [texts[index] for index in indices]
            tokens = self.tokenizer(batch, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
            hidden_states = self.model(**tokens).last_hidden_state  # (N, tokens, hidden)
            mask = tokens["attention_mask"][..., None].float()
            vectors[indices] = ((hidden_states * mask).sum(dim=1) / mask.sum(dim=1)).numpy()
            self.progress(len(indices))
        return vectors


def build_word_list(captions: Iterable[str], frequent_count: int) -> list[str]:
    """The `frequent_count` most frequent English words, then those that only the captions contain."""
    from wordfreq import top_n_list  # pyright: ignore[reportMissingImports]

    frequent_words = (
        normalize_word(word) for word in top_n_list("en", 2 * frequent_count) if word.isalpha() and word.isascii()
    )
    frequent_words = [word for word in dict.fromkeys(frequent_words) if len(word) > 1 or word == "a"][:frequent_count]
    caption_words = sorted(
        {word for caption in captions for word in tokenize(caption) if word.isalpha() and len(word) > 1}
    )
    return list(dict.fromkeys(frequent_words + caption_words))


def distill_word_table(
    words: list[str],
    senses_by_word: dict[str, list[Sense]],
    captions: list[str],
    extra_count: int,
    dim: int,
    transformer: SentenceTransformer,
) -> TextEncoder:
    """An encoder with a vector of `dim` values for each word, and for the `extra_count` further words of the dictionary
    whose senses are nearest to the captions."""
    senses = sorted({str(sense) for word_senses in senses_by_word.values() for sense in word_senses})
    vectors = transformer([*senses, *captions])
    vectors = vectors - vectors[: len(senses)].mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sense_vectors = vectors[: len(senses)]
    closeness = caption_closeness(sense_vectors, vectors[len(senses) :])
    sense_indices = {sense: index for index, sense in enumerate(senses)}

    def best_sense(word: str) -> int | None:
        """The index of the sense nearest to the captions, with a bonus for things."""
        bonuses = {sense_indices[str(sense)]: THING_BONUS * sense.is_thing for sense in senses_of(word, senses_by_word)}
        return max(bonuses, key=lambda index: closeness[index] + bonuses[index], default=None)

    included = set(words)
    extra_closeness = {
        word: closeness[best_sense(word)] for word in senses_by_word if word not in included and word.isalpha()
    }
    words = words + sorted(extra_closeness, key=lambda word: -extra_closeness[word])[:extra_count]
    definition_vectors = np.zeros((len(words), sense_vectors.shape[1]), np.float32)
    for row, word in zip(definition_vectors, words, strict=True):
        if (index := best_sense(word)) is not None:
            row[:] = sense_vectors[index]
    word_vectors = transformer(words)
    word_vectors -= word_vectors.mean(axis=0)
    word_vectors /= np.linalg.norm(word_vectors, axis=1, keepdims=True)
    parts = {"word": word_vectors, "definition": definition_vectors, "colour": colour_features(words, colour_names())}
    joined = np.concatenate([values * PART_WEIGHTS[name] ** 0.5 for name, values in parts.items()], axis=1)
    source = f"{len(words)} words, distilled from a sentence transformer and WordNet's definitions"
    return TextEncoder.from_vectors(words, principal_components(joined, dim) * sif_weights(len(words)), source)


def sif_weights(count: int) -> np.ndarray:
    """The SIF weights (count, 1) of words sorted by frequency, which Zipf's law estimates from their ranks."""
    frequencies = 1 / (np.arange(count) + 2) / np.log(count)
    return (SIF_SMOOTHING / (SIF_SMOOTHING + frequencies)).astype(np.float32)[:, None]


def caption_closeness(sense_vectors: np.ndarray, caption_vectors: np.ndarray) -> np.ndarray:
    """The mean cosine similarity (N,) of each sense to its NEAREST_CAPTIONS nearest captions."""
    count = min(NEAREST_CAPTIONS, len(caption_vectors))
    means = [
        np.partition(chunk @ caption_vectors.T, -count, axis=1)[:, -count:].mean(axis=1)
        for chunk in np.array_split(sense_vectors, max(1, len(sense_vectors) // 1000))
    ]
    return np.concatenate(means)


def principal_components(vectors: np.ndarray, count: int) -> np.ndarray:
    """The first `count` principal components (N, count) of vectors (N, D), which are centred first."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # in ascending order
    return centred @ directions[:, ::-1][:, :count]

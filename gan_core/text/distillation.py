"""Where the words' vectors come from: a sentence transformer reads words and their definitions once, and is not
needed again.

Each word goes through the transformer alone, the mean of its last layer is its vector (as model2vec does it, Tulkens
and van Dongen 2024). Beside it stand what a dictionary says of the word, in the sense that is nearest to the captions,
and the colour that it names. Principal components keep what tells words apart, and frequent words weigh less, by their
rank (Arora et al. 2017). Needs `transformers`, `wordfreq` and `matplotlib`, which nothing else does: an environment of
its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core.errors import UsageError
from gan_core.text.colours import colour_features, colour_names
from gan_core.text.encoder import TextEncoder, normalize_word, tokenize
from gan_core.text.wordnet import Sense, senses_of

BATCH_SIZE = 256
MAX_TOKENS = 48  # tokens that are read of a definition
SIF_SMOOTHING = 1e-4  # of the weight RARITY / (RARITY + frequency)
PART_WEIGHTS = {"word": 0.5, "definition": 0.5, "colour": 0.5}  # of the squared length of a row, where it has all three
THING_BONUS = 0.1  # added to the cosine of a sense that is a thing
NEAREST_CAPTIONS = 20  # captions that a sense is held against


@dataclass
class SentenceTransformer:
    """A sentence transformer's model folder, as a function from texts to vectors (N, hidden); counts what it reads."""

    folder: Path
    progress: Callable[[int], Any]

    def __post_init__(self) -> None:
        try:
            from transformers import AutoModel, AutoTokenizer  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise UsageError("Distilling needs the packages transformers and wordfreq, in this environment.") from error
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        self.model = AutoModel.from_pretrained(self.folder).eval()

    @torch.inference_mode()
    def __call__(self, texts: list[str]) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))  # alike in length: little padding
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
    """The `common` most frequent English words, then those that only the captions have."""
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
    """A vector of `size` values for every word, and for the `extra` more of the dictionary that are nearest to what
    the captions speak of."""
    senses = sorted({str(sense) for word_senses in senses_by_word.values() for sense in word_senses})
    vectors = transformer([*senses, *captions])
    vectors = vectors - vectors[: len(senses)].mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sense_vectors = vectors[: len(senses)]
    closeness = caption_closeness(sense_vectors, vectors[len(senses) :])
    sense_indices = {sense: index for index, sense in enumerate(senses)}

    def best_sense(word: str) -> int | None:
        """The place of the sense that the captions would mean."""
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
    frequency = 1 / (np.arange(len(words)) + 2) / np.log(len(words))  # Zipf's law on the rank in the list
    weights = (SIF_SMOOTHING / (SIF_SMOOTHING + frequency)).astype(np.float32)
    source = f"{len(words)} words, distilled from a sentence transformer and WordNet's definitions"
    return TextEncoder.from_vectors(words, principal_components(joined, dim) * weights[:, None], source)


def caption_closeness(sense_vectors: np.ndarray, caption_vectors: np.ndarray) -> np.ndarray:
    """The mean cosine of each row (N,) to the captions that are nearest to it."""
    count = min(NEAREST_CAPTIONS, len(caption_vectors))
    means = [
        np.partition(chunk @ caption_vectors.T, -count, axis=1)[:, -count:].mean(axis=1)
        for chunk in np.array_split(sense_vectors, max(1, len(sense_vectors) // 1000))
    ]
    return np.concatenate(means)


def principal_components(vectors: np.ndarray, count: int) -> np.ndarray:
    """The first `size` principal components of centred rows."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # in ascending order
    return centred @ directions[:, ::-1][:, :count]

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

from gan_core.errors import InputError
from gan_core.text.colours import colour_names, tones
from gan_core.text.encoder import TextEncoder, plain, split
from gan_core.text.wordnet import Sense, senses_of

BATCH = 256
LONGEST = 48  # tokens that are read of a definition
RARITY = 1e-4  # of the weight RARITY / (RARITY + frequency)
PARTS = {"word": 0.5, "definition": 0.5, "colour": 0.5}  # of the squared length of a row, where it has all three
PREFERRED = 0.1  # added to the cosine of a sense that is a thing
NEAREST = 20  # captions that a sense is held against


@dataclass
class Transformer:
    """A sentence transformer's model folder, as a function from texts to vectors (N, hidden); counts what it reads."""

    folder: Path
    progress: Callable[[int], Any]

    def __post_init__(self) -> None:
        try:
            from transformers import AutoModel, AutoTokenizer  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise InputError("Distilling needs the packages transformers and wordfreq, in this environment.") from error
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        self.model = AutoModel.from_pretrained(self.folder).eval()

    @torch.inference_mode()
    def __call__(self, texts: list[str]) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # alike in length: little padding
        vectors = np.empty((len(texts), self.model.config.hidden_size), np.float32)
        for first in range(0, len(texts), BATCH):
            places = order[first : first + BATCH]
            some = [texts[place] for place in places]
            tokens = self.tokenizer(some, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
            seen = self.model(**tokens).last_hidden_state  # (N, tokens, hidden)
            mask = tokens["attention_mask"][..., None].float()
            vectors[places] = ((seen * mask).sum(dim=1) / mask.sum(dim=1)).numpy()
            self.progress(len(places))
        return vectors


def word_list(captions: Iterable[str], common: int) -> list[str]:
    """The `common` most frequent English words, then those that only the captions have."""
    from wordfreq import top_n_list  # pyright: ignore[reportMissingImports]

    usual = (plain(word) for word in top_n_list("en", 2 * common) if word.isalpha() and word.isascii())
    usual = [word for word in dict.fromkeys(usual) if len(word) > 1 or word == "a"][:common]
    told = sorted({word for caption in captions for word in split(caption) if word.isalpha() and len(word) > 1})
    return list(dict.fromkeys(usual + told))


def distil(
    words: list[str], dictionary: dict[str, list[Sense]], captions: list[str], extra: int, size: int, read: Transformer
) -> TextEncoder:
    """A vector of `size` values for every word, and for the `extra` more of the dictionary that are nearest to what
    the captions speak of."""
    senses = sorted({str(sense) for each in dictionary.values() for sense in each})
    vectors = read([*senses, *captions])
    vectors = vectors - vectors[: len(senses)].mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    meanings = vectors[: len(senses)]
    closeness = nearness(meanings, vectors[len(senses) :])
    places = {sense: place for place, sense in enumerate(senses)}

    def best(word: str) -> int | None:
        """The place of the sense that the captions would mean."""
        told = {places[str(sense)]: PREFERRED * sense.thing for sense in senses_of(word, dictionary)}
        return max(told, key=lambda place: closeness[place] + told[place], default=None)

    known = set(words)
    more = {word: closeness[best(word)] for word in dictionary if word not in known and word.isalpha()}
    words = words + sorted(more, key=lambda word: -more[word])[:extra]
    defined = np.zeros((len(words), meanings.shape[1]), np.float32)
    for row, word in zip(defined, words, strict=True):
        if (place := best(word)) is not None:
            row[:] = meanings[place]
    alone = read(words)
    alone -= alone.mean(axis=0)
    alone /= np.linalg.norm(alone, axis=1, keepdims=True)
    parts = {"word": alone, "definition": defined, "colour": tones(words, colour_names())}
    joined = np.concatenate([values * PARTS[name] ** 0.5 for name, values in parts.items()], axis=1)
    frequency = 1 / (np.arange(len(words)) + 2) / np.log(len(words))  # Zipf's law on the rank in the list
    weights = (RARITY / (RARITY + frequency)).astype(np.float32)
    source = f"{len(words)} words, distilled from a sentence transformer and WordNet's definitions"
    return TextEncoder.from_vectors(words, principal(joined, size) * weights[:, None], source)


def nearness(meanings: np.ndarray, captions: np.ndarray) -> np.ndarray:
    """The mean cosine of each row (N,) to the captions that are nearest to it."""
    nearest = min(NEAREST, len(captions))
    found = [
        np.partition(part @ captions.T, -nearest, axis=1)[:, -nearest:].mean(axis=1)
        for part in np.array_split(meanings, max(1, len(meanings) // 1000))
    ]
    return np.concatenate(found)


def principal(vectors: np.ndarray, size: int) -> np.ndarray:
    """The first `size` principal components of centred rows."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # in ascending order
    return centred @ directions[:, ::-1][:, :size]

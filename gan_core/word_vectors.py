"""Where the words' vectors come from: a sentence transformer reads each word once, and is not needed again.

Each word goes through the transformer alone, the mean of its last layer is its vector (as model2vec does it, Tulkens
and van Dongen 2024), principal components keep what tells words apart, and frequent words weigh less, by their rank
(Arora et al. 2017). Needs `transformers` and `wordfreq`, which nothing else does: an environment of its own.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core.errors import InputError
from gan_core.text import TextEncoder, plain, split

BATCH = 256
RARITY = 1e-4  # of the weight RARITY / (RARITY + frequency)


def word_list(captions: Iterable[str], common: int) -> list[str]:
    """The `common` most frequent English words, then those that only the captions have."""
    from wordfreq import top_n_list  # pyright: ignore[reportMissingImports]

    usual = (plain(word) for word in top_n_list("en", 2 * common) if word.isalpha() and word.isascii())
    usual = [word for word in dict.fromkeys(usual) if len(word) > 1 or word == "a"][:common]
    told = sorted({word for caption in captions for word in split(caption) if word.isalpha() and len(word) > 1})
    return list(dict.fromkeys(usual + told))


def distil(words: list[str], folder: Path, size: int, progress: Callable[[int], Any]) -> TextEncoder:
    """A vector of `size` values for every word, by the sentence transformer in `folder`; `progress` counts words."""
    try:
        from transformers import AutoModel, AutoTokenizer  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise InputError("Distilling needs the packages transformers and wordfreq, in this environment.") from error
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    order = sorted(range(len(words)), key=lambda place: len(words[place]))  # alike in length: little padding
    vectors = np.empty((len(words), model.config.hidden_size), np.float32)
    for first in range(0, len(words), BATCH):
        places = order[first : first + BATCH]
        vectors[places] = read(tokenizer, model, [words[place] for place in places])
        progress(len(places))
    vectors = principal(vectors, size)
    frequency = 1 / (np.arange(len(words)) + 2) / np.log(len(words))  # Zipf's law on the rank in the list
    weights = (RARITY / (RARITY + frequency)).astype(np.float32)
    return TextEncoder.from_vectors(
        words, vectors * weights[:, None], f"{len(words)} words, distilled from a sentence transformer"
    )


@torch.inference_mode()
def read(tokenizer: Any, model: Any, words: list[str]) -> np.ndarray:
    """What the transformer makes of each word by itself (N, hidden)."""
    tokens = tokenizer(words, padding=True, return_tensors="pt")
    seen = model(**tokens).last_hidden_state  # (N, tokens, hidden)
    mask = tokens["attention_mask"][..., None].float()
    return ((seen * mask).sum(dim=1) / mask.sum(dim=1)).numpy()


def principal(vectors: np.ndarray, size: int) -> np.ndarray:
    """The first `size` principal components of centred rows."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # in ascending order
    return centred @ directions[:, ::-1][:, :size]

"""Metadata of a small shop, and a word table for its captions."""

import numpy as np
import torch

from gan_core.text.encoder import TextEncoder

COLOURS, ARTICLES = ("Red", "Blue", "Green"), ("Bags", "Shoes")
SHOP_ROWS = [
    {"file_name": f"{number}.jpg", "colour": COLOURS[number % 3], "article": ARTICLES[number // 3 % 2]}
    for number in range(60)
]


def shop_table() -> TextEncoder:
    """Similar vectors for colours, "crimson" near "red" and "purse" near "bag", and a longer one for the word "a"."""
    words = ("red", "blue", "green", "bag", "shoes", "a", "crimson", "purse")
    vectors = np.random.default_rng(0).normal(size=(8, 24)).astype(np.float32)
    vectors[:3] = vectors[:3] * 0.5 + vectors[0]
    vectors[6], vectors[7] = vectors[0] * 0.9 + vectors[6] * 0.1, vectors[3] * 0.9 + vectors[7] * 0.1
    vectors[5] *= 5
    return TextEncoder.from_vectors(words, vectors)


def with_unrelated_words(table: TextEncoder, *words: str) -> TextEncoder:
    """The table with further words whose vectors are noise."""
    noise = np.random.default_rng(1).normal(size=(len(words), table.dim)).astype(np.float32)
    return TextEncoder.from_vectors((*table.words, *words), np.concatenate([table.float_embeddings(), noise]))


def cosine(encoder: TextEncoder, first: str, second: str) -> float:
    """The cosine similarity of the embeddings of two sentences."""
    vectors = encoder.encode([first, second])
    return torch.nn.functional.cosine_similarity(vectors[0], vectors[1], dim=0).item()

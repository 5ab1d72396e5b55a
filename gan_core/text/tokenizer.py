"""Splits sentences into normalised words, and replaces words with synonyms."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import torch

MAX_CHARACTERS = 1_000  # of a sentence; the rest is ignored
MAX_PHRASE_WORDS = 5  # of a phrase that synonyms can replace
SYNONYM_REPLACEMENT_SHARE = 0.8  # of the words and phrases that have synonyms
# Combining accents and vowel signs (Hindi, Thai and others), which Python's \w does not match.
COMBINING_MARKS = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u109f\u1780-\u17d3"
WORD_PATTERN = re.compile(rf"[^\W_](?:[^\W_]|[{COMBINING_MARKS}])*")


def tokenize(sentence: str, *, lower: bool = True) -> list[str]:
    """The words of a sentence, normalised unless `lower` is False. "men's" becomes "men", "T-shirt" "tshirt"."""
    joined = re.sub(r"\b([tT])[- ](?=[sS]hirt)", r"\1", sentence[:MAX_CHARACTERS])
    words = WORD_PATTERN.findall(re.sub(r"['’]s?\b", "", joined))
    return [normalize_word(word) for word in words] if lower else words


def normalize_word(word: str) -> str:
    """The word in lower case, without accents."""
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def normalize_phrase(text: str) -> str:
    """The words of a text, normalised and separated by single spaces."""
    return " ".join(tokenize(text))


def replace_synonyms(words: list[str], synonyms: Mapping[str, Sequence[str]], generator: torch.Generator) -> list[str]:
    """The words with a random SYNONYM_REPLACEMENT_SHARE of those that have synonyms replaced by one of these.

    Keys of `synonyms` are words or phrases of up to MAX_PHRASE_WORDS; the longest match wins.
    """
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

"""Misspelt words: the nearest word of a vocabulary, by an edit distance that knows how people mistype."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

VOWELS = frozenset("aeiouy")
DOUBLED_LETTER_COST = 0.5  # a letter too many, or missing, beside the same letter: "balloon", "ballon"
SWAP_COST = 0.7  # two letters in the wrong order
VOWEL_COST = 0.7  # one vowel for another
MIN_LETTERS = 4  # of a word that is corrected; a shorter one has too many neighbours
LONG_WORD_LETTERS = 7  # from here on two mistakes are believed
MAX_DISTANCE, MAX_LONG_DISTANCE = 1.0, 2.0


def edit_distance(written: str, meant: str, limit: float) -> float:
    """The weighted Damerau-Levenshtein distance of two words; a value above `limit` where it exceeds that."""
    before, previous = [], [0.0]
    for column, letter in enumerate(meant):
        previous.append(previous[-1] + gap_cost(letter, meant, column))
    for row, letter in enumerate(written):
        current = [previous[0] + gap_cost(letter, written, row)]
        for column, other in enumerate(meant):
            cost = min(
                previous[column] + substitution_cost(letter, other),
                previous[column + 1] + gap_cost(letter, written, row),
                current[column] + gap_cost(other, meant, column),
            )
            if row and column and letter == meant[column - 1] and written[row - 1] == other:
                cost = min(cost, before[column - 1] + SWAP_COST)
            current.append(cost)
        if min(current) > limit and min(previous) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]


def gap_cost(letter: str, word: str, index: int) -> float:
    """The cost of a letter that the other word lacks."""
    beside = word[max(index - 1, 0) : index] + word[index + 1 : index + 2]
    return DOUBLED_LETTER_COST if letter in beside else 1.0


def substitution_cost(letter: str, other: str) -> float:
    if letter == other:
        return 0.0
    return VOWEL_COST if letter in VOWELS and other in VOWELS else 1.0


class SpellingVocabulary:
    """Words that may have been meant, each with a weight: of equally near words the one with the highest is offered."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = weights
        self.buckets: dict[tuple[str, int], list[str]] = defaultdict(list)  # by first letter and length
        for word in weights:
            if len(word) >= MIN_LETTERS - 1:
                self.buckets[word[0], len(word)].append(word)

    def nearest(self, word: str, max_distance: float | None = None) -> str:
        """The nearest word within the distance that a word of this length allows, or `max_distance`; "" for none."""
        if len(word) < MIN_LETTERS or not word.isalpha():
            return ""
        limit = MAX_LONG_DISTANCE if len(word) >= LONG_WORD_LETTERS else MAX_DISTANCE
        limit = limit if max_distance is None else min(limit, max_distance)
        ranked = (
            (distance, -self.weights[candidate], candidate)
            for candidate in self.candidates(word, limit)
            if (distance := edit_distance(word, candidate, limit)) <= limit
        )
        return min(ranked, default=(0.0, 0.0, ""))[2]

    def candidates(self, word: str, limit: float) -> Iterator[str]:
        """The words with the same first letter (or the first two swapped) whose length and letters allow `limit`."""
        letters = set(word)
        for length in possible_lengths(len(word), limit):
            for first in dict.fromkeys(word[:2]):
                for candidate in self.buckets.get((first, length), ()):
                    swapped = first != word[0]
                    if (not swapped or candidate[1] == word[0]) and len(letters ^ set(candidate)) <= 2 * limit:
                        yield candidate


def possible_lengths(length: int, limit: float) -> Iterable[int]:
    reach = int(limit / DOUBLED_LETTER_COST) if limit < 1 else int(limit) + 1
    return range(max(length - reach, 1), length + reach + 1)

"""The captions that a text encoder is trained on, as indices of words, with the metadata's values as targets."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_core.errors import UsageError
from gan_core.text.captions import compose_caption, short_names
from gan_core.text.encoder import TextEncoder
from gan_core.text.tokenizer import replace_synonyms, tokenize

CAPTION_COUNT = 80_000  # drawn once, used in random batches
RARITY_EXPONENT = 0.35  # of the frequency with which rows of rare values are drawn
VALUE_COUNT_RANGE = (2, 500)  # of different values of a column that is learned
FREQUENT_WORD_COUNT = 300  # words to predict where there is no such column
MIN_WORD_CAPTIONS = 3  # captions with a word, for it to be trained
MIN_VOCABULARY_CAPTIONS = 30  # captions with a word, for it to be part of their vocabulary
MAX_PROTOTYPES = 4_096  # the names of most images

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class TrainingCaptions:
    """Captions (N), some of whose words are replaced by synonyms, and what a classifier is to predict from them."""

    texts: list[str]  # without synonyms
    columns: dict[str, tuple[str, ...]]  # the values to predict, by column; `words` where the metadata have no columns
    targets: dict[str, Tensor]  # by column, as `column_targets` makes them
    used_ids: list[int]  # the table's indices of the words that are trained, U of them
    bags: Tensor  # (N, longest) int64: indices into used_ids, padded with U
    original_bags: Tensor  # the same without synonyms
    vocabulary_ids: list[int]  # the table's indices of the words that many captions contain


def draw_captions(
    table: TextEncoder, rows: Rows, synonyms: Mapping[str, Sequence[str]], generator: torch.Generator
) -> TrainingCaptions:
    """CAPTION_COUNT captions of random rows of metadata. Raises UsageError where they contain no word of the table."""
    columns = learnable_columns(rows)
    weights = rarity_weights(rows, columns)
    row_indices = torch.multinomial(weights, CAPTION_COUNT, replacement=True, generator=generator).tolist()
    captions = [tokenize(compose_caption(rows[index], generator)) for index in row_indices]
    bags = token_bags([replace_synonyms(words, synonyms, generator) for words in captions], table)
    original_bags = token_bags(captions, table)
    columns = columns or {"words": frequent_words(table, bags)}
    drawn_rows = [rows[index] for index in row_indices]
    targets = {name: column_targets(name, values, drawn_rows, bags, table) for name, values in columns.items()}
    counts = Counter(token_id for bag in bags for token_id in bag)
    used_ids = sorted(token_id for token_id, count in counts.items() if count >= MIN_WORD_CAPTIONS)
    if not used_ids:
        raise UsageError("The captions contain no word of the word table: only English captions can be used.")
    positions = {token_id: index for index, token_id in enumerate(used_ids)}
    caption_counts = Counter(token_id for bag in original_bags for token_id in set(bag))
    vocabulary_ids = [token_id for token_id, count in caption_counts.items() if count >= MIN_VOCABULARY_CAPTIONS]
    return TrainingCaptions(
        texts=[" ".join(words) for words in captions],
        columns=columns,
        targets=targets,
        used_ids=used_ids,
        bags=pad_bags(bags, positions),
        original_bags=pad_bags(original_bags, positions),
        vocabulary_ids=vocabulary_ids,
    )


def learnable_columns(rows: Rows) -> dict[str, tuple[str, ...]]:
    """The columns that have a value in most rows and few different ones (VALUE_COUNT_RANGE), with their values."""
    names = {name for row in rows for name in row} - {"file_name"}
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(names):
        counts = Counter(str(row[name]) for row in rows if isinstance(row.get(name), (str, int)))
        if (
            VALUE_COUNT_RANGE[0] <= len(counts) <= VALUE_COUNT_RANGE[1]
            and counts.total() > len(rows) / 2
            and len(counts) < len(rows) / 2
        ):
            found[name] = tuple(sorted(counts))
    return found


def rarity_weights(rows: Rows, columns: Iterable[str]) -> Tensor:
    """Sampling weights (N,) of rows: the higher the rarer their values are, dampened by RARITY_EXPONENT."""
    weights = torch.ones(len(rows))
    for name in columns:
        counts = Counter(str(row.get(name)) for row in rows)
        weights += torch.tensor(
            [(len(rows) / counts[str(row.get(name))] / len(counts)) ** RARITY_EXPONENT for row in rows]
        )
    return weights


def token_bags(sentences: Sequence[Sequence[str]], table: TextEncoder) -> list[list[int]]:
    """The table's indices of the known words of each sentence."""
    return [[token_id for word in words for token_id in table.word_token_ids(word)] for words in sentences]


def pad_bags(bags: list[list[int]], positions: dict[int, int]) -> Tensor:
    """The positions (N, longest) of each bag's indices; the number of positions stands for others and for padding."""
    padded_ids = np.full((len(bags), max(map(len, bags))), len(positions), np.int64)
    for row, bag in zip(padded_ids, bags, strict=True):
        row[: len(bag)] = [positions.get(token_id, len(positions)) for token_id in bag]
    return torch.from_numpy(padded_ids)


def frequent_words(table: TextEncoder, bags: list[list[int]]) -> tuple[str, ...]:
    """The FREQUENT_WORD_COUNT words that most bags contain."""
    counts = Counter(token_id for bag in bags for token_id in set(bag))
    return tuple(table.words[token_id] for token_id, _ in counts.most_common(FREQUENT_WORD_COUNT))


def column_targets(
    name: str, values: tuple[str, ...], rows: list[dict[str, Any]], bags: list[list[int]], table: TextEncoder
) -> Tensor:
    """The index of each row's value (N,), -1 for a missing one; for the column `words`, 1 for each word of `values`
    that a bag contains (N, values)."""
    value_indices = {value: index for index, value in enumerate(values)}
    if name != "words":
        return torch.tensor([value_indices.get(str(row.get(name)), -1) for row in rows])
    targets = torch.zeros(len(bags), len(values))
    for row, bag in zip(targets, bags, strict=True):
        row[[value_indices[table.words[token_id]] for token_id in bag if table.words[token_id] in value_indices]] = 1
    return targets


def prototype_names(rows: Rows) -> list[str]:
    """The short names of at least MIN_WORD_CAPTIONS images, up to MAX_PROTOTYPES; none where most images have none."""
    names_by_row = [names for row in rows if (names := short_names(row))]
    if 2 * len(names_by_row) <= len(rows):
        return []
    counts = Counter(name for names in names_by_row for name in names)
    return [name for name, count in counts.most_common(MAX_PROTOTYPES) if count >= MIN_WORD_CAPTIONS]

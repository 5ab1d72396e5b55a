"""Words turned towards what captions are about: colours and kinds weigh much, brands and fillers little.

As distilled, "red handbag" and "blue handbag" are nearly one sentence. A small network over each word's vector learns
to tell from a caption what the metadata say of its picture (kind, colour, wearer; or a name; or else the frequent
words). Noise on the vectors carries it over to words that no caption has; a word that is read often may mean something
of its own besides. As it looks at one word at a time, it folds into the table: what comes out is a smaller table of the
same words.

Where a dictionary is at hand (`dictionary.py`), captions are read in its synonyms too, and must come out where they
would have without: a frock is a dress, crimson a red. That place may also be given by another encoder, so that a model
trained with that one understands this one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cosine_similarity,
    cross_entropy,
    embedding_bag,
    normalize,
    softplus,
)

from gan_core.errors import UsageError
from gan_core.text import colours, thesaurus, wordnet
from gan_core.text.captions import compose_caption, short_names
from gan_core.text.encoder import TextEncoder, replace_synonyms, tokenize

STEPS, BATCH_SIZE = 3_000, 512
CAPTION_COUNT = 80_000  # drawn once and learned from again and again
MAX_SENSE_CAPTIONS = 1_000  # captions with a word that its senses are held against
RARITY_EXPONENT = 0.35  # exponent of how much more often what few pictures show is read
CONSISTENCY_WEIGHT = 10.0  # weight of the cosine to the caption without its synonyms
NOISE_SCALE = 0.6  # of a word's length, added to each word's vector in training: a synonym lies about so far away
LOGIT_SCALE = 8.0  # the most a value scores
LEARNING_RATE = 3e-3
HIDDEN_DIM = 256
VALUE_COUNT_RANGE = (2, 500)  # fewest and most values of a column that is learned
MIN_VOCABULARY_CAPTIONS = 30  # captions that say a word, from which on it is one of theirs
MAX_PROTOTYPES = 4_096  # names, those of most pictures
MIN_WORD_CAPTIONS = 3  # captions that a word must stand in to teach anything
FREQUENT_WORD_COUNT = 300  # words to learn by where there are no such columns


@dataclass(frozen=True)
class TrainedEncoder:
    """An encoder, and what tells from its vectors (N, dim) each column's values: the heads it was learned with."""

    encoder: TextEncoder
    columns: dict[str, tuple[str, ...]]
    heads: nn.ModuleDict

    @torch.inference_mode()
    def predict(self, sentences: Sequence[str], column: str) -> list[str]:
        """The likeliest value of a column for each sentence."""
        scores = self.heads[column](self.encoder.encode(sentences))
        return [self.columns[column][index] for index in scores.argmax(dim=1).tolist()]


class WordProjection(nn.Module):
    """The table's rows (V, dim) -> rows (V, size): a direction and a weight a word, each a linear function of its
    vector and a bent one."""

    def __init__(self, input_dim: int, output_dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(input_dim, output_dim + 1)
        self.nonlinear = nn.Sequential(
            nn.Linear(input_dim, HIDDEN_DIM), nn.ReLU(), nn.Linear(HIDDEN_DIM, output_dim + 1)
        )

    def forward(self, vectors: Tensor) -> Tensor:
        outputs = self.linear(vectors) + self.nonlinear(vectors)
        return outputs[..., :-1] * softplus(outputs[..., -1:])


class CosineClassifier(nn.Module):
    """Vectors (N, size) -> scores (N, values): how near each lies to a direction of each value's own. As scores end at
    SHARP (Wang et al. 2017, NormFace), what is told apart must lie apart: free weights would tell an orange t-shirt
    from a yellow one by a hair, and a generator would not."""

    def __init__(self, dim: int, num_values: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_values, dim))

    def forward(self, vectors: Tensor) -> Tensor:
        return LOGIT_SCALE * normalize(vectors, dim=1) @ normalize(self.weight, dim=1).T


def train_encoder(
    table: TextEncoder,
    rows: Sequence[dict[str, Any]],
    dim: int,
    seed: int = 0,
    progress: Callable[[int], Any] = int,
    synonyms: Mapping[str, Sequence[str]] | None = None,
    teacher: TextEncoder | None = None,
) -> TrainedEncoder:
    """An encoder of `size` values for captions like those of these rows of metadata; the same for the same seed.

    `instead` says what may stand in place of a word: captions are read with such words too. `like`, of as many values,
    is an encoder whose vectors of these captions the new one is to give. Raises InputError where the captions hold no
    word of the table, or `like` has another size.
    """
    if teacher and teacher.dim != dim:
        raise UsageError(f"The encoder to be like gives {teacher.dim} values a sentence, and {dim} are asked for.")
    generator = torch.Generator().manual_seed(seed)
    columns = learnable_columns(rows)
    row_indices = torch.multinomial(
        rarity_weights(rows, columns), CAPTION_COUNT, replacement=True, generator=generator
    ).tolist()
    captions = [tokenize(compose_caption(rows[index], generator)) for index in row_indices]
    bags = token_bags([replace_synonyms(words, synonyms or {}, generator) for words in captions], table)
    original_bags = token_bags(captions, table)
    columns = columns or {"words": frequent_words(table, bags)}
    targets = {
        name: column_targets(name, values, [rows[index] for index in row_indices], bags, table)
        for name, values in columns.items()
    }
    counts = Counter(token_id for bag in bags for token_id in bag)
    used_ids = sorted(token_id for token_id, count in counts.items() if count >= MIN_WORD_CAPTIONS)
    if not used_ids:
        raise UsageError("The captions hold no word that the table of words knows: only English is read.")
    positions = {token_id: index for index, token_id in enumerate(used_ids)}
    padded_bags, padded_original_bags = pad_bags(bags, positions), pad_bags(original_bags, positions)
    teacher_vectors = teacher.encode([" ".join(words) for words in captions]) if teacher else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        projection = WordProjection(table.dim, dim)
        heads = nn.ModuleDict({name: CosineClassifier(dim, len(values)) for name, values in columns.items()})
        word_offsets = nn.Parameter(
            torch.zeros(len(used_ids), dim)
        )  # what a word means apart from what its vector says
        unit_vectors = (
            normalize(torch.from_numpy(table.float_embeddings()), dim=1) * 4
        )  # (V, dim): a length that learns well
        optimizer = torch.optim.AdamW(
            [*projection.parameters(), *heads.parameters(), word_offsets], LEARNING_RATE, weight_decay=0.02
        )
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
        used_vectors = unit_vectors[used_ids]
        for _ in range(STEPS):
            batch = torch.randint(CAPTION_COUNT, (BATCH_SIZE,), generator=generator)
            noisy = used_vectors + NOISE_SCALE * 4 * torch.randn_like(used_vectors) / table.dim**0.5
            current_table = torch.cat([projection(noisy) + word_offsets, torch.zeros(1, dim)])
            vectors = embed_bags(padded_bags[batch], current_table)
            loss = sum((head_loss(heads[name](vectors), targets[name][batch]) for name in columns), torch.zeros(()))
            if teacher_vectors is not None or synonyms:
                goal_vectors = (
                    embed_bags(padded_original_bags[batch], current_table).detach()
                    if teacher_vectors is None
                    else teacher_vectors[batch]
                )
                loss += (
                    CONSISTENCY_WEIGHT
                    * (1 - cosine_similarity(vectors, goal_vectors, dim=1))[goal_vectors.any(dim=1)].mean()
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            progress(1)
    with torch.inference_mode():
        final_vectors = projection(unit_vectors)
        final_vectors[used_ids] += word_offsets
    encoder = TextEncoder.from_vectors(table.words, final_vectors.numpy(), table.source, synonyms or {})
    caption_counts = Counter(token_id for bag in original_bags for token_id in set(bag))
    vocabulary_ids = [token_id for token_id, count in caption_counts.items() if count >= MIN_VOCABULARY_CAPTIONS]
    encoder = encoder.with_prototypes(prototype_names(rows), vocabulary_ids)
    return TrainedEncoder(encoder, columns, heads.requires_grad_(False))


def prototype_names(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What an encoder of these rows' captions is to remember: the names that tell pictures' kinds, those of several
    pictures; none where most pictures have no such name."""
    names_by_row = [names for row in rows if (names := short_names(row))]
    if 2 * len(names_by_row) <= len(rows):
        return []
    counts = Counter(name for names in names_by_row for name in names)
    return [name for name, count in counts.most_common(MAX_PROTOTYPES) if count >= MIN_WORD_CAPTIONS]


def embed_bags(bags: Tensor, table: Tensor) -> Tensor:
    """Sentences as places in a table, padded by its last one (N, longest) -> their vectors (N, size)."""
    sums = embedding_bag(bags, table, mode="sum", padding_idx=len(table) - 1)
    return normalize(sums, dim=1) * table.shape[1] ** 0.5


def rarity_weights(rows: Sequence[dict[str, Any]], columns: Iterable[str]) -> Tensor:
    """How often each row (N,) is to be read: more often the fewer share its values, by a root of their number."""
    weights = torch.ones(len(rows))
    for name in columns:
        counts = Counter(str(row.get(name)) for row in rows)
        weights += torch.tensor(
            [(len(rows) / counts[str(row.get(name))] / len(counts)) ** RARITY_EXPONENT for row in rows]
        )
    return weights


def synonym_table(
    rows: Sequence[dict[str, Any]], table: TextEncoder, wordnet_folder: Path | None = None
) -> dict[str, tuple[str, ...]]:
    """What may be said in place of what captions name: by our thesaurus, and what it leaves out by a dictionary."""
    found = wordnet_synonyms(rows, table, wordnet_folder) if wordnet_folder else {}
    return found | thesaurus.synonyms_for_values(learnable_columns(rows))


def wordnet_synonyms(
    rows: Sequence[dict[str, Any]], table: TextEncoder, wordnet_folder: Path
) -> dict[str, tuple[str, ...]]:
    """What may be said in place of the words that name what pictures show, by the metadata's columns: the last words of
    kinds ("shoe accessories" are no shoes), and where most of a column's words name colours, to these words, all of
    them. Of a word's senses, the one is meant that is nearest to the captions with the word; names that look like a
    colour may be said for it too."""
    senses, rgb_by_name = wordnet.read_senses(wordnet_folder), colours.colour_names()
    captions = captions_by_word(rows)
    synonyms_by_word: dict[str, tuple[str, ...]] = {}
    for values in learnable_columns(rows).values():
        naming_words = words_naming(captions, values)
        is_colour_column = sum(word in rgb_by_name for word in naming_words) > len(naming_words) / 2
        texts_by_word = {
            word: [" ".join(naming_words)] if is_colour_column else captions[word][:MAX_SENSE_CAPTIONS]
            for word in naming_words
        }
        centres = {word: table.encode(texts).mean(dim=0) for word, texts in texts_by_word.items()}

        def closeness(word: str, text: str, centres: dict[str, Tensor] = centres) -> float:
            return float(table.encode([text])[0] @ centres[word])

        found = wordnet.noun_synonyms(naming_words, senses, closeness)
        if is_colour_column:
            mentioned = {synonym for word in naming_words for synonym in found.get(word) or ()}
            lookalikes = colours.colour_synonyms(
                naming_words, {name: rgb_by_name[name] for name in rgb_by_name if name not in mentioned}
            )
            found |= {word: (*(found.get(word) or ()), *similar) for word, similar in lookalikes.items()}
        else:
            modifiers = {word for value in values for part in split_value(value) for word in part[:-1]}
            found = {word: others for word, others in found.items() if word not in modifiers}
        synonyms_by_word = found | synonyms_by_word
    return synonyms_by_word


def captions_by_word(rows: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """For each word of the captions those that have it."""
    generator = torch.Generator().manual_seed(0)
    texts_by_word: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        text = compose_caption(row, generator)
        for word in set(tokenize(text)):
            texts_by_word[word].append(text)
    return texts_by_word


def words_naming(words: Iterable[str], values: Iterable[str]) -> list[str]:
    """Those of the words that name one of a column's values, or several of it."""
    value_forms = {form for value in values for word in tokenize(value) for form in wordnet.word_forms(word)}
    return [word for word in sorted(words) if value_forms.intersection(wordnet.word_forms(word))]


def split_value(value: str) -> list[list[str]]:
    """The words of what a value joins: "necklace and chains" are two."""
    return [words for part in re.split(r"\band\b|[,/&]", value, flags=re.IGNORECASE) if (words := tokenize(part))]


def token_bags(sentences: Sequence[Sequence[str]], table: TextEncoder) -> list[list[int]]:
    """Where in the table each sentence's known words stand."""
    return [[token_id for word in words for token_id in table.word_token_ids(word)] for words in sentences]


def pad_bags(bags: list[list[int]], positions: dict[int, int]) -> Tensor:
    """The bags (N, longest) as places among the words used; their number where there is none."""
    padded_ids = np.full((len(bags), max(map(len, bags))), len(positions), np.int64)
    for row, bag in zip(padded_ids, bags, strict=True):
        row[: len(bag)] = [positions.get(token_id, len(positions)) for token_id in bag]
    return torch.from_numpy(padded_ids)


def head_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy against one value a caption, -1 where it is not known, or against the words it has."""
    if targets.dim() == 2:
        return binary_cross_entropy_with_logits(scores, targets) * 10
    return cross_entropy(scores, targets, ignore_index=-1)


def learnable_columns(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The columns of the metadata that sort most pictures into a few kinds, with their values."""
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


def frequent_words(table: TextEncoder, bags: list[list[int]]) -> tuple[str, ...]:
    counts = Counter(token_id for bag in bags for token_id in set(bag))
    return tuple(table.words[token_id] for token_id, _ in counts.most_common(FREQUENT_WORD_COUNT))


def column_targets(
    name: str, values: tuple[str, ...], rows: list[dict[str, Any]], bags: list[list[int]], table: TextEncoder
) -> Tensor:
    """What the head of a column is to tell of each caption: an index (N,), or for words which it has (N, words)."""
    value_indices = {value: index for index, value in enumerate(values)}
    if name != "words":
        return torch.tensor([value_indices.get(str(row.get(name)), -1) for row in rows])
    targets = torch.zeros(len(bags), len(values))
    for row, bag in zip(targets, bags, strict=True):
        row[[value_indices[table.words[token_id]] for token_id in bag if table.words[token_id] in value_indices]] = 1
    return targets

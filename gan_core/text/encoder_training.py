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

from gan_core.errors import InputError
from gan_core.text import colours, thesaurus, wordnet
from gan_core.text.captions import caption, namings
from gan_core.text.encoder import TextEncoder, exchanged, split

STEPS, BATCH = 3_000, 512
CAPTIONS = 80_000  # drawn once and learned from again and again
ENOUGH = 1_000  # captions with a word that its senses are held against
RARER = 0.35  # exponent of how much more often what few pictures show is read
ALIKE = 10.0  # weight of the cosine to the caption without its synonyms
NOISE = 0.6  # of a word's length, added to each word's vector in training: a synonym lies about so far away
SHARP = 8.0  # the most a value scores
RATE = 3e-3
HIDDEN = 256
KINDS = (2, 500)  # fewest and most values of a column that is learned
FAMILIAR = 30  # captions that say a word, from which on it is one of theirs
REMEMBERED = 4_096  # names, those of most pictures
RARE = 3  # captions that a word must stand in to teach anything
FREQUENT = 300  # words to learn by where there are no such columns


@dataclass(frozen=True)
class Learned:
    """An encoder, and what tells from its vectors (N, dim) each column's values: the heads it was learned with."""

    encoder: TextEncoder
    columns: dict[str, tuple[str, ...]]
    heads: nn.ModuleDict

    @torch.inference_mode()
    def tell(self, sentences: Sequence[str], column: str) -> list[str]:
        """The likeliest value of a column for each sentence."""
        scores = self.heads[column](self.encoder.encode(sentences))
        return [self.columns[column][place] for place in scores.argmax(dim=1).tolist()]


class Turned(nn.Module):
    """The table's rows (V, dim) -> rows (V, size): a direction and a weight a word, each a linear function of its
    vector and a bent one."""

    def __init__(self, inputs: int, size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, size + 1)
        self.bent = nn.Sequential(nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, size + 1))

    def forward(self, vectors: Tensor) -> Tensor:
        both = self.linear(vectors) + self.bent(vectors)
        return both[..., :-1] * softplus(both[..., -1:])


class Directions(nn.Module):
    """Vectors (N, size) -> scores (N, values): how near each lies to a direction of each value's own. As scores end at
    SHARP (Wang et al. 2017, NormFace), what is told apart must lie apart: free weights would tell an orange t-shirt
    from a yellow one by a hair, and a generator would not."""

    def __init__(self, size: int, values: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(values, size))

    def forward(self, vectors: Tensor) -> Tensor:
        return SHARP * normalize(vectors, dim=1) @ normalize(self.weight, dim=1).T


def learn(
    table: TextEncoder,
    rows: Sequence[dict[str, Any]],
    size: int,
    seed: int = 0,
    progress: Callable[[int], Any] = int,
    instead: Mapping[str, Sequence[str]] | None = None,
    like: TextEncoder | None = None,
) -> Learned:
    """An encoder of `size` values for captions like those of these rows of metadata; the same for the same seed.

    `instead` says what may stand in place of a word: captions are read with such words too. `like`, of as many values,
    is an encoder whose vectors of these captions the new one is to give. Raises InputError where the captions hold no
    word of the table, or `like` has another size.
    """
    if like and like.size != size:
        raise InputError(f"The encoder to be like gives {like.size} values a sentence, and {size} are asked for.")
    drawing = torch.Generator().manual_seed(seed)
    columns = columns_of(rows)
    chosen = torch.multinomial(rarities(rows, columns), CAPTIONS, replacement=True, generator=drawing).tolist()
    told = [split(caption(rows[each], drawing)) for each in chosen]
    bags = bags_of([exchanged(words, instead or {}, drawing) for words in told], table)
    usual = bags_of(told, table)
    columns = columns or {"words": frequent(table, bags)}
    targets = {
        name: target(name, values, [rows[each] for each in chosen], bags, table) for name, values in columns.items()
    }
    counts = Counter(place for bag in bags for place in bag)
    used = sorted(place for place, count in counts.items() if count >= RARE)
    if not used:
        raise InputError("The captions hold no word that the table of words knows: only English is read.")
    where = {place: index for index, place in enumerate(used)}
    filled, plain = padded(bags, where), padded(usual, where)
    goals = like.encode([" ".join(words) for words in told]) if like else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        turned = Turned(table.size, size)
        heads = nn.ModuleDict({name: Directions(size, len(values)) for name, values in columns.items()})
        own = nn.Parameter(torch.zeros(len(used), size))  # what a word means apart from what its vector says
        unit = normalize(torch.from_numpy(table.vectors()), dim=1) * 4  # (V, dim): a length that learns well
        adam = torch.optim.AdamW([*turned.parameters(), *heads.parameters(), own], RATE, weight_decay=0.02)
        plan = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
        known = unit[used]
        for _ in range(STEPS):
            picked = torch.randint(CAPTIONS, (BATCH,), generator=drawing)
            noisy = known + NOISE * 4 * torch.randn_like(known) / table.size**0.5
            table_now = torch.cat([turned(noisy) + own, torch.zeros(1, size)])
            vectors = read(filled[picked], table_now)
            loss = sum((price(heads[name](vectors), targets[name][picked]) for name in columns), torch.zeros(()))
            if goals is not None or instead:
                goal = read(plain[picked], table_now).detach() if goals is None else goals[picked]
                loss += ALIKE * (1 - cosine_similarity(vectors, goal, dim=1))[goal.any(dim=1)].mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            plan.step()
            progress(1)
    with torch.inference_mode():
        final = turned(unit)
        final[used] += own
    learned = TextEncoder.from_vectors(table.words, final.numpy(), table.source, instead or {})
    said = Counter(place for bag in usual for place in set(bag))
    familiar = [place for place, count in said.items() if count >= FAMILIAR]
    learned = learned.remembering(remembered(rows), familiar)
    return Learned(learned, columns, heads.requires_grad_(False))


def remembered(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What an encoder of these rows' captions is to remember: the names that tell pictures' kinds, those of several
    pictures; none where most pictures have no such name."""
    told = [names for row in rows if (names := namings(row))]
    if 2 * len(told) <= len(rows):
        return []
    counts = Counter(name for names in told for name in names)
    return [name for name, count in counts.most_common(REMEMBERED) if count >= RARE]


def read(bags: Tensor, table: Tensor) -> Tensor:
    """Sentences as places in a table, padded by its last one (N, longest) -> their vectors (N, size)."""
    totals = embedding_bag(bags, table, mode="sum", padding_idx=len(table) - 1)
    return normalize(totals, dim=1) * table.shape[1] ** 0.5


def rarities(rows: Sequence[dict[str, Any]], columns: Iterable[str]) -> Tensor:
    """How often each row (N,) is to be read: more often the fewer share its values, by a root of their number."""
    weights = torch.ones(len(rows))
    for name in columns:
        counts = Counter(str(row.get(name)) for row in rows)
        weights += torch.tensor([(len(rows) / counts[str(row.get(name))] / len(counts)) ** RARER for row in rows])
    return weights


def said_instead(
    rows: Sequence[dict[str, Any]], table: TextEncoder, wordnet_folder: Path | None = None
) -> dict[str, tuple[str, ...]]:
    """What may be said in place of what captions name: by our thesaurus, and what it leaves out by a dictionary."""
    found = synonyms(rows, table, wordnet_folder) if wordnet_folder else {}
    return found | thesaurus.said_for_values(columns_of(rows))


def synonyms(rows: Sequence[dict[str, Any]], table: TextEncoder, wordnet_folder: Path) -> dict[str, tuple[str, ...]]:
    """What may be said in place of the words that name what pictures show, by the metadata's columns: the last words of
    kinds ("shoe accessories" are no shoes), and where most of a column's words name colours, to these words, all of
    them. Of a word's senses, the one is meant that is nearest to the captions with the word; names that look like a
    colour may be said for it too."""
    senses, names = wordnet.read_senses(wordnet_folder), colours.colour_names()
    captions = captions_by_word(rows)
    instead: dict[str, tuple[str, ...]] = {}
    for values in columns_of(rows).values():
        told = named_in(captions, values)
        of_colours = sum(word in names for word in told) > len(told) / 2
        near = {word: [" ".join(told)] if of_colours else captions[word][:ENOUGH] for word in told}
        centres = {word: table.encode(texts).mean(dim=0) for word, texts in near.items()}

        def closeness(word: str, text: str, centres: dict[str, Tensor] = centres) -> float:
            return float(table.encode([text])[0] @ centres[word])

        found = wordnet.said_for_things(told, senses, closeness)
        if of_colours:
            said = {each for word in told for each in found.get(word) or ()}
            alike = colours.said_for_colours(told, {name: names[name] for name in names if name not in said})
            found |= {word: (*(found.get(word) or ()), *each) for word, each in alike.items()}
        else:
            first = {word for value in values for part in parts_of(value) for word in part[:-1]}
            found = {word: each for word, each in found.items() if word not in first}
        instead = found | instead
    return instead


def captions_by_word(rows: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """For each word of the captions those that have it."""
    drawing = torch.Generator().manual_seed(0)
    told: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        said = caption(row, drawing)
        for word in set(split(said)):
            told[word].append(said)
    return told


def named_in(words: Iterable[str], values: Iterable[str]) -> list[str]:
    """Those of the words that name one of a column's values, or several of it."""
    named = {form for value in values for word in split(value) for form in wordnet.forms_of(word)}
    return [word for word in sorted(words) if named.intersection(wordnet.forms_of(word))]


def parts_of(value: str) -> list[list[str]]:
    """The words of what a value joins: "necklace and chains" are two."""
    return [words for part in re.split(r"\band\b|[,/&]", value, flags=re.IGNORECASE) if (words := split(part))]


def bags_of(told: Sequence[Sequence[str]], table: TextEncoder) -> list[list[int]]:
    """Where in the table each sentence's known words stand."""
    return [[place for word in words for place in table.places_of(word)] for words in told]


def padded(bags: list[list[int]], where: dict[int, int]) -> Tensor:
    """The bags (N, longest) as places among the words used; their number where there is none."""
    filled = np.full((len(bags), max(map(len, bags))), len(where), np.int64)
    for row, bag in zip(filled, bags, strict=True):
        row[: len(bag)] = [where.get(place, len(where)) for place in bag]
    return torch.from_numpy(filled)


def price(scores: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy against one value a caption, -1 where it is not known, or against the words it has."""
    if wanted.dim() == 2:
        return binary_cross_entropy_with_logits(scores, wanted) * 10
    return cross_entropy(scores, wanted, ignore_index=-1)


def columns_of(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The columns of the metadata that sort most pictures into a few kinds, with their values."""
    names = {name for row in rows for name in row} - {"file_name"}
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(names):
        counts = Counter(str(row[name]) for row in rows if isinstance(row.get(name), (str, int)))
        if KINDS[0] <= len(counts) <= KINDS[1] and counts.total() > len(rows) / 2 and len(counts) < len(rows) / 2:
            found[name] = tuple(sorted(counts))
    return found


def frequent(table: TextEncoder, bags: list[list[int]]) -> tuple[str, ...]:
    counts = Counter(place for bag in bags for place in set(bag))
    return tuple(table.words[place] for place, _ in counts.most_common(FREQUENT))


def target(
    name: str, values: tuple[str, ...], rows: list[dict[str, Any]], bags: list[list[int]], table: TextEncoder
) -> Tensor:
    """What the head of a column is to tell of each caption: an index (N,), or for words which it has (N, words)."""
    order = {value: index for index, value in enumerate(values)}
    if name != "words":
        return torch.tensor([order.get(str(row.get(name)), -1) for row in rows])
    wanted = torch.zeros(len(bags), len(values))
    for row, bag in zip(wanted, bags, strict=True):
        row[[order[table.words[place]] for place in bag if table.words[place] in order]] = 1
    return wanted

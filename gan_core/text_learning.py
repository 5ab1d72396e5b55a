"""Words turned towards what captions are about: colours and kinds weigh much, brands and fillers little.

As distilled, "red handbag" and "blue handbag" are nearly one sentence. One linear layer over the words' vectors, and a
weight for each word that is linear in its vector too, learn to tell from a caption what the metadata say of its picture
(kind, colour, wearer; or a name; or else the frequent words). Being linear, it carries over to words that no caption
has, and folds into the table: what comes out is a smaller table of the same words.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    embedding_bag,
    normalize,
    softplus,
)

from gan_core.captions import caption
from gan_core.errors import InputError
from gan_core.text import TextEncoder, split

STEPS, BATCH = 800, 512
CAPTIONS = 40_000  # drawn once and learned from again and again
NOISE = 0.8  # of a word's length, added to each word's vector in training: a synonym lies about so far away
RATE = 3e-3
KINDS = (2, 500)  # fewest and most values of a column that is learned
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
    """The table's rows (V, dim) -> rows (V, size): a linear layer and a weight a word."""

    def __init__(self, inputs: int, size: int) -> None:
        super().__init__()
        self.turn = nn.Linear(inputs, size, bias=False)
        self.weigh = nn.Linear(inputs, 1)

    def forward(self, vectors: Tensor) -> Tensor:
        return self.turn(vectors) * softplus(self.weigh(vectors))


def learn(
    table: TextEncoder, rows: Sequence[dict[str, Any]], size: int, seed: int = 0, progress: Callable[[int], Any] = int
) -> Learned:
    """An encoder of `size` values for captions like those of these rows of metadata; the same for the same seed."""
    drawing = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(rows), (CAPTIONS,), generator=drawing).tolist()
    bags = [
        [place for word in split(caption(rows[each], drawing)) for place in table.places_of(word)] for each in chosen
    ]
    columns = columns_of(rows) or {"words": frequent(table, bags)}
    targets = {
        name: target(name, values, [rows[each] for each in chosen], bags, table) for name, values in columns.items()
    }
    counts = Counter(place for bag in bags for place in bag)
    used = sorted(place for place, count in counts.items() if count >= RARE)
    if not used:
        raise InputError("The captions hold no word that the table of words knows: only English is read.")
    filled = padded(bags, {place: index for index, place in enumerate(used)})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        turned = Turned(table.size, size)
        heads = nn.ModuleDict({name: nn.Linear(size, len(values)) for name, values in columns.items()})
        unit = normalize(torch.from_numpy(table.vectors()), dim=1) * 4  # (V, dim): a length that learns well
        adam = torch.optim.AdamW([*turned.parameters(), *heads.parameters()], RATE, weight_decay=0.02)
        plan = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
        known = unit[used]
        for _ in range(STEPS):
            picked = torch.randint(CAPTIONS, (BATCH,), generator=drawing)
            noisy = known + NOISE * 4 * torch.randn_like(known) / table.size**0.5
            table_now = torch.cat([turned(noisy), torch.zeros(1, size)])
            totals = embedding_bag(filled[picked], table_now, mode="sum", padding_idx=len(used))
            vectors = normalize(totals, dim=1) * size**0.5
            loss = sum((price(heads[name](vectors), targets[name][picked]) for name in columns), torch.zeros(()))
            adam.zero_grad()
            loss.backward()
            adam.step()
            plan.step()
            progress(1)
    with torch.inference_mode():
        final = turned(unit).numpy()
    return Learned(TextEncoder.from_vectors(table.words, final, table.source), columns, heads.requires_grad_(False))


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

"""Rare kinds shown more often than they come, so that a few pictures of bangles are not lost among shirts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core.data.datasets import Dataset
from gan_core.errors import InputError
from gan_core.text.captions import CaptionedDataset

TOGETHER = "together"
FEW = 50  # pictures of a kind, below which it is not shown more often still


def shown_in_turn(data: Dataset, balance: float, seed: int) -> Tensor | None:
    """The indices (M,) that make an epoch, pictures of rare kinds in it more than once; None where each is in it once.

    Raises InputError where there are no kinds to balance.
    """
    if not balance:
        return None
    kinds = kinds_of(data)
    if not kinds:
        raise InputError(f"{data.name} has neither labels nor kinds in its metadata: --balance must be 0.")
    wanted = repeats(kinds, balance)  # (N,), 1 and more
    chance = torch.rand(len(wanted), generator=torch.Generator().manual_seed(seed))
    return torch.arange(len(wanted)).repeat_interleave((wanted + chance).floor().long())


def repeats(kinds: Mapping[str, Sequence[Any]], balance: float) -> Tensor:
    """How often each picture (N,) is to be shown: by each column (how often its kind's pictures fit into those of the
    most frequent kind) ** balance, the mean over the columns. Kinds of a handful are taken for FEW: what is shown again
    and again is learned by heart."""
    parts = []
    for values in kinds.values():
        counts = Counter(values)
        most = max(counts.values())
        parts.append(torch.tensor([(most / min(max(counts[value], FEW), most)) ** balance for value in values]))
    return torch.stack(parts).mean(dim=0)


def kinds_of(data: Dataset) -> Mapping[str, Sequence[Any]]:
    """What sorts the pictures, by column: labels, or what captions tell of kinds and colours, and both together: a
    green dress may be rare where green things and dresses are not."""
    if isinstance(data, CaptionedDataset):
        kinds = data.attribute_values()
        return kinds | ({TOGETHER: list(zip(*kinds.values(), strict=True))} if len(kinds) > 1 else {})
    labels = getattr(data, "labels", None)
    return {} if labels is None else {"label": labels.tolist()}

"""Rare kinds shown more often than they come, so that a few pictures of bangles are not lost among shirts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core.data.datasets import Dataset
from gan_core.errors import UsageError
from gan_core.text.captions import CaptionedDataset

JOINT_COLUMN = "together"
MIN_CLASS_SIZE = 50  # pictures of a kind, below which it is not shown more often still


def balanced_indices(data: Dataset, balance: float, seed: int) -> Tensor | None:
    """The indices (M,) that make an epoch, pictures of rare kinds in it more than once; None where each is in it once.

    Raises InputError where there are no kinds to balance.
    """
    if not balance:
        return None
    columns = attribute_columns(data)
    if not columns:
        raise UsageError(f"{data.name} has neither labels nor kinds in its metadata: --balance must be 0.")
    factors = repeat_factors(columns, balance)  # (N,), 1 and more
    rounding = torch.rand(len(factors), generator=torch.Generator().manual_seed(seed))
    return torch.arange(len(factors)).repeat_interleave((factors + rounding).floor().long())


def repeat_factors(columns: Mapping[str, Sequence[Any]], balance: float) -> Tensor:
    """How often each picture (N,) is to be shown: by each column (how often its kind's pictures fit into those of the
    most frequent kind) ** balance, the mean over the columns. Kinds of a handful are taken for FEW: what is shown again
    and again is learned by heart."""
    column_factors = []
    for values in columns.values():
        counts = Counter(values)
        largest = max(counts.values())
        column_factors.append(
            torch.tensor([(largest / min(max(counts[value], MIN_CLASS_SIZE), largest)) ** balance for value in values])
        )
    return torch.stack(column_factors).mean(dim=0)


def attribute_columns(data: Dataset) -> Mapping[str, Sequence[Any]]:
    """What sorts the pictures, by column: labels, or what captions tell of kinds and colours, and both together: a
    green dress may be rare where green things and dresses are not."""
    if isinstance(data, CaptionedDataset):
        columns = data.attribute_values()
        return columns | ({JOINT_COLUMN: list(zip(*columns.values(), strict=True))} if len(columns) > 1 else {})
    labels = getattr(data, "labels", None)
    return {} if labels is None else {"label": labels.tolist()}

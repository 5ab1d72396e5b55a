"""Oversampling of rare classes: images of rare classes or attribute values are repeated within an epoch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core.data.datasets import Dataset
from gan_core.errors import UsageError
from gan_core.text.captions import CaptionedDataset

JOINT_COLUMN = "together"
MIN_CLASS_SIZE = 50  # smaller classes are oversampled as if they had so many images, or they would be memorised


def balanced_indices(data: Dataset, balance: float, seed: int) -> Tensor | None:
    """The indices (M,) of an epoch, those of rare images repeated; None where every image occurs once.

    Raises UsageError where the data have neither labels nor attributes.
    """
    if not balance:
        return None
    columns = attribute_columns(data)
    if not columns:
        raise UsageError(f"{data.name} has neither labels nor attributes in its metadata: --balance must be 0.")
    factors = repeat_factors(columns, balance)  # (N,), 1 and more
    rounding = torch.rand(len(factors), generator=torch.Generator().manual_seed(seed))
    return torch.arange(len(factors)).repeat_interleave((factors + rounding).floor().long())


def repeat_factors(columns: Mapping[str, Sequence[Any]], balance: float) -> Tensor:
    """How often an epoch repeats each image (N,): at least 1, not rounded.

    Each column gives (size of its largest class / size of the image's class) ** balance, with sizes of at least
    MIN_CLASS_SIZE; the result is the mean over the columns.
    """
    column_factors = []
    for values in columns.values():
        counts = Counter(values)
        largest = max(counts.values())
        column_factors.append(
            torch.tensor([(largest / min(max(counts[value], MIN_CLASS_SIZE), largest)) ** balance for value in values])
        )
    return torch.stack(column_factors).mean(dim=0)


def attribute_columns(data: Dataset) -> Mapping[str, Sequence[Any]]:
    """The columns that classes are counted in: labels, or the attributes of captions.

    Several attributes are counted jointly besides: a green dress may be rare where neither green nor dresses are.
    """
    if isinstance(data, CaptionedDataset):
        columns = data.attribute_values()
        return columns | ({JOINT_COLUMN: list(zip(*columns.values(), strict=True))} if len(columns) > 1 else {})
    labels = getattr(data, "labels", None)
    return {} if labels is None else {"label": labels.tolist()}

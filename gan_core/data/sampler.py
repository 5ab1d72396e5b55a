"""The order in which a training sees its images."""

from collections.abc import Iterator

import torch
from torch import Tensor

from gan_core.data.datasets import Batch, DataSet


def batches(
    data: DataSet, size: int, seed: int, start: int = 0, rank: int = 0, world: int = 1, *, shown: Tensor | None = None
) -> Iterator[Batch]:
    """Batches of `size` without end from number `start` on, each epoch in an order of its own.

    With several processes, each takes its share of `size` from the same shuffle. A last, partial batch of an epoch is
    filled from the next epoch's order, so that every picture is seen equally often, or as often as `shown` (M,) says:
    the indices of one epoch.
    """
    position = start * size * world + rank * size
    length = len(data) if shown is None else len(shown)
    while True:
        indices = torch.cat([order[first:last] for order, first, last in spans(length, position, size, seed)])
        indices = indices if shown is None else shown[indices]
        yield data.take(indices, torch.Generator().manual_seed(seed * 1_000_003 + position))
        position += size * world


def spans(length: int, position: int, size: int, seed: int) -> Iterator[tuple[Tensor, int, int]]:
    """The pieces of the epochs' orders that cover [position, position + size) of the endless sequence."""
    while size:
        epoch, first = divmod(position, length)
        last = min(first + size, length)
        yield epoch_order(length, seed, epoch), first, last
        position, size = position + last - first, size - (last - first)


_orders: dict[tuple[int, int, int], Tensor] = {}


def epoch_order(length: int, seed: int, epoch: int) -> Tensor:
    """The permutation of one epoch, a function of its arguments alone; the last two are remembered."""
    key = (length, seed, epoch)
    if key not in _orders:
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        while len(_orders) > 1:
            _orders.pop(next(iter(_orders)))
        _orders[key] = torch.randperm(length, generator=generator)
    return _orders[key]

"""Batches of a data set in a shuffled order that depends only on seed and position.

A resumed training sees the same batches as an uninterrupted one.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from gan_core.data.datasets import Batch, Dataset


def iterate_batches(
    dataset: Dataset,
    batch_size: int,
    seed: int,
    start: int = 0,
    rank: int = 0,
    world_size: int = 1,
    *,
    epoch_indices: Tensor | None = None,
) -> Iterator[Batch]:
    """An endless stream of batches from number `start` on, each epoch in a different order.

    With `world_size` processes, each gets its share of `batch_size` images from the same shuffle. The last, partial
    batch of an epoch is filled from the next epoch, so that every image is seen equally often. `epoch_indices` (M,), if
    given, are the indices of one epoch, in which an image may occur several times or not at all.
    """
    position = start * batch_size * world_size + rank * batch_size
    length = len(dataset) if epoch_indices is None else len(epoch_indices)
    while True:
        indices = torch.cat(
            [order[first:last] for order, first, last in epoch_slices(length, position, batch_size, seed)]
        )
        indices = indices if epoch_indices is None else epoch_indices[indices]
        yield dataset.get_batch(indices, torch.Generator().manual_seed(mix_seed(seed, position)))
        position += batch_size * world_size


def mix_seed(seed: int, number: int) -> int:
    """A seed from a seed and a number (of a step, an epoch, a position), distinct for numbers below 1,000,003."""
    return seed * 1_000_003 + number


def epoch_slices(length: int, position: int, size: int, seed: int) -> Iterator[tuple[Tensor, int, int]]:
    """The slices (order, first, last) of epochs that cover [position, position + size) of the endless sequence."""
    while size:
        epoch, first = divmod(position, length)
        last = min(first + size, length)
        yield epoch_order(length, seed, epoch), first, last
        position, size = position + last - first, size - (last - first)


_epoch_orders: dict[tuple[int, int, int], Tensor] = {}


def epoch_order(length: int, seed: int, epoch: int) -> Tensor:
    """The permutation (length,) of one epoch, a function of its arguments alone; the last two are cached."""
    key = (length, seed, epoch)
    if key not in _epoch_orders:
        generator = torch.Generator().manual_seed(mix_seed(seed, epoch))
        while len(_epoch_orders) > 1:
            _epoch_orders.pop(next(iter(_epoch_orders)))
        _epoch_orders[key] = torch.randperm(length, generator=generator)
    return _epoch_orders[key]

"""Batches are the same from any start, over epochs, seeds and processes."""

from itertools import chain, islice
from typing import Any

import pytest
import torch

from gan_core.data.datasets import Batch, InMemoryImages
from gan_core.data.sampler import epoch_order, iterate_batches, mix_seed
from tests.data.image_sets import index_images


def batch_indices(dataset: InMemoryImages, count: int, *where: int, **more: Any) -> list[list[int]]:
    return [batch.images.flatten().tolist() for batch in islice(iterate_batches(dataset, *where, **more), count)]


@pytest.mark.parametrize(("length", "size"), [(10, 3), (10, 10), (10, 4), (3, 8), (1, 5)])
def test_batches_are_the_same_from_any_start(length: int, size: int) -> None:
    whole = batch_indices(index_images(length), 12, size, 7)
    for start in (1, 3, 11):
        assert batch_indices(index_images(length), 12 - start, size, 7, start) == whole[start:]


@pytest.mark.parametrize(("length", "size"), [(10, 3), (10, 10), (3, 8)])
def test_every_image_is_seen_equally_often_each_epoch_in_a_new_order(length: int, size: int) -> None:
    flat = list(chain(*batch_indices(index_images(length), 60, size, 7)))
    epochs = [flat[first : first + length] for first in range(0, len(flat) - length + 1, length)]
    assert all(sorted(epoch) == list(range(length)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 3


def test_another_seed_is_another_order() -> None:
    assert batch_indices(index_images(50), 1, 50, 0) != batch_indices(index_images(50), 1, 50, 1)


def test_processes_split_one_order_among_them() -> None:
    shares = [batch_indices(index_images(24), 8, 3, 5, rank=rank, world_size=4) for rank in range(4)]
    joined = [list(chain(*(share[number] for share in shares))) for number in range(8)]
    assert joined == batch_indices(index_images(24), 8, 12, 5)
    assert all(sorted(joined[first] + joined[first + 1]) == list(range(24)) for first in (0, 2, 4, 6))


def test_labels_stay_with_their_images() -> None:
    images = torch.arange(20, dtype=torch.uint8).reshape(-1, 1, 1, 1)
    batch = next(iterate_batches(InMemoryImages("numbers", images, torch.arange(20) * 2), 15, 0))
    assert batch.labels is not None
    assert torch.equal(batch.images.flatten().long() * 2, batch.labels)


def test_a_batch_has_randomness_of_its_own_that_depends_on_seed_and_position_only() -> None:
    class Noise(InMemoryImages):
        def get_batch(self, indices: torch.Tensor, generator: torch.Generator | None = None) -> Batch:
            return Batch(torch.rand(len(indices), generator=generator))

    noise = Noise("noise", torch.zeros(6, 1, 1, 1, dtype=torch.uint8))
    whole = [batch.images.tolist() for batch in islice(iterate_batches(noise, 2, 7), 4)]
    assert [batch.images.tolist() for batch in islice(iterate_batches(noise, 2, 7, 2), 2)] == whole[2:]
    assert len({tuple(batch) for batch in whole}) == 4
    assert next(iterate_batches(noise, 2, 8)).images.tolist() != whole[0]


def test_an_order_is_a_function_of_length_seed_and_epoch() -> None:
    first = epoch_order(20, 3, 0)
    assert not torch.equal(first, epoch_order(20, 3, 1))
    assert not torch.equal(first, epoch_order(20, 4, 0))
    assert torch.equal(first, epoch_order(20, 3, 0))
    assert first.tolist() == torch.randperm(20, generator=torch.Generator().manual_seed(3 * 1_000_003)).tolist()


def test_seeds_of_neighbouring_runs_do_not_meet() -> None:
    assert len({mix_seed(seed, number) for seed in range(20) for number in range(50)}) == 20 * 50
    assert mix_seed(2, 5) == 2_000_011

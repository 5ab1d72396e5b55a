"""Kinds of pictures are found without labels, none is empty, and the same is found each time."""

import pytest
import torch

from gan_core.data.clustering import fill_empty, find_clusters
from gan_core.data.datasets import HeldPictures
from gan_core.errors import InputError
from tests import factories


def kinds(each: int = 30) -> HeldPictures:
    """Three kinds that nobody could confuse: dark, bright, and a bright left half; slightly noisy, no labels."""
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 20, (3 * each, 1, 28, 28), dtype=torch.uint8, generator=generator)
    pictures[each : 2 * each] += 200
    pictures[2 * each :, :, :, :14] += 200
    return HeldPictures("kinds", pictures)


def test_pictures_of_a_kind_get_one_cluster() -> None:
    found = find_clusters(kinds(), 3, seed=0)
    assert [len(part.unique()) for part in found.split(30)] == [1, 1, 1]
    assert len(found.unique()) == 3


def test_clusters_are_a_function_of_data_count_and_seed() -> None:
    data = factories.pictures(200)
    assert torch.equal(find_clusters(data, 8, seed=4), find_clusters(data, 8, seed=4))
    assert not torch.equal(find_clusters(data, 8, seed=4), find_clusters(data, 8, seed=5))


def test_no_cluster_is_empty_even_where_pictures_repeat() -> None:
    same = HeldPictures("same", torch.zeros(9, 1, 28, 28, dtype=torch.uint8))
    assert len(find_clusters(same, 5, seed=0).unique()) == 5
    filled = fill_empty(torch.tensor([0, 0, 0, 2]), torch.tensor([1.0, 3.0, 2.0, 9.0]), 3)
    assert filled.tolist() == [0, 1, 0, 2]  # the farthest, but not the only one of its cluster


def test_more_clusters_than_pictures_are_refused() -> None:
    with pytest.raises(InputError, match="--modes 20 is more than the 14 pictures of shapes"):
        find_clusters(factories.pictures(), 20, seed=0)

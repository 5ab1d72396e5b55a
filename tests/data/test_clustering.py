"""Clusters are found without labels, reproducibly, and none is empty."""

import pytest
import torch

from gan_core.data.clustering import cluster_images, fill_empty_clusters
from gan_core.data.datasets import InMemoryImages
from gan_core.errors import UsageError
from tests import factories


def three_groups(per_group: int = 30) -> InMemoryImages:
    """Three groups of clearly different images: dark, bright, and with a bright left half; noisy, without labels."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 20, (3 * per_group, 1, 28, 28), dtype=torch.uint8, generator=generator)
    images[per_group : 2 * per_group] += 200
    images[2 * per_group :, :, :, :14] += 200
    return InMemoryImages("groups", images)


def test_similar_images_get_the_same_cluster() -> None:
    found = cluster_images(three_groups(), 3, seed=0)
    assert [len(part.unique()) for part in found.split(30)] == [1, 1, 1]
    assert len(found.unique()) == 3


def test_clusters_are_a_function_of_data_count_and_seed() -> None:
    data = factories.labelled_images(200)
    assert torch.equal(cluster_images(data, 8, seed=4), cluster_images(data, 8, seed=4))
    assert not torch.equal(cluster_images(data, 8, seed=4), cluster_images(data, 8, seed=5))


def test_no_cluster_is_empty_even_where_images_repeat() -> None:
    same = InMemoryImages("same", torch.zeros(9, 1, 28, 28, dtype=torch.uint8))
    assert len(cluster_images(same, 5, seed=0).unique()) == 5
    filled = fill_empty_clusters(torch.tensor([0, 0, 0, 2]), torch.tensor([1.0, 3.0, 2.0, 9.0]), 3)
    assert filled.tolist() == [0, 1, 0, 2]  # the farthest, but not the only one of its cluster


def test_more_clusters_than_images_are_refused() -> None:
    with pytest.raises(UsageError, match="--modes 20 is more than the 14 images of shapes"):
        cluster_images(factories.labelled_images(), 20, seed=0)

"""Clusters images without labels: k-means (Lloyd 1982) on thumbnails.

Cluster labels condition generator and discriminator, which preserves the clusters' shares among generated images
(Liu et al. 2020, "Diverse image generation via self-conditioned GANs").
"""

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from gan_core.data.datasets import Dataset
from gan_core.errors import UsageError
from gan_core.images.tensors import to_float

THUMBNAIL_SIDE_PX = 14  # so small that shifts hardly matter
ITERATIONS = 40
CHUNK_ROWS = 2_000  # images processed at once


def cluster_images(dataset: Dataset, cluster_count: int, seed: int) -> Tensor:
    """The cluster (N,) int64 of every image, in [0, cluster_count), none of them empty. A function of its arguments.

    Raises UsageError where there are fewer images than clusters.
    """
    if len(dataset) < cluster_count:
        raise UsageError(f"--modes {cluster_count} is more than the {len(dataset)} images of {dataset.name}.")
    chunks = torch.arange(len(dataset)).split(CHUNK_ROWS)
    downscaled = [
        adaptive_avg_pool2d(to_float(dataset.get_batch(chunk).images), THUMBNAIL_SIDE_PX).flatten(1) for chunk in chunks
    ]
    features = torch.cat(downscaled)  # (N, channels SIDE_PX^2)
    generator = torch.Generator().manual_seed(seed)
    centres = kmeans_plus_plus(features, cluster_count, generator)
    for _ in range(ITERATIONS):
        assignments, distances = assign_to_nearest(features, centres)
        assignments = fill_empty_clusters(assignments, distances, cluster_count)
        sums = torch.zeros_like(centres).index_add_(0, assignments, features)
        centres = sums / torch.bincount(assignments, minlength=cluster_count)[:, None]
    return fill_empty_clusters(*assign_to_nearest(features, centres), cluster_count)


def kmeans_plus_plus(features: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Initial centres (count, D), drawn from features (N, D) with probabilities proportional to the squared distance to
    the centres drawn before (Arthur and Vassilvitskii 2007)."""
    indices = [int(torch.randint(len(features), (), generator=generator))]
    squared_distances = (features - features[indices[0]]).square().sum(dim=1)  # (N,), to the nearest centre
    for _ in range(count - 1):
        cumulative = squared_distances.double().cumsum(dim=0)
        threshold = torch.rand((), generator=generator, dtype=torch.float64) * cumulative[-1]
        indices.append(min(int(torch.searchsorted(cumulative, threshold)), len(features) - 1))
        squared_distances = torch.minimum(squared_distances, (features - features[indices[-1]]).square().sum(dim=1))
    return features[indices]


def assign_to_nearest(features: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """The index (N,) of the centre nearest to each row, and the squared distance (N,) to it."""
    squares = centres.square().sum(dim=1)
    minima = [(squares - 2 * rows @ centres.T).min(dim=1) for rows in features.split(CHUNK_ROWS)]
    nearest = torch.cat([chunk_minima.indices for chunk_minima in minima])
    return nearest, torch.cat([chunk_minima.values for chunk_minima in minima]) + features.square().sum(dim=1)


def fill_empty_clusters(assignments: Tensor, distances: Tensor, count: int) -> Tensor:
    """Moves to each empty cluster the image farthest from its centre, except the last one of a cluster. In place."""
    sizes = torch.bincount(assignments, minlength=count)
    farthest = iter(distances.argsort(descending=True).tolist())
    for empty in (sizes == 0).nonzero().flatten().tolist():
        moved = next(index for index in farthest if sizes[assignments[index]] > 1)
        sizes[assignments[moved]] -= 1
        sizes[empty] += 1
        assignments[moved] = empty
    return assignments

"""Kinds of pictures found without labels: k-means on small versions of them (Lloyd 1982).

A generator that is told the kind, and a discriminator that is asked about it, keep the kinds apart and in their true
shares (Liu et al. 2020, "Diverse image generation via self-conditioned GANs").
"""

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from gan_core.data.datasets import DataSet
from gan_core.errors import InputError
from gan_core.images.tensors import to_float

SIDE = 14  # pixels of the versions that are compared: small shifts count little
ROUNDS = 40
PART = 2_000  # pictures taken at once


def find_clusters(data: DataSet, count: int, seed: int) -> Tensor:
    """The cluster (N,) int64 of every picture, in [0, count); each has at least one. A function of its arguments.

    Raises InputError where there are fewer pictures than clusters.
    """
    if len(data) < count:
        raise InputError(f"--modes {count} is more than the {len(data)} pictures of {data.name}.")
    parts = torch.arange(len(data)).split(PART)
    small = [adaptive_avg_pool2d(to_float(data.take(part).images), SIDE).flatten(1) for part in parts]
    features = torch.cat(small)  # (N, channels SIDE^2)
    generator = torch.Generator().manual_seed(seed)
    centres = first_centres(features, count, generator)
    for _ in range(ROUNDS):
        nearest, distances = assign(features, centres)
        nearest = fill_empty(nearest, distances, count)
        sums = torch.zeros_like(centres).index_add_(0, nearest, features)
        centres = sums / torch.bincount(nearest, minlength=count)[:, None]
    return fill_empty(*assign(features, centres), count)


def first_centres(features: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Rows (count, D) to begin with, each drawn far from those before it (k-means++, Arthur and Vassilvitskii 2007)."""
    chosen = [int(torch.randint(len(features), (), generator=generator))]
    far = (features - features[chosen[0]]).square().sum(dim=1)  # (N,), to the nearest chosen row
    for _ in range(count - 1):
        edges = far.double().cumsum(dim=0)
        place = torch.rand((), generator=generator, dtype=torch.float64) * edges[-1]
        chosen.append(min(int(torch.searchsorted(edges, place)), len(features) - 1))
        far = torch.minimum(far, (features - features[chosen[-1]]).square().sum(dim=1))
    return features[chosen]


def assign(features: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest centre of each row, and the squared distance to it."""
    squares = centres.square().sum(dim=1)
    found = [(squares - 2 * rows @ centres.T).min(dim=1) for rows in features.split(PART)]
    nearest = torch.cat([each.indices for each in found])
    return nearest, torch.cat([each.values for each in found]) + features.square().sum(dim=1)


def fill_empty(nearest: Tensor, distances: Tensor, count: int) -> Tensor:
    """The same with each empty cluster given the picture that lies farthest from its centre."""
    sizes = torch.bincount(nearest, minlength=count)
    farthest = iter(distances.argsort(descending=True).tolist())
    for empty in (sizes == 0).nonzero().flatten().tolist():
        taken = next(index for index in farthest if sizes[nearest[index]] > 1)
        sizes[nearest[taken]] -= 1
        sizes[empty] += 1
        nearest[taken] = empty
    return nearest

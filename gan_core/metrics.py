"""Pure functions from features or labels to scores: nothing here knows a network or a file."""

import torch
from torch import Tensor

CHUNK_ROWS = 2_000  # rows of a distance matrix held at once


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Fréchet distance between two sets of features (N, D), (M, D) seen as Gaussians (Heusel et al. 2017, equation 6).

    Lower is better, 0 for equal moments; it shrinks with N, so compare sets of equal size only.
    """
    (mean_1, covariance_1), (mean_2, covariance_2) = moments(first), moments(second)
    roots = torch.linalg.eigvals(covariance_1 @ covariance_2).real.clamp(min=0).sqrt().sum()
    squared = (mean_1 - mean_2).square().sum()
    return (squared + covariance_1.trace() + covariance_2.trace() - 2 * roots).clamp(min=0).item()


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) and covariance (D, D) in float64."""
    features = features.double()
    return features.mean(dim=0), features.T.cov().reshape(features.shape[1], features.shape[1])


def precision_recall(real: Tensor, fake: Tensor, neighbours: int = 3) -> tuple[float, float]:
    """Improved precision and recall (Kynkäänniemi et al. 2019, equation 2) between features (N, D) and (M, D).

    Precision is the share of fakes inside the real manifold, recall the share of real pictures inside the fakes'.
    """
    return share_in_manifold(real, fake, neighbours), share_in_manifold(fake, real, neighbours)


def share_in_manifold(manifold: Tensor, points: Tensor, neighbours: int) -> float:
    """The share of `points` that lie in a ball around a point of `manifold` reaching to its k-th neighbour."""
    radii = torch.cat(
        [torch.cdist(rows, manifold).kthvalue(neighbours + 1, dim=1).values for rows in manifold.split(CHUNK_ROWS)]
    )  # (N,), the point itself being the nearest
    inside = [(torch.cdist(rows, manifold) <= radii).any(dim=1) for rows in points.split(CHUNK_ROWS)]
    return torch.cat(inside).float().mean().item()


def confusion_matrix(requested: Tensor, predicted: Tensor, num_classes: int) -> Tensor:
    """Counts (classes, classes): row the label asked for, column the label seen."""
    return torch.bincount(requested * num_classes + predicted, minlength=num_classes**2).reshape(
        num_classes, num_classes
    )


DISTANCE_CHUNK_ROWS = 2_000  # pictures taken at once


def nearest_distances(rows: Tensor, references: Tensor, rank: int = 1) -> Tensor:
    """The distance (N,) of each row to the nearest of others, or to the one on that place."""
    candidates = []
    for chunk in references.split(10 * DISTANCE_CHUNK_ROWS):
        squares = torch.addmm(chunk.square().sum(dim=1), rows, chunk.T, alpha=-2)  # (N, M), short of the rows' own
        closest = (
            squares.amin(dim=1, keepdim=True) if rank == 1 else squares.topk(min(rank, len(chunk)), largest=False)[0]
        )
        candidates.append(closest)
    joined = torch.cat(candidates, dim=1)
    squares = joined.kthvalue(min(rank, joined.shape[1]), dim=1).values + rows.square().sum(dim=1)
    return squares.clamp(min=0).sqrt()

"""Scores computed from features or labels alone: no network, no file, no data set."""

import torch
from torch import Tensor

CHUNK_ROWS = 2_000  # rows processed at once, which bounds the memory of a distance matrix
NN_QUERY_ROWS = 500  # rows of a nearest-neighbour search processed at once, against
NN_REFERENCE_ROWS = 20_000  # this many reference rows where only distances are needed
CLOSE_QUANTILE = 0.01  # of nearest-neighbour distances: those at or below it are called close


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Fréchet distance between Gaussians fitted to features (N, D) and (M, D) (Heusel et al. 2017, equation 6).

    Lower is better, 0 for equal moments. The estimate is biased upwards, by up to D / 2N of the features' variance for
    two sets of N: compare sets of equal size only, of at least ten images a feature (`checkpoints.score_basis`).
    """
    (mean_1, covariance_1), (mean_2, covariance_2) = moments(first), moments(second)
    roots = torch.linalg.eigvals(covariance_1 @ covariance_2).real.clamp(min=0).sqrt().sum()
    squared = (mean_1 - mean_2).square().sum()
    return (squared + covariance_1.trace() + covariance_2.trace() - 2 * roots).clamp(min=0).item()


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) and covariance (D, D) of features (N, D), in float64."""
    features = features.double()
    return features.mean(dim=0), features.T.cov().reshape(features.shape[1], features.shape[1])


def precision_recall(real: Tensor, fake: Tensor, neighbours: int = 3) -> tuple[float, float]:
    """Improved precision and recall (Kynkäänniemi et al. 2019, equation 2) of features (N, D) and (M, D), in [0, 1].

    Precision is the share of fake images inside the manifold of the real ones, recall the share of real images inside
    the manifold of the fake ones.
    """
    return share_in_manifold(real, fake, neighbours), share_in_manifold(fake, real, neighbours)


def share_in_manifold(manifold: Tensor, points: Tensor, neighbours: int) -> float:
    """The share of `points` inside a ball around a row of `manifold` with its k-th neighbour's distance as radius."""
    rank = neighbours + 1  # each row is its own nearest neighbour
    radii = torch.cat(
        [torch.cdist(rows, manifold).kthvalue(rank, dim=1).values for rows in manifold.split(CHUNK_ROWS)]
    )  # (N,)
    inside = [(torch.cdist(rows, manifold) <= radii).any(dim=1) for rows in points.split(CHUNK_ROWS)]
    return torch.cat(inside).float().mean().item()


def confusion_matrix(requested: Tensor, predicted: Tensor, num_classes: int) -> Tensor:
    """Counts (classes, classes) of labels (N,): the row is the requested label, the column the predicted one."""
    return torch.bincount(requested * num_classes + predicted, minlength=num_classes**2).reshape(
        num_classes, num_classes
    )


def nearest_neighbours(features: Tensor, reference: Tensor, rank: int = 1) -> tuple[Tensor, Tensor]:
    """Distances (N,) from features (N, D) to their k-th nearest rows of `reference` (M, D), k = `rank`, and the indices
    (N,) of those rows. Rank 2 skips the row itself where `features` are part of `reference`."""
    chunks = [torch.cdist(rows, reference).kthvalue(rank, dim=1) for rows in features.split(NN_QUERY_ROWS)]
    return torch.cat([chunk.values for chunk in chunks]), torch.cat([chunk.indices for chunk in chunks])


def nearest_distances(features: Tensor, reference: Tensor, rank: int = 1) -> Tensor:
    """The distances of `nearest_neighbours` without the indices, faster and in less memory.

    A rank above M counts as M. The last bits differ from those of `nearest_neighbours`.
    """
    return torch.cat([_kth_distances(rows, reference, rank) for rows in features.split(NN_QUERY_ROWS)])


def _kth_distances(rows: Tensor, reference: Tensor, rank: int) -> Tensor:
    candidates = []
    for chunk in reference.split(NN_REFERENCE_ROWS):
        squares = torch.addmm(chunk.square().sum(dim=1), rows, chunk.T, alpha=-2)  # (N, M), without the rows' squares
        closest = (
            squares.amin(dim=1, keepdim=True) if rank == 1 else squares.topk(min(rank, len(chunk)), largest=False)[0]
        )
        candidates.append(closest)
    joined = torch.cat(candidates, dim=1)
    squares = joined.kthvalue(min(rank, joined.shape[1]), dim=1).values + rows.square().sum(dim=1)
    return squares.clamp(min=0).sqrt()


def nn_summary(distances: Tensor) -> dict[str, float]:
    """The median of nearest-neighbour distances (N,) and their quantile `CLOSE_QUANTILE`, as `median`, `closest`."""
    return {"median": distances.median().item(), "closest": distances.quantile(CLOSE_QUANTILE).item()}

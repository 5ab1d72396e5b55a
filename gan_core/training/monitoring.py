"""Metrics of a training besides its losses: how well the discriminator separates real from generated images, the norms
of gradients, and how diverse previews are and how near to single training images.

Computed when a line is logged or a preview is drawn. They draw no random numbers and change no network: a run with
monitoring equals one without, to the last bit.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from gan_core.data.datasets import Dataset, InMemoryImages
from gan_core.images.tensors import to_float
from gan_core.metrics import CHUNK_ROWS, nearest_distances

REAL_COUNT = 256  # real images that previews are compared with
REAL_SHEET_COUNT = 64  # of them, those shown beside the previews
THUMBNAIL_SIDE_PX = 14  # of the thumbnails that distances are computed on, so that small shifts count little
MAX_THUMBNAIL_VALUES = 25_000_000  # of all thumbnails together; for larger data sets no nearest neighbours are computed


def score_statistics(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Mean raw scores of real and generated images, and the AUC of the scores as a classifier of the two.

    Scores are (N,), or (N, H, W) per patch. The AUC (`told_apart`) is the probability that a real image has a higher
    score than a generated one: 0.5 is chance, whatever the objective.
    """
    real, fake = mean_per_image(real), mean_per_image(fake)
    auc = (real[:, None] > fake).float().mean() + (real[:, None] == fake).float().mean() / 2
    return {"real_score": real.mean().item(), "fake_score": fake.mean().item(), "told_apart": auc.item()}


def mean_per_image(scores: Tensor) -> Tensor:
    """Scores (N,) in float32, without history."""
    scores = scores.detach().float()
    return scores.flatten(1).mean(dim=1) if scores.dim() > 1 else scores


def gradient_norm(network: nn.Module) -> Tensor:
    """The Euclidean norm of all gradients of a network together."""
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    return torch.nn.utils.get_total_norm(gradients).detach()


class PreviewMetrics:
    """Compares previews with real images.

    With `class_conditional`, diversity is measured within each label: a model that draws one image a class has
    collapsed as well.
    """

    def __init__(self, data: Dataset, *, class_conditional: bool) -> None:
        count = min(REAL_COUNT, len(data))
        real_batch = data.get_batch(torch.arange(count) * len(data) // count)
        self.real = real_batch.images  # uint8 (R, C, S, S)
        self.labels = real_batch.labels if class_conditional else None
        source: Any = getattr(data, "dataset", data)
        self.all_thumbnails = to_thumbnails_in_batches(source.images) if fits_in_memory(source) else None  # (N, D)
        thumbnails = to_thumbnails(self.real)
        self.real_dispersion = dispersion(thumbnails, self.labels)
        self.real_nn_distance = 0.0  # median distance from a real image to its nearest neighbour
        if self.all_thumbnails is not None and len(self.all_thumbnails) > 1:
            self.real_nn_distance = nearest_distances(thumbnails, self.all_thumbnails, rank=2).median().item()

    def measure(self, images: Tensor, labels: Tensor | None, discriminator: Any) -> dict[str, float]:
        """Metrics of generated images (N, C, S, S) in [-1, 1], each relative to real images (1 is equal).

        `diversity` is the dispersion of thumbnails, `diversity_seen` that of the discriminator's features (where it has
        them), `nearest` the median distance to the nearest training image.
        """
        thumbnails = to_thumbnails(images)
        metrics = {"diversity": ratio(dispersion(thumbnails, labels), self.real_dispersion)}
        if getattr(discriminator, "trunk", None) is not None:
            real_features = discriminator_features(discriminator, to_float(self.real))
            features = discriminator_features(discriminator, images)
            metrics["diversity_seen"] = ratio(dispersion(features, labels), dispersion(real_features, self.labels))
        if self.all_thumbnails is not None and self.real_nn_distance:
            nn_distance = nearest_distances(thumbnails, self.all_thumbnails).median().item()
            metrics["nearest"] = nn_distance / self.real_nn_distance
        return metrics


@torch.no_grad()
def discriminator_features(discriminator: Any, images: Tensor) -> Tensor:
    """The discriminator's features (N, D), on the CPU.

    Computed in evaluation mode, which leaves spectral normalisation and batch statistics unchanged.
    """
    device = next(discriminator.parameters()).device
    was_training = discriminator.training
    discriminator.eval()
    features = discriminator.trunk(images.to(device)).flatten(1).float().cpu()
    discriminator.train(was_training)
    return features


def dispersion(features: Tensor, labels: Tensor | None = None) -> float:
    """Root mean squared distance of features (N, D) from their mean, or from the mean of their label."""
    groups = [features] if labels is None else [features[labels == label] for label in labels.unique()]
    deviations = sum((group - group.mean(dim=0)).square().sum().item() for group in groups)
    return (deviations / max(len(features) - len(groups), 1)) ** 0.5


def ratio(value: float, reference: float) -> float:
    return value / reference if reference else 1.0


def to_thumbnails(images: Tensor) -> Tensor:
    """Images (N, C, S, S), uint8 or in [-1, 1], as rows (N, C * THUMBNAIL_SIDE_PX ** 2) in [-1, 1]."""
    images = to_float(images) if images.dtype == torch.uint8 else images.float()
    return adaptive_avg_pool2d(images, THUMBNAIL_SIDE_PX).flatten(1)


def to_thumbnails_in_batches(images: Tensor) -> Tensor:
    return torch.cat([to_thumbnails(batch) for batch in images.split(CHUNK_ROWS)])


def fits_in_memory(data: Any) -> bool:
    """Whether the data set is in memory, and its thumbnails have at most MAX_THUMBNAIL_VALUES values."""
    return isinstance(data, InMemoryImages) and len(data) * data.channels * THUMBNAIL_SIDE_PX**2 <= MAX_THUMBNAIL_VALUES

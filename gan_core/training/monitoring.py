"""What a training tells of itself besides its losses: how well real and fake are told apart, how strong the gradients
are, how different the previews are from one another and how near they come to single training pictures.

All of it is taken where a line is logged or a preview is drawn anyway. It draws no randomness and changes no network:
a run that is watched equals one that is not, bit for bit.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from gan_core.data.datasets import Dataset, InMemoryImages
from gan_core.images.tensors import to_float
from gan_core.metrics import CHUNK_ROWS, nearest_distances

REAL_COUNT = 256  # real pictures that previews are compared with
SHEET_COUNT = 64  # of them on the sheet beside the previews
THUMBNAIL_SIDE_PX = 14  # pixels of the versions in which distances are measured: small shifts count little
MAX_THUMBNAIL_VALUES = (
    25_000_000  # values of small versions that are held for the search of neighbours; larger sets go without
)


def score_statistics(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Means of the discriminator's raw scores of a batch of real and of fake pictures, and the probability that it
    scores a real one higher than a fake one: 0.5 is chance, 1 is certainty, whatever the objective."""
    real, fake = (scores.detach().float().flatten(1).mean(dim=1) if scores.dim() > 1 else scores.detach().float()
                  for scores in (real, fake))  # fmt: skip
    critic_auc = (real[:, None] > fake).float().mean() + (real[:, None] == fake).float().mean() / 2
    return {"real_score": real.mean().item(), "fake_score": fake.mean().item(), "told_apart": critic_auc.item()}


def gradient_norm(network: nn.Module) -> Tensor:
    """The Euclidean norm of all gradients of a network together."""
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    return torch.nn.utils.get_total_norm(gradients).detach()


class PreviewMetrics:
    """Compares previews with real pictures. `known` says whether the networks are told the pictures' labels: then
    pictures are compared within each label, for a model that draws one picture a label has collapsed as well."""

    def __init__(self, data: Dataset, *, class_conditional: bool) -> None:
        real_batch = data.get_batch(torch.arange(min(REAL_COUNT, len(data))) * len(data) // min(REAL_COUNT, len(data)))
        self.real = real_batch.images  # uint8 (R, C, S, S)
        self.labels = real_batch.labels if class_conditional else None
        source: Any = getattr(data, "dataset", data)
        self.all_thumbnails = (
            to_thumbnails_in_batches(source.images) if fits_in_memory(source) else None
        )  # (N, C SIDE^2)
        thumbnails = to_thumbnails(self.real)
        self.real_dispersion = dispersion(thumbnails, self.labels)
        self.real_nn_distance = 0.0  # distance from a real picture to its nearest neighbour
        if self.all_thumbnails is not None and len(self.all_thumbnails) > 1:
            self.real_nn_distance = nearest_distances(thumbnails, self.all_thumbnails, rank=2).median().item()

    def measure(self, images: Tensor, labels: Tensor | None, discriminator: Any) -> dict[str, float]:
        """Of previews (N, C, S, S) in [-1, 1]: `diversity` in small pixels, `diversity_seen` in what the discriminator
        sees, both against real pictures' (1 is as diverse), and `nearest`, the distance to the nearest training picture
        against that between real pictures."""
        thumbnails = to_thumbnails(images)
        metrics = {"diversity": ratio(dispersion(thumbnails, labels), self.real_dispersion)}
        trunk = getattr(discriminator, "trunk", None)
        if trunk is not None:
            real_features = discriminator_features(discriminator, to_float(self.real))
            metrics["diversity_seen"] = ratio(
                dispersion(discriminator_features(discriminator, images), labels),
                dispersion(real_features, self.labels),
            )
        if self.all_thumbnails is not None and self.real_nn_distance:
            metrics["nearest"] = (
                nearest_distances(thumbnails, self.all_thumbnails).median().item() / self.real_nn_distance
            )
        return metrics


@torch.no_grad()
def discriminator_features(discriminator: Any, images: Tensor) -> Tensor:
    """The features (N, F) that the discriminator decides by. In evaluation mode: spectral normalisation and batch
    statistics must not notice."""
    device = next(discriminator.parameters()).device
    was_training = discriminator.training
    discriminator.eval()
    features = discriminator.trunk(images.to(device)).flatten(1).float().cpu()
    discriminator.train(was_training)
    return features


def dispersion(features: Tensor, labels: Tensor | None = None) -> float:
    """The usual distance of features (N, F) from their mean, or from the mean of those with the same label."""
    groups = [features] if labels is None else [features[labels == label] for label in labels.unique()]
    deviations = sum((group - group.mean(dim=0)).square().sum().item() for group in groups)
    return (deviations / max(len(features) - len(groups), 1)) ** 0.5


def ratio(value: float, reference: float) -> float:
    return value / reference if reference else 1.0


def to_thumbnails(images: Tensor) -> Tensor:
    """Pictures, uint8 or in [-1, 1], as rows of a few values (N, C SIDE^2)."""
    images = to_float(images) if images.dtype == torch.uint8 else images.float()
    return adaptive_avg_pool2d(images, THUMBNAIL_SIDE_PX).flatten(1)


def to_thumbnails_in_batches(images: Tensor) -> Tensor:
    return torch.cat([to_thumbnails(batch) for batch in images.split(CHUNK_ROWS)])


def fits_in_memory(data: Any) -> bool:
    """Whether the set is in memory and small enough for its small versions to be so too."""
    return isinstance(data, InMemoryImages) and len(data) * data.channels * THUMBNAIL_SIDE_PX**2 <= MAX_THUMBNAIL_VALUES

"""Images and features that the protocols compare: drawn from a model or taken from a data set, through a classifier."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gan_core import sampling
from gan_core.checkpoints.score_basis import frechet_warnings
from gan_core.errors import UsageError
from gan_core.images import tensors
from gan_core.metrics import frechet_distance, precision_recall
from gan_core.sampling import Model

PROGRESS_INTERVAL_IMAGES = 500  # images generated between two calls of `progress`
INFERENCE_BATCH_SIZE = 500  # images that a classifier sees at once
DATASET_BATCH_SIZE = 256  # images read from a data set at once

Progress = Callable[[int, int | None], Any]  # images done, images in all (None where that is not known)


class FeatureNetwork(Protocol):
    """A network whose last hidden layer can be read."""

    def features(self, images: Tensor) -> Tensor:
        """Images (N, C, S, S) in [-1, 1] -> features (N, D)."""
        ...


class FeatureExtractor(Protocol):
    """A trained classifier as the metrics need it."""

    @property
    def name(self) -> str: ...

    @property
    def network(self) -> nn.Module: ...

    @property
    def size(self) -> int:
        """Side of its images, in pixels."""
        ...

    def features_and_scores(self, images: Tensor) -> tuple[Tensor, Any]:
        """Features (N, D) of uint8 images (N, C, S, S), and what else the classifier predicts."""
        ...


def generate_images(
    model: Model,
    seeds: Sequence[int],
    progress: Callable[[int], Any],
    *,
    truncation: float = 1.0,
    prompts: Sequence[str] | None = None,
) -> Tensor:
    """One image a seed as uint8 (N, C, H, W), from the prompt at the same position where there are prompts.

    `progress` is called with the number of images done.
    """
    batches = []
    for start in range(0, len(seeds), PROGRESS_INTERVAL_IMAGES):
        batch = slice(start, start + PROGRESS_INTERVAL_IMAGES)
        batch_prompts = None if prompts is None else prompts[batch]
        pixels = sampling.sample(model, seeds[batch], truncation=truncation, prompts=batch_prompts)
        batches.append(torch.from_numpy(pixels).permute(0, 3, 1, 2))
        progress(min(start + PROGRESS_INTERVAL_IMAGES, len(seeds)))
    return torch.cat(batches)


def image_features(network: FeatureNetwork, images: Tensor) -> Tensor:
    """Features (N, D) of uint8 images (N, C, S, S)."""
    batches = images.split(INFERENCE_BATCH_SIZE)
    return torch.cat([network.features(tensors.to_float(batch)) for batch in batches])


def dataset_features(classifier: FeatureExtractor, data: Any) -> Tensor:
    """Features (N, D) of all images of a data set."""
    batches = torch.arange(len(data)).split(DATASET_BATCH_SIZE)
    return torch.cat([classifier.features_and_scores(data.get_batch(batch).images)[0] for batch in batches])


def sample_size(reference: Tensor, features: Tensor) -> dict[str, Any]:
    """The number of features D of (M, D) and (N, D), and sentences where the images are too few for it."""
    warnings = frechet_warnings(len(features), len(reference), features.shape[1])
    return {"features": features.shape[1], "warnings": warnings}


def feature_metrics(reference: Tensor, features: Tensor) -> dict[str, float]:
    """Fréchet distance, precision and recall of features (M, D) against those of real images (N, D)."""
    precision, recall = precision_recall(reference, features)
    return {"frechet": frechet_distance(reference, features), "precision": precision, "recall": recall}


def fraction_true(values: Tensor) -> float:
    """The share of true values, in [0, 1]."""
    return values.float().mean().item()


def validate_count(count: int, minimum: int, maximum: int, limit: str) -> None:
    """Raises UsageError where `count` is out of range; `limit` says what the maximum is the number of."""
    if not minimum <= count <= maximum:
        raise UsageError(f"--count must lie between {minimum} and {maximum} ({limit}), not be {count}.")

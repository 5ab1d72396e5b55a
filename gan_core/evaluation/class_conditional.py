"""Scores a generator against the test set of a labelled data set, in the features and labels of its classifier."""

from typing import Any

import torch
from torch import Tensor

from gan_core.data.datasets import Dataset
from gan_core.data.sampler import epoch_order
from gan_core.errors import UsageError
from gan_core.evaluation.classifier import SIDE_PX, FeatureClassifier
from gan_core.evaluation.features import (
    Progress,
    feature_metrics,
    fraction_true,
    generate_images,
    sample_size,
    validate_count,
)
from gan_core.metrics import confusion_matrix
from gan_core.sampling import Model

LOW_TRUNCATION = 0.7
DEFAULT_COUNT = 10_000
MIN_COUNT = 10


def score_labelled(
    model: Model,
    classifier: FeatureClassifier,
    train: Dataset,
    test: Dataset,
    count: int = DEFAULT_COUNT,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Scores of `count` samples (seeds 0, 1, ...) against the test set, as plain JSON.

    `frechet`, `precision` and `recall` are computed in the classifier's features, `shares` holds the share of each
    predicted class. A class-conditional model generates its classes in turn and is scored for `accuracy` as well, see
    `accuracy_scores`, and for `accuracy_truncated`, the accuracy at truncation 0.7. `floor` holds the same scores for
    `count` real training images: what a perfect model would get.
    Raises UsageError where the count is out of range or the model generates images of another size or colour.
    """
    config = model.checkpoint.config
    if config.image_size != SIDE_PX or config.image_channels != train.channels:
        raise UsageError(
            f"{classifier.name} takes images of {SIDE_PX} pixels and {train.channels} channels; "
            f"{model.checkpoint.name} generates {config.image_size} and {config.image_channels}."
        )
    validate_count(count, MIN_COUNT, len(train), f"the training images of {train.name}")
    total = count * (1 + model.is_class_conditional)
    seeds = list(range(count))
    reference, _ = classifier.features_and_labels(test.get_batch(torch.arange(len(test))).images)
    real_batch = train.get_batch(epoch_order(len(train), 0, 0)[:count])
    real, real_labels = classifier.features_and_labels(real_batch.images)
    fake, fake_labels = classifier.features_and_labels(
        generate_images(model, seeds, lambda done: progress(done, total))
    )
    class_count = len(classifier.classes)
    scores: dict[str, Any] = {
        "count": count,
        "reference": len(test),
        "judge": classifier.name,
        "judge_accuracy": classifier.accuracy,
        "class_names": list(classifier.classes),
        **feature_metrics(reference, fake),
        **sample_size(reference, fake),
        "shares": class_shares(fake_labels, class_count),
        "floor": feature_metrics(reference, real) | {"shares": class_shares(real_labels, class_count)},
    }
    if model.is_class_conditional:
        targets = torch.tensor(seeds) % class_count
        truncated = generate_images(model, seeds, lambda done: progress(count + done, total), truncation=LOW_TRUNCATION)
        scores |= accuracy_scores(targets, fake_labels, class_count)
        scores["accuracy_truncated"] = fraction_true(classifier.features_and_labels(truncated)[1] == targets)
        scores["floor"]["accuracy"] = classifier.accuracy
    return scores


def accuracy_scores(targets: Tensor, predictions: Tensor, class_count: int) -> dict[str, Any]:
    """Accuracy of the predicted labels (N,) against the requested ones (N,): overall, per class, and the confusion
    matrix (row requested, column predicted)."""
    table = confusion_matrix(targets, predictions, class_count)
    return {
        "accuracy": fraction_true(targets == predictions),
        "accuracy_per_class": (table.diag() / table.sum(dim=1)).tolist(),
        "confusion": table.tolist(),
    }


def class_shares(labels: Tensor, class_count: int) -> list[float]:
    """The share of each class among labels (N,), in [0, 1]."""
    return (torch.bincount(labels, minlength=class_count) / len(labels)).tolist()

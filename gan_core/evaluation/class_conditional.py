"""A model's scores: its samples against the test pictures, next to real training pictures against the same."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core import sampling
from gan_core.data.datasets import Dataset
from gan_core.data.sampler import epoch_order
from gan_core.errors import UsageError
from gan_core.evaluation.classifier import FeatureClassifier
from gan_core.metrics import confusion_matrix, frechet_distance, precision_recall
from gan_core.sampling import Model

LOW_TRUNCATION = 0.7
BATCH_SIZE = 500  # samples drawn between two reports of progress

Progress = Callable[[int, int], None]


def score_labelled(
    model: Model,
    classifier: FeatureClassifier,
    train: Dataset,
    test: Dataset,
    count: int = 10_000,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Scores of `count` samples (seeds 0, 1, ...) on the judge's features, as plain JSON.

    `floor` holds the same figures for `count` real training pictures: what a perfect model would get. A conditional
    model is asked for its classes in turn. `progress` is told (done, total) samples.
    Raises InputError where the judge and the model do not look at the same kind of picture.
    """
    config = model.checkpoint.config
    if config.image_size != 28 or config.image_channels != train.channels:
        raise UsageError(
            f"{classifier.name} reads pictures of 28 pixels; {model.checkpoint.name} draws {config.image_size}."
        )
    if not 10 <= count <= len(train):
        raise UsageError(f"--count must lie between 10 and {len(train)} for {train.name}, not be {count}.")
    total = count * (1 + model.is_class_conditional)
    seeds = list(range(count))
    reference, _ = classifier.features_and_labels(test.get_batch(torch.arange(len(test))).images)
    real_batch = train.get_batch(epoch_order(len(train), 0, 0)[:count])
    real, real_labels = classifier.features_and_labels(real_batch.images)
    fake, fake_labels = classifier.features_and_labels(
        generate_images(model, seeds, 1.0, lambda done: progress(done, total))
    )
    class_count = len(classifier.classes)
    scores: dict[str, Any] = {
        "count": count,
        "reference": len(test),
        "judge": classifier.name,
        "judge_accuracy": classifier.accuracy,
        "class_names": list(classifier.classes),
        **feature_metrics(reference, fake),
        "shares": class_shares(fake_labels, class_count),
        "floor": feature_metrics(reference, real) | {"shares": class_shares(real_labels, class_count)},
    }
    if model.is_class_conditional:
        target_labels = torch.tensor(seeds) % class_count
        truncated = generate_images(model, seeds, LOW_TRUNCATION, lambda done: progress(count + done, total))
        scores |= accuracy_scores(target_labels, fake_labels, class_count)
        scores["accuracy_truncated"] = fraction_true(classifier.features_and_labels(truncated)[1] == target_labels)
        scores["floor"]["accuracy"] = classifier.accuracy
    return scores


def generate_images(
    model: Model,
    seeds: Sequence[int],
    truncation: float,
    progress: Callable[[int], None],
    prompts: Sequence[str] | None = None,
) -> Tensor:
    """The seeds' pictures as uint8 (N, C, H, W), each of its own prompt where there are prompts."""
    batches = []
    for start in range(0, len(seeds), BATCH_SIZE):
        batch = slice(start, start + BATCH_SIZE)
        batch_prompts = None if prompts is None else prompts[batch]
        pixels = sampling.sample(model, seeds[batch], truncation=truncation, prompts=batch_prompts)
        batches.append(torch.from_numpy(pixels).permute(0, 3, 1, 2))
        progress(min(start + BATCH_SIZE, len(seeds)))
    return torch.cat(batches)


def feature_metrics(reference: Tensor, features: Tensor) -> dict[str, float]:
    precision, recall = precision_recall(reference, features)
    return {"frechet": frechet_distance(reference, features), "precision": precision, "recall": recall}


def accuracy_scores(targets: Tensor, predictions: Tensor, class_count: int) -> dict[str, Any]:
    """Agreement with the asked labels: overall, per class, and as counts (row asked, column seen)."""
    table = confusion_matrix(targets, predictions, class_count)
    return {
        "accuracy": fraction_true(targets == predictions),
        "accuracy_per_class": (table.diag() / table.sum(dim=1)).tolist(),
        "confusion": table.tolist(),
    }


def class_shares(labels: Tensor, class_count: int) -> list[float]:
    """The share of each class among the labels."""
    return (torch.bincount(labels, minlength=class_count) / len(labels)).tolist()


def fraction_true(hits: Tensor) -> float:
    return hits.float().mean().item()

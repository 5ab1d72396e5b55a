"""A model's scores: its samples against the test pictures, next to real training pictures against the same."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core import sampling
from gan_core.data.datasets import Dataset
from gan_core.data.sampler import epoch_order
from gan_core.errors import InputError
from gan_core.evaluation.classifier import Judge
from gan_core.metrics import confusion_matrix, frechet_distance, precision_recall
from gan_core.sampling import Model

TRUNCATED = 0.7
PART = 500  # samples drawn between two reports of progress

Progress = Callable[[int, int], None]


def evaluate(
    model: Model, judge: Judge, train: Dataset, test: Dataset, count: int = 10_000, progress: Progress = lambda *_: None
) -> dict[str, Any]:
    """Scores of `count` samples (seeds 0, 1, ...) on the judge's features, as plain JSON.

    `floor` holds the same figures for `count` real training pictures: what a perfect model would get. A conditional
    model is asked for its classes in turn. `progress` is told (done, total) samples.
    Raises InputError where the judge and the model do not look at the same kind of picture.
    """
    config = model.checkpoint.config
    if config.image_size != 28 or config.image_channels != train.channels:
        raise InputError(
            f"{judge.name} reads pictures of 28 pixels; {model.checkpoint.name} draws {config.image_size}."
        )
    if not 10 <= count <= len(train):
        raise InputError(f"--count must lie between 10 and {len(train)} for {train.name}, not be {count}.")
    total = count * (1 + model.conditional)
    seeds = list(range(count))
    truth, _ = judge.look(test.get_batch(torch.arange(len(test))).images)
    kept = train.get_batch(epoch_order(len(train), 0, 0)[:count])
    real, real_labels = judge.look(kept.images)
    fake, fake_labels = judge.look(draw(model, seeds, 1.0, lambda done: progress(done, total)))
    classes = len(judge.classes)
    scores: dict[str, Any] = {
        "count": count,
        "reference": len(test),
        "judge": judge.name,
        "judge_accuracy": judge.accuracy,
        "class_names": list(judge.classes),
        **compare(truth, fake),
        "shares": shares(fake_labels, classes),
        "floor": compare(truth, real) | {"shares": shares(real_labels, classes)},
    }
    if model.conditional:
        asked = torch.tensor(seeds) % classes
        closer = draw(model, seeds, TRUNCATED, lambda done: progress(count + done, total))
        scores |= accuracies(asked, fake_labels, classes)
        scores["accuracy_truncated"] = share_of(judge.look(closer)[1] == asked)
        scores["floor"]["accuracy"] = judge.accuracy
    return scores


def draw(
    model: Model,
    seeds: Sequence[int],
    truncation: float,
    report: Callable[[int], None],
    prompts: Sequence[str] | None = None,
) -> Tensor:
    """The seeds' pictures as uint8 (N, C, H, W), each of its own prompt where there are prompts."""
    parts = []
    for first in range(0, len(seeds), PART):
        part = slice(first, first + PART)
        told = None if prompts is None else prompts[part]
        pixels = sampling.sample(model, seeds[part], truncation=truncation, prompts=told)
        parts.append(torch.from_numpy(pixels).permute(0, 3, 1, 2))
        report(min(first + PART, len(seeds)))
    return torch.cat(parts)


def compare(truth: Tensor, features: Tensor) -> dict[str, float]:
    precision, recall = precision_recall(truth, features)
    return {"frechet": frechet_distance(truth, features), "precision": precision, "recall": recall}


def accuracies(asked: Tensor, seen: Tensor, classes: int) -> dict[str, Any]:
    """Agreement with the asked labels: overall, per class, and as counts (row asked, column seen)."""
    table = confusion_matrix(asked, seen, classes)
    return {
        "accuracy": share_of(asked == seen),
        "accuracy_per_class": (table.diag() / table.sum(dim=1)).tolist(),
        "confusion": table.tolist(),
    }


def shares(labels: Tensor, classes: int) -> list[float]:
    """The share of each class among the labels."""
    return (torch.bincount(labels, minlength=classes) / len(labels)).tolist()


def share_of(hits: Tensor) -> float:
    return hits.float().mean().item()

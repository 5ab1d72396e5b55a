"""Scores of a model of pictures that have no test set of their own: does it draw as real pictures look, in all their
variety, and nothing by heart?

The pictures it was trained on are cut into halves by chance. One half is the truth; the other is what a perfect model
would draw, and the model's samples stand in its place. How near samples come to single training pictures is held
against how near real pictures come to their own nearest neighbours.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core.checkpoints.description import CONFIG_FILE
from gan_core.data.sampler import epoch_order
from gan_core.errors import UsageError
from gan_core.evaluation.caption_classifier import CaptionClassifier, load_caption_classifier
from gan_core.evaluation.class_conditional import feature_metrics, generate_images
from gan_core.evaluation.self_supervised import InstanceClassifier, load_instance_classifier
from gan_core.evaluation.text_to_image import extract_features
from gan_core.images import tensors
from gan_core.images.tensors import Pixels
from gan_core.metrics import CLOSE_QUANTILE, nearest_neighbours, nn_summary
from gan_core.sampling import Model, sample

MIN_IMAGES = 50  # pictures that can be measured at all
MAX_SHEET_PAIRS = 24  # samples beside their nearest training pictures, on a sheet

Progress = Callable[[int, int], None]
Classifier = CaptionClassifier | InstanceClassifier
LOADERS: dict[str, Callable[[str, Path], Classifier]] = {
    "caption-judge": load_caption_classifier,
    "instance-judge": load_instance_classifier,
}


def load_classifier(name: str, root: Path) -> Classifier:
    """The judge in `root`/`name`, whichever way it learned to see. Raises InputError where there is none that does."""
    file = root / name / CONFIG_FILE
    try:
        kind = json.loads(file.read_text()).get("kind", "")
    except (OSError, ValueError, AttributeError):
        kind = "instance-judge"  # whose loader says what is wrong
    if kind not in LOADERS:
        raise UsageError(f"{name} judges small pictures by their labels: it is of the kind {kind!r}.")
    return LOADERS[kind](name, root)


def score_unlabelled(
    model: Model, classifier: Classifier, data: Any, count: int | None = None, progress: Progress = lambda *_: None
) -> tuple[dict[str, Any], list[tuple[int, int]]]:
    """Scores of `count` samples (seeds 0, 1, ...; as many as half of the pictures by default) as plain JSON, and the
    seeds that lie closest to a training picture with that picture's index, closest first.

    `floor` holds the same figures for as many real pictures. `nearest` has the distances to the nearest training
    picture in the judge's features, their median and the closest hundredth, and `closer`, the share of samples that lie
    nearer to a training picture than the closest hundredth of real pictures lie to another one.
    Raises InputError where the count is out of range or judge, model and data do not fit.
    """
    config, channels = model.checkpoint.config, next(classifier.network.parameters()).shape[1]
    if (config.image_size, config.image_channels) != (classifier.size, channels):
        raise UsageError(
            f"{classifier.name} reads pictures of {classifier.size} pixels and {channels} channels; "
            f"{model.checkpoint.name} draws {config.image_size} and {config.image_channels}."
        )
    max_count = len(data) // 2
    count = max_count if count is None else count
    if not MIN_IMAGES <= count <= max_count:
        raise UsageError(
            f"--count must lie between {MIN_IMAGES} and {max_count}, half of the pictures, not be {count}."
        )
    order = epoch_order(len(data), 0, 0)
    training_features = extract_features(classifier, data)
    reference, real_sample = training_features[order[:count]], training_features[order[count : 2 * count]]
    fake = classifier.features_and_scores(
        generate_images(model, range(count), 1.0, lambda done: progress(done, count))
    )[0]
    distances, nearest_indices = nearest_neighbours(fake, training_features)
    real_distances, _ = nearest_neighbours(reference, training_features, rank=2)  # the nearest being the picture itself
    memorised_distance = real_distances.quantile(CLOSE_QUANTILE)
    scores = {
        "count": count,
        "reference": count,
        "judge": classifier.name,
        "judge_accuracy": classifier.accuracy,
        **feature_metrics(reference, fake),
        "nearest": nn_summary(distances) | {"closer": (distances < memorised_distance).float().mean().item()},
        "floor": feature_metrics(reference, real_sample)
        | {"nearest": nn_summary(real_distances) | {"closer": CLOSE_QUANTILE}},
    }
    closest = distances.argsort()[:MAX_SHEET_PAIRS].tolist()
    return scores, [(seed, int(nearest_indices[seed])) for seed in closest]


def neighbour_sheet(model: Model, data: Any, pairs: list[tuple[int, int]]) -> Pixels:
    """A sheet (H, W, C), four pairs a row: samples of these seeds, each left of its training picture. For the eyes of
    whoever decides whether the model may be published."""
    samples = sample(model, [seed for seed, _ in pairs])
    real = data.get_batch(torch.tensor([index for _, index in pairs])).images.permute(0, 2, 3, 1).numpy()
    return tensors.make_grid(np.stack([image for pair in zip(samples, real, strict=True) for image in pair]), 8)

"""Scores a generator against its own training images, where a data set has neither labels nor a test set.

The images are split in two halves at random. One half is the reference, the other is what a perfect model would
generate; the model's samples take its place. Memorisation shows in the distances to the nearest training image,
compared with those of real images to their own nearest neighbours.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core.checkpoints.description import CONFIG_FILE
from gan_core.data.sampler import epoch_order
from gan_core.errors import UsageError
from gan_core.evaluation.caption_classifier import CaptionClassifier, load_caption_classifier
from gan_core.evaluation.features import (
    Progress,
    dataset_features,
    feature_metrics,
    fraction_true,
    generate_images,
    sample_size,
    validate_count,
)
from gan_core.evaluation.general_features import GeneralClassifier
from gan_core.evaluation.self_supervised import InstanceClassifier, load_instance_classifier
from gan_core.images import tensors
from gan_core.images.tensors import Pixels
from gan_core.json_text import parse_json
from gan_core.metrics import CLOSE_QUANTILE, nearest_neighbours, nn_summary
from gan_core.sampling import Model, sample

MIN_COUNT = 50
MAX_SHEET_PAIRS = 24  # samples with their nearest training images on a sheet

Classifier = CaptionClassifier | InstanceClassifier | GeneralClassifier
LOADERS: dict[str, Callable[[str, Path], CaptionClassifier | InstanceClassifier]] = {
    "caption-judge": load_caption_classifier,
    "instance-judge": load_instance_classifier,
}


def load_classifier(name: str, root: Path) -> CaptionClassifier | InstanceClassifier:
    """The classifier in `root`/`name`, of captioned or of unlabelled images. Raises UsageError where there is none."""
    try:
        kind = parse_json((root / name / CONFIG_FILE).read_bytes()).get("kind", "")
    except (OSError, ValueError, AttributeError):
        kind = "instance-judge"  # its loader says what is wrong
    if not isinstance(kind, str) or kind not in LOADERS:
        raise UsageError(
            f"{name} is of the kind {kind!r}; the classifier of a folder of images is of {' or '.join(LOADERS)}: "
            "train it by `python -m gan_core judge`."
        )
    return LOADERS[kind](name, root)


def score_unlabelled(
    model: Model, classifier: Classifier, data: Any, count: int | None = None, progress: Progress = lambda *_: None
) -> tuple[dict[str, Any], list[tuple[int, int]]]:
    """Scores of `count` samples (seeds 0, 1, ...; by default as many as half of the images) as plain JSON; and the
    seeds of the samples closest to a training image, with the index of that image, closest first.

    `frechet`, `precision` and `recall` are computed in the classifier's features. `nearest` summarises the distances to
    the nearest training image: their median, their 1 % quantile, and as `closer` the share of samples that lie nearer
    to a training image than the closest 1 % of real images lie to another one. `floor` holds the same scores for as
    many real images. `judge_of_other_data` is set where the classifier was trained on other images.
    Raises UsageError where the count is out of range or classifier, model and data do not fit.
    """
    config = model.checkpoint.config
    if isinstance(classifier, GeneralClassifier):
        channels = classifier.channels
    else:
        channels = next(classifier.network.parameters()).shape[1]
    if (config.image_size, config.image_channels) != (classifier.size, channels):
        raise UsageError(
            f"{classifier.name} takes images of {classifier.size} pixels and {channels} channels; "
            f"{model.checkpoint.name} generates {config.image_size} and {config.image_channels}."
        )
    max_count = len(data) // 2
    count = max_count if count is None else count
    if max_count < MIN_COUNT:
        raise UsageError(f"The data set has {len(data):,} images; scores need at least {2 * MIN_COUNT}.")
    validate_count(count, MIN_COUNT, max_count, "half of the images")
    order = epoch_order(len(data), 0, 0)
    training_features = dataset_features(classifier, data)
    reference, real_sample = training_features[order[:count]], training_features[order[count : 2 * count]]
    fake = classifier.features_and_scores(generate_images(model, range(count), lambda done: progress(done, count)))[0]
    distances, nearest_indices = nearest_neighbours(fake, training_features)
    real_distances, _ = nearest_neighbours(reference, training_features, rank=2)  # each image is its own nearest
    memorised_distance = real_distances.quantile(CLOSE_QUANTILE)
    scores = {
        "count": count,
        "reference": count,
        "judge": classifier.name,
        "judge_accuracy": classifier.accuracy,
        **({"judge_of_other_data": True} if isinstance(classifier, GeneralClassifier) else {}),
        **feature_metrics(reference, fake),
        **sample_size(reference, fake),
        "nearest": nn_summary(distances) | {"closer": fraction_true(distances < memorised_distance)},
        "floor": feature_metrics(reference, real_sample)
        | {"nearest": nn_summary(real_distances) | {"closer": CLOSE_QUANTILE}},
    }
    closest_seeds = distances.argsort()[:MAX_SHEET_PAIRS].tolist()
    return scores, [(seed, int(nearest_indices[seed])) for seed in closest_seeds]


def neighbour_sheet(model: Model, data: Any, pairs: list[tuple[int, int]]) -> Pixels:
    """A grid uint8 (H, W, C) of four pairs a row: the samples of these seeds, each to the left of the training image
    with its index. For people who decide whether a model memorised its data."""
    samples = sample(model, [seed for seed, _ in pairs])
    real = data.get_batch(torch.tensor([index for _, index in pairs])).images.permute(0, 2, 3, 1).numpy()
    return tensors.make_grid(np.stack([image for pair in zip(samples, real, strict=True) for image in pair]), 8)

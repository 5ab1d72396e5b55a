"""Scores a text-to-image model on held-out captions: does an image show what its prompt asks for, does it look like a
photograph, and is it a copy of a training image?

The captions belong to images that neither the model nor the classifier was trained on; beside each score stands that of
the real images.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core.data.sampler import epoch_order
from gan_core.errors import UsageError
from gan_core.evaluation.caption_classifier import CaptionClassifier
from gan_core.evaluation.features import (
    Progress,
    dataset_features,
    fraction_true,
    generate_images,
    sample_size,
    validate_count,
)
from gan_core.metrics import frechet_distance, nearest_distances, nn_summary
from gan_core.sampling import Model
from gan_core.text.captions import compose_caption, row_attributes

DEFAULT_COUNT = 2_000
MIN_COUNT = 200
DISTRACTOR_COUNT = 99  # captions of other images that an image's own caption is ranked among
TIE_TOLERANCE = 1e-6  # log-likelihoods this close to the best count as equal to it


def score_text_to_image(
    model: Model,
    classifier: CaptionClassifier,
    train: Any,
    held_out: Any,
    count: int = DEFAULT_COUNT,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Scores of `count` prompts composed from held-out captions, as plain JSON; `floor` holds those of real images.

    `accuracy` is, for each metadata column, the share of images that show the requested class, among prompts that name
    it; `r_precision` the share whose own metadata fit the image best, among 100; `frechet` the distance between as many
    generated and real images; `variety` the mean distance between two images of the same classes; `nearest` summarises
    the distances to the nearest training image: their median and their 1 % quantile.
    Raises UsageError where the count is out of range or classifier and model do not fit.
    """
    if model.text_encoder is None or model.checkpoint.config.image_size != classifier.size:
        raise UsageError(
            f"{classifier.name} takes images of {classifier.size} pixels, generated from text by a model of that size."
        )
    validate_count(count, MIN_COUNT, len(held_out), "the captions held out")
    held_out = held_out.subset(epoch_order(len(held_out), 0, 0)[:count].tolist())  # shuffled: neighbours are alike
    rows, prompts = held_out.rows, compose_prompts(held_out.rows)
    fake = generate_for_prompts(model, prompts, lambda done: progress(done, count))
    features, predictions = classifier.features_and_scores(fake)
    real_features, real_predictions = classifier.features_and_scores(held_out.get_batch(torch.arange(count)).images)
    targets, mentioned = classifier.schema.targets(rows), mentions_attribute(rows, prompts)
    training_features = dataset_features(classifier, train)
    training_sample = training_features[epoch_order(len(train), 0, 0)[:count]]
    return {
        "count": count,
        "judge": classifier.name,
        "judge_accuracy": classifier.accuracy,
        "accuracy": attribute_accuracy(predictions, targets, mentioned),
        "r_precision": r_precision(predictions, targets),
        "frechet": frechet_distance(real_features, features),
        **sample_size(real_features, features),
        "variety": intra_class_diversity(features, targets),
        "nearest": nn_summary(nearest_distances(features, training_features)),
        "floor": {
            "accuracy": attribute_accuracy(real_predictions, targets, mentioned),
            "r_precision": r_precision(real_predictions, targets),
            "frechet": frechet_distance(real_features, training_sample),
            "variety": intra_class_diversity(real_features, targets),
            "nearest": nn_summary(nearest_distances(real_features, training_features)),
        },
    }


def compose_prompts(rows: Sequence[dict[str, Any]]) -> list[str]:
    """One caption for each row of metadata, never an empty one; the same at each call."""
    generator, prompts = torch.Generator().manual_seed(0), []
    for row in rows:
        while not (prompt := compose_caption(row, generator)):
            pass  # a share of the captions is empty, for training without a condition
        prompts.append(prompt)
    return prompts


def mentions_attribute(rows: Sequence[dict[str, Any]], prompts: Sequence[str]) -> dict[str, Tensor]:
    """For the columns that not every prompt names, a mask (N,) of the prompts that name the value of their row."""
    colours = [row_attributes(row).get("colour", "").lower() for row in rows]
    return {
        "colour": torch.tensor(
            [bool(colour) and colour in prompt.lower() for colour, prompt in zip(colours, prompts, strict=True)]
        )
    }


def generate_for_prompts(model: Model, prompts: Sequence[str], progress: Callable[[int], Any]) -> Tensor:
    """One image for each prompt, from the seeds 0, 1, ..., as uint8 (N, C, S, S)."""
    return generate_images(model, range(len(prompts)), progress, prompts=prompts)


def attribute_accuracy(
    predictions: dict[str, Tensor], targets: dict[str, Tensor], mentioned: dict[str, Tensor]
) -> dict[str, float]:
    """For each column, the share of correct predictions among the images whose class is known and was requested.

    `predictions` are log-probabilities (N, classes), `targets` indices (N,), -1 where unknown, `mentioned` masks (N,)
    of the columns that not all prompts name.
    """
    accuracies = {}
    for column, scores in predictions.items():
        known = targets[column] >= 0
        counted = known & mentioned[column] if column in mentioned else known
        accuracies[column] = fraction_true((scores.argmax(dim=1) == targets[column])[counted])
    return accuracies


def r_precision(predictions: dict[str, Tensor], targets: dict[str, Tensor]) -> float:
    """The share of images (N,) whose own metadata are the most likely among theirs and those of DISTRACTOR_COUNT other
    images (Xu et al. 2018, AttnGAN, section 4.1). k equally likely ones count as 1/k each.

    `predictions` are log-probabilities (N, classes) by column, `targets` indices (N,), -1 where unknown.
    """
    count = len(next(iter(predictions.values())))
    generator, hits = torch.Generator().manual_seed(0), 0.0
    for index in range(count):
        others = torch.randperm(count, generator=generator)[: DISTRACTOR_COUNT + 1]
        candidates = torch.cat([torch.tensor([index]), others[others != index][:DISTRACTOR_COUNT]])
        log_likelihood = torch.zeros(len(candidates))
        for column, scores in predictions.items():
            classes = targets[column][candidates]
            log_likelihood += torch.where(classes >= 0, scores[index][classes.clamp(min=0)], scores[index].mean())
        best = log_likelihood >= log_likelihood.max() - TIE_TOLERANCE
        hits += (best[0] / best.sum()).item()
    return hits / count


def intra_class_diversity(features: Tensor, targets: dict[str, Tensor]) -> float:
    """The mean distance in features (N, D) between two images that have the same known class in every column; 0 where
    no two have. It is 0 for a model that collapses to one image a class."""
    classes = torch.stack(list(targets.values()))  # (columns, N)
    same = (classes[:, :, None] == classes[:, None]).all(dim=0) & (classes >= 0).all(dim=0)
    pairs = same.triu(diagonal=1)
    # computed directly, as the faster way by matrix products leaves a distance above 0 between equal features
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
    return (distances[pairs].sum() / pairs.sum().clamp(min=1)).item()

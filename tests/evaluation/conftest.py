"""Classifiers trained once for all tests of the evaluation."""

import pytest
import torch

from gan_core.evaluation import classifier_training
from gan_core.evaluation.caption_classifier import (
    AttributeNetwork,
    AttributeSchema,
    CaptionClassifier,
    attribute_accuracies,
    train_caption_classifier,
)
from gan_core.evaluation.self_supervised import (
    ContrastiveNetwork,
    InstanceClassifier,
    train_instance_classifier,
    train_test_split,
)
from tests.evaluation.image_sets import SIDE_PX, quilt_images, wardrobe_images


@pytest.fixture(scope="session")
def caption_classifier() -> CaptionClassifier:
    """Of the wardrobe, with an accuracy above 0.9 in each column."""
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setattr(classifier_training, "BATCH_SIZE", 32)
        train, test = wardrobe_images(256), wardrobe_images(64, seed=1)
        schema = AttributeSchema.from_rows(train.rows)
        torch.manual_seed(0)
        network = AttributeNetwork(3, {name: len(values) for name, values in schema.columns.items()})
        *_, last = train_caption_classifier(network, schema, train, test, 8)
    assert last.accuracy > 0.9
    return CaptionClassifier("judge-wardrobe", network, schema, SIDE_PX, attribute_accuracies(network, schema, test))


@pytest.fixture(scope="session")
def instance_classifier() -> InstanceClassifier:
    """Of the quilt."""
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setattr(classifier_training, "BATCH_SIZE", 48)
        train, test = train_test_split(quilt_images(200))
        torch.manual_seed(0)
        network = ContrastiveNetwork(3)
        *_, last = train_instance_classifier(network, train, test, 20)
    return InstanceClassifier("judge-quilt", network, SIDE_PX, last.accuracy)

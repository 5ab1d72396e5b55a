from pathlib import Path

import pytest
import torch

from gan_core.errors import UsageError
from gan_core.evaluation.classifier import load_feature_classifier, save_feature_classifier, train_feature_classifier
from tests import factories
from tests.evaluation.image_sets import bar_images, bar_network


def test_a_classifier_learns_its_classes_and_is_the_same_after_saving_and_loading(tmp_path: Path) -> None:
    network, data = bar_network(), bar_images(512)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of the dropout
        (*_, last) = train_feature_classifier(network, data, bar_images(30), epochs=16)
    assert last.accuracy == 1.0
    save_feature_classifier(tmp_path / "judge-bars", network, data, last)
    classifier = load_feature_classifier("judge-bars", tmp_path)
    pixels = bar_images(30).images.permute(0, 2, 3, 1).numpy()
    assert classifier.predict_labels(pixels).tolist() == bar_images(30).labels.tolist()  # type: ignore[union-attr]
    assert (classifier.accuracy, classifier.classes) == (1.0, factories.CLASSES)
    with pytest.raises(UsageError, match="--force"):
        save_feature_classifier(tmp_path / "judge-bars", network, data, last)

from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core import sampling
from gan_core.errors import UsageError
from gan_core.evaluation import features
from tests import factories
from tests.evaluation.image_sets import bar_images, bar_network


def test_images_are_generated_in_batches_as_the_samples_of_their_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "PROGRESS_INTERVAL_IMAGES", 4)
    model = sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "vanilla"))
    reported: list[int] = []
    images = features.generate_images(model, range(9), reported.append, truncation=0.5)
    samples = sampling.sample(model, range(9), truncation=0.5)
    assert np.array_equal(images.permute(0, 2, 3, 1).numpy(), samples)
    assert reported == [4, 8, 9]


def test_features_are_the_same_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    network, images = bar_network().eval(), bar_images(10).images
    with torch.inference_mode():
        whole = features.image_features(network, images)
        monkeypatch.setattr(features, "INFERENCE_BATCH_SIZE", 3)
        torch.testing.assert_close(features.image_features(network, images), whole)


def test_equal_features_have_distance_zero_and_full_precision_and_recall() -> None:
    real = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    metrics = features.feature_metrics(real, real)
    assert metrics == {"frechet": pytest.approx(0, abs=1e-3), "precision": 1, "recall": 1}


def test_a_count_out_of_range_is_refused_with_the_range() -> None:
    features.validate_count(10, 10, 20, "half of the images")
    with pytest.raises(UsageError, match=r"--count must lie between 10 and 20 \(half of the images\), not be 21"):
        features.validate_count(21, 10, 20, "half of the images")

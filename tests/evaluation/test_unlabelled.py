import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d

from gan_core import sampling
from gan_core.checkpoints.model_card import render_card
from gan_core.errors import UsageError
from gan_core.evaluation import unlabelled
from gan_core.evaluation.caption_classifier import (
    AttributeNetwork,
    AttributeSchema,
    CaptionClassifier,
    save_caption_classifier,
)
from gan_core.evaluation.classifier_training import Epoch
from gan_core.evaluation.self_supervised import InstanceClassifier
from gan_core.evaluation.unlabelled import load_classifier, neighbour_sheet, score_unlabelled
from tests import factories
from tests.evaluation.image_sets import SIDE_PX, quilt_images


def score_images(images: torch.Tensor, classifier: Any, root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The result for a model of 200 quilts that generates these images."""
    checkpoint = factories.checkpoint(root, "residual", image_channels=3)
    monkeypatch.setattr(unlabelled, "generate_images", lambda model, seeds, *_: images[: len(seeds)])
    return score_unlabelled(sampling.model_from_checkpoint(checkpoint), classifier, quilt_images(200))


def test_new_images_of_the_same_distribution_score_like_real_ones(
    instance_classifier: InstanceClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores, _ = score_images(quilt_images(100, seed=5).images, instance_classifier, tmp_path, monkeypatch)
    assert scores["count"] == scores["reference"] == 100
    assert scores["frechet"] < 2.5 * scores["floor"]["frechet"]
    assert scores["nearest"]["median"] == pytest.approx(scores["floor"]["nearest"]["median"], rel=0.25)
    assert json.loads(json.dumps(scores)) == scores


def test_blurred_images_and_a_collapsed_model_have_a_larger_frechet_distance(
    instance_classifier: InstanceClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = quilt_images(100, seed=5).images
    blurred = avg_pool2d(fresh.float(), 7, stride=1, padding=3, count_include_pad=False).to(torch.uint8)
    baseline, *worse = (
        score_images(images, instance_classifier, tmp_path / str(index), monkeypatch)[0]["frechet"]
        for index, images in enumerate((fresh, blurred, fresh[:1].expand(100, -1, -1, -1)))
    )
    assert min(worse) > 1.3 * baseline


def test_copies_of_training_images_are_detected_and_paired_with_their_originals(
    instance_classifier: InstanceClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = quilt_images(100, seed=5).images
    images[7], images[30] = quilt_images(200).images[11], quilt_images(200).images[150]
    scores, closest = score_images(images, instance_classifier, tmp_path, monkeypatch)
    assert set(closest[:2]) == {(7, 11), (30, 150)}
    assert scores["nearest"]["closer"] >= 0.02
    copied, _ = score_images(quilt_images(200).images, instance_classifier, tmp_path / "copies", monkeypatch)
    assert copied["nearest"]["median"] == pytest.approx(0, abs=1e-2)
    assert copied["nearest"]["closer"] == 1


def test_a_classifier_of_captioned_images_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = AttributeSchema({"text": ("rose", "iris")})
    classifier = CaptionClassifier(
        "judge-quilt", AttributeNetwork(3, {"text": 2}).eval(), schema, SIDE_PX, {"text": 0.625}
    )
    save_caption_classifier(tmp_path / "judge-quilt", classifier, quilt_images(60), Epoch(1, 0.1, 0.625))
    loaded = load_classifier("judge-quilt", tmp_path)
    assert isinstance(loaded, CaptionClassifier)
    scores, _ = score_images(quilt_images(100, seed=5).images, loaded, tmp_path, monkeypatch)
    assert scores["frechet"] > 0
    assert "(accuracy of text 62.50%)" in render_card(asdict(factories.description("residual")) | {"scores": scores})


def test_samples_are_drawn_beside_their_nearest_training_images(tmp_path: Path) -> None:
    model, data = (
        sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "residual", image_channels=3)),
        quilt_images(9),
    )
    sheet = neighbour_sheet(model, data, [(5, 2), (0, 8)])
    assert sheet.shape == (SIDE_PX, 8 * (SIDE_PX + 2) - 2, 3)
    assert np.array_equal(sheet[:, :SIDE_PX], sampling.sample(model, [5])[0])
    assert np.array_equal(sheet[:, SIDE_PX + 2 : 2 * SIDE_PX + 2], data.images[2].permute(1, 2, 0).numpy())


def test_counts_and_sizes_that_do_not_fit_are_refused(instance_classifier: InstanceClassifier, tmp_path: Path) -> None:
    model = sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "residual", image_channels=3))
    for count in (49, 101):
        with pytest.raises(UsageError, match=r"--count must lie between 50 and 100 \(half of the images\)"):
            score_unlabelled(model, instance_classifier, quilt_images(200), count)
    with pytest.raises(UsageError, match="has 24 images; scores need at least 100"):
        score_unlabelled(model, instance_classifier, quilt_images(24))
    grey = sampling.model_from_checkpoint(factories.checkpoint(tmp_path / "grey", "residual"))
    with pytest.raises(UsageError, match="images of 28 pixels and 3 channels; tiny generates 28 and 1"):
        score_unlabelled(grey, instance_classifier, quilt_images(200))

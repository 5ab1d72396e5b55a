"""The judge learns, travels in a folder, and scores a model beside the real pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core import sampling
from gan_core.data.datasets import InMemoryImages
from gan_core.errors import UsageError
from gan_core.evaluation.class_conditional import score_labelled
from gan_core.evaluation.classifier import (
    ClassifierNetwork,
    Epoch,
    FeatureClassifier,
    load_feature_classifier,
    random_affine,
    save_feature_classifier,
    train_feature_classifier,
)
from tests import factories


def bar_images(count: int) -> InMemoryImages:
    """Three classes that differ in the height of a bright bar."""
    labels = torch.arange(count) % 3
    images = torch.randint(0, 60, (count, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    for index, label in enumerate(labels.tolist()):
        images[index, :, 6 + 7 * label : 10 + 7 * label] = 255
    return InMemoryImages("bars", images, labels, factories.CLASSES)


def small_network() -> ClassifierNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ClassifierNetwork(1, 3)


def test_a_judge_learns_and_comes_back_from_its_folder_as_it_was(tmp_path: Path) -> None:
    network, data = small_network(), bar_images(512)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of the dropout
        (*_, last) = train_feature_classifier(network, data, bar_images(30), epochs=16)
    assert last.accuracy == 1.0
    save_feature_classifier(tmp_path / "judge-bars", network, data, last)
    judge = load_feature_classifier("judge-bars", tmp_path)
    pixels = bar_images(30).images.permute(0, 2, 3, 1).numpy()
    assert judge.predict_labels(pixels).tolist() == bar_images(30).labels.tolist()  # type: ignore[union-attr]
    assert (judge.accuracy, judge.classes) == (1.0, factories.CLASSES)
    with pytest.raises(UsageError, match="--force"):
        save_feature_classifier(tmp_path / "judge-bars", network, data, last)


def test_a_judge_is_no_generator(tmp_path: Path) -> None:
    save_feature_classifier(tmp_path / "judge-bars", small_network(), bar_images(9), Epoch(1, 1.0, 0.5))
    with pytest.raises(UsageError, match="is a judge, not a generator"):
        sampling.load_model("judge-bars", tmp_path)


@pytest.mark.parametrize("config", ["", "[]", "{}", '{"classes": 3}'])
def test_a_broken_judge_is_refused_in_a_sentence(config: str, tmp_path: Path) -> None:
    (tmp_path / "judge").mkdir()
    (tmp_path / "judge" / "config.json").write_text(config)
    with pytest.raises(UsageError, match="no judge's config"):
        load_feature_classifier("judge", tmp_path)
    with pytest.raises(UsageError, match="There is no judge nowhere"):
        load_feature_classifier("nowhere", tmp_path)


def test_distortion_keeps_range_and_black_corners() -> None:
    pictures = torch.full((8, 1, 28, 28), -1.0)
    pictures[:, :, 10:18, 10:18] = 1
    moved = random_affine(pictures, torch.Generator().manual_seed(0), mirror=True)
    assert moved.amin() >= -1 - 1e-5
    assert moved.amax() <= 1 + 1e-5
    assert torch.allclose(moved[:, :, 0, 0], torch.tensor(-1.0), atol=1e-5)


@pytest.mark.parametrize("family", ["vanilla", "conditional"])
def test_a_model_is_scored_beside_the_real_pictures(family: str, tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, family)
    judge = FeatureClassifier("judge-bars", small_network().eval(), factories.CLASSES, 0.9)
    told: list[tuple[int, int]] = []
    scores = score_labelled(
        sampling.load_model("tiny", tmp_path),
        judge,
        bar_images(60),
        bar_images(40),
        30,
        lambda done, total: told.append((done, total)),
    )
    assert sum(scores["shares"]) == pytest.approx(1)
    assert scores["frechet"] > scores["floor"]["frechet"]  # noise is further from the bars than bars are
    assert told[-1][0] == told[-1][1]
    if family == "conditional":
        table = np.array(scores["confusion"])
        assert table.sum(axis=1).tolist() == [10, 10, 10]
        assert scores["accuracy"] == pytest.approx(np.trace(table) / 30)
    else:
        assert "accuracy" not in scores


@pytest.mark.parametrize("count", [0, 9, 61])
def test_a_count_that_cannot_be_measured_is_refused(count: int, tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "vanilla")
    judge = FeatureClassifier("judge-bars", small_network().eval(), factories.CLASSES, 0.9)
    with pytest.raises(UsageError, match="--count must lie between 10 and 60"):
        score_labelled(sampling.load_model("tiny", tmp_path), judge, bar_images(60), bar_images(40), count)

from pathlib import Path

import numpy as np
import pytest

from gan_core import sampling
from gan_core.errors import UsageError
from gan_core.evaluation.class_conditional import score_labelled
from gan_core.evaluation.classifier import FeatureClassifier
from tests import factories
from tests.evaluation.image_sets import bar_images, bar_network


@pytest.mark.parametrize("family", ["vanilla", "conditional"])
def test_a_model_is_scored_beside_real_images(family: str, tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, family)
    classifier = FeatureClassifier("judge-bars", bar_network().eval(), factories.CLASSES, 0.9)
    reported: list[tuple[int, int | None]] = []
    scores = score_labelled(
        sampling.load_model("tiny", tmp_path),
        classifier,
        bar_images(60),
        bar_images(40),
        30,
        lambda done, total: reported.append((done, total)),
    )
    assert sum(scores["shares"]) == pytest.approx(1)
    assert scores["frechet"] > scores["floor"]["frechet"]  # noise is further from the bars than bars are
    assert reported[-1][0] == reported[-1][1]
    if family == "conditional":
        table = np.array(scores["confusion"])
        assert table.sum(axis=1).tolist() == [10, 10, 10]
        assert scores["accuracy"] == pytest.approx(np.trace(table) / 30)
    else:
        assert "accuracy" not in scores


@pytest.mark.parametrize("count", [0, 9, 61])
def test_a_count_out_of_range_is_refused(count: int, tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "vanilla")
    classifier = FeatureClassifier("judge-bars", bar_network().eval(), factories.CLASSES, 0.9)
    with pytest.raises(UsageError, match="--count must lie between 10 and 60"):
        score_labelled(sampling.load_model("tiny", tmp_path), classifier, bar_images(60), bar_images(40), count)


def test_a_model_of_other_images_is_refused(tmp_path: Path) -> None:
    classifier = FeatureClassifier("judge-bars", bar_network().eval(), factories.CLASSES, 0.9)
    factories.checkpoint(tmp_path, "residual", image_channels=3)
    with pytest.raises(UsageError, match="28 pixels and 1 channels; tiny generates 28 and 3"):
        score_labelled(sampling.load_model("tiny", tmp_path), classifier, bar_images(60), bar_images(40), 30)

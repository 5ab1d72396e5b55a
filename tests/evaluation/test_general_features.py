"""Features of data sets without a classifier of their own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.checkpoints import store
from gan_core.checkpoints.model_card import render_card
from gan_core.cli import main
from gan_core.evaluation.classifier_training import Epoch
from gan_core.evaluation.general_features import GENERAL_CLASSIFIERS, GeneralClassifier, find_general_classifier
from gan_core.evaluation.self_supervised import InstanceClassifier, save_instance_classifier
from tests import factories
from tests.commands.output import error_line
from tests.evaluation.image_sets import quilt_images


def test_images_of_the_classifiers_own_size_have_its_own_features(instance_classifier: InstanceClassifier) -> None:
    images = quilt_images(6).images
    general = GeneralClassifier(instance_classifier, images.shape[-1], 3)
    expected = instance_classifier.features_and_scores(images)[0]
    assert torch.equal(general.features_and_scores(images)[0], expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_another_size_and_in_grey_are_taken(instance_classifier: InstanceClassifier, channels: int) -> None:
    images = quilt_images(6).images[:, :channels, ::2, ::2]
    features, classes = GeneralClassifier(instance_classifier, images.shape[-1], channels).features_and_scores(images)
    assert features.shape[0] == 6
    assert features.isfinite().all()
    assert classes is None
    assert features.std(dim=0).max() > 0


def test_the_classifier_is_always_the_same_one_where_several_are_there(tmp_path: Path) -> None:
    assert find_general_classifier(tmp_path) is None
    for name in GENERAL_CLASSIFIERS[::-1]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
    assert find_general_classifier(tmp_path) == GENERAL_CLASSIFIERS[0]


def test_a_labelled_model_of_ones_own_pictures_is_scored_without_a_classifier_of_its_own(
    instance_classifier: InstanceClassifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, photos = tmp_path / "models", tmp_path / "photos"
    random = np.random.default_rng(0)
    for index in range(120):
        (photos / "ab"[index % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (28, 28), np.uint8)).save(photos / "ab"[index % 2] / f"{index}.png")
    save_instance_classifier(root / "judge-flowers102", instance_classifier, quilt_images(10), Epoch(1, 0.0, 0.5))
    factories.checkpoint(root, "conditional", "mine")
    call = ["evaluate", "mine", "--data", str(photos), "--checkpoints", str(root)]
    assert main(call) == 2
    capsys.readouterr()
    assert main([*call, "--judge", "judge-flowers102", "--save", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["judge_of_other_data"] is True
    assert scores["frechet"] > 0
    made = store.open_checkpoint(root / "mine")
    assert made.description.scores == scores
    card = (made.folder / "README.md").read_text()
    assert "trained on other images" in card
    assert card == render_card(json.loads((made.folder / "config.json").read_text()))
    assert main(["evaluate", "mine", "--data", str(photos), "--judge", "none", "--checkpoints", str(root)]) == 2
    assert "none" in error_line(capsys)

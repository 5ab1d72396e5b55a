from pathlib import Path

import pytest
import torch

from gan_core import sampling
from gan_core.errors import UsageError
from gan_core.evaluation.classifier_training import Epoch
from gan_core.evaluation.self_supervised import (
    InstanceClassifier,
    load_instance_classifier,
    nt_xent_loss,
    retrieval_accuracy,
    save_instance_classifier,
    train_test_split,
)
from gan_core.evaluation.unlabelled import load_classifier
from tests.evaluation.image_sets import quilt_images


def test_held_out_images_are_found_again_far_more_often_than_by_chance(instance_classifier: InstanceClassifier) -> None:
    held_out = quilt_images(50, seed=1)
    assert retrieval_accuracy(instance_classifier.network, held_out) > 0.08  # by chance 0.02
    assert retrieval_accuracy(instance_classifier.network, held_out) == retrieval_accuracy(
        instance_classifier.network, held_out
    )


def test_testing_leaves_the_global_random_state_as_it_is(instance_classifier: InstanceClassifier) -> None:
    before = torch.random.get_rng_state()
    retrieval_accuracy(instance_classifier.network, quilt_images(4))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_equal_embeddings_of_two_views_have_a_smaller_loss_than_those_of_other_images() -> None:
    embeddings = torch.eye(6)
    assert nt_xent_loss(embeddings, embeddings) < nt_xent_loss(embeddings, embeddings.roll(1, dims=0))


def test_an_image_is_either_trained_on_or_tested_on() -> None:
    train, held_out = train_test_split(quilt_images(100))
    assert len(train) + len(held_out) == 100
    assert len(held_out) == 5
    rows = {tuple(image.flatten().tolist()) for image in held_out.images}
    assert not rows & {tuple(image.flatten().tolist()) for image in train.images}
    with pytest.raises(UsageError, match="39 images; a classifier needs at least 40"):
        train_test_split(quilt_images(39))


def test_a_classifier_is_the_same_after_saving_and_loading(
    instance_classifier: InstanceClassifier, tmp_path: Path
) -> None:
    data = quilt_images(60)
    save_instance_classifier(
        tmp_path / "judge-quilt", instance_classifier, data, Epoch(3, 0.1, instance_classifier.accuracy)
    )
    loaded = load_classifier("judge-quilt", tmp_path)
    assert isinstance(loaded, InstanceClassifier)
    assert (loaded.size, loaded.accuracy) == (instance_classifier.size, instance_classifier.accuracy)
    torch.testing.assert_close(
        loaded.features_and_scores(data.images)[0],
        instance_classifier.features_and_scores(data.images)[0],
        rtol=0,
        atol=0,
    )
    assert f"with {instance_classifier.accuracy:.2%} accuracy" in (tmp_path / "judge-quilt" / "README.md").read_text()
    with pytest.raises(UsageError, match="is a instance-judge, not a generator"):
        sampling.load_model("judge-quilt", tmp_path)
    with pytest.raises(UsageError, match="There is no classifier judge-nothing"):
        load_classifier("judge-nothing", tmp_path)
    (tmp_path / "judge-quilt" / "config.json").write_text('{"kind": "judge"}')
    with pytest.raises(UsageError, match="is of the kind 'judge'"):
        load_classifier("judge-quilt", tmp_path)
    (tmp_path / "judge-quilt" / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="no classifier's config"):
        load_instance_classifier("judge-quilt", tmp_path)

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from gan_core import sampling
from gan_core.checkpoints.store import open_checkpoint
from gan_core.data.fingerprint import tensor_fingerprint
from gan_core.errors import UsageError
from gan_core.evaluation import protocol
from gan_core.evaluation.classifier import save_feature_classifier
from gan_core.evaluation.classifier_training import Epoch
from gan_core.evaluation.protocol import evaluate, run_evaluation, save_evaluation
from gan_core.evaluation.self_supervised import ContrastiveNetwork, InstanceClassifier, save_instance_classifier
from tests import factories, small_upscalers
from tests.evaluation.image_sets import SIDE_PX, bar_images, bar_network, quilt_images


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of two images of 48 pixels."""
    folder = tmp_path / "data" / "photos"
    folder.mkdir(parents=True)
    for index, image in enumerate(quilt_images(2).images):
        Image.fromarray(image.permute(1, 2, 0).numpy()).resize((48, 48)).save(folder / f"{index}.png")
    return folder


def test_a_class_conditional_model_of_mnist_is_scored_on_the_test_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_feature_classifier(tmp_path / "judge-mnist", bar_network(), bar_images(30), Epoch(1, 0.5, 0.75))
    splits = {"train": bar_images(60), "test": bar_images(40)}
    monkeypatch.setattr(protocol.registry, "load_dataset", lambda name, folder, *, size, split: splits[split])
    checkpoint = factories.checkpoint(tmp_path, "conditional")
    reported: list[tuple[int, int | None]] = []
    scores = evaluate(
        checkpoint,
        data="mnist",
        count=30,
        root=tmp_path,
        progress=lambda done, total: reported.append((done, total)),
    )
    assert (scores["count"], scores["reference"], scores["judge"]) == (30, 40, "judge-mnist")
    assert reported[-1] == (60, 60)
    assert "accuracy" in scores
    assert evaluate(sampling.model_from_checkpoint(checkpoint), data="mnist", count=30, root=tmp_path) == scores
    assert json.loads(json.dumps(save_evaluation(checkpoint, scores).description.scores)) == scores


def test_a_model_of_any_other_data_set_is_scored_against_its_training_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = InstanceClassifier("judge-quilt", ContrastiveNetwork(3).eval(), SIDE_PX, 0.5)
    save_instance_classifier(tmp_path / "judge-quilt", classifier, quilt_images(60), Epoch(1, 0.1, 0.5))
    monkeypatch.setattr(protocol.registry, "load_dataset", lambda *_, **__: quilt_images(120))
    checkpoint = factories.checkpoint(tmp_path, "residual", image_channels=3)
    evaluation = run_evaluation(checkpoint, data="some/where/quilt.zip", root=tmp_path, with_neighbours=True)
    assert (evaluation.scores["count"], evaluation.scores["judge"]) == (60, "judge-quilt")
    assert evaluation.neighbour_sheet is not None
    assert run_evaluation(checkpoint, data="quilt", count=50, root=tmp_path).neighbour_sheet is None


def test_what_was_skipped_of_the_data_set_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = InstanceClassifier("judge-quilt", ContrastiveNetwork(3).eval(), SIDE_PX, 0.5)
    save_instance_classifier(tmp_path / "judge-quilt", classifier, quilt_images(60), Epoch(1, 0.1, 0.5))
    data = replace(quilt_images(100), warnings=["3 images were skipped."])
    monkeypatch.setattr(protocol.registry, "load_dataset", lambda *_, **__: data)
    checkpoint = factories.checkpoint(tmp_path, "residual", image_channels=3)
    assert run_evaluation(checkpoint, data="quilt", root=tmp_path).notes == ("3 images were skipped.",)


def test_the_images_of_another_set_with_the_name_of_the_models_are_not_taken_for_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = InstanceClassifier("judge-shapes", ContrastiveNetwork(3).eval(), SIDE_PX, 0.5)
    save_instance_classifier(tmp_path / "judge-shapes", classifier, quilt_images(95), Epoch(1, 0.1, 0.5))
    images = quilt_images(100)
    data = replace(images, fingerprint=tensor_fingerprint(images.images, None, ()))
    monkeypatch.setattr(protocol.registry, "load_dataset", lambda *_, **__: data)
    checkpoint = factories.checkpoint(tmp_path, "residual", image_channels=3)
    checkpoint.description.data["fingerprint"] = "of another set"
    with pytest.raises(UsageError, match=r"tiny was trained on another data set than the .* \(100 images\): .*--data"):
        run_evaluation(checkpoint, root=tmp_path)
    assert run_evaluation(checkpoint, data="shapes", root=tmp_path).scores["count"] == 50


def test_a_model_without_a_classifier_is_refused_with_the_command_that_trains_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no classifier judge-quilt .* gan_core judge"):
        evaluate(factories.checkpoint(tmp_path, "residual"), data="quilt", root=tmp_path)


def test_benchmarks_of_super_resolution_are_added_to_those_stored_before(tmp_path: Path, photos: Path) -> None:
    checkpoint = small_upscalers.make_upscaler_checkpoint(tmp_path)
    reported: list[tuple[int, int | None]] = []
    scores = evaluate(
        checkpoint,
        data="photos",
        data_dir=photos.parent,
        progress=lambda done, total: reported.append((done, total)),
    )
    assert reported == [(1, None), (2, None)]
    assert scores["benchmarks"]["photos"]["pictures"] == len(scores["benchmarks"]["photos"]["each"]) == 2
    save_evaluation(checkpoint, scores)
    other = {"benchmarks": {"others": scores["benchmarks"]["photos"]}}
    stored = save_evaluation(open_checkpoint(checkpoint.folder), other).description.scores["benchmarks"]
    assert set(stored) == {"photos", "others"}
    assert "each" not in stored["photos"]

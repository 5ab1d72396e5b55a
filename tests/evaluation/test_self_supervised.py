"""The judge without labels learns to know pictures again, and sees what is wrong with generated ones."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate

from gan_core import sampling
from gan_core.checkpoints.model_card import render_card
from gan_core.cli import main
from gan_core.data.datasets import InMemoryImages
from gan_core.errors import UsageError
from gan_core.evaluation import self_supervised, unlabelled
from gan_core.evaluation.caption_classifier import (
    AttributeNetwork,
    AttributeSchema,
    CaptionClassifier,
    save_caption_classifier,
)
from gan_core.evaluation.self_supervised import (
    ContrastiveNetwork,
    InstanceClassifier,
    load_instance_classifier,
    nt_xent_loss,
    retrieval_accuracy,
    save_instance_classifier,
    train_instance_classifier,
    train_test_split,
)
from gan_core.evaluation.unlabelled import load_classifier, neighbour_sheet
from gan_core.images.tensors import to_uint8
from tests import factories

SIDE_PX = 28


def quilt_images(count: int, seed: int = 0) -> InMemoryImages:
    """Pictures of four by four coloured patches, each unlike all others."""
    generator = torch.Generator().manual_seed(seed)
    patches = torch.rand(count, 3, 4, 4, generator=generator) * 2 - 1
    images = to_uint8(interpolate(patches, scale_factor=SIDE_PX / 4))
    return InMemoryImages("quilt", images, rows=[{} for _ in range(count)])


@pytest.fixture(scope="module")
def judge() -> InstanceClassifier:
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setattr("gan_core.evaluation.classifier.BATCH_SIZE", 48)
        train, held = train_test_split(quilt_images(200))
        torch.manual_seed(0)
        network = ContrastiveNetwork(3)
        *_, last = train_instance_classifier(network, train, held, 20)
    return InstanceClassifier("judge-quilt", network, SIDE_PX, last.accuracy)


def test_the_judge_knows_again_what_it_never_saw(judge: InstanceClassifier) -> None:
    held = quilt_images(50, seed=1)
    assert retrieval_accuracy(judge.network, held) > 0.08  # by chance 0.02
    assert retrieval_accuracy(judge.network, held) == retrieval_accuracy(judge.network, held)


def test_being_tested_touches_nobodys_randomness(judge: InstanceClassifier) -> None:
    before = torch.random.get_rng_state()
    retrieval_accuracy(judge.network, quilt_images(4))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_two_versions_in_one_place_cost_less_than_two_in_places_of_others() -> None:
    places = torch.eye(6)
    assert nt_xent_loss(places, places) < nt_xent_loss(places, places.roll(1, dims=0))


def test_a_picture_is_trained_on_or_tested_on_and_never_both() -> None:
    train, held = train_test_split(quilt_images(100))
    assert len(train) + len(held) == 100
    assert len(held) == 5
    rows = {tuple(image.flatten().tolist()) for image in held.images}
    assert not rows & {tuple(image.flatten().tolist()) for image in train.images}
    with pytest.raises(UsageError, match="39 pictures are too few"):
        train_test_split(quilt_images(39))


def test_a_judge_sees_the_same_after_it_was_saved(judge: InstanceClassifier, tmp_path: Path) -> None:
    data = quilt_images(60)
    save_instance_classifier(tmp_path / "judge-quilt", judge, data, self_supervised.Epoch(3, 0.1, judge.accuracy))
    again = load_classifier("judge-quilt", tmp_path)
    assert isinstance(again, InstanceClassifier)
    assert (again.size, again.accuracy) == (judge.size, judge.accuracy)
    torch.testing.assert_close(
        again.features_and_scores(data.images)[0], judge.features_and_scores(data.images)[0], rtol=0, atol=0
    )
    assert f"knows {judge.accuracy:.2%} again" in (tmp_path / "judge-quilt" / "README.md").read_text()
    with pytest.raises(UsageError, match="is a instance-judge, not a generator"):
        sampling.load_model("judge-quilt", tmp_path)
    with pytest.raises(UsageError, match="There is no judge judge-nothing"):
        load_classifier("judge-nothing", tmp_path)
    (tmp_path / "judge-quilt" / "config.json").write_text('{"kind": "judge"}')
    with pytest.raises(UsageError, match="by their labels"):
        load_classifier("judge-quilt", tmp_path)
    (tmp_path / "judge-quilt" / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="no judge's config"):
        load_instance_classifier("judge-quilt", tmp_path)


# Likeness -------------------------------------------------------------------------------------------------------------


def score_images(images: torch.Tensor, judge: Any, root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The scores of a model that draws these pictures, after the quilt of 200."""
    checkpoint = factories.checkpoint(root, "residual", image_channels=3)
    monkeypatch.setattr(unlabelled, "generate_images", lambda model, seeds, *_: images[: len(seeds)])
    return unlabelled.score_unlabelled(sampling.model_from_checkpoint(checkpoint), judge, quilt_images(200))


def test_a_model_that_draws_new_pictures_of_the_kind_scores_like_real_ones(
    judge: InstanceClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores, _ = score_images(quilt_images(100, seed=5).images, judge, tmp_path, monkeypatch)
    assert scores["count"] == scores["reference"] == 100
    assert scores["frechet"] < 2.5 * scores["floor"]["frechet"]
    assert scores["nearest"]["median"] == pytest.approx(scores["floor"]["nearest"]["median"], rel=0.25)
    assert json.loads(json.dumps(scores)) == scores


def test_blurred_pictures_and_one_and_the_same_picture_are_further_from_real_ones(
    judge: InstanceClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = quilt_images(100, seed=5).images
    blurred = avg_pool2d(fresh.float(), 7, stride=1, padding=3, count_include_pad=False).to(torch.uint8)
    usual, *others = (
        score_images(images, judge, tmp_path / str(index), monkeypatch)[0]["frechet"]
        for index, images in enumerate((fresh, blurred, fresh[:1].expand(100, -1, -1, -1)))
    )
    assert min(others) > 1.3 * usual


def test_a_model_that_copies_is_found_out_with_the_pictures_that_it_copied(
    judge: InstanceClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = quilt_images(100, seed=5).images
    drawn[7], drawn[30] = quilt_images(200).images[11], quilt_images(200).images[150]
    scores, closest = score_images(drawn, judge, tmp_path, monkeypatch)
    assert set(closest[:2]) == {(7, 11), (30, 150)}
    assert scores["nearest"]["closer"] >= 0.02
    copied, _ = score_images(quilt_images(200).images, judge, tmp_path / "copies", monkeypatch)
    assert copied["nearest"]["median"] == pytest.approx(0, abs=1e-2)
    assert copied["nearest"]["closer"] == 1


def test_a_judge_that_learned_from_captions_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = AttributeSchema({"text": ("rose", "iris")})
    judge = CaptionClassifier("judge-quilt", AttributeNetwork(3, {"text": 2}).eval(), kinds, SIDE_PX, {"text": 0.625})
    save_caption_classifier(tmp_path / "judge-quilt", judge, quilt_images(60), self_supervised.Epoch(1, 0.1, 0.625))
    read = load_classifier("judge-quilt", tmp_path)
    assert isinstance(read, CaptionClassifier)
    scores, _ = score_images(quilt_images(100, seed=5).images, read, tmp_path, monkeypatch)
    assert scores["frechet"] > 0
    assert "(text told rightly 62.50%)" in render_card(asdict(factories.description("residual")) | {"scores": scores})


def test_samples_stand_beside_the_pictures_they_resemble(tmp_path: Path) -> None:
    model, data = (
        sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "residual", image_channels=3)),
        quilt_images(9),
    )
    sheet = neighbour_sheet(model, data, [(5, 2), (0, 8)])
    assert sheet.shape == (SIDE_PX, 8 * (SIDE_PX + 2) - 2, 3)
    assert np.array_equal(sheet[:, :SIDE_PX], sampling.sample(model, [5])[0])
    assert np.array_equal(sheet[:, SIDE_PX + 2 : 2 * SIDE_PX + 2], data.images[2].permute(1, 2, 0).numpy())


def test_counts_and_sizes_that_do_not_fit_are_refused(judge: InstanceClassifier, tmp_path: Path) -> None:
    model = sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "residual", image_channels=3))
    for count in (49, 101):
        with pytest.raises(UsageError, match="--count must lie between 50 and 100, half of the pictures"):
            unlabelled.score_unlabelled(model, judge, quilt_images(200), count)
    grey = sampling.model_from_checkpoint(factories.checkpoint(tmp_path / "grey", "residual"))
    with pytest.raises(UsageError, match="pictures of 28 pixels and 3 channels; tiny draws 28 and 1"):
        unlabelled.score_unlabelled(grey, judge, quilt_images(200))


# The commands ---------------------------------------------------------------------------------------------------------


def test_pictures_without_a_word_get_a_judge_that_scores_their_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    folder, root = tmp_path / "data" / "shapes", tmp_path / "models"
    folder.mkdir(parents=True)
    for place, picture in enumerate(quilt_images(110).images):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((64, 64)).save(folder / f"{place}.png")
    places = ["--data-dir", str(tmp_path / "data"), "--checkpoints", str(root)]
    assert main(["judge", "shapes", "--epochs", "1", *places]) == 0
    assert "known again" in capsys.readouterr().out
    factories.checkpoint(root, "residual", "mine", image_size=64, image_channels=3)
    sheet = tmp_path / "closest.png"
    assert main(["evaluate", "mine", "--save", "--neighbours", str(sheet), *places]) == 0
    assert "frechet / floor" in capsys.readouterr().out
    assert sheet.is_file()
    card = (root / "mine" / "README.md").read_text()
    for words in (
        "55 samples",
        "judge-shapes",
        "of pictures that it never saw known again",
        "nearest training picture",
    ):
        assert words in card
    assert main(["evaluate", "mine", "--neighbours", "closest.jpg", *places]) == 2

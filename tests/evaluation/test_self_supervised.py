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
from gan_core.checkpoints.model_card import card
from gan_core.cli import main
from gan_core.data.datasets import InMemoryImages
from gan_core.errors import InputError
from gan_core.evaluation import self_supervised, unlabelled
from gan_core.evaluation.caption_classifier import CaptionJudge, Classifier, Kinds, save_caption_judge
from gan_core.evaluation.self_supervised import (
    InstanceJudge,
    Network,
    known_again,
    load_instance_judge,
    recognition,
    save_instance_judge,
    split,
    train_instance_judge,
)
from gan_core.evaluation.unlabelled import load_seeing, neighbours, side_by_side
from gan_core.images.tensors import to_uint8
from tests import factories

SIZE = 28


def quilt(count: int, seed: int = 0) -> InMemoryImages:
    """Pictures of four by four coloured patches, each unlike all others."""
    generator = torch.Generator().manual_seed(seed)
    patches = torch.rand(count, 3, 4, 4, generator=generator) * 2 - 1
    pictures = to_uint8(interpolate(patches, scale_factor=SIZE / 4))
    return InMemoryImages("quilt", pictures, rows=[{} for _ in range(count)])


@pytest.fixture(scope="module")
def judge() -> InstanceJudge:
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setattr("gan_core.evaluation.classifier.BATCH", 48)
        train, held = split(quilt(200))
        torch.manual_seed(0)
        network = Network(3)
        *_, last = train_instance_judge(network, train, held, 20)
    return InstanceJudge("judge-quilt", network, SIZE, last.accuracy)


def test_the_judge_knows_again_what_it_never_saw(judge: InstanceJudge) -> None:
    held = quilt(50, seed=1)
    assert recognition(judge.network, held) > 0.08  # by chance 0.02
    assert recognition(judge.network, held) == recognition(judge.network, held)


def test_being_tested_touches_nobodys_randomness(judge: InstanceJudge) -> None:
    before = torch.random.get_rng_state()
    recognition(judge.network, quilt(4))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_two_versions_in_one_place_cost_less_than_two_in_places_of_others() -> None:
    places = torch.eye(6)
    assert known_again(places, places) < known_again(places, places.roll(1, dims=0))


def test_a_picture_is_trained_on_or_tested_on_and_never_both() -> None:
    train, held = split(quilt(100))
    assert len(train) + len(held) == 100
    assert len(held) == 5
    rows = {tuple(each.flatten().tolist()) for each in held.images}
    assert not rows & {tuple(each.flatten().tolist()) for each in train.images}
    with pytest.raises(InputError, match="39 pictures are too few"):
        split(quilt(39))


def test_a_judge_sees_the_same_after_it_was_saved(judge: InstanceJudge, tmp_path: Path) -> None:
    data = quilt(60)
    save_instance_judge(tmp_path / "judge-quilt", judge, data, self_supervised.Epoch(3, 0.1, judge.accuracy))
    again = load_seeing("judge-quilt", tmp_path)
    assert isinstance(again, InstanceJudge)
    assert (again.size, again.accuracy) == (judge.size, judge.accuracy)
    torch.testing.assert_close(again.look(data.images)[0], judge.look(data.images)[0], rtol=0, atol=0)
    assert f"knows {judge.accuracy:.2%} again" in (tmp_path / "judge-quilt" / "README.md").read_text()
    with pytest.raises(InputError, match="is a instance-judge, not a generator"):
        sampling.load("judge-quilt", tmp_path)
    with pytest.raises(InputError, match="There is no judge judge-nothing"):
        load_seeing("judge-nothing", tmp_path)
    (tmp_path / "judge-quilt" / "config.json").write_text('{"kind": "judge"}')
    with pytest.raises(InputError, match="by their labels"):
        load_seeing("judge-quilt", tmp_path)
    (tmp_path / "judge-quilt" / "config.json").write_text("{}")
    with pytest.raises(InputError, match="no judge's config"):
        load_instance_judge("judge-quilt", tmp_path)


# Likeness -------------------------------------------------------------------------------------------------------------


def scores_of(pictures: torch.Tensor, judge: Any, root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The scores of a model that draws these pictures, after the quilt of 200."""
    checkpoint = factories.checkpoint(root, "residual", image_channels=3)
    monkeypatch.setattr(unlabelled, "draw", lambda model, seeds, *_: pictures[: len(seeds)])
    return unlabelled.evaluate_likeness(sampling.opened(checkpoint), judge, quilt(200))


def test_a_model_that_draws_new_pictures_of_the_kind_scores_like_real_ones(
    judge: InstanceJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores, _ = scores_of(quilt(100, seed=5).images, judge, tmp_path, monkeypatch)
    assert scores["count"] == scores["reference"] == 100
    assert scores["frechet"] < 2.5 * scores["floor"]["frechet"]
    assert scores["nearest"]["median"] == pytest.approx(scores["floor"]["nearest"]["median"], rel=0.25)
    assert json.loads(json.dumps(scores)) == scores


def test_blurred_pictures_and_one_and_the_same_picture_are_further_from_real_ones(
    judge: InstanceJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = quilt(100, seed=5).images
    blurred = avg_pool2d(fresh.float(), 7, stride=1, padding=3, count_include_pad=False).to(torch.uint8)
    usual, *others = (
        scores_of(each, judge, tmp_path / str(place), monkeypatch)[0]["frechet"]
        for place, each in enumerate((fresh, blurred, fresh[:1].expand(100, -1, -1, -1)))
    )
    assert min(others) > 1.3 * usual


def test_a_model_that_copies_is_found_out_with_the_pictures_that_it_copied(
    judge: InstanceJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = quilt(100, seed=5).images
    drawn[7], drawn[30] = quilt(200).images[11], quilt(200).images[150]
    scores, closest = scores_of(drawn, judge, tmp_path, monkeypatch)
    assert set(closest[:2]) == {(7, 11), (30, 150)}
    assert scores["nearest"]["closer"] >= 0.02
    copied, _ = scores_of(quilt(200).images, judge, tmp_path / "copies", monkeypatch)
    assert copied["nearest"]["median"] == pytest.approx(0, abs=1e-2)
    assert copied["nearest"]["closer"] == 1


def test_a_judge_that_learned_from_captions_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = Kinds({"text": ("rose", "iris")})
    judge = CaptionJudge("judge-quilt", Classifier(3, {"text": 2}).eval(), kinds, SIZE, {"text": 0.625})
    save_caption_judge(tmp_path / "judge-quilt", judge, quilt(60), self_supervised.Epoch(1, 0.1, 0.625))
    read = load_seeing("judge-quilt", tmp_path)
    assert isinstance(read, CaptionJudge)
    scores, _ = scores_of(quilt(100, seed=5).images, read, tmp_path, monkeypatch)
    assert scores["frechet"] > 0
    assert "(text told rightly 62.50%)" in card(asdict(factories.description("residual")) | {"scores": scores})


def test_the_nearest_but_one_of_a_known_row_is_another_row() -> None:
    known = torch.tensor([[0.0], [1.0], [3.0]])
    assert [each.tolist() for each in neighbours(known, known)] == [[0, 0, 0], [0, 1, 2]]
    assert [each.tolist() for each in neighbours(known, known, place=2)] == [[1, 1, 2], [1, 0, 1]]


def test_samples_stand_beside_the_pictures_they_resemble(tmp_path: Path) -> None:
    model, data = sampling.opened(factories.checkpoint(tmp_path, "residual", image_channels=3)), quilt(9)
    sheet = side_by_side(model, data, [(5, 2), (0, 8)])
    assert sheet.shape == (SIZE, 8 * (SIZE + 2) - 2, 3)
    assert np.array_equal(sheet[:, :SIZE], sampling.sample(model, [5])[0])
    assert np.array_equal(sheet[:, SIZE + 2 : 2 * SIZE + 2], data.images[2].permute(1, 2, 0).numpy())


def test_counts_and_sizes_that_do_not_fit_are_refused(judge: InstanceJudge, tmp_path: Path) -> None:
    model = sampling.opened(factories.checkpoint(tmp_path, "residual", image_channels=3))
    for count in (49, 101):
        with pytest.raises(InputError, match="--count must lie between 50 and 100, half of the pictures"):
            unlabelled.evaluate_likeness(model, judge, quilt(200), count)
    grey = sampling.opened(factories.checkpoint(tmp_path / "grey", "residual"))
    with pytest.raises(InputError, match="pictures of 28 pixels and 3 channels; tiny draws 28 and 1"):
        unlabelled.evaluate_likeness(grey, judge, quilt(200))


# The commands ---------------------------------------------------------------------------------------------------------


def test_pictures_without_a_word_get_a_judge_that_scores_their_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    folder, root = tmp_path / "data" / "shapes", tmp_path / "models"
    folder.mkdir(parents=True)
    for place, picture in enumerate(quilt(110).images):
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

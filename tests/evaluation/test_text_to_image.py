from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core import sampling
from gan_core.errors import UsageError
from gan_core.evaluation import text_to_image
from gan_core.evaluation.caption_classifier import CaptionClassifier
from gan_core.evaluation.text_to_image import intra_class_diversity, score_text_to_image
from tests import factories
from tests.evaluation.image_sets import FakeGenerator, wardrobe_images


def score_generator(
    mode: str, caption_classifier: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    checkpoint = factories.checkpoint(tmp_path, "text_conditional")
    monkeypatch.setattr(text_to_image, "generate_for_prompts", FakeGenerator(mode))
    train, held_out = wardrobe_images(300), wardrobe_images(240, seed=1)
    for row in held_out.rows:
        del row["text"]  # captions are composed of article and colour
    return score_text_to_image(sampling.model_from_checkpoint(checkpoint), caption_classifier, train, held_out, 240)


def test_a_model_that_follows_its_prompts_scores_like_real_images(
    caption_classifier: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = score_generator("faithful", caption_classifier, tmp_path, monkeypatch)
    assert scores["accuracy"]["article"] == pytest.approx(scores["floor"]["accuracy"]["article"], abs=0.05)
    assert scores["accuracy"]["colour"] == pytest.approx(scores["floor"]["accuracy"]["colour"], abs=0.05)
    assert scores["floor"]["r_precision"] == pytest.approx(1 / 25, abs=0.01)  # a quarter of 100 are of the same classes


def test_a_model_that_ignores_its_prompts_scores_like_chance(
    caption_classifier: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = score_generator("collapsed", caption_classifier, tmp_path, monkeypatch)
    assert scores["accuracy"]["article"] == pytest.approx(0.5, abs=0.1)
    assert scores["accuracy"]["colour"] == pytest.approx(0.5, abs=0.1)
    assert scores["frechet"] > 5 * scores["floor"]["frechet"]
    assert scores["r_precision"] < 0.5 * scores["floor"]["r_precision"]


def test_a_model_that_always_generates_the_same_image_has_no_variety(
    caption_classifier: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = score_generator("collapsed", caption_classifier, tmp_path, monkeypatch)
    assert scores["variety"] == pytest.approx(0, abs=0.01 * scores["floor"]["variety"])
    assert scores["floor"]["variety"] > 0


def test_variety_is_the_distance_between_images_of_the_same_class_in_every_column() -> None:
    features = torch.tensor([[0.0], [3.0], [10.0], [50.0], [90.0]])
    targets = {"article": torch.tensor([0, 0, 0, 1, 0]), "colour": torch.tensor([1, 1, 1, 1, -1])}
    assert intra_class_diversity(features, targets) == pytest.approx((3 + 10 + 7) / 3)
    assert intra_class_diversity(features, {"article": torch.arange(5)}) == 0


def test_a_count_out_of_range_and_a_model_of_another_size_are_refused(
    caption_classifier: CaptionClassifier, tmp_path: Path
) -> None:
    model = sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "text_conditional"))
    with pytest.raises(UsageError, match="--count must lie between 200 and 64"):
        score_text_to_image(model, caption_classifier, wardrobe_images(64), wardrobe_images(64), 100)
    with pytest.raises(UsageError, match="images of 32 pixels"):
        score_text_to_image(model, replace(caption_classifier, size=32), wardrobe_images(64), wardrobe_images(64), 100)

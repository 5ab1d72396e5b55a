"""Scores by value: how many images of each kind and colour are recognised, beside the share of real images."""

from typing import Any

import pytest
import torch

from gan_core.evaluation import value_accuracy
from gan_core.evaluation.caption_classifier import CaptionClassifier
from gan_core.evaluation.value_accuracy import (
    IMAGES_PER_VALUE,
    count_images,
    draws_per_value,
    prompts_for_value,
    score_values,
)
from tests.evaluation.image_sets import ARTICLES, COLOURS, FakeGenerator, wardrobe_images


def score_generator(
    mode: str, classifier: CaptionClassifier, monkeypatch: pytest.MonkeyPatch, draws: int = 8
) -> dict[str, Any]:
    draw = FakeGenerator(mode)

    def generate(model: Any, seeds: list[int], progress: Any, *, prompts: list[str]) -> torch.Tensor:
        assert sorted(set(seeds)) == list(range(draws))
        progress(len(prompts))
        return draw(model, prompts, progress)

    monkeypatch.setattr(value_accuracy, "generate_images", generate)
    done: list[int] = []
    model: Any = None
    rows = wardrobe_images(40).rows
    shares = score_values(model, classifier, rows, wardrobe_images(64, seed=1), draws, done.append)
    assert done == [count_images(classifier, draws)]
    return shares


def test_a_model_that_follows_its_prompts_is_recognised_in_every_value(
    caption_classifier: CaptionClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = score_generator("faithful", caption_classifier, monkeypatch)
    assert shares["draws"] == 8
    assert shares["article"] == dict.fromkeys(sorted(ARTICLES), 1.0)
    assert shares["colour"] == dict.fromkeys(sorted(COLOURS), 1.0)
    assert all(share >= 0.9 for column in ("article", "colour") for share in shares["floor"][column].values())


def test_a_model_that_always_draws_a_red_top_is_recognised_in_these_values_only(
    caption_classifier: CaptionClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = score_generator("collapsed", caption_classifier, monkeypatch)
    assert shares["article"] == {"Bags": 0.0, "Tops": 1.0}
    assert shares["colour"] == {"Blue": 0.0, "Red": 1.0}


def test_a_kind_is_asked_for_in_its_usual_colours_and_a_colour_with_the_kinds_that_have_it() -> None:
    rows = [{"article": "Bags", "colour": "Red"}] * 3 + [{"article": "Bags", "colour": "Blue"}] + [{"article": "Tops"}]
    assert prompts_for_value("article", "Bags", rows, 4) == ["bag", "red bag", "blue bag", "bag"]
    assert prompts_for_value("colour", "Blue", rows, 2) == ["blue bag", "blue bag"]
    assert prompts_for_value("text", "Siam tulip", [], 2) == ["siam tulip", "siam tulip"]


def test_a_small_evaluation_draws_fewer_images_of_each_value() -> None:
    assert draws_per_value(None) == draws_per_value(100_000) == IMAGES_PER_VALUE
    assert draws_per_value(500) == IMAGES_PER_VALUE // 4
    assert draws_per_value(1) >= 4

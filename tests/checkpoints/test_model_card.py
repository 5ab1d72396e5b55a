"""A card tells recipe, data, licence and limits, and measured scores beside those of real pictures."""

from dataclasses import asdict
from typing import Any

import pytest
import yaml

from gan_core.checkpoints.model_card import render_card
from gan_core.models import FAMILIES
from tests import factories

SCORES: dict[str, Any] = {
    "frechet": 2.345, "precision": 0.81, "recall": 0.79, "count": 10_000, "reference": 10_000, "judge": "judge-shapes",
    "judge_accuracy": 0.9931, "class_names": list(factories.CLASSES), "shares": [0.3, 0.3, 0.4],
    "floor": {"frechet": 1.234, "precision": 0.85, "recall": 0.86, "shares": [0.33, 0.33, 0.34], "accuracy": 0.99},
}  # fmt: skip


def render_with_scores(name: str, **scores: Any) -> str:
    return render_card(asdict(factories.description(name)) | {"scores": scores})


@pytest.mark.parametrize("name", FAMILIES)
def test_a_card_tells_what_a_stranger_must_know(name: str) -> None:
    text = render_with_scores(name)
    front = yaml.safe_load(text.split("---")[1])
    assert front["license"] == "mit"
    assert name in front["tags"]
    for words in (
        "## Recipe",
        "Shapes, 14 pictures",
        "Licence as its source states it: none",
        "## Limits",
        "upscale small.png --model tiny" if name == "srgan" else "sample tiny",
    ):
        assert words in text
    assert "## Scores" not in text


def test_scores_stand_beside_those_of_real_pictures() -> None:
    text = render_with_scores("conditional", **SCORES, accuracy=0.985, accuracy_per_class=[0.97, 0.98, 1.0])
    for words in (
        "| 2.345 | 1.234 |",
        "98.50% | 99.00%",
        "judge-shapes",
        "99.31%",
        "10,000",
        "| star | 40.0% | 34.0% | 100.0% |",
    ):
        assert words in text


def test_a_model_without_labels_has_no_accuracy() -> None:
    text = render_with_scores("dcgan", **SCORES)
    assert "| 2.345 | 1.234 |" in text
    assert "accuracy against" not in text


def test_an_upscalers_card_shows_each_benchmark_beside_bicubic() -> None:
    figures = {"pictures": 5, "psnr": 31.87, "ssim": 0.8912, "sharpness": 0.41}
    bicubic = {"psnr": 28.43, "ssim": 0.8113, "sharpness": 0.03}
    text = render_with_scores("srgan", benchmarks={"set5": figures | {"bicubic": bicubic}})
    assert "| set5, 5 pictures | 31.87 (28.43) | 0.8912 (0.8113) | 0.41 (0.03) |" in text
    assert "What is not in the small picture is invented" in text

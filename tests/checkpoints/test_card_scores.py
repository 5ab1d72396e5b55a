"""The section on scores of a model card: each score beside that of real images, or of bicubic interpolation."""

from dataclasses import asdict
from typing import Any

from gan_core.checkpoints.card_scores import score_section
from tests import factories

SCORES: dict[str, Any] = {
    "frechet": 2.345, "precision": 0.81, "recall": 0.79, "count": 10_000, "reference": 10_000, "judge": "judge-shapes",
    "judge_accuracy": 0.9931, "class_names": list(factories.CLASSES), "shares": [0.3, 0.3, 0.4],
    "floor": {"frechet": 1.234, "precision": 0.85, "recall": 0.86, "shares": [0.33, 0.33, 0.34], "accuracy": 0.99},
}  # fmt: skip


def section(family: str, **scores: Any) -> str:
    return score_section(asdict(factories.description(family)) | {"scores": scores})


def test_a_model_without_scores_has_no_such_section() -> None:
    assert section("conditional") == ""


def test_scores_stand_beside_those_of_real_images() -> None:
    text = section("conditional", **SCORES, accuracy=0.985, accuracy_per_class=[0.97, 0.98, 1.0])
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
    text = section("dcgan", **SCORES)
    assert "| 2.345 | 1.234 |" in text
    assert "| accuracy" not in text


def test_an_upscalers_card_shows_each_benchmark_beside_bicubic() -> None:
    figures = {"pictures": 5, "psnr": 31.87, "ssim": 0.8912, "sharpness": 0.41}
    bicubic = {"psnr": 28.43, "ssim": 0.8113, "sharpness": 0.03}
    text = section("srgan", benchmarks={"set5": figures | {"bicubic": bicubic}})
    assert "| set5, 5 images | 31.87 (28.43) | 0.8912 (0.8113) | 0.41 (0.03) |" in text


def test_a_distance_of_too_few_images_is_told_with_a_warning() -> None:
    assert "**The Fréchet distance" not in section("conditional", **SCORES)
    few = section("conditional", **SCORES | {"count": 10})
    assert "10 samples against 10,000" in few
    assert "**The Fréchet distance says nothing here: 10 images" in few

"""What scores were measured on, and the warnings where that is too little."""

from typing import Any

import pytest
import torch

from gan_core.checkpoints.score_basis import SOUND_RATIO, frechet_warnings, measured_on, score_warnings, with_warnings
from gan_core.metrics import frechet_distance

SCORES: dict[str, Any] = {"frechet": 2.0, "count": 2_000, "judge": "judge-shapes", "class_names": ["a", "b"]}


@pytest.mark.parametrize(
    ("count", "reference", "warning"),
    [
        (10, 10_000, "says nothing here: 10 images are fewer than needed for 128 features"),
        (10_000, 10, "10 images"),
        (128, 10_000, "says nothing"),
        (129, 10_000, "is too high, as 129 images are few"),
        (1_279, 1_279, "is too high"),
        (1_280, 1_280, ""),
        (10_000, 10_000, ""),
    ],
)
def test_a_frechet_distance_is_told_as_sound_from_ten_images_a_feature(
    count: int, reference: int, warning: str
) -> None:
    found = frechet_warnings(count, reference, 128)
    assert bool(found) is bool(warning)
    assert warning in "".join(found)


def test_the_limits_are_those_of_two_samples_of_one_law() -> None:
    generator, features = torch.Generator().manual_seed(0), 24

    def excess(count: int) -> float:
        """The distance of two samples of this size, as a share of the variance."""
        samples = [torch.randn(count, features, generator=generator) for _ in range(2)]
        return frechet_distance(samples[0], samples[1]) / features

    few, equal, sound = excess(features // 12), excess(features), excess(SOUND_RATIO * features)
    assert few > 1
    assert 0.3 < equal < 0.8
    assert sound < 0.08


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        (SCORES, "2,000 images, judge-shapes"),
        ({"captions": {"count": 422, "judge": "judge-x"}}, "422 prompts, judge-x"),
        ({}, ""),
        ({"benchmarks": {}}, ""),
        ({"captions": "odd"}, ""),
        ({"frechet": 1.0, "count": "many", "judge": None}, ""),
    ],
)
def test_count_and_classifier_are_told_together(scores: dict[str, Any], text: str) -> None:
    assert measured_on(scores) == text


@pytest.mark.parametrize(
    ("scores", "is_warned"),
    [
        (SCORES, False),
        (SCORES | {"count": 1_000}, True),
        (SCORES | {"count": 1_500}, False),
        ({"captions": {"frechet": 2.0, "count": 1_500}}, True),  # 192 features without labels
        (SCORES | {"reference": 50}, True),
        (SCORES | {"count": 10, "warnings": []}, False),  # what a measurement says itself
        ({"captions": {"count": 5}}, False),
        ({"benchmarks": {"set5": {"psnr": 30.0}}}, False),
    ],
)
def test_scores_saved_by_an_earlier_version_are_warned_of_too(scores: dict[str, Any], is_warned: bool) -> None:
    assert bool(score_warnings(scores)) is is_warned
    parts = with_warnings(scores)
    assert parts.get("captions", parts).get("warnings", []) == score_warnings(scores)

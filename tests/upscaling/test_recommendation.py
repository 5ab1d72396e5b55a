"""Which upscaler is recommended: by the scores that checkpoints hold, and the reason in words."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import Description
from gan_core.data.benchmarks import DEGRADED_BENCHMARKS, JPEG_QUALITIES
from gan_core.images.quality import ImageQuality
from gan_core.upscaling import DEFAULT_UPSCALER
from gan_core.upscaling.recommendation import Purpose, benchmark_gain, expected_gain, purpose_of, recommend
from tests import small_upscalers

pytestmark = pytest.mark.core

SHARP = {"name": "restoration", "adversarial": 0.02, "feature": 1.0}
FAITHFUL = {"name": "restoration", "adversarial": 0.0, "feature": 0.0}


def upscaler(
    name: str, objective: dict[str, object], gains: Mapping[str, float] | None = None, **model: object
) -> Checkpoint:
    """A checkpoint without weights; `gains` are its SSIM over bicubic interpolation by benchmark."""
    scores = {key: {"ssim": 0.6 + gain, "bicubic": {"ssim": 0.6}} for key, gain in (gains or {}).items()}
    description = Description(
        name, "srgan", {"scale": 4, "degradation": "bicubic"} | model, objective, {}, {}, scores={"benchmarks": scores}
    )
    return Checkpoint(Path(name), description)


def gains(weak: float, strong: float) -> dict[str, float]:
    """The same gain at every weak degradation, another at every strong one."""
    return {
        name: weak if (kind == "jpeg") == (strength >= 75) and (kind == "jpeg" or strength <= 6) else strong
        for name, (kind, strength) in DEGRADED_BENCHMARKS.items()
    }


def models(*more: Checkpoint) -> dict[str, Checkpoint]:
    checkpoints = (
        upscaler(DEFAULT_UPSCALER, SHARP, gains(-0.05, -0.1)),
        upscaler("faithful", FAITHFUL, gains(0.03, -0.01)),
        upscaler("real", SHARP, gains(-0.02, -0.04), degradation="photo"),
        upscaler("twice", FAITHFUL, gains(0.2, 0.2), scale=2),
        *more,
    )
    return {checkpoint.name: checkpoint for checkpoint in checkpoints}


def test_a_purpose_comes_from_the_settings_of_the_training() -> None:
    assert {name: purpose_of(model) for name, model in models().items()} == {
        DEFAULT_UPSCALER: Purpose.CLEAN, "faithful": Purpose.FAITHFUL, "real": Purpose.DEGRADED,
        "twice": Purpose.FAITHFUL,
    }  # fmt: skip
    assert purpose_of(upscaler("old", {"name": "restoration"})) == Purpose.CLEAN  # the losses that a training has


def test_the_purpose_of_a_fetched_network_is_known_by_its_repository(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, Description("x", "foreign_upscaler", {}, {}, {}, {}))
    assert purpose_of(checkpoint) == Purpose.UNKNOWN
    source = '{"repository": "2kpr/Real-ESRGAN", "commit": "0", "revisions": {}}'
    (tmp_path / "source.json").write_text(source)
    assert purpose_of(Checkpoint(tmp_path, checkpoint.description)) == Purpose.DEGRADED


@pytest.mark.parametrize(
    ("quality", "model", "gain", "words"),
    [
        (ImageQuality(jpeg_quality=90), "faithful", True, "JPEG of quality about 90: of the networks here, faithful"),
        (ImageQuality(jpeg_quality=75), "faithful", True, "nearest to the original"),
        (ImageQuality(jpeg_quality=40), "faithful", False, "no network here gains anything"),
        (ImageQuality(noise=2), "faithful", True, "Noise of about 2 levels"),
        (ImageQuality(noise=12), "faithful", False, "no network here gains anything"),
        (ImageQuality(jpeg_quality=90, noise=12), "faithful", False, "JPEG of quality about 90 with noise"),
        (ImageQuality(detail=0.02), "faithful", False, "no detail at its own size"),
        (ImageQuality(is_graphic=True), "faithful", False, "A screenshot or drawing"),
    ],
)
def test_the_table_of_recommendations(quality: ImageQuality, model: str, gain: bool, words: str) -> None:
    recommendation = recommend(quality, models())
    assert recommendation is not None
    assert (recommendation.model, recommendation.gains) == (model, gain)
    assert words in recommendation.reason


@pytest.mark.parametrize("quality", [ImageQuality(), ImageQuality(jpeg_quality=99), ImageQuality(noise=0.8)])
def test_a_clean_picture_leaves_the_default(quality: ImageQuality) -> None:
    assert recommend(quality, models()) is None


def test_a_network_that_was_trained_on_such_pictures_goes_before_those_that_do_not_gain() -> None:
    mine = upscaler("mine", SHARP, degradation="photo")
    strong, weak = (recommend(ImageQuality(jpeg_quality=jpeg_quality), models(mine)) for jpeg_quality in (40, 90))
    assert strong is not None
    assert weak is not None
    assert (strong.model, strong.gains) == ("mine", True)
    assert "was trained on pictures like that" in strong.reason
    assert weak.model == "faithful"


def test_better_scores_change_the_recommendation() -> None:
    better = upscaler("real", SHARP, gains(0.04, 0.02), degradation="photo")
    recommendation = recommend(ImageQuality(jpeg_quality=40), models() | {"real": better})
    assert recommendation is not None
    assert (recommendation.model, recommendation.gains) == ("real", True)


def test_the_gain_is_interpolated_between_the_strengths_that_were_measured() -> None:
    rising = {f"kodak-jpeg{quality}": quality / 1000 for quality in JPEG_QUALITIES}
    model = upscaler("rising", FAITHFUL, rising)
    for quality, gain in ((10, 0.03), (40, 0.04), (75, 0.075), (97, 0.097)):
        assert expected_gain(model, ImageQuality(jpeg_quality=quality)) == pytest.approx(gain)
    assert expected_gain(model, ImageQuality(jpeg_quality=40, noise=5)) is None  # noise was not measured


def test_without_scores_or_the_default_there_is_no_recommendation() -> None:
    unmeasured = {DEFAULT_UPSCALER: upscaler(DEFAULT_UPSCALER, SHARP), "x": upscaler("x", FAITHFUL)}
    assert recommend(ImageQuality(jpeg_quality=40), unmeasured) is None
    assert recommend(ImageQuality(jpeg_quality=40), {"x": upscaler("x", FAITHFUL)}) is None


def test_a_config_with_nonsense_for_scores_counts_as_unmeasured(tmp_path: Path) -> None:
    checkpoint = small_upscalers.make_upscaler_checkpoint(tmp_path)
    for scores in ({}, {"benchmarks": []}, {"benchmarks": {"kodak-jpeg30": {"ssim": "high", "bicubic": {"ssim": 1}}}}):
        damaged = Checkpoint(checkpoint.folder, Description("x", "srgan", {}, {}, {}, {}, scores=scores))
        assert benchmark_gain(damaged, "kodak-jpeg30") is None


def test_every_published_upscaler_has_been_measured_on_degraded_photos() -> None:
    published = [model for model in store.list_checkpoints(store.resolve_root()) if model.name.startswith("photo-")]
    for model in published:
        assert all(benchmark_gain(model, name) is not None for name in DEGRADED_BENCHMARKS), model.name

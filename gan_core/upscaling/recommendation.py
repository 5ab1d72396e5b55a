"""Which upscaler suits a picture, by what was measured of the picture and of the upscalers.

`evaluate MODEL --data degraded --save` stores in a checkpoint how near it comes to the original on compressed and noisy
photos. The measure is SSIM over that of bicubic interpolation: it agrees with the eye on what blocks and noise become,
where PSNR rewards blur.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.data.benchmarks import DEGRADED_SOURCE, JPEG_QUALITIES, NOISE_LEVELS
from gan_core.images.quality import ImageQuality
from gan_core.objectives import Restoration
from gan_core.upscaling import DEFAULT_UPSCALER

MAX_HARMLESS_QUALITY = 97  # JPEG above it counts as clean
MIN_NOISE = 1.5  # in levels of luma; less counts as clean
LUMA_NOISE_SHARE = 0.668  # of white noise of one strength in R, G and B
MIN_DETAIL = 0.06  # of a picture that has detail at its own size; enlarged twice it has 0.03 to 0.09
MIN_GAIN = 0.002  # in SSIM over bicubic interpolation, that can be seen


class Purpose(StrEnum):
    """What a network was trained for, as visitors read it."""

    CLEAN = "Clean originals"
    DEGRADED = "JPEG and phone pictures"
    FAITHFUL = "Faithful, invents nothing"
    UNKNOWN = "Another project's network"


HUB_PURPOSES = {  # of fetched networks, by repository: their files do not tell
    "2kpr/Real-ESRGAN": Purpose.DEGRADED,
    "EsteefAi/RealESRGAN-x4plus-mirror": Purpose.DEGRADED,
    "Phips/4xNomos2_realplksr_dysample": Purpose.CLEAN,
    "Phips/4xNomosWebPhoto_RealPLKSR": Purpose.DEGRADED,
}


@dataclass(frozen=True)
class Recommendation:
    """The name of the model that suits a picture, and a sentence that says why.

    `gains` is False where no network that is here gains anything over bicubic interpolation that can be seen;
    `is_degraded` where the picture is compressed or noisy, so that a network made for that would help.
    """

    model: str
    reason: str
    gains: bool = True
    is_degraded: bool = False


def purpose_of(checkpoint: Checkpoint) -> Purpose:
    """What a network was trained for, by its settings."""
    description = checkpoint.description
    if description.family != "srgan":
        source = checkpoint.source
        return HUB_PURPOSES.get(source.repository, Purpose.UNKNOWN) if source else Purpose.UNKNOWN
    if description.model.get("degradation", "bicubic") != "bicubic":
        return Purpose.DEGRADED
    weights = (description.objective.get(name, getattr(Restoration, name)) for name in ("adversarial", "feature"))
    return Purpose.CLEAN if any(weights) else Purpose.FAITHFUL


def recommend(
    quality: ImageQuality, checkpoints: Mapping[str, Checkpoint], default: str = DEFAULT_UPSCALER
) -> Recommendation | None:
    """The upscaler for a picture, among those of the default's scale; None without a reason to leave the default."""
    if default not in checkpoints:
        return None
    scale = native_scale(checkpoints[default])
    rivals = {name: model for name, model in checkpoints.items() if native_scale(model) == scale}
    faithful = next((name for name, model in rivals.items() if purpose_of(model) == Purpose.FAITHFUL), default)
    if quality.detail < MIN_DETAIL:
        reason = (
            "The picture has no detail at its own size, as after an enlargement or out of focus: a network gains almost"
            " nothing over bicubic interpolation."
        )
        return Recommendation(faithful, reason, gains=False)
    if quality.is_graphic:
        reason = (
            f"A screenshot or drawing: {faithful} sharpens its edges and adds no texture, but on letters no network"
            " here comes nearer to a larger original than bicubic interpolation."
        )
        return Recommendation(faithful, reason, gains=False)
    condition = describe_degradation(quality)
    return recommend_by_score(quality, condition, rivals) if condition else None


def recommend_by_score(
    quality: ImageQuality, condition: str, rivals: Mapping[str, Checkpoint]
) -> Recommendation | None:
    """The model with the best score on pictures like that; None where none was measured."""
    gains = {name: gain for name, model in rivals.items() if (gain := expected_gain(model, quality)) is not None}
    unmeasured = [name for name, model in rivals.items() if name not in gains and purpose_of(model) == Purpose.DEGRADED]
    best = max(gains, key=gains.__getitem__, default=None)
    if best is not None and gains[best] >= MIN_GAIN:
        reason = f"{condition}: of the networks here, {best} comes nearest to the original."
        return Recommendation(best, reason)
    if unmeasured:
        return Recommendation(unmeasured[0], f"{condition}: {unmeasured[0]} was trained on pictures like that.")
    if best is None:
        return None
    reason = (
        f"{condition}: no network here gains anything over bicubic interpolation on such pictures; {best} does the"
        " least harm."
    )
    return Recommendation(best, reason, gains=False, is_degraded=True)


def describe_degradation(quality: ImageQuality) -> str:
    """What is wrong with a picture, as the beginning of a sentence; "" where nothing is."""
    parts = []
    if quality.jpeg_quality is not None and quality.jpeg_quality <= MAX_HARMLESS_QUALITY:
        parts.append(f"JPEG of quality about {quality.jpeg_quality}")
    if quality.noise >= MIN_NOISE:
        parts.append("with noise" if parts else f"Noise of about {quality.noise:.0f} levels of 255")
    return " ".join(parts)


def expected_gain(checkpoint: Checkpoint, quality: ImageQuality) -> float | None:
    """SSIM over that of bicubic interpolation on photos degraded like this one; None where it was not measured.

    Interpolated between the benchmarks; of compression and noise the worse counts.
    """
    gains = []
    if quality.jpeg_quality is not None and quality.jpeg_quality <= MAX_HARMLESS_QUALITY:
        gains.append(interpolate_gain(checkpoint, "jpeg", JPEG_QUALITIES, quality.jpeg_quality))
    if quality.noise >= MIN_NOISE:
        gains.append(interpolate_gain(checkpoint, "noise", NOISE_LEVELS, quality.noise / LUMA_NOISE_SHARE))
    measured = [gain for gain in gains if gain is not None]
    return min(measured) if gains and len(measured) == len(gains) else None


def interpolate_gain(checkpoint: Checkpoint, kind: str, strengths: tuple[int, ...], strength: float) -> float | None:
    """The gain at a strength between those measured, constant beyond them; None where one was not measured."""
    gains = [benchmark_gain(checkpoint, f"{DEGRADED_SOURCE}-{kind}{measured}") for measured in strengths]
    measured_gains = [gain for gain in gains if gain is not None]
    if len(measured_gains) < len(strengths):
        return None
    return float(np.interp(strength, strengths, measured_gains))


def benchmark_gain(checkpoint: Checkpoint, benchmark: str) -> float | None:
    """SSIM over that of bicubic interpolation on a benchmark; None where the checkpoint has no such score."""
    try:
        scores = checkpoint.description.scores["benchmarks"][benchmark]
        return float(scores["ssim"]) - float(scores["bicubic"]["ssim"])
    except (KeyError, TypeError, ValueError):  # not measured, or the config of a stranger
        return None


def native_scale(checkpoint: Checkpoint) -> int | None:
    """The factor by which a network enlarges, as its config says; None where that does not."""
    scale = checkpoint.description.model.get("scale")
    return scale if isinstance(scale, int) else None

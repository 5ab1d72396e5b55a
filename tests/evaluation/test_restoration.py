"""Measuring upscalers on one image: downscaled, restored, compared with the original."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_core.errors import UsageError
from gan_core.evaluation.restoration import (
    MAX_SIDE_PX,
    Measured,
    measure_restoration,
    measured_size,
    validate_measured_size,
)
from gan_core.images.reading import DecodedImage
from gan_core.upscaling.events import Notice, Progress
from tests.small_upscalers import nearest_upscaler, noise_pixels

pytestmark = pytest.mark.core


def perfect_network(original: np.ndarray) -> Callable[[Tensor], Tensor]:
    """A network that returns the original, whatever it is given."""
    image = torch.from_numpy(original).permute(2, 0, 1)[None].float() / 127.5 - 1

    def network(small: Tensor) -> Tensor:
        return image[:, :, : 2 * small.shape[2], : 2 * small.shape[3]]

    return network


def test_every_upscaler_is_scored_against_the_original_after_bicubic() -> None:
    pixels = noise_pixels(64, 70)
    upscalers = [nearest_upscaler(perfect_network(pixels), name="perfect", receptive_radius=None), nearest_upscaler()]
    *events, measured = measure_restoration(upscalers, DecodedImage(pixels))
    assert isinstance(measured, Measured)
    assert [score.name for score in measured.scores] == ["Bicubic", "perfect", "plain"]
    assert [math.isinf(score.psnr) for score in measured.scores] == [False, True, False]
    assert [score.ssim == pytest.approx(1) for score in measured.scores] == [False, True, False]
    assert np.array_equal(measured.restored.pixels, pixels)
    assert measured.interpolated.size == measured.original.size == (70, 64)
    assert measured.downscaled_size == (35, 32)
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.done_pixels for event in progress] == [35 * 32, 2 * 35 * 32]
    assert progress[-1].total_pixels == 2 * 35 * 32


def test_grey_of_sixteen_bits_is_measured_with_eight() -> None:
    pixels = noise_pixels(64, 64, 1).astype(np.uint16) * 257
    *_, measured = measure_restoration([nearest_upscaler()], DecodedImage(pixels))
    assert isinstance(measured, Measured)
    assert measured.original.pixels.dtype == np.uint8
    assert measured.restored.pixels.shape == (64, 64, 1)


def test_a_large_image_is_measured_on_its_centre_with_a_notice() -> None:
    pixels = noise_pixels(66, MAX_SIDE_PX + 101)
    first, *_, measured = measure_restoration([nearest_upscaler(scale=2)], DecodedImage(pixels))
    assert first == Notice(f"Quality is measured on {MAX_SIDE_PX} × 66 pixels from the centre.")
    assert isinstance(measured, Measured)
    assert np.array_equal(measured.original.pixels, pixels[:, 50 : 50 + MAX_SIDE_PX])


def test_sides_are_multiples_of_the_scale() -> None:
    assert measured_size(70, 2000, 3) == (69, 1023)


def test_a_measurement_can_be_stopped() -> None:
    image = DecodedImage(noise_pixels(64, 64))
    assert list(measure_restoration([nearest_upscaler()], image, should_stop=lambda: True)) == []
    answers = iter([False, False, True])
    events = list(measure_restoration([nearest_upscaler()] * 2, image, should_stop=lambda: next(answers)))
    assert len(events) == 1
    assert isinstance(events[0], Progress)


def test_small_images_and_upscalers_of_different_scales_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 64 pixels a side; this one has 63 × 200"):
        validate_measured_size(63, 200)
    with pytest.raises(UsageError, match="at least 64 pixels a side"):
        measure_restoration([nearest_upscaler()], DecodedImage(noise_pixels(20, 200)))
    with pytest.raises(UsageError, match="different scales"):
        measure_restoration([nearest_upscaler(), nearest_upscaler(scale=4)], DecodedImage(noise_pixels(64, 64)))

"""bfloat16: used where it is fast and exact enough, replaced by float32 where it fails."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_core.images.reading import DecodedImage
from gan_core.upscaling import precision
from tests.small_upscalers import (
    memory_limited_network,
    nearest_upscaler,
    network_breaking_in_bfloat16,
    noise_pixels,
    upscale_to_end,
)

pytestmark = pytest.mark.core


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -1.0])
def test_a_tile_that_fails_in_bfloat16_is_redone_in_float32_with_a_notice(broken: float) -> None:
    large, notes = upscale_to_end(
        nearest_upscaler(network_breaking_in_bfloat16(broken)),
        DecodedImage(noise_pixels()),
        precision="bfloat16",
        tile=30,
    )
    assert np.array_equal(large.pixels, noise_pixels().repeat(2, 0).repeat(2, 1))
    assert notes == ["plain fails in bfloat16; it continues in float32."]


def test_a_black_image_may_stay_black() -> None:
    _, notes = upscale_to_end(
        nearest_upscaler(network_breaking_in_bfloat16(-1.0)),
        DecodedImage(np.zeros((60, 75, 3), np.uint8)),
        precision="bfloat16",
    )
    assert notes == []


@pytest.mark.parametrize(("error", "half"), [(0.001, True), (0.1, False)])
def test_auto_uses_bfloat16_only_where_it_is_exact_enough(
    error: float, half: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "supports_bfloat16", lambda on_cpu: True)
    pixels = noise_pixels(80, 90)
    used: list[bool] = []

    def network(small: Tensor) -> Tensor:
        used.append(torch.is_autocast_enabled("cpu"))
        return interpolate(small, scale_factor=2, mode="nearest") + (error if used[-1] else 0)

    _, notes = upscale_to_end(nearest_upscaler(network), DecodedImage(pixels))
    assert used[-1] is half
    assert len(notes) == (0 if half else 1)


def test_bfloat16_is_not_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "supports_bfloat16", lambda on_cpu: False)
    large, _ = upscale_to_end(nearest_upscaler(network_breaking_in_bfloat16(0.0)), DecodedImage(noise_pixels(80, 90)))
    assert np.array_equal(large.pixels, noise_pixels(80, 90).repeat(2, 0).repeat(2, 1))


def test_memory_too_short_to_try_bfloat16_means_float32_in_smaller_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "supports_bfloat16", lambda on_cpu: True)
    pixels = noise_pixels(60, 80)
    large, notes = upscale_to_end(nearest_upscaler(memory_limited_network(3000, MemoryError)), DecodedImage(pixels))
    assert np.array_equal(large.pixels, pixels.repeat(2, 0).repeat(2, 1))
    assert [note[:15] for note in notes] == ["Memory is short"]

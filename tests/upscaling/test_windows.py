"""One window through a network: channels and bit depths are adapted and kept."""

from pathlib import Path

import numpy as np
import pytest

from gan_core.images.reading import DecodedImage
from gan_core.upscaling.upscaler import Upscaler, open_upscaler
from tests import small_upscalers
from tests.small_upscalers import max_difference, nearest_upscaler, noise_pixels, upscale_to_end

pytestmark = pytest.mark.core


def test_grey_stays_grey_and_rgb_passes_a_grey_network_channel_by_channel(tmp_path: Path, native: Upscaler) -> None:
    grey = noise_pixels(20, 20, 1)
    assert upscale_to_end(native, DecodedImage(grey))[0].pixels.shape == (80, 80, 1)
    small_upscalers.make_upscaler_checkpoint(tmp_path, "grey", image_channels=1)
    network = open_upscaler("grey", tmp_path)
    colours = np.concatenate([grey, grey, grey], 2)
    single = upscale_to_end(network, DecodedImage(grey))[0].pixels
    assert np.array_equal(upscale_to_end(network, DecodedImage(colours))[0].pixels, np.concatenate([single] * 3, 2))


def test_sixteen_bits_stay_sixteen_bits() -> None:
    sixteen_bit = np.random.default_rng(0).integers(0, 65_536, (40, 50, 1)).astype(np.uint16)
    large, _ = upscale_to_end(nearest_upscaler(), DecodedImage(sixteen_bit), tile=20)
    assert large.pixels.dtype == np.uint16
    assert max_difference(large.pixels, sixteen_bit.repeat(2, 0).repeat(2, 1)) <= 1

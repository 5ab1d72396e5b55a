"""Measures how fast an upscaler is on this machine."""

import time

import numpy as np

from gan_core.devices import supports_bfloat16
from gan_core.upscaling.upscaler import Upscaler
from gan_core.upscaling.windows import upscale_window

TILE_SIDE_PX = 64


def measure_seconds_per_pixel(upscaler: Upscaler) -> float:
    """Seconds for each pixel of the small image, timed on a tile of noise after one tile to warm up."""
    tile = np.random.default_rng(0).integers(0, 256, (TILE_SIDE_PX, TILE_SIDE_PX, upscaler.channels), np.uint8)
    bfloat16 = upscaler.supports_bfloat16 and supports_bfloat16(upscaler.device.type == "cpu")
    upscale_window(upscaler, tile, use_bfloat16=bfloat16)
    start = time.perf_counter()
    upscale_window(upscaler, tile, use_bfloat16=bfloat16)
    return (time.perf_counter() - start) / TILE_SIDE_PX**2

"""Decides whether a network computes in bfloat16: where that is fast, and exact enough on the image at hand."""

from math import log10

import numpy as np
from numpy.typing import NDArray

from gan_core.devices import supports_bfloat16
from gan_core.upscaling.upscaler import Upscaler
from gan_core.upscaling.windows import upscale_window

PRECISIONS = ("auto", "float32", "bfloat16")
MIN_BFLOAT16_PSNR_DB = 45.0  # of bfloat16 against float32, below which `auto` takes float32
BFLOAT16_TRIAL_SIDE_PX = 64  # side of the part of the image that bfloat16 is tried on


def is_bfloat16_worthwhile(upscaler: Upscaler, pixels: NDArray[np.generic]) -> bool:
    """Whether bfloat16 may be tried on pixels (h, w, C): more of them than the trial takes, and of 8 bits."""
    return (
        upscaler.supports_bfloat16
        and pixels.shape[0] * pixels.shape[1] > BFLOAT16_TRIAL_SIDE_PX**2
        and pixels.dtype == np.uint8  # bfloat16 has 8 significant bits
        and supports_bfloat16(upscaler.device.type == "cpu")
    )


def bfloat16_psnr(upscaler: Upscaler, pixels: NDArray[np.generic]) -> float:
    """PSNR in dB of bfloat16 against float32 in the centre of pixels (h, w, C); minus infinity on values not finite."""
    height, width = pixels.shape[:2]
    top, left = max(0, (height - BFLOAT16_TRIAL_SIDE_PX) // 2), max(0, (width - BFLOAT16_TRIAL_SIDE_PX) // 2)
    window = pixels[top : top + BFLOAT16_TRIAL_SIDE_PX, left : left + BFLOAT16_TRIAL_SIDE_PX]
    exact, rounded = (
        upscale_window(upscaler, window, use_bfloat16=use_bfloat16).clamp(-1, 1) for use_bfloat16 in (False, True)
    )
    error = (exact - rounded).square().mean().item()
    return -10 * log10(max(error, 1e-12) / 4) if np.isfinite(error) else float("-inf")

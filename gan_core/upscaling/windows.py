"""Runs a network on one window of an image, and converts pixels of 8 or 16 bits to and from its tensors."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.images.tensors import to_chw, to_float, to_hwc, to_pixels
from gan_core.upscaling.upscaler import Upscaler

ROWS_PER_BAND = 32  # rows that are converted to uint8 at once


@torch.inference_mode()
def upscale_window(upscaler: Upscaler, window: NDArray[Any], *, use_bfloat16: bool) -> Tensor:
    """A window (h, w, C), C = 1 or 3 -> (1, C, scale h, scale w) in float32 on the CPU, about in [-1, 1].

    A network of other channels is adapted: grey enters an RGB network as three equal channels, of which the mean is
    kept; the channels of an RGB window pass a grey network one by one.
    """
    small = pixels_to_tensor(window)  # (1, C, h, w)
    channels = small.shape[1]
    if channels < upscaler.channels:
        small = small.expand(-1, upscaler.channels, -1, -1)
    elif channels > upscaler.channels:
        small = small.transpose(0, 1)  # (C, 1, h, w)
    small = small.to(upscaler.device).contiguous(memory_format=torch.channels_last)
    with torch.autocast(upscaler.device.type, torch.bfloat16, enabled=use_bfloat16):
        large = upscaler.network(small)
    large = large.float().cpu()
    if channels < upscaler.channels:
        return large.mean(1, keepdim=True)
    return large.transpose(0, 1) if channels > upscaler.channels else large


def pixels_to_tensor(pixels: NDArray[Any]) -> Tensor:
    """(h, w, C), uint8 or uint16 -> (1, C, h, w) float32 in [-1, 1]."""
    if pixels.dtype == np.uint8:
        return to_float(to_chw(pixels))[None]
    return to_chw(pixels.astype(np.float32) / 32_767.5 - 1)[None]


def tensor_to_pixels(large: Tensor, dtype: Any) -> NDArray[Any]:
    """(1, C, H, W) about in [-1, 1] -> (H, W, C) of `dtype` uint8 or uint16, rounded and clipped."""
    if dtype == np.uint8:  # in bands that fit the processor's cache: three times as fast as all at once
        return np.concatenate([to_pixels(band)[0] for band in large.split(ROWS_PER_BAND, 2)])
    values = (to_hwc(large[0]) + 1) * 32_767.5
    return values.round().clip(0, 65_535).astype(np.uint16)


def has_overflowed(large: Tensor, window: NDArray[Any]) -> bool:
    """Whether a result in bfloat16 is unusable: values not finite, or black although the window is not."""
    is_black = bool(large.max() <= -1 + 1 / 127.5) and window.max() > 0.05 * np.iinfo(window.dtype).max
    return is_black or not is_finite(large)


def is_finite(large: Tensor) -> bool:
    """Whether all values are finite; computed by their sum, which is faster than a test of each value."""
    return bool(large.sum().isfinite())

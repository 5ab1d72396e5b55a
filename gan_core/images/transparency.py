"""Fills in the colours under fully transparent pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def fill_transparent(pixels: NDArray[Any], alpha: NDArray[np.uint8]) -> NDArray[Any]:
    """Pixels (H, W, C), uint8 or uint16, with those of alpha 0 replaced by the visible colours around.

    The method is pull-push (Gortler et al. 1996). Files hold any colour there, mostly black, which an upscaler would
    spread as a dark fringe along the edge.
    """
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return np.ascontiguousarray(pixels)
    fill = pull_push_fill(pixels.astype(np.float32), alpha.astype(np.float32))
    return np.where(hidden[:, :, None], fill.round().astype(pixels.dtype), pixels)


def pull_push_fill(colours: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours (H, W, C), where their weight (H, W) is 0 replaced by weighted means of ever coarser levels."""
    height, width = weights.shape
    if weights.all() or height * width == 1:
        return colours
    padding = ((0, height % 2), (0, width % 2))
    weight_sums = np.pad(weights, padding)  # (H', W')
    colour_sums = np.pad(colours * weights[:, :, None], (*padding, (0, 0)))
    weight_sums, colour_sums = (
        array[0::2, 0::2] + array[0::2, 1::2] + array[1::2, 0::2] + array[1::2, 1::2]
        for array in (weight_sums, colour_sums)
    )
    coarse_colours = pull_push_fill(colour_sums / np.maximum(weight_sums, 1)[:, :, None], np.minimum(weight_sums, 255))
    upsampled = coarse_colours.repeat(2, 0).repeat(2, 1)[:height, :width]
    return np.where(weights[:, :, None] > 0, colours, upsampled)

"""Measures what happened to a picture before it was given: JPEG compression, noise, enlargement, or that it was drawn.

All measures work on the luma of at most MAX_SIDE_PX pixels a side from the centre, so that a large photo costs no more
than a small one (about 0.1 s).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_core.errors import UsageError
from gan_core.images.reading import DecodedImage
from gan_core.images.sniffing import open_image

MAX_SIDE_PX = 1024  # of the part that is measured
MIN_SIDE_PX = 48  # of an image whose pixels are measured; of a smaller one only the file's tables are read
BLOCK_PX = 8  # side of a JPEG block
LUMA_WEIGHTS = (0.299, 0.587, 0.114)  # of R, G and B, as JPEG mixes them

# Annex K of the JPEG standard (ITU-T T.81), luma, in rows: the table of quality 50.
LUMA_TABLE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)  # fmt: skip
FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))  # whose steps are estimated
MIN_COEFFICIENTS = 40  # that are not zero, for the estimate of a step
MAX_BLOCKS = 4096
MIN_STEP, MAX_STEP = 3, 90  # quantization steps that can be told from none at all
MAX_RESIDUAL = 0.14  # mean distance from the multiples of a step, in steps; 0.25 without quantization

SMOOTH_SHARE = 0.1  # of the blocks, by their energy, that noise is measured on
SMOOTH_ENERGY = 0.64  # of white noise in those blocks, relative to its mean over all
TEXTURE_RATIO = 3.0  # of horizontal and vertical to diagonal energy in photos; 1 in white noise
MIN_NOISE_BLOCKS = 20
ROUNDING_VARIANCE = 1 / 12
FLAT_SHARE_OF_GRAPHICS = 0.75  # of neighbouring pixels, that differ by at most FLAT_STEP
SOFT_SHARE_OF_GRAPHICS = 0.6  # at most, of the others, that differ by at most SOFT_STEP
FLAT_STEP, SOFT_STEP = 1.5, 6.0  # levels; compression changes flat areas by 1


@dataclass(frozen=True)
class ImageQuality:
    """What was measured of an image.

    `jpeg_quality` is the quality (1 to 100, the scale of libjpeg) of the strongest JPEG compression that was found, in
    the file or in its pixels; None without one. `noise` is the standard deviation of white noise in the luma, in levels
    of 8 bits. `detail` is the energy of the highest octave of frequencies relative to the octave below: 0.15 to 1 in
    photos at their own size, near 0 in pictures that were enlarged or are out of focus. `is_graphic`: a screenshot,
    logo or drawing of flat areas, rather than a photo. Of an image smaller than MIN_SIDE_PX the last three are 0, 1 and
    False.
    """

    jpeg_quality: int | None = None
    noise: float = 0.0
    detail: float = 1.0
    is_graphic: bool = False


def measure_quality(image: DecodedImage, file: Path | bytes | None = None) -> ImageQuality:
    """Measures an image; `file` is what it was read from, whose JPEG tables are exact where pixels are estimated."""
    table_quality = read_jpeg_quality(file) if file is not None else None
    luma = central_luma(image)
    if min(luma.shape) < MIN_SIDE_PX:
        return ImageQuality(table_quality)
    graphic = is_graphic(luma)
    pixel_quality = None if graphic else estimate_jpeg_quality(luma)  # flat areas fit any step
    quality = min((value for value in (table_quality, pixel_quality) if value is not None), default=None)
    return ImageQuality(quality, estimate_noise(luma), measure_detail(luma), graphic)


def central_luma(image: DecodedImage) -> NDArray[np.floating]:
    """The luma (h, w) in [0, 255] of the centre of an image."""
    height, width = image.pixels.shape[:2]
    top, left = max(0, (height - MAX_SIDE_PX) // 2), max(0, (width - MAX_SIDE_PX) // 2)
    values = image.pixels[top : top + MAX_SIDE_PX, left : left + MAX_SIDE_PX].astype(np.float32)
    if image.is_16_bit:
        values /= 257
    return values[:, :, 0] if values.shape[2] == 1 else values @ np.array(LUMA_WEIGHTS, np.float32)


# JPEG ----------------------------------------------------------------------------------------------------------------


def read_jpeg_quality(file: Path | bytes) -> int | None:
    """The quality that a JPEG file was saved with, by its quantization tables; None for any other file."""
    try:
        with open_image(file) as (image, format):
            tables = getattr(image, "quantization", None) if format == "JPEG" else None
            return quality_of_table(np.array(tables[0], float)) if tables and 0 in tables else None
    except UsageError:
        return None


def quality_of_table(table: NDArray[Any]) -> int:
    """The quality whose luma table is nearest to a table of 64 steps, by their sums: other makers' tables too."""
    sums = [scaled_table(quality).sum() for quality in range(1, 101)]
    return 1 + int(np.argmin(np.abs(np.array(sums) - table.sum())))


def scaled_table(quality: int) -> NDArray[Any]:
    """The luma table (8, 8) of a quality of 1 to 100, as libjpeg scales it."""
    percent = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.clip((LUMA_TABLE * percent + 50) // 100, 1, 255)


def estimate_jpeg_quality(luma: NDArray[np.floating]) -> int | None:
    """The quality of a JPEG compression that pixels (h, w) show, in a JPEG saved anew as well as in a PNG.

    The coefficients of each 8 x 8 block lie near multiples of the quantization step (Fan and de Queiroz 2003). None
    where no step is found: uncompressed, resized since, compressed too little to matter (from about 92), or too small.
    """
    phases = dict.fromkeys([(grid_phase(luma), grid_phase(luma.T)), (0, 0)])
    for column, row in phases:
        coefficients = block_coefficients(luma[row:, column:])
        steps = {frequency: estimate_step(coefficients[:, *frequency]) for frequency in FREQUENCIES}
        qualities = [quality_of_step(frequency, step) for frequency, step in steps.items() if step is not None]
        if len(qualities) >= 3:
            return int(np.median(qualities))
    return None


def grid_phase(luma: NDArray[np.floating]) -> int:
    """The column of the first block that begins within the image, by the jumps between columns."""
    jumps = np.abs(np.diff(luma, axis=1))  # (h, w - 1)
    excess = jumps[:, 1:-1] - (jumps[:, :-2] + jumps[:, 2:]) / 2
    profile = excess.mean(0)  # of the jump from column x + 1 to x + 2
    return (int(np.argmax([profile[phase::BLOCK_PX].mean() for phase in range(BLOCK_PX)])) + 2) % BLOCK_PX


def block_coefficients(luma: NDArray[np.floating]) -> NDArray[np.floating]:
    """The cosine transforms (N, 8, 8) of whole blocks without clipped pixels, at most MAX_BLOCKS, evenly spread."""
    rows, columns = (side // BLOCK_PX for side in luma.shape)
    blocks = luma[: rows * BLOCK_PX, : columns * BLOCK_PX].reshape(rows, BLOCK_PX, columns, BLOCK_PX)
    blocks = blocks.transpose(0, 2, 1, 3).reshape(-1, BLOCK_PX, BLOCK_PX)
    blocks = blocks[(blocks.min((1, 2)) > 1) & (blocks.max((1, 2)) < 254)]
    blocks = blocks[:: max(1, len(blocks) // MAX_BLOCKS)]
    transform = cosine_transform()
    return transform @ (blocks - 128) @ transform.T


def cosine_transform() -> NDArray[np.floating]:
    """The orthonormal DCT-II matrix (8, 8) of JPEG."""
    index = np.arange(BLOCK_PX)
    matrix = np.cos((2 * index[None] + 1) * index[:, None] * np.pi / (2 * BLOCK_PX)) / 2
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)


def estimate_step(coefficients: NDArray[np.floating]) -> int | None:
    """The largest step that coefficients (N,) are near multiples of; None without one, or with too few to tell."""
    magnitudes = np.abs(coefficients)
    for step in range(MAX_STEP, MIN_STEP - 1, -1):
        nonzero = magnitudes[magnitudes > step / 2] / step
        if len(nonzero) >= MIN_COEFFICIENTS and np.abs(nonzero - nonzero.round()).mean() < MAX_RESIDUAL:
            return step
    return None


def quality_of_step(frequency: tuple[int, int], step: int) -> int:
    """The highest quality whose table has a step at least as large at a frequency."""
    return max((q for q in range(1, 101) if scaled_table(q)[frequency] >= step), default=1)


# Noise, detail, graphics ---------------------------------------------------------------------------------------------


def estimate_noise(luma: NDArray[np.floating]) -> float:
    """The standard deviation of white noise in (h, w), from the Haar coefficients of the smoothest blocks.

    White noise has the same energy in every direction, texture TEXTURE_RATIO times less along the diagonals: the share
    of texture is subtracted (Donoho 1995 takes the median of all diagonal coefficients, which reads grass as noise).
    """
    height, width = (side // BLOCK_PX * BLOCK_PX for side in luma.shape)
    whole = luma[:height, :width]
    a, b, c, d = whole[::2, ::2], whole[::2, 1::2], whole[1::2, ::2], whole[1::2, 1::2]
    blocks = whole.reshape(height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX)
    unclipped = (blocks.min((1, 3)) > 1) & (blocks.max((1, 3)) < 254)
    if unclipped.sum() < MIN_NOISE_BLOCKS:
        return 0.0
    diagonal = block_energy((a - b - c + d) / 2)[unclipped]
    straight = (block_energy((a - b + c - d) / 2) + block_energy((a + b - c - d) / 2))[unclipped] / 2
    energy = diagonal + 2 * straight
    smooth = energy <= np.quantile(energy, SMOOTH_SHARE)
    noise = (TEXTURE_RATIO * diagonal[smooth].mean() - straight[smooth].mean()) / (TEXTURE_RATIO - 1)
    return float(np.sqrt(max(0.0, noise) / SMOOTH_ENERGY))


def block_energy(coefficients: NDArray[np.floating]) -> NDArray[np.floating]:
    """The mean square of Haar coefficients (h / 2, w / 2) in each block (h / 8, w / 8)."""
    rows, columns = (side * 2 // BLOCK_PX for side in coefficients.shape)
    return np.square(coefficients).reshape(rows, BLOCK_PX // 2, columns, BLOCK_PX // 2).mean((1, 3))


def measure_detail(luma: NDArray[np.floating]) -> float:
    """Energy between a quarter and half a cycle per pixel over that of the octave below, of (h, w).

    Without the energy of rounding to whole levels, which is all that a greatly enlarged picture has in both.
    """
    windows = [np.hanning(side + 2)[1:-1] for side in luma.shape]
    weights = np.outer(*windows)
    power = np.square(np.abs(np.fft.rfft2((luma - luma.mean()) * weights)))
    frequency = np.maximum(np.abs(np.fft.fftfreq(luma.shape[0]))[:, None], np.fft.rfftfreq(luma.shape[1])[None])
    excess = power - ROUNDING_VARIANCE * np.square(weights).sum()
    octave, below = frequency > 0.25, (frequency > 0.125) & (frequency <= 0.25)
    return float(max(0.0, excess[octave].sum()) / max(excess[below].sum(), 1e-6))


def is_graphic(luma: NDArray[np.floating]) -> bool:
    """Whether (h, w) is drawn: almost all flat, with steep edges between."""
    steps = np.abs(np.diff(luma, axis=1))
    edges = steps[steps > FLAT_STEP]
    if len(edges) > (1 - FLAT_SHARE_OF_GRAPHICS) * steps.size:
        return False
    return len(edges) > 0 and float((edges <= SOFT_STEP).mean()) < SOFT_SHARE_OF_GRAPHICS

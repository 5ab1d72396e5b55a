"""Reduces pictures to the 255 colours and the one transparent one of a GIF."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_COLOURS = 255
TRANSPARENT_INDEX = 255
OPAQUE_FROM = 128  # alpha
PALETTE_SIDE_PX = 384  # of the part of a picture that its palette is chosen by
TRIAL_SIDE_PX = 128
MAX_ERROR_RATIO, HARMLESS_ERROR = 1.25, 6.0  # of a palette that is kept, to that of a new one; in squared levels


class GifPalette:
    """A palette of at most MAX_COLOURS colours, and the pictures in it."""

    def __init__(self, colours: bytes, is_exact: bool) -> None:
        """`colours` are RGB, one after another; `is_exact` where the picture it was chosen by has no others."""
        self.colours, self.is_exact = colours, is_exact
        self.image = Image.new("P", (1, 1))
        self.image.putpalette(colours)

    @property
    def table(self) -> bytes:
        """The colours, filled up to the 256 of a file."""
        return self.colours.ljust(3 * 256, b"\0")

    def error(self, picture: Image.Image) -> float:
        """The mean squared error of an RGB picture in these colours, without dithering."""
        small = reduce(picture, TRIAL_SIDE_PX)
        matched = small.quantize(palette=self.image, dither=Image.Dither.NONE).convert("RGB")
        difference = np.asarray(small).astype(np.int32) - np.asarray(matched)
        return float((difference**2).mean())

    def to_indices(self, pixels: NDArray[np.uint8], alpha: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        """RGB pixels (h, w, 3) as indices (h, w): dithered (Floyd and Steinberg 1976), unless every colour is there."""
        picture = Image.fromarray(pixels)
        is_exact = self.is_exact and self.error(picture) == 0
        dither = Image.Dither.NONE if is_exact else Image.Dither.FLOYDSTEINBERG
        indices = np.array(picture.quantize(palette=self.image, dither=dither))
        if alpha is not None:
            indices[alpha < OPAQUE_FROM] = TRANSPARENT_INDEX
        return indices


def choose_palette(pixels: NDArray[np.uint8], before: GifPalette | None = None) -> GifPalette:
    """The palette of RGB pixels (h, w, 3): the one before where that is nearly as good, so that nothing flickers."""
    picture = Image.fromarray(pixels)
    few_colours: Any = picture.getcolors(MAX_COLOURS)  # counts and colours; None where there are more
    if few_colours is not None:
        new = GifPalette(b"".join(bytes(colour) for _, colour in few_colours), is_exact=True)
    else:
        reduced = reduce(picture, PALETTE_SIDE_PX).quantize(MAX_COLOURS, Image.Quantize.MEDIANCUT, kmeans=1)
        new = GifPalette(bytes(reduced.getpalette() or [])[: 3 * MAX_COLOURS], is_exact=False)
    if before is None:
        return new
    error = before.error(picture)
    return before if error <= max(MAX_ERROR_RATIO * new.error(picture), HARMLESS_ERROR * (not new.is_exact)) else new


def reduce(picture: Image.Image, side: int) -> Image.Image:
    """Single pixels of a picture, on a grid of at most `side` x `side`."""
    size = (min(picture.width, side), min(picture.height, side))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.NEAREST)

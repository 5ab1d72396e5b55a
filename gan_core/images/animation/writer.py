"""The writer of an animation, frame by frame: what the writers of all formats share.

Pillow encodes each frame as a file of its own, whose data are put into the animation. Pillow's own writers hold all
frames in memory, join equal ones and round their times; here frames, times and loop stay as they are. After the first
frame only the rectangle that changes is stored.
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_core.images import writing
from gan_core.images.reading import DecodedImage, ImageMetadata

BROWSER_MIN_S = Fraction(1, 100)  # browsers show a frame of up to this time for a tenth of a second


class AnimationWriter(ABC):
    """Writes one animation to a stream: `add` each frame in turn, then `close`."""

    def __init__(
        self, stream: IO[bytes], frame_count: int, plays: int, transparent: bool, quality: int = writing.DEFAULT_QUALITY
    ) -> None:
        """`frame_count` is that of all frames, `plays` how often they are shown, 0 forever; `transparent` says whether
        one may be so."""
        self.stream, self.frame_count, self.plays = stream, frame_count, plays
        self.transparent, self.quality = transparent, quality
        self.notes: dict[str, None] = {}  # in order, each once
        self.previous: DecodedImage | None = None
        self.written = 0

    def add(self, image: DecodedImage, duration: Fraction, is_still: bool = False) -> None:
        """Writes a frame that is shown for `duration` seconds; `is_still` marks the picture for other programs."""
        image = image.to_8_bit()
        if image.alpha is not None and not self.transparent:  # as after a damaged frame: the file has no alpha
            image = replace(image, alpha=None)
        if is_still and not self.holds_still:
            self.note("The picture that is not part of the animation is left out: only APNG has one.")
            self.frame_count -= 1
            return
        self.write_frame(image, duration, is_still)
        self.previous = None if is_still else image
        self.written += 1

    def note(self, text: str) -> None:
        self.notes[text] = None

    def changed_box(self, image: DecodedImage, multiple: int = 1) -> "Box":
        """The rectangle in which a frame differs from the one before, at least one pixel; its corner lies at multiples
        of `multiple`."""
        width, height = image.size
        if self.previous is None:
            return Box(0, 0, width, height)
        changed = (image.pixels != self.previous.pixels).any(2)
        changed |= alpha_or_opaque(image) != alpha_or_opaque(self.previous)
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        if not len(rows):
            return Box(0, 0, 1, 1)
        left, top = (int(first) // multiple * multiple for first in (columns[0], rows[0]))
        return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)

    holds_still = False

    @abstractmethod
    def write_frame(self, image: DecodedImage, duration: Fraction, is_still: bool) -> None:
        """Writes a frame with 8 bits a channel."""

    @abstractmethod
    def close(self) -> tuple[str, ...]:
        """Writes the end of the file. Returns notes on what the format could not hold."""


class Box(NamedTuple):
    left: int
    top: int
    width: int
    height: int

    def crop(self, image: DecodedImage) -> DecodedImage:
        """That part of an image."""
        rows, columns = slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)
        alpha = None if image.alpha is None else image.alpha[rows, columns]
        return replace(image, pixels=image.pixels[rows, columns], alpha=alpha)


def alpha_or_opaque(image: DecodedImage) -> NDArray[np.uint8]:
    return np.full(image.pixels.shape[:2], 255, np.uint8) if image.alpha is None else image.alpha


def encode_still(
    image: DecodedImage, format: str, quality: int, *, with_metadata: bool
) -> tuple[bytes, tuple[str, ...]]:
    """The file of one frame and the notes on it."""
    if not with_metadata:
        image = replace(image, metadata=ImageMetadata())
    buffer = BytesIO()
    notes = writing.save_to_stream(image, buffer, format, quality)
    return buffer.getvalue(), notes


class FrameClock:
    """Times of frames in the whole units of a format, rounded so that the sum stays right."""

    def __init__(self, units_per_second: int, largest: int) -> None:
        self.units_per_second, self.largest = units_per_second, largest
        self.error = Fraction(0)  # units that are still to be shown
        self.was_rounded = False

    def ticks(self, duration: Fraction) -> int:
        """The units that a frame is shown for; a time that browsers keep is not rounded to one that they change."""
        exact = duration * self.units_per_second
        least = int(BROWSER_MIN_S * self.units_per_second) + 1 if duration > BROWSER_MIN_S else 0
        rounded = max(least, min(round(exact + self.error), self.largest))
        self.error = max(Fraction(-1), min(self.error + exact - rounded, Fraction(1)))
        self.was_rounded = self.was_rounded or rounded != exact
        return rounded

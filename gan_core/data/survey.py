"""Looks at all images of a data set before they are decoded: grey or in colour, and which values are black and white.

Only headers are read, and the pixels of images with more than 8 bits, which share one range: of a set of 12-bit
images in files of 16 bits, a dark one stays dark.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gan_core.data.archives import ListableArchive, abbreviate_names
from gan_core.data.decoding import decoding_threads, measure_image
from gan_core.data.deep_images import DeepKind, Ranges
from gan_core.data.headers import read_header
from gan_core.errors import UsageError
from gan_core.images.depth import ValueExtent, ValueRange, choose_range

GUESSED_DEPTHS = (8, 10, 12)  # bits of values in files of 16 bits; where they need more, 16 are meant


@dataclass(frozen=True)
class Survey:
    """The number of channels of a data set, its ranges, sentences on what is converted, and images without a value."""

    channels: int
    ranges: Ranges
    warnings: list[str]
    empty: frozenset[str]
    grey: Mapping[str, bool]  # whether an image is grey, by name; empty where the number of channels was given

    def require_values(self, name: str) -> None:
        """Raises UsageError where all values of an image are missing or no numbers."""
        if name in self.empty:
            raise UsageError(f"{name} holds no values: all are missing or not numbers")

    def settle_channels(self, readable: Iterable[str]) -> tuple[int, list[str]]:
        """The number of channels of the images that can be read, and a sentence where some are grey and some not."""
        counts = Counter(self.grey[name] for name in readable if name in self.grey)
        grey, coloured = counts[True], counts[False]
        if not grey or not coloured:
            return 1 if grey else self.channels, []
        verb = "is" if grey == 1 else "are"
        return 3, [
            f"{grey:,} of the images {verb} grey and {coloured:,} in colour: all are trained in RGB (--image-channels 1"
            " makes them grey)."
        ]


def survey_images(
    archive: ListableArchive,
    files: Sequence[str],
    channels: int | None = None,
    measured: Sequence[str] | None = None,
) -> Survey:
    """Surveys the images of an archive. `channels` is 1 or 3, None for those of the images: 1 where all are grey.

    `measured` are the files whose values may be read, by default all.
    """
    with decoding_threads() as executor:
        headers = dict(zip(files, executor.map(lambda name: read_header(archive, name), files), strict=True))
        deep = [name for name in measured or files if (header := headers[name]) and header.is_deep]
        found = dict(zip(deep, executor.map(lambda name: measure_file(archive, name), deep), strict=True))
    empty = frozenset(name for name, values in found.items() if values and values[1].low > values[1].high)
    ranges, warnings = choose_ranges([values for name, values in found.items() if values and name not in empty])
    if several := [name for name, header in headers.items() if header and header.is_multiple]:
        verb = "is animated or holds" if len(several) == 1 else "are animated or hold"
        warnings.append(
            f"{len(several):,} of the files {verb} several images, of which the first is used: "
            f"{abbreviate_names(several)}."
        )
    grey = {} if channels else {name: header.is_grey for name, header in headers.items() if header}
    return Survey(channels or (1 if all(grey.values()) else 3), ranges, warnings, empty, grey)


def measure_file(archive: ListableArchive, name: str) -> tuple[DeepKind, ValueExtent] | None:
    """The values of an image of more than 8 bits; None where it cannot be read."""
    try:
        return measure_image(archive.read(name), name)
    except OSError:
        return None


def choose_ranges(measured: Sequence[tuple[DeepKind, ValueExtent]]) -> tuple[dict[DeepKind, ValueRange], list[str]]:
    """The range of each kind, and sentences on those that are no plain 16 bits."""
    merged: dict[DeepKind, ValueExtent] = {}
    for kind, extent in measured:
        merged[kind] = merged[kind].union(extent) if kind in merged else extent
    counts = Counter(kind for kind, _ in measured)
    ranges, warnings = {}, []
    for kind, extent in merged.items():
        guess = None if kind.bits else guess_depth(extent)
        chosen = choose_range(extent, kind.bits or guess)
        note = f"holds {guess} bits in 16: {2**guess - 1:,} became white" if guess else chosen.note
        if note and counts[kind] == 1:
            warnings.append(f"1 image of more than 8 bits a channel {note}.")
        elif note:
            warnings.append(f"{counts[kind]:,} images of more than 8 bits a channel {plural(note)}.")
        ranges[kind] = chosen
    return ranges, warnings


def guess_depth(extent: ValueExtent) -> int | None:
    """The depth of values in files of 16 bits, where all of a set would be nearly black otherwise; else None."""
    if extent.dtype.name != "uint16" or extent.high == 0:
        return None
    return next((bits for bits in GUESSED_DEPTHS if extent.high < 2**bits), None)


def plural(note: str) -> str:
    """The end of a sentence on one image, for several."""
    return note.replace("holds ", "hold ", 1)

"""Converts pixel values of any number type and range to whole numbers of 8 or 16 bits.

`measure_values` finds the extremes of the values, `choose_range` decides which value is black and which is white, and
`scale_values` converts. A set of images shares one range: the union of their extents. The rules, in this order:

- 8 bits stay as they are; 16 bits too, unless the file says that fewer are used (`bits`).
- Floating-point numbers: white is 1, 255 or 65,535, whichever they fit; overshoot of a tenth is clipped. Numbers from
  about -1 to 1 have black at -1. All others (high dynamic range, heights, temperatures) are scaled by their own range.
- Integers of 32 bits or more, and signed ones: white is 255, or the largest value of 15 or 16 bits, whichever they fit;
  with negative values, or larger ones, they are scaled by their own range.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from gan_core.errors import UsageError

OVERSHOOT = 0.1  # of white, by which floating-point numbers may exceed a range: filters leave such values
MIN_SHARE = 0.25  # of a white, that values reach where it is theirs
MIN_NEGATIVE = -0.25  # floating-point numbers in [-1, 1] that go below it have black at -1
MAX_NUMBER = 1e30  # larger magnitudes stand for missing values, as the largest float does in maps
NEARLY_BLACK_BITS = 12  # 16-bit values that need no more are nearly black
VALUES_PER_BAND = 4_000_000  # values that are converted at once, which bounds the memory for intermediate results


@dataclass(frozen=True)
class ValueExtent:
    """The values of an image or of several: number type, extremes, whether all are whole, and how many are missing.

    Missing values are NaN, larger than MAX_NUMBER or marked by the file; where all are, `low` > `high`. Infinity is
    neither missing nor an extreme: it is white, as light that was too bright to be measured.
    """

    dtype: np.dtype
    low: float = float("inf")
    high: float = float("-inf")
    is_whole: bool = True
    missing: int = 0

    def union(self, other: "ValueExtent") -> "ValueExtent":
        """The extent of both. Their number types must be equal."""
        if self.dtype != other.dtype:
            raise ValueError(f"Values of {self.dtype} and {other.dtype} have no common extent.")
        return replace(
            self,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            is_whole=self.is_whole and other.is_whole,
            missing=self.missing + other.missing,
        )


@dataclass(frozen=True)
class ValueRange:
    """The values that become black and white; `note` says what is done, as the end of a sentence, "" where nothing is.

    `is_8_bit`: whether 8 bits hold every value.
    """

    black: float
    white: float
    is_8_bit: bool = False
    note: str = ""

    @property
    def dtype(self) -> np.dtype:
        """uint8 or uint16, whichever holds the values."""
        return np.dtype(np.uint8 if self.is_8_bit else np.uint16)


# Measuring -----------------------------------------------------------------------------------------------------------


def measure_values(values: NDArray[Any], missing_value: float | None = None) -> ValueExtent:
    """The extent of an array of any shape; `missing_value` is the one that the file marks as missing.

    Raises UsageError on complex numbers.
    """
    if values.dtype.kind not in "buif":
        raise UsageError(f"values of the type {values.dtype} are no colours")
    extent = ValueExtent(values.dtype)
    for band in split_bands(values):
        extent = extent.union(measure_band(band, missing_value))
    return extent


def measure_band(values: NDArray[Any], missing_value: float | None) -> ValueExtent:
    """The extent of an array that is small enough for intermediate results."""
    if values.dtype.kind != "f" and missing_value is None:
        return ValueExtent(values.dtype, float(values.min()), float(values.max()))
    valid = values[is_valid(values, missing_value)].astype(np.float64)
    missing = values.size - valid.size - int(np.isposinf(values).sum())
    if not valid.size:
        return ValueExtent(values.dtype, missing=missing)
    is_whole = bool((valid == np.floor(valid)).all())
    return ValueExtent(values.dtype, float(valid.min()), float(valid.max()), is_whole, missing)


def is_valid(values: NDArray[Any], missing_value: float | None) -> NDArray[np.bool_]:
    """Which values are numbers and not marked as missing."""
    valid = np.abs(values.astype(np.float64)) < MAX_NUMBER  # False for NaN
    return valid if missing_value is None else valid & (values != missing_value)


def split_bands(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Views of at most about VALUES_PER_BAND values each, split along the first axis."""
    values = np.atleast_1d(values)
    rows = max(1, VALUES_PER_BAND * len(values) // max(values.size, 1))
    for start in range(0, len(values), rows):
        band = values[start : start + rows]
        if band.size:
            yield band


# Choosing ------------------------------------------------------------------------------------------------------------


def choose_range(extent: ValueExtent, bits: int | None = None) -> ValueRange:
    """What is black and what is white.

    `bits` is the depth that the file states, where that is less than its number type. Raises UsageError where there is
    no value at all; its message is the end of a sentence.
    """
    if extent.low > extent.high:
        raise UsageError("holds no values: all are missing or not numbers")
    missing = f"; {extent.missing:,} missing values became black" if extent.missing else ""
    if extent.dtype.kind == "b":
        return ValueRange(0, 1, True)
    if bits is not None and extent.dtype.kind == "u":
        return range_of_bits(bits, extent, missing)
    if extent.dtype.kind == "f":
        chosen = choose_float_range(extent)
    elif extent.dtype.kind == "u" and extent.dtype.itemsize <= 2:
        chosen = choose_unsigned_range(extent)
    else:
        chosen = choose_integer_range(extent)
    return replace(chosen, note=chosen.note + missing if chosen.note else missing.removeprefix("; "))


def range_of_bits(bits: int, extent: ValueExtent, missing: str) -> ValueRange:
    """From 0 to the largest value of a depth; the whole number type where values exceed that."""
    if bits < 1 or extent.high >= 2**bits:
        bits = 8 * extent.dtype.itemsize
    return ValueRange(0, 2**bits - 1, bits <= 8, missing.removeprefix("; "))


def choose_unsigned_range(extent: ValueExtent) -> ValueRange:
    """Of 8 and 16 bits."""
    if extent.dtype.itemsize == 1:
        return ValueRange(0, 255, True)
    needed_bits = int(extent.high).bit_length()
    if 0 < needed_bits <= NEARLY_BLACK_BITS:
        note = (
            f"is nearly black: its largest value is {extent.high:,.0f} of 65,535; if it holds {max(needed_bits, 8)}"
            f" bits, multiply it by {65_535 / (2 ** max(needed_bits, 8) - 1):.0f} first"
        )
        return ValueRange(0, 65_535, note=note)
    return ValueRange(0, 65_535)


def choose_integer_range(extent: ValueExtent) -> ValueRange:
    """Of signed integers, and of those with more than 16 bits: their number type does not tell what is white."""
    signed = extent.dtype.kind == "i"
    kind = f"{8 * extent.dtype.itemsize}-bit {'signed ' if signed else ''}integers"
    largest = 2 ** (8 * extent.dtype.itemsize - signed) - 1
    whites = [min(255, largest), min(65_535, largest)]
    if extent.high > MIN_SHARE * largest:
        whites.append(largest)
    for white in whites:
        if extent.low >= 0 and extent.high <= white:
            return ValueRange(0, white, white <= 255, f"holds {kind}; {white:,} became white")
    return own_range(extent, kind)


def choose_float_range(extent: ValueExtent) -> ValueRange:
    """Of floating-point numbers."""
    kind, low, high = "floating-point numbers", extent.low, extent.high
    if low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        clipped = ", values beyond were clipped" if low < 0 or high > 1 else ""
        return ValueRange(0, 1, note=f"holds {kind}; 0 became black and 1 white{clipped}")
    if -1 - OVERSHOOT <= low < MIN_NEGATIVE and high <= 1 + OVERSHOOT:
        return ValueRange(-1, 1, note=f"holds {kind}; -1 became black and 1 white")
    for white in (255, 65_535):
        share = 0 if extent.is_whole and white == 255 else MIN_SHARE
        if -OVERSHOOT * white <= low and share * white < high <= (1 + OVERSHOOT) * white:
            is_8_bit = white == 255 and extent.is_whole
            return ValueRange(0, white, is_8_bit, f"holds {kind}; 0 became black and {white:,} white")
    return own_range(extent, kind)


def own_range(extent: ValueExtent, kind: str) -> ValueRange:
    """From the smallest to the largest value; equal values become black."""
    note = f"holds {kind} from {extent.low:.6g} to {extent.high:.6g}, which became black and white"
    return ValueRange(extent.low, extent.high if extent.high > extent.low else extent.low + 1, note=note)


# Scaling -------------------------------------------------------------------------------------------------------------


def scale_values(
    values: NDArray[Any], range: ValueRange, dtype: DTypeLike | None = None, missing_value: float | None = None
) -> NDArray[Any]:
    """Values of any shape -> uint8 or uint16, by default whichever holds them; rounded, clipped, missing ones black."""
    target = range.dtype if dtype is None else np.dtype(dtype)
    white = 2 ** (8 * target.itemsize) - 1
    if values.dtype == target and (range.black, range.white) == (0, white) and missing_value is None:
        return values
    scaled = np.empty(values.shape, target)
    for band, result in zip(split_bands(values), split_bands(scaled), strict=True):
        numbers = band.astype(np.float64)
        if values.dtype.kind == "f" or missing_value is not None:
            numbers[~is_valid(band, missing_value)] = range.black
            numbers[np.isposinf(band)] = range.white
        numbers = (numbers - range.black) * (white / (range.white - range.black or 1))  # one value alone is black
        result[:] = numbers.round().clip(0, white).astype(target)
    return scaled

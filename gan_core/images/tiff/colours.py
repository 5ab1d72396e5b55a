"""Turns the values of an image in a TIFF file into grey, RGB, CMYK or L*a*b* of 8 or 16 bits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_core.errors import UsageError
from gan_core.images.depth import ValueExtent, ValueRange, choose_range, measure_values, scale_values
from gan_core.images.tiff import layout as layouts
from gan_core.images.tiff import structure as tags
from gan_core.images.tiff.pages import Page
from gan_core.images.tiff.samples import read_samples

LUMA_WEIGHTS = (0.299, 0.587, 0.114)  # of R, G and B where a file does not state any (ITU-R BT.601)
CMYK_INKS = 1  # value of InkSet
ROWS_PER_BAND = 256  # rows that are converted at once


@dataclass(frozen=True)
class Picture:
    """Values (H, W, C) of the mode `L` or `RGB`, uint8 or uint16, or `CMYK` or `LAB`, uint8, as Pillow stores them;
    alpha (H, W) uint8 or None."""

    values: NDArray[Any]
    mode: str
    alpha: NDArray[np.uint8] | None
    notes: tuple[str, ...]


def to_picture(samples: NDArray[Any], page: Page, name: str) -> Picture:
    """The values of a page as colours, in their stored orientation. Raises UsageError where they are no colours."""
    layout, notes = page.layout, list(page.notes)
    convert = CONVERTERS.get(layout.photometric)
    if convert is None:
        raise UsageError(f"{name} holds no colours that are read: its photometric interpretation is "
                         f"{layout.photometric}.")  # fmt: skip
    count = layouts.COLOUR_CHANNELS[layout.photometric]
    if layout.channels < count:
        raise UsageError(f"{name} has {layout.channels} channels, but its colours need {count}.")
    alpha_index = next((i for i, kind in enumerate(layout.extras) if kind in (1, 2)), None)
    left_out = len(layout.extras) - (alpha_index is not None)
    if left_out:
        kept = "the first is read as grey" if count == 1 else "the colours are read"
        notes.append(f"{name} has {layout.channels} channels; {kept}, {left_out} left out.")
    values, mode = convert(samples[:, :, :count], page, name, notes)
    alpha = None
    if alpha_index is not None:
        alpha = scale_alpha(samples[:, :, count + alpha_index], layout)
        if layout.extras[alpha_index] == layouts.ASSOCIATED_ALPHA:
            values = divide_by_alpha(values, alpha)
        alpha = to_8_bit(alpha)
    if mode in ("CMYK", "LAB") and samples.dtype.itemsize > 1:
        notes.append(f"{name} has more than 8 bits a channel; it is read with 8.")
    return Picture(values, mode, alpha, tuple(notes))


# Depth ---------------------------------------------------------------------------------------------------------------


def scale_colours(samples: NDArray[Any], page: Page, name: str, notes: list[str]) -> NDArray[Any]:
    """Values of any number type -> uint8 or uint16; adds a note where that was a choice."""
    missing = missing_value(page)
    try:
        chosen = page.value_range or choose_range(measure_values(samples, missing), stated_bits(page))
    except UsageError as error:
        raise UsageError(f"{name} {error}.") from error
    if chosen.note:
        notes.append(f"{name} {chosen.note}.")
    elif chosen.white < 2 ** min(page.layout.depth, 16) - 1 and samples.dtype.kind == "u":
        notes.append(f"{name} holds {int(chosen.white).bit_length()} bits in 16; {chosen.white:,.0f} became white.")
    return scale_values(samples, chosen, missing_value=missing)


def measure_colours(page: Page, name: str) -> tuple[ValueExtent, int | None] | None:
    """The extent of the colours of a page, and the bits that the file states; None where they are not grey or RGB.

    Raises UsageError and DamagedTiffError as `read_samples` does.
    """
    if page.layout.photometric not in (layouts.WHITE_IS_ZERO, layouts.BLACK_IS_ZERO, layouts.MASK, layouts.RGB):
        return None
    count = layouts.COLOUR_CHANNELS[page.layout.photometric]
    extent = measure_values(read_samples(page, name)[:, :, :count], missing_value(page))
    return extent, stated_bits(page)


def stated_bits(page: Page) -> int | None:
    """The bits that values use, where the file states that they are fewer than those of the number type.

    MaxSampleValue is believed where it is the largest value of a depth: some programs state the image's maximum.
    """
    layout = page.layout
    if layout.depth != 8 * layout.number_type.itemsize:
        return layout.depth
    largest = page.file.integer(page.directory, tags.MAX_SAMPLE_VALUE, 0)
    is_depth = largest & (largest + 1) == 0 and 8 < largest.bit_length() < layout.depth
    return largest.bit_length() if is_depth else None


def missing_value(page: Page) -> float | None:
    """The value that GDAL marks as missing, of floating-point and signed numbers; None where there is none."""
    text = page.file.text(page.directory, tags.MISSING_VALUE).strip()
    if not text or page.layout.number_type.kind == "u":
        return None
    try:
        return float(text)
    except ValueError:
        return None


def scale_alpha(samples: NDArray[Any], layout: layouts.Layout) -> NDArray[Any]:
    """Alpha of any number type -> uint8 or uint16; what is no number becomes transparent."""
    if samples.dtype.kind == "f":
        highest = measure_values(samples).high
        opaque = next((white for white in (1, 255) if highest <= white * 1.2), 65_535)
        return scale_values(samples, ValueRange(0, opaque))
    bits = layout.depth - (samples.dtype.kind == "i")
    return scale_values(samples, ValueRange(0, 2**bits - 1, layout.depth <= 8))


def divide_by_alpha(values: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Colours (H, W, C) that were multiplied by alpha (H, W) -> those before; black where alpha is 0."""
    white = np.iinfo(values.dtype).max
    result = np.empty_like(values)
    for start in range(0, len(values), ROWS_PER_BAND):
        band = slice(start, start + ROWS_PER_BAND)
        share = alpha[band, :, None].astype(np.float32) / np.iinfo(alpha.dtype).max
        divided = values[band] / np.maximum(share, 1e-6)
        result[band] = np.where(share > 0, divided, 0).round().clip(0, white)
    return result


# Colours -------------------------------------------------------------------------------------------------------------


def convert_grey(samples: NDArray[Any], page: Page, name: str, notes: list[str]) -> tuple[NDArray[Any], str]:
    values = scale_colours(samples, page, name, notes)
    return (np.invert(values) if page.layout.photometric == layouts.WHITE_IS_ZERO else values), "L"


def convert_rgb(samples: NDArray[Any], page: Page, name: str, notes: list[str]) -> tuple[NDArray[Any], str]:
    return scale_colours(samples, page, name, notes), "RGB"


def convert_palette(samples: NDArray[Any], page: Page, name: str, notes: list[str]) -> tuple[NDArray[Any], str]:
    """Indices into a table of colours of 16 bits, of which programs fill the upper 8."""
    table = page.file.numbers(page.directory, tags.COLOUR_MAP)
    if page.layout.depth > 16 or samples.dtype.kind != "u" or len(table) < 3 * 2**page.layout.depth:
        raise UsageError(f"{name} has a palette that is cut off.")
    colours = table[: 3 * 2**page.layout.depth].reshape(3, -1).T  # (colours, 3)
    if colours.max() > 255:
        colours = colours >> 8
    return colours.astype(np.uint8)[samples[:, :, 0]], "RGB"


def convert_cmyk(samples: NDArray[Any], page: Page, name: str, notes: list[str]) -> tuple[NDArray[Any], str]:
    if page.file.integer(page.directory, tags.INK_SET, CMYK_INKS) != CMYK_INKS:
        raise UsageError(f"{name} holds separations of inks other than CMYK: save it as RGB or CMYK first.")
    return to_8_bit(scale_colours(samples, page, name, notes)), "CMYK"


def convert_ycbcr(samples: NDArray[Any], page: Page, name: str, notes: list[str]) -> tuple[NDArray[Any], str]:
    """YCbCr -> RGB by the weights and the reference black and white that the file states (TIFF 6.0, section 21)."""
    if samples.dtype.kind != "u":
        raise UsageError(f"{name} holds YCbCr of {page.layout.number_type}, which is not read.")
    white = 2.0**page.layout.depth - 1
    weights = page.file.fractions(page.directory, tags.YCBCR_WEIGHTS)
    red, green, blue = weights if len(weights) == 3 and min(weights) > 0 else LUMA_WEIGHTS
    middle = (white + 1) / 2
    stated = page.file.fractions(page.directory, tags.REFERENCE_BLACK_WHITE)
    is_of_8_bits = len(stated) == 6 and max(stated) <= 255 < white  # as some programs state them for any depth
    reference = stated if len(stated) == 6 and not is_of_8_bits else [0, white, middle, white, middle, white]
    target = np.uint8 if page.layout.depth <= 8 else np.uint16
    largest, result = np.iinfo(target).max, np.empty(samples.shape, target)
    for start in range(0, len(samples), ROWS_PER_BAND):
        band = samples[start : start + ROWS_PER_BAND].astype(np.float32)
        luma, cb, cr = (
            (band[:, :, i] - reference[2 * i]) / max(reference[2 * i + 1] - reference[2 * i], 1) for i in range(3)
        )
        span = (white - middle) / white  # of colour differences, relative to luma
        r, b = luma + cr * span * (2 - 2 * red), luma + cb * span * (2 - 2 * blue)
        g = (luma - red * r - blue * b) / green
        result[start : start + ROWS_PER_BAND] = (np.stack([r, g, b], 2) * largest).round().clip(0, largest)
    return result, "RGB"


def convert_lab(samples: NDArray[Any], page: Page, name: str, notes: list[str]) -> tuple[NDArray[Any], str]:
    """L*a*b* -> 8 bits, a* and b* with a sign, as Pillow takes it.

    L* is 100 at white. CIE: a* and b* are signed, with two's complement; ICC: they begin at the middle of the range,
    and L* of 16 bits is 100 at 65,280 (TIFF technical note 4 and ICC.1 of version 2).
    """
    layout = page.layout
    if layout.sample_format == layouts.FLOAT:
        lightness, colours = samples[:, :, :1] * 2.55, samples[:, :, 1:] + 128
    elif layout.depth in (8, 16):
        is_icc, size = layout.photometric == layouts.ICC_LAB, layout.depth // 8
        unsigned, signed = samples.view(f"u{size}"), samples.view(f"i{size}")
        unit = 256 ** (size - 1)
        lightness = unsigned[:, :, :1] / (257 if size == 2 and not is_icc else unit)
        colours = unsigned[:, :, 1:] / unit if is_icc else signed[:, :, 1:] / unit + 128
    else:
        raise UsageError(f"{name} holds L*a*b* colours of {layout.depth} bits, which are not read.")
    values = np.concatenate([lightness, colours], 2).round().clip(0, 255).astype(np.uint8)
    values[:, :, 1:] ^= 128  # as bytes with a sign
    return values, "LAB"


def to_8_bit(values: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 or uint16 -> uint8, rounded."""
    return values if values.dtype == np.uint8 else ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


CONVERTERS: dict[int, Callable[..., tuple[NDArray[Any], str]]] = {
    layouts.WHITE_IS_ZERO: convert_grey,
    layouts.BLACK_IS_ZERO: convert_grey,
    layouts.MASK: convert_grey,
    layouts.RGB: convert_rgb,
    layouts.PALETTE: convert_palette,
    layouts.SEPARATED: convert_cmyk,
    layouts.YCBCR: convert_ycbcr,
    layouts.CIE_LAB: convert_lab,
    layouts.ICC_LAB: convert_lab,
}

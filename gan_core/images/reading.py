"""Decodes an image file of any origin into pixels that networks can take and the metadata that must survive.

Of the file one frame is decoded, rotated upright, as grey or RGB with 8 bits, or as 16-bit grey. Whatever is lost or
converted on the way is described in a note.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from gan_core.errors import UsageError
from gan_core.images.sniffing import MAX_INPUT_PIXELS, default_name, open_image
from gan_core.images.tensors import grey_to_8_bit, to_pil
from gan_core.images.transparency import fill_transparent

ORIENTATION_TAG, EXIF_IFD_TAG, PIXEL_WIDTH_TAG, PIXEL_HEIGHT_TAG = 0x0112, 0x8769, 0xA002, 0xA003
# EXIF tags on the layout of one file, not on the image: size, strips, depth, profile, XMP, edits.
LAYOUT_TAGS = {*range(254, 260), 262, 266, *range(273, 275), *range(277, 280), 284, *range(288, 294), 317, 320}
LAYOUT_TAGS |= {*range(322, 326), *range(330, 348), *range(512, 533), 700, 33723, 34377, 34675}
RGB_SPACE, GREY_SPACE, CMYK_SPACE = b"RGB ", b"GRAY", b"CMYK"  # colour spaces as ICC profiles name them
ANIMATED_NOTE = "is animated; the first is used."  # the end of a sentence on a file that `images.animation` reads
XMP_PNG_KEYWORD = "XML:com.adobe.xmp"  # the keyword of the PNG text chunk that holds XMP


@dataclass(frozen=True)
class ImageMetadata:
    """What a file holds beside pixels: ICC profile, EXIF and XMP as bytes, dots per inch, PNG text chunks or a
    comment."""

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    text_chunks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DecodedImage:
    """Pixels (H, W, C), C = 1 or 3, uint8, or for 16-bit grey uint16 (H, W, 1); alpha (H, W) uint8 or None where there
    is no transparency; `notes` are sentences on what decoding lost or converted."""

    pixels: NDArray[Any]
    alpha: NDArray[np.uint8] | None = None
    metadata: ImageMetadata = ImageMetadata()
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def is_16_bit(self) -> bool:
        """Whether it is 16-bit grey."""
        return self.pixels.dtype == np.uint16

    def to_pil(self) -> Image.Image:
        """The image as Pillow's L, LA, RGB, RGBA or, for 16-bit grey without alpha, I;16."""
        decoded = self if self.alpha is None else self.to_8_bit()
        image = to_pil(decoded.pixels)
        if decoded.alpha is not None:
            image.putalpha(Image.fromarray(decoded.alpha))
        return image

    def to_8_bit(self) -> "DecodedImage":
        """The image with 8 bits a channel."""
        return replace(self, pixels=grey_to_8_bit(self.pixels)) if self.is_16_bit else self


def read_image(source: Path | bytes, name: str = "", max_pixels: int = MAX_INPUT_PIXELS) -> DecodedImage:
    """Decodes an image file, given as its path or its bytes; `name` is what messages call it.

    Raises UsageError where it is no image, is damaged, or has more than `max_pixels` (checked before decoding).
    """
    name = name or default_name(source)
    with open_image(source, name, max_pixels) as (image, format):
        notes = select_first_frame(image, format, name)
        has_high_bit_depth = ";16" in str(getattr(image, "tile", "")) or image.info.get("bit_depth", 8) > 8
        try:
            image.load()
        except MemoryError:
            raise
        except Exception as error:  # decoders raise all kinds of exceptions on damaged files
            raise UsageError(f"{name} is damaged or cut off: the {format} data are incomplete.") from error
        if has_high_bit_depth and not image.mode.startswith("I"):
            notes.append(f"{name} has more than 8 bits a channel; it is read with 8.")
        return decode_image(image, name, notes)


def decode_image(image: Image.Image, name: str, notes: Sequence[str] = ()) -> DecodedImage:
    """A loaded Pillow image as a `DecodedImage`; rotates it in place as its EXIF says. `notes` are those so far.

    Raises UsageError where its values are not colours of 8 or 16 bits.
    """
    notes = list(notes)
    exif, exif_damaged = apply_exif_orientation(image)
    if exif_damaged:
        notes.append(f"The EXIF data of {name} are damaged and left out.")
    converted, profile = to_supported_mode(image, name, notes)
    pixels, alpha = split_alpha(converted, image)
    metadata = ImageMetadata(profile, exif, read_xmp(image), read_dpi(image), read_text_chunks(image))
    return DecodedImage(pixels, alpha, metadata, tuple(notes))


# Frames and orientation ----------------------------------------------------------------------------------------------


def select_first_frame(image: Image.Image, format: str, name: str) -> list[str]:
    """Selects the first of several frames or pages; notes on the others. Previews within a JPEG do not count."""
    try:
        has_several_frames = format != "JPEG" and getattr(image, "is_animated", False)
    except Exception:  # the second frame is damaged: the first may be whole
        has_several_frames = False
    if not has_several_frames:
        return []
    if format == "HEIC":  # it opens with its primary image, wherever that lies
        return [f"{name} holds several images; the main one is used."]
    image.seek(0)
    return [f"{name} {'holds several images; the first is used.' if format == 'TIFF' else ANIMATED_NOTE}"]


def apply_exif_orientation(image: Image.Image) -> tuple[bytes | None, bool]:
    """Rotates the image in place as its EXIF orientation says.

    Returns its EXIF data without the tags that no longer hold, and whether the EXIF data were damaged.
    """
    try:
        ImageOps.exif_transpose(image, in_place=True)
        exif = image.getexif()
        for tag in LAYOUT_TAGS | {ORIENTATION_TAG}:
            exif.pop(tag, None)
        return (exif.tobytes() if len(exif) else None), False
    except Exception:  # hostile or damaged EXIF: the pixels are good
        return None, True


# Colour --------------------------------------------------------------------------------------------------------------


def to_supported_mode(image: Image.Image, name: str, notes: list[str]) -> tuple[Image.Image, bytes | None]:
    """The image as L, LA, RGB, RGBA or I;16, and its ICC profile if that still applies."""
    profile = image.info.get("icc_profile") or None
    mode = image.mode
    if mode == "CMYK":
        return cmyk_to_srgb(image, profile, name, notes), None
    if mode == "LAB":
        return convert_to_srgb(image, ImageCms.createProfile("LAB")), None
    if mode.startswith("I"):
        return to_16_bit_grey(image, name), matching_profile(profile, GREY_SPACE)
    if mode == "F":
        raise UsageError(f"{name} holds floating-point values instead of colours: save it as 8 or 16 bits first.")
    target_mode = "L" if mode in ("1", "L", "LA", "La") else "RGB"
    colour_space = GREY_SPACE if target_mode == "L" else RGB_SPACE
    if image.has_transparency_data or mode in ("La", "RGBa"):
        target_mode = "LA" if target_mode == "L" else "RGBA"
    return image.convert(target_mode), matching_profile(profile, colour_space)


def matching_profile(profile: bytes | None, colour_space: bytes) -> bytes | None:
    """The ICC profile if it is one of the colour space, else None."""
    return profile if profile and profile[16:20] == colour_space else None


def cmyk_to_srgb(image: Image.Image, profile: bytes | None, name: str, notes: list[str]) -> Image.Image:
    """CMYK -> sRGB through the embedded profile; without a usable one by Pillow's formula, with a note."""
    if matching_profile(profile, CMYK_SPACE):
        try:
            converted = convert_to_srgb(image, ImageCms.ImageCmsProfile(BytesIO(profile or b"")))
            notes.append(f"{name} was converted from CMYK to sRGB through its profile.")
            return converted
        except (ImageCms.PyCMSError, OSError):
            pass
    notes.append(f"{name} is CMYK without a usable profile; its colours are approximate.")
    return image.convert("RGB")


def convert_to_srgb(image: Image.Image, profile: Any) -> Image.Image:
    """The image in mode RGB, converted from `profile` to sRGB."""
    converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None
    return converted


def to_16_bit_grey(image: Image.Image, name: str) -> Image.Image:
    """Integers of 16 bits or more as I;16. Raises UsageError on values outside [0, 65535]."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65_535:
        raise UsageError(f"{name} holds values beyond 16 bits: save it as 8 or 16 bits first.")
    return Image.fromarray(values.astype(np.uint16))


def split_alpha(converted: Image.Image, original: Image.Image) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Pixels (H, W, C), colours filled in under full transparency, and alpha (H, W) or None."""
    values = np.array(converted).reshape(converted.height, converted.width, -1)
    if converted.mode == "I;16" and isinstance(original.info.get("transparency"), int):  # one grey means transparent
        return values, np.where(values[:, :, 0] == original.info["transparency"], 0, 255).astype(np.uint8)
    if converted.mode not in ("LA", "RGBA"):
        return values, None
    alpha = values[:, :, -1].copy()
    return fill_transparent(values[:, :, :-1], alpha), alpha


# Metadata ------------------------------------------------------------------------------------------------------------


def read_xmp(image: Image.Image) -> bytes | None:
    xmp = image.info.get("xmp") or image.info.get(XMP_PNG_KEYWORD)
    return xmp.encode() if isinstance(xmp, str) else xmp


def read_dpi(image: Image.Image) -> tuple[float, float] | None:
    """Dots per inch (horizontal, vertical), None where they are missing or implausible."""
    dpi = image.info.get("dpi")
    if not isinstance(dpi, tuple) or len(dpi) != 2 or not all(1 < float(value) < 65_536 for value in dpi):
        return None
    return float(dpi[0]), float(dpi[1])


def read_text_chunks(image: Image.Image) -> dict[str, str]:
    """The text chunks of a PNG by keyword, or the comment of a JPEG or GIF."""
    texts = {str(key): str(value) for key, value in getattr(image, "text", {}).items() if key != XMP_PNG_KEYWORD}
    comment = image.info.get("comment")
    if isinstance(comment, bytes) and comment:
        texts["Comment"] = comment.decode("utf-8", "replace")
    return {key: value for key, value in texts.items() if re.fullmatch(r"[\x20-\x7e]{1,79}", key)}

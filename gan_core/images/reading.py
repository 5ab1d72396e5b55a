"""Anybody's picture file <-> pixels a network can take, and everything else about it that must survive.

Reading: one frame, upright, grey or RGB, colours going on under what is transparent, 16-bit grey at its 16 bits.
Writing: PNG, JPEG, WebP or TIFF with the profile and metadata as far as the format takes them. Whatever is lost on the
way is said in a note.
"""

import re
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from gan_core.errors import UsageError
from gan_core.images import tensors
from gan_core.images.sniffing import MAX_INPUT_PIXELS, open_image

ORIENTATION_TAG, EXIF_IFD_TAG, PIXEL_WIDTH_TAG, PIXEL_HEIGHT_TAG = 0x0112, 0x8769, 0xA002, 0xA003
# EXIF tags that describe how one file was laid out, not the picture: size, strips, depth, profile, XMP, edits.
LAYOUT_TAGS = {*range(254, 260), 262, 266, *range(273, 275), *range(277, 280), 284, *range(288, 294), 317, 320}
LAYOUT_TAGS |= {*range(322, 326), *range(330, 348), *range(512, 533), 700, 33723, 34377, 34675}
RGB_SPACE, GREY_SPACE, CMYK_SPACE = b"RGB ", b"GRAY", b"CMYK"
XMP_PNG_KEYWORD = "XML:com.adobe.xmp"  # the name of the PNG text that holds XMP


@dataclass(frozen=True)
class ImageMetadata:
    """What travels beside the pixels: profile, EXIF and XMP as bytes, dots per inch, PNG texts or a comment."""

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    text_chunks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DecodedImage:
    """Pixels (H, W, C), C = 1 or 3, uint8, or for 16-bit grey uint16 (H, W, 1); alpha (H, W) uint8 where there is
    transparency; `notes` are sentences on what was changed in reading."""

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
        """Whether it is grey of 16 bits."""
        return self.pixels.dtype == np.uint16

    def to_pil(self) -> Image.Image:
        """As Pillow's L, LA, RGB, RGBA or, without alpha, I;16."""
        decoded = self if self.alpha is None else self.to_8_bit()
        image = tensors.to_pil(decoded.pixels)
        if decoded.alpha is not None:
            image.putalpha(Image.fromarray(decoded.alpha))
        return image

    def to_8_bit(self) -> "DecodedImage":
        """The same with 8 bits."""
        return replace(self, pixels=pixels_to_8_bit(self.pixels)) if self.is_16_bit else self


def pixels_to_8_bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


# Reading -------------------------------------------------------------------------------------------------------------


def read_image(source: Path | bytes, name: str = "", max_pixels: int = MAX_INPUT_PIXELS) -> DecodedImage:
    """The picture in a file or in its bytes; `name` is what sentences call it.

    Raises InputError where it is no picture, torn, or has more than `max_pixels` (found out before decoding).
    """
    name = name or (source.name if isinstance(source, Path) else "This file")
    with open_image(source, name, max_pixels) as (image, format):
        notes = select_first_frame(image, format, name)
        has_high_bit_depth = ";16" in str(getattr(image, "tile", "")) or image.info.get("bit_depth", 8) > 8
        try:
            image.load()
        except MemoryError:
            raise
        except Exception as error:  # decoders raise whatever they please on broken files
            raise UsageError(f"{name} is damaged or cut off: only a part of the {format} picture is there.") from error
        exif, exif_damaged = apply_exif_orientation(image)
        if exif_damaged:
            notes.append(f"The EXIF data of {name} are damaged and left out.")
        if has_high_bit_depth and not image.mode.startswith("I"):
            notes.append(f"{name} has more than 8 bits a colour; it is read with 8.")
        converted, profile = to_supported_mode(image, name, notes)
        pixels, alpha = split_alpha(converted, image)
        metadata = ImageMetadata(profile, exif, read_xmp(image), read_dpi(image), read_text_chunks(image))
    return DecodedImage(pixels, alpha, metadata, tuple(notes))


def select_first_frame(image: Image.Image, format: str, name: str) -> list[str]:
    """The note on a file of several frames or pages; a camera's JPEG may carry previews, of which nobody asks."""
    try:
        has_several_frames = format != "JPEG" and getattr(image, "is_animated", False)
    except Exception:  # the second frame is torn: the first may be whole
        has_several_frames = False
    if not has_several_frames:
        return []
    phrase = "holds several pictures" if format in ("TIFF", "HEIC") else "is animated"
    image.seek(0)
    return [f"{name} {phrase}; the first is taken."]


def apply_exif_orientation(image: Image.Image) -> tuple[bytes | None, bool]:
    """Turn the picture as its EXIF says, in place; its EXIF less what no longer holds, and whether it was damaged."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
        exif = image.getexif()
        for tag in LAYOUT_TAGS | {ORIENTATION_TAG}:
            exif.pop(tag, None)
        return (exif.tobytes() if len(exif) else None), False
    except Exception:  # hostile or torn EXIF: the pixels are good
        return None, True


def to_supported_mode(image: Image.Image, name: str, notes: list[str]) -> tuple[Image.Image, bytes | None]:
    """The picture as L, LA, RGB, RGBA or I;16, and the profile that goes with it."""
    profile = image.info.get("icc_profile") or None
    mode = image.mode
    if mode == "CMYK":
        return cmyk_to_srgb(image, profile, name, notes), None
    if mode == "LAB":
        return convert_to_srgb(image, ImageCms.createProfile("LAB")), None
    if mode.startswith("I"):
        return to_16_bit_grey(image, name), matching_profile(profile, GREY_SPACE)
    if mode == "F":
        raise UsageError(f"{name} holds measured numbers instead of colours: save it as 8 or 16 bits first.")
    target_mode = "L" if mode in ("1", "L", "LA", "La") else "RGB"
    if image.has_transparency_data or mode in ("La", "RGBa"):
        target_mode = "LA" if target_mode == "L" else "RGBA"
    return image.convert(target_mode), matching_profile(
        profile, GREY_SPACE if target_mode.startswith("L") else RGB_SPACE
    )


def matching_profile(profile: bytes | None, colour_space: bytes) -> bytes | None:
    """A profile only where it speaks of such pixels."""
    return profile if profile and profile[16:20] == colour_space else None


def cmyk_to_srgb(image: Image.Image, profile: bytes | None, name: str, notes: list[str]) -> Image.Image:
    """Inks to sRGB through the embedded profile; without a usable one by the simple formula, and said so."""
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
    """To sRGB."""
    converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None
    return converted


def to_16_bit_grey(image: Image.Image, name: str) -> Image.Image:
    """Whole numbers of 16 bits or more as I;16. Raises InputError where they do not fit."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65_535:
        raise UsageError(f"{name} holds numbers beyond 16 bits: save it as 8 or 16 bits first.")
    return Image.fromarray(values.astype(np.uint16))


def split_alpha(converted: Image.Image, original: Image.Image) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Pixels (H, W, C) and alpha (H, W) or None, colours filled in under what cannot be seen."""
    values = np.array(converted).reshape(converted.height, converted.width, -1)
    if converted.mode == "I;16" and isinstance(original.info.get("transparency"), int):  # one grey means transparent
        return values, np.where(values[:, :, 0] == original.info["transparency"], 0, 255).astype(np.uint8)
    if converted.mode not in ("LA", "RGBA"):
        return values, None
    alpha = values[:, :, -1].copy()
    return fill_transparent(values[:, :, :-1], alpha), alpha


def fill_transparent(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours under full transparency from the visible ones around (pull-push, Gortler et al. 1996).

    Files hold anything there, mostly black: what a network draws at the edge would take it on as a dark fringe.
    """
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return np.ascontiguousarray(pixels)
    fill = pull_push_fill(pixels.astype(np.float32), alpha.astype(np.float32))
    return np.where(hidden[:, :, None], fill.round().astype(np.uint8), pixels)


def pull_push_fill(colours: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours (H, W, C), where their weight (H, W) is 0 replaced by the means of coarser and coarser levels."""
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


def read_xmp(image: Image.Image) -> bytes | None:
    xmp = image.info.get("xmp") or image.info.get(XMP_PNG_KEYWORD)
    return xmp.encode() if isinstance(xmp, str) else xmp


def read_dpi(image: Image.Image) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    if not isinstance(dpi, tuple) or len(dpi) != 2 or not all(1 < float(value) < 65_536 for value in dpi):
        return None
    return float(dpi[0]), float(dpi[1])


def read_text_chunks(image: Image.Image) -> dict[str, str]:
    """A PNG's texts, or the comment of a JPEG or GIF."""
    texts = {str(key): str(value) for key, value in getattr(image, "text", {}).items() if key != XMP_PNG_KEYWORD}
    comment = image.info.get("comment")
    if isinstance(comment, bytes) and comment:
        texts["Comment"] = comment.decode("utf-8", "replace")
    return {key: value for key, value in texts.items() if re.fullmatch(r"[\x20-\x7e]{1,79}", key)}

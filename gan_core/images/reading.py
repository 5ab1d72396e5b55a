"""Decodes an image file of any origin into pixels that networks can take and the metadata that must survive.

Of the file one frame is decoded, rotated upright, as grey or RGB with 8 or 16 bits. Whatever is lost or
converted on the way is described in a note.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from gan_core.errors import UsageError
from gan_core.images.depth import choose_range, measure_values, scale_values
from gan_core.images.metadata import ImageMetadata, read_metadata
from gan_core.images.orientation import rotate_pixels
from gan_core.images.png.image import PngImage
from gan_core.images.sniffing import MAX_INPUT_PIXELS, default_name, open_image
from gan_core.images.stated_colours import settle_colours
from gan_core.images.tensors import grey_to_8_bit, to_pil
from gan_core.images.tiff.decoding import open_metadata, read_picture
from gan_core.images.tiff.pages import Page, PageImage
from gan_core.images.transparency import fill_transparent

RGB_SPACE, GREY_SPACE, CMYK_SPACE = b"RGB ", b"GRAY", b"CMYK"  # colour spaces as ICC profiles name them
ANIMATED_NOTE = "is animated; the first is used."  # the end of a sentence on a file that `images.animation` reads


@dataclass(frozen=True)
class DecodedImage:
    """Pixels (H, W, C), C = 1 or 3, uint8 or uint16; alpha (H, W) uint8 or None where there is no transparency;
    `notes` are sentences on what decoding lost or converted."""

    pixels: NDArray[Any]
    alpha: NDArray[np.uint8] | None = None
    metadata: ImageMetadata = field(default_factory=ImageMetadata)
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def is_16_bit(self) -> bool:
        """Whether its pixels have 16 bits a channel."""
        return self.pixels.dtype == np.uint16

    def to_pil(self) -> Image.Image:
        """The image as Pillow's L, LA, RGB, RGBA or, for 16-bit grey without alpha, I;16: it has no 16-bit colours."""
        decoded = self if self.alpha is None and self.pixels.shape[2] == 1 else self.to_8_bit()
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
        if isinstance(image, PageImage) and not image.is_decodable:
            return decode_tiff_page(image.page, name)
        notes = select_first_frame(image, format, name)
        has_high_bit_depth = ";16" in str(getattr(image, "tile", "")) or image.info.get("bit_depth", 8) > 8
        try:
            image.load()
        except (MemoryError, UsageError):
            raise
        except Exception as error:  # decoders raise all kinds of exceptions on damaged files
            raise UsageError(f"{name} is damaged or cut off: the {format} data are incomplete.") from error
        notes += getattr(image, "notes", ())  # of BMP, JPEG and PNG
        if has_high_bit_depth and not image.mode.startswith("I") and not isinstance(image, PngImage):
            notes.append(f"{name} has more than 8 bits a channel; it is read with 8.")
        return decode_image(image, name, notes)


def decode_image(image: Image.Image, name: str, notes: Sequence[str] = ()) -> DecodedImage:
    """A loaded Pillow image as a `DecodedImage`; rotates it in place as its EXIF says. `notes` are those so far.

    Raises UsageError where its values are not colours of 8 or 16 bits.
    """
    notes = list(notes)
    deep = image.read_deep_samples() if isinstance(image, PngImage) and image.is_deep else None
    metadata, orientation = read_metadata(image, name, notes)
    if deep:
        pixels, alpha = (part if part is None else rotate_pixels(part, orientation) for part in deep)
        assert pixels is not None
        if alpha is not None:
            pixels = fill_transparent(pixels, alpha)
        profile = matching_profile(image.info.get("icc_profile"), GREY_SPACE if pixels.shape[2] == 1 else RGB_SPACE)
    else:
        converted, profile = to_supported_mode(image, name, notes)
        pixels, alpha = split_alpha(converted, image)
    pixels, profile = settle_colours(pixels, profile, image, name, notes)
    metadata = replace(metadata, icc_profile=profile, colour_chunks=dict(getattr(image, "colour_chunks", {})))
    return DecodedImage(pixels, alpha, metadata, tuple(notes))


def decode_tiff_page(page: Page, name: str) -> DecodedImage:
    """The image of a TIFF file that Pillow does not decode, as a `DecodedImage`. Raises UsageError."""
    picture, metadata_image = read_picture(page, name), open_metadata(page)
    notes = list(picture.notes)
    metadata, _ = read_metadata(metadata_image, name, notes)
    values, profile = picture.values, metadata_image.info.get("icc_profile") or None
    if picture.mode in ("CMYK", "LAB"):
        converted = Image.frombytes(picture.mode, values.shape[1::-1], values.tobytes())
        converted.info["icc_profile"] = profile
        converted, profile = to_supported_mode(converted, name, notes)
        values = np.array(converted)  # a copy that can be written to, as torch asks for
    else:
        profile = matching_profile(profile, GREY_SPACE if values.shape[2] == 1 else RGB_SPACE)
    if picture.alpha is not None:
        values = fill_transparent(values, picture.alpha)
    metadata = replace(metadata, icc_profile=profile)
    return DecodedImage(np.ascontiguousarray(values), picture.alpha, metadata, tuple(notes))


# Frames and orientation ----------------------------------------------------------------------------------------------


def select_first_frame(image: Image.Image, format: str, name: str) -> list[str]:
    """Selects the first of several frames or pages; notes on the others. Previews within a JPEG do not count."""
    if isinstance(image, PageImage):
        return list(image.page.notes)
    try:
        has_several_frames = format != "JPEG" and getattr(image, "is_animated", False)
    except Exception:  # the second frame is damaged: the first may be whole
        has_several_frames = False
    if not has_several_frames:
        return []
    if format == "HEIC":  # it opens with its primary image, wherever that lies
        return [f"{name} holds several images; the main one is used."]
    image.seek(0)
    return [f"{name} {ANIMATED_NOTE}"]


# Colour --------------------------------------------------------------------------------------------------------------


def to_supported_mode(image: Image.Image, name: str, notes: list[str]) -> tuple[Image.Image, bytes | None]:
    """The image as L, LA, RGB, RGBA or I;16, and its ICC profile if that still applies."""
    profile = image.info.get("icc_profile") or None
    mode = image.mode
    if mode == "CMYK":
        return cmyk_to_srgb(image, profile, name, notes), None
    if mode == "LAB":
        return convert_to_srgb(image, ImageCms.createProfile("LAB")), None
    if mode.startswith("I") or mode == "F":
        return scale_grey(image, name, notes), matching_profile(profile, GREY_SPACE)
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


def stated_depth(image: Image.Image) -> int | None:
    """The bits of 16 that the values use, by the tags of a TIFF file; None where they are as many or not stated."""
    depth = image.page.layout.depth if isinstance(image, PageImage) else 16
    return depth if 8 < depth < 16 else None


def scale_grey(image: Image.Image, name: str, notes: list[str]) -> Image.Image:
    """Floating-point numbers, or integers of 16 bits or more, as L or I;16, by the rules of `depth`; adds a note."""
    values = np.asarray(image)
    try:
        value_range = choose_range(measure_values(values), stated_depth(image))
    except UsageError as error:
        raise UsageError(f"{name} {error}.") from error
    if value_range.note:
        notes.append(f"{name} {value_range.note}.")
    return Image.fromarray(scale_values(values, value_range))


def split_alpha(converted: Image.Image, original: Image.Image) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Pixels (H, W, C), colours filled in under full transparency, and alpha (H, W) or None."""
    values = np.array(converted).reshape(converted.height, converted.width, -1)
    if converted.mode in ("LA", "RGBA"):
        alpha = values[:, :, -1].copy()
        return fill_transparent(values[:, :, :-1], alpha), alpha
    alpha = original.alpha_of_transparent_colour(values) if isinstance(original, PngImage) else None
    return (values, None) if alpha is None else (fill_transparent(values, alpha), alpha)

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
from gan_core.images.sniffing import MAX_PIXELS, opened

ORIENTATION, EXIF_IFD, PIXEL_WIDTH, PIXEL_HEIGHT = 0x0112, 0x8769, 0xA002, 0xA003
# EXIF tags that describe how one file was laid out, not the picture: size, strips, depth, profile, XMP, edits.
LAYOUT_TAGS = {*range(254, 260), 262, 266, *range(273, 275), *range(277, 280), 284, *range(288, 294), 317, 320}
LAYOUT_TAGS |= {*range(322, 326), *range(330, 348), *range(512, 533), 700, 33723, 34377, 34675}
RGB_SPACE, GREY_SPACE, CMYK_SPACE = b"RGB ", b"GRAY", b"CMYK"
XMP_TEXT = "XML:com.adobe.xmp"  # the name of the PNG text that holds XMP


@dataclass(frozen=True)
class Metadata:
    """What travels beside the pixels: profile, EXIF and XMP as bytes, dots per inch, PNG texts or a comment."""

    profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """Pixels (H, W, C), C = 1 or 3, uint8, or for 16-bit grey uint16 (H, W, 1); alpha (H, W) uint8 where there is
    transparency; `notes` are sentences on what was changed in reading."""

    pixels: NDArray[Any]
    alpha: NDArray[np.uint8] | None = None
    metadata: Metadata = Metadata()
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def deep(self) -> bool:
        """Whether it is grey of 16 bits."""
        return self.pixels.dtype == np.uint16

    def to_pil(self) -> Image.Image:
        """As Pillow's L, LA, RGB, RGBA or, without alpha, I;16."""
        picture = self if self.alpha is None else self.reduced()
        image = tensors.to_pil(picture.pixels)
        if picture.alpha is not None:
            image.putalpha(Image.fromarray(picture.alpha))
        return image

    def reduced(self) -> "Picture":
        """The same with 8 bits."""
        return replace(self, pixels=to_8_bits(self.pixels)) if self.deep else self


def to_8_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


# Reading -------------------------------------------------------------------------------------------------------------


def read(source: Path | bytes, name: str = "", max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in a file or in its bytes; `name` is what sentences call it.

    Raises InputError where it is no picture, torn, or has more than `max_pixels` (found out before decoding).
    """
    name = name or (source.name if isinstance(source, Path) else "This file")
    with opened(source, name, max_pixels) as (image, format):
        notes = first_of_several(image, format, name)
        deep_colour = ";16" in str(getattr(image, "tile", "")) or image.info.get("bit_depth", 8) > 8
        try:
            image.load()
        except MemoryError:
            raise
        except Exception as error:  # decoders raise whatever they please on broken files
            raise UsageError(f"{name} is damaged or cut off: only a part of the {format} picture is there.") from error
        exif, damaged = upright(image)
        if damaged:
            notes.append(f"The EXIF data of {name} are damaged and left out.")
        if deep_colour and not image.mode.startswith("I"):
            notes.append(f"{name} has more than 8 bits a colour; it is read with 8.")
        plain, profile = plain_mode(image, name, notes)
        pixels, alpha = arrays(plain, image)
        metadata = Metadata(profile, exif, xmp_of(image), dpi_of(image), texts_of(image))
    return Picture(pixels, alpha, metadata, tuple(notes))


def first_of_several(image: Image.Image, format: str, name: str) -> list[str]:
    """The note on a file of several frames or pages; a camera's JPEG may carry previews, of which nobody asks."""
    try:
        several = format != "JPEG" and getattr(image, "is_animated", False)
    except Exception:  # the second frame is torn: the first may be whole
        several = False
    if not several:
        return []
    kind = "holds several pictures" if format in ("TIFF", "HEIC") else "is animated"
    image.seek(0)
    return [f"{name} {kind}; the first is taken."]


def upright(image: Image.Image) -> tuple[bytes | None, bool]:
    """Turn the picture as its EXIF says, in place; its EXIF less what no longer holds, and whether it was damaged."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
        exif = image.getexif()
        for tag in LAYOUT_TAGS | {ORIENTATION}:
            exif.pop(tag, None)
        return (exif.tobytes() if len(exif) else None), False
    except Exception:  # hostile or torn EXIF: the pixels are good
        return None, True


def plain_mode(image: Image.Image, name: str, notes: list[str]) -> tuple[Image.Image, bytes | None]:
    """The picture as L, LA, RGB, RGBA or I;16, and the profile that goes with it."""
    profile = image.info.get("icc_profile") or None
    mode = image.mode
    if mode == "CMYK":
        return from_cmyk(image, profile, name, notes), None
    if mode == "LAB":
        return transformed(image, ImageCms.createProfile("LAB")), None
    if mode.startswith("I"):
        return deep_grey(image, name), fitting(profile, GREY_SPACE)
    if mode == "F":
        raise UsageError(f"{name} holds measured numbers instead of colours: save it as 8 or 16 bits first.")
    target = "L" if mode in ("1", "L", "LA", "La") else "RGB"
    if image.has_transparency_data or mode in ("La", "RGBa"):
        target = "LA" if target == "L" else "RGBA"
    return image.convert(target), fitting(profile, GREY_SPACE if target.startswith("L") else RGB_SPACE)


def fitting(profile: bytes | None, space: bytes) -> bytes | None:
    """A profile only where it speaks of such pixels."""
    return profile if profile and profile[16:20] == space else None


def from_cmyk(image: Image.Image, profile: bytes | None, name: str, notes: list[str]) -> Image.Image:
    """Inks to sRGB through the embedded profile; without a usable one by the simple formula, and said so."""
    if fitting(profile, CMYK_SPACE):
        try:
            converted = transformed(image, ImageCms.ImageCmsProfile(BytesIO(profile or b"")))
            notes.append(f"{name} was converted from CMYK to sRGB through its profile.")
            return converted
        except (ImageCms.PyCMSError, OSError):
            pass
    notes.append(f"{name} is CMYK without a usable profile; its colours are approximate.")
    return image.convert("RGB")


def transformed(image: Image.Image, profile: Any) -> Image.Image:
    """To sRGB."""
    converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None
    return converted


def deep_grey(image: Image.Image, name: str) -> Image.Image:
    """Whole numbers of 16 bits or more as I;16. Raises InputError where they do not fit."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65_535:
        raise UsageError(f"{name} holds numbers beyond 16 bits: save it as 8 or 16 bits first.")
    return Image.fromarray(values.astype(np.uint16))


def arrays(plain: Image.Image, image: Image.Image) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Pixels (H, W, C) and alpha (H, W) or None, colours filled in under what cannot be seen."""
    values = np.array(plain).reshape(plain.height, plain.width, -1)
    if plain.mode == "I;16" and isinstance(image.info.get("transparency"), int):  # one grey means transparent
        return values, np.where(values[:, :, 0] == image.info["transparency"], 0, 255).astype(np.uint8)
    if plain.mode not in ("LA", "RGBA"):
        return values, None
    alpha = values[:, :, -1].copy()
    return fill_hidden(values[:, :, :-1], alpha), alpha


def fill_hidden(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours under full transparency from the visible ones around (pull-push, Gortler et al. 1996).

    Files hold anything there, mostly black: what a network draws at the edge would take it on as a dark fringe.
    """
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return np.ascontiguousarray(pixels)
    filled = spread(pixels.astype(np.float32), alpha.astype(np.float32))
    return np.where(hidden[:, :, None], filled.round().astype(np.uint8), pixels)


def spread(colours: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours (H, W, C), where their weight (H, W) is 0 replaced by the means of coarser and coarser levels."""
    height, width = weights.shape
    if weights.all() or height * width == 1:
        return colours
    even = ((0, height % 2), (0, width % 2))
    mass = np.pad(weights, even)  # (H', W')
    sums = np.pad(colours * weights[:, :, None], (*even, (0, 0)))
    mass, sums = (each[0::2, 0::2] + each[0::2, 1::2] + each[1::2, 0::2] + each[1::2, 1::2] for each in (mass, sums))
    coarse = spread(sums / np.maximum(mass, 1)[:, :, None], np.minimum(mass, 255))
    around = coarse.repeat(2, 0).repeat(2, 1)[:height, :width]
    return np.where(weights[:, :, None] > 0, colours, around)


def xmp_of(image: Image.Image) -> bytes | None:
    xmp = image.info.get("xmp") or image.info.get(XMP_TEXT)
    return xmp.encode() if isinstance(xmp, str) else xmp


def dpi_of(image: Image.Image) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    if not isinstance(dpi, tuple) or len(dpi) != 2 or not all(1 < float(each) < 65_536 for each in dpi):
        return None
    return float(dpi[0]), float(dpi[1])


def texts_of(image: Image.Image) -> dict[str, str]:
    """A PNG's texts, or the comment of a JPEG or GIF."""
    texts = {str(key): str(value) for key, value in getattr(image, "text", {}).items() if key != XMP_TEXT}
    comment = image.info.get("comment")
    if isinstance(comment, bytes) and comment:
        texts["Comment"] = comment.decode("utf-8", "replace")
    return {key: value for key, value in texts.items() if re.fullmatch(r"[\x20-\x7e]{1,79}", key)}

"""What an image file holds beside pixels: profile, EXIF, XMP, resolution and texts, as far as they still hold."""

import re
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageOps, TiffImagePlugin

from gan_core.images.png.image import PngImage
from gan_core.images.png.texts import XMP_KEYWORD, decode_text
from gan_core.images.stale_metadata import remove_stale_tags
from gan_core.images.xmp import OTHER_PARTS, clean_xmp

ORIENTATION_TAG, EXIF_IFD_TAG, PIXEL_WIDTH_TAG, PIXEL_HEIGHT_TAG = 0x0112, 0x8769, 0xA002, 0xA003
# EXIF tags on the layout of one file, not on the image: size, strips, depth, profile, XMP, edits.
LAYOUT_TAGS = {*range(254, 260), 262, 266, *range(273, 275), *range(277, 280), 284, *range(288, 294), 317, 320}
LAYOUT_TAGS |= {*range(322, 326), *range(330, 348), *range(512, 533), 700, 33723, 34377, 34675}
DIRECTORY_TAGS = (EXIF_IFD_TAG, 0x8825)  # of the directories for EXIF and places
IPTC_TAG, PHOTOSHOP_TAG = 33723, 34377  # of TIFF
IPTC_MARKER = b"\x1c"  # that each entry of a record begins with
IPTC_RESOURCE = 0x0404  # of Photoshop's image resources
MAX_DPI = 65_536
SELF_ROTATING_FORMATS = ("HEIF", "AVIF")  # Pillow's names of those whose decoders rotate images


@dataclass(frozen=True)
class ImageMetadata:
    """What a file holds beside pixels: ICC profile, EXIF and XMP as bytes, dots per inch, PNG text chunks or a
    comment, the contents of PNG chunks on colours, the aspect of pixels (those of a length across and down), and
    captions as an IPTC record."""

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    text_chunks: dict[str, str] = field(default_factory=dict)
    colour_chunks: dict[str, bytes] = field(default_factory=dict)
    aspect: tuple[int, int] | None = None
    iptc: bytes | None = None


def read_metadata(image: Image.Image, name: str, notes: list[str]) -> tuple[ImageMetadata, int]:
    """The metadata of an image besides its profile, and the orientation by which the image is rotated in place.

    Adds notes on what is damaged or left out.
    """
    xmp = read_xmp(image, name, notes)
    remove_stale_tags(image, name, notes)
    orientation = read_orientation(image)
    exif, exif_damaged = apply_orientation(image)
    if exif_damaged:
        notes.append(f"The EXIF data of {name} are damaged and left out.")
    aspect = image.info.get("aspect")
    metadata = ImageMetadata(
        exif=exif,
        xmp=xmp,
        dpi=read_dpi(image),
        text_chunks=read_text_chunks(image),
        aspect=aspect if isinstance(aspect, tuple) and len(set(aspect)) > 1 else None,
        iptc=read_iptc(image),
    )
    return metadata, orientation


def read_orientation(image: Image.Image) -> int:
    """The orientation of an image by its EXIF, or by its XMP where that says nothing; 1 is upright.

    Decoders of HEIC and AVIF rotate images themselves: there XMP, which they do not know, says nothing.
    """
    try:
        orientation = image.getexif().get(ORIENTATION_TAG, 0)
    except Exception:  # hostile or damaged EXIF
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def apply_orientation(image: Image.Image) -> tuple[bytes | None, bool]:
    """Rotates the image in place as its orientation says.

    Returns its EXIF data without the tags that no longer hold, and whether the EXIF data were damaged.
    """
    try:
        ImageOps.exif_transpose(image, in_place=True)
        exif = image.getexif()
        for tag in LAYOUT_TAGS | {ORIENTATION_TAG}:
            exif.pop(tag, None)
        return (exif_to_bytes(exif) if len(exif) else None), False
    except Exception:  # hostile or damaged EXIF: the pixels are good
        return None, True


def exif_to_bytes(exif: Image.Exif) -> bytes:
    """EXIF data as bytes, with their texts byte for byte: Pillow reads Latin-1, but writes ASCII."""
    exif.bigtiff = False  # which EXIF, unlike the TIFF file it may come from, never is
    keep_texts(exif)
    return exif.tobytes()


def directories(exif: Image.Exif) -> list[dict[int, Any]]:
    """The directories of EXIF data that hold anything; Pillow makes those that it is asked for."""
    return [values for tag in DIRECTORY_TAGS if tag in exif and (values := exif.get_ifd(tag))]


def keep_texts(exif: Image.Exif) -> None:
    """Makes Pillow write the texts of EXIF data byte for byte."""
    for values in (exif, *directories(exif)):
        for tag, value in list(values.items()):
            if isinstance(value, str) and not value.isascii():
                values[tag] = value.encode("latin-1", "replace")


def read_xmp(image: Image.Image, name: str, notes: list[str]) -> bytes | None:
    """The XMP of an image with what still holds. Its orientation goes into the image's EXIF where that has none."""
    xmp = image.info.pop("xmp", None) or image.info.get(XMP_KEYWORD)
    image.info.pop(XMP_KEYWORD, None)
    if not xmp:
        return None
    cleaned = clean_xmp(xmp.encode() if isinstance(xmp, str) else xmp)
    if cleaned.orientation and image.format not in SELF_ROTATING_FORMATS:
        with suppress(Exception):  # hostile or damaged EXIF
            image.getexif().setdefault(ORIENTATION_TAG, cleaned.orientation)
    if cleaned.is_damaged:
        notes.append(f"The XMP data of {name} are damaged and left out.")
    removed = [part for part in cleaned.removed if part != OTHER_PARTS or len(cleaned.removed) == 1]
    notes += [sentence for part in removed if (sentence := left_out(name, part)) not in notes]
    return cleaned.xmp


def left_out(name: str, part: str) -> str:
    """The sentence on a part of a file that the result does not have."""
    return f"The {part} of {name} {'are' if part.endswith(('data', 'parts', 'mattes')) else 'is'} left out."


def read_dpi(image: Image.Image) -> tuple[float, float] | None:
    """Dots per inch (horizontal, vertical), None where they are missing or implausible."""
    dpi = image.info.get("dpi")
    if not isinstance(dpi, tuple) or len(dpi) != 2 or not all(1 < float(value) < MAX_DPI for value in dpi):
        return None
    return float(dpi[0]), float(dpi[1])


def read_text_chunks(image: Image.Image) -> dict[str, str]:
    """The text chunks of a PNG by keyword, or the comment of a JPEG or GIF."""
    texts = dict(image.texts.texts) if isinstance(image, PngImage) else {}
    comment = image.info.get("comment")
    if isinstance(comment, bytes) and (text := decode_text(comment.rstrip(b"\0"))):
        texts["Comment"] = text
    keyword = r"(?! )[\x20-\x7e\xa1-\xff]{1,79}(?<! )"
    return {key: value.replace("\0", " ") for key, value in texts.items() if re.fullmatch(keyword, key)}


# Captions ------------------------------------------------------------------------------------------------------------


def read_iptc(image: Image.Image) -> bytes | None:
    """The captions of an image as an IPTC record."""
    photoshop = image.info.get("photoshop")
    if isinstance(photoshop, dict):  # of a JPEG
        record = photoshop.get(IPTC_RESOURCE)
        return record if isinstance(record, bytes) and record else None
    if isinstance(image, PngImage) and image.texts.photoshop:
        return first_record(image.texts.photoshop)
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return None
    return tag_bytes(image, IPTC_TAG) or first_record(tag_bytes(image, PHOTOSHOP_TAG))


def tag_bytes(image: TiffImagePlugin.TiffImageFile, tag: int) -> bytes:
    """The bytes of a tag of TIFF as they lie in the file: programs state all kinds of number types for them."""
    return bytes(image.tag_v2._tagdata.get(tag, b""))


def first_record(data: bytes) -> bytes | None:
    """The IPTC record in Photoshop's image resources, or the data themselves where they are one."""
    return data if data.startswith(IPTC_MARKER) else next(iter(iptc_records(data)), None)


def iptc_records(resources: bytes) -> Iterable[bytes]:
    """The IPTC records among Photoshop's image resources."""
    position = 0
    while resources[position : position + 4] == b"8BIM" and position + 12 <= len(resources):
        code, name_length = struct.unpack(">HB", resources[position + 4 : position + 7])
        position += 7 + name_length + (1 - name_length % 2)
        size = int.from_bytes(resources[position : position + 4], "big")
        if code == IPTC_RESOURCE:
            yield resources[position + 4 : position + 4 + size]
        position += 4 + size + size % 2


def to_photoshop_resources(iptc: bytes) -> bytes:
    """An IPTC record as Photoshop's image resources."""
    return b"8BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)

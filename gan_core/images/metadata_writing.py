"""Chooses what a written file holds beside pixels: as much of the metadata as the format has a form for.

Limits are checked before Pillow writes, which fails where one is exceeded; what is left out is said in a note.
"""

import struct
from typing import Any

from PIL import Image, PngImagePlugin

from gan_core.images.encoding import PNG_COMPRESSION_LEVEL
from gan_core.images.metadata import (
    DIRECTORY_TAGS,
    EXIF_IFD_TAG,
    IPTC_TAG,
    PIXEL_HEIGHT_TAG,
    PIXEL_WIDTH_TAG,
    ImageMetadata,
    directories,
    exif_to_bytes,
    keep_texts,
    to_photoshop_resources,
)
from gan_core.images.png.texts import RAW_PROFILE_PREFIX, XMP_KEYWORD
from gan_core.images.texts import COMMENT, add_texts

MAX_SEGMENT_BYTES = 65_533  # of the content of a segment of a JPEG
MAX_JPEG_BYTES = {"exif": MAX_SEGMENT_BYTES, "xmp": MAX_SEGMENT_BYTES - 29}  # less what the segment begins with
MAX_JPEG_PROFILE_BYTES = 255 * (MAX_SEGMENT_BYTES - 14)  # of a profile, which may lie in 255 segments
PHOTOSHOP_PREFIX = b"Photoshop 3.0\0"
TIFF_XMP_TAG = 700
X_RESOLUTION_TAG, Y_RESOLUTION_TAG, RESOLUTION_UNIT_TAG, INCHES = 0x011A, 0x011B, 0x0128, 2


def choose_options(
    metadata: ImageMetadata, size: tuple[int, int], format: str, quality: int, notes: list[str]
) -> dict[str, Any]:
    """The options of Pillow's writer of the format for an image of this size; adds notes on what is left out."""
    exif, xmp = metadata.exif, metadata.xmp
    if exif and not updated_exif(exif, size):
        notes.append("The EXIF data are damaged and left out.")
    if format == "JPEG":
        exif = within_limit(exif, "EXIF", MAX_JPEG_BYTES["exif"], notes)
        xmp = within_limit(xmp, "XMP", MAX_JPEG_BYTES["xmp"], notes)
    if metadata.aspect and format != "PNG":
        across, down = metadata.aspect
        notes.append(f"{format} does not hold that pixels are not square ({across}:{down}).")
    options = {"icc_profile": metadata.icc_profile, "xmp": xmp}
    if format == "PNG":
        options |= {"exif": updated_exif(exif, size), **png_options(metadata, xmp)}
    else:
        options |= exif_options(metadata, exif, size, format, quality, notes)
    return {name: value for name, value in options.items() if value}


def within_limit(data: bytes | None, kind: str, limit: int, notes: list[str]) -> bytes | None:
    """The data where a segment of a JPEG holds them; None, with a note, where they are too long."""
    if data is None or len(data) <= limit:
        return data
    notes.append(f"The {kind} data are too long for JPEG and left out.")
    return None


def updated_exif(data: bytes | None, size: tuple[int, int]) -> bytes | None:
    """The EXIF data, with the present size where they state one."""
    if not data:
        return None
    exif = load_exif(data, size)
    return exif_to_bytes(exif) if len(exif) else None


def load_exif(data: bytes | None, size: tuple[int, int]) -> Image.Exif:
    """EXIF data, with the present size where they state one; empty where they are damaged."""
    exif = Image.Exif()
    try:
        exif.load(data or b"")
        exif_to_bytes(exif)
    except Exception:  # Pillow raises all kinds of exceptions on damaged EXIF
        exif = Image.Exif()
    exif_ifd = exif.get_ifd(EXIF_IFD_TAG) if EXIF_IFD_TAG in exif else {}
    for tag, side in zip((PIXEL_WIDTH_TAG, PIXEL_HEIGHT_TAG), size, strict=True):
        if tag in exif_ifd:
            exif_ifd[tag] = side
    return exif


# PNG -----------------------------------------------------------------------------------------------------------------


def png_options(metadata: ImageMetadata, xmp: bytes | None) -> dict[str, Any]:
    """The chunks of a PNG: colours, texts, XMP and captions. ASCII goes into tEXt, which every program reads."""
    chunks = PngImagePlugin.PngInfo()
    for kind, content in metadata.colour_chunks.items():
        chunks.add(kind.encode("ascii"), content)
    for keyword, text in metadata.text_chunks.items():
        if text.isascii():
            chunks.add_text(keyword, text)
        else:
            chunks.add_itxt(keyword, text)
    if xmp:
        chunks.add_itxt(XMP_KEYWORD, xmp.decode("utf-8", "replace"))
    if metadata.iptc:
        data = to_photoshop_resources(metadata.iptc)
        chunks.add_text(f"{RAW_PROFILE_PREFIX}iptc", f"\niptc\n{len(data):8}\n{data.hex()}\n", zip=True)
    dpi = {"dpi": metadata.dpi} if metadata.dpi else {}
    return {"pnginfo": chunks, "compress_level": PNG_COMPRESSION_LEVEL} | dpi


# JPEG, WebP, TIFF ----------------------------------------------------------------------------------------------------


def exif_options(
    metadata: ImageMetadata, data: bytes | None, size: tuple[int, int], format: str, quality: int, notes: list[str]
) -> dict[str, Any]:
    """The options of a format that has EXIF, into which texts are carried over."""
    texts = dict(metadata.text_chunks)
    exif = load_exif(data, size)
    dpi = {"dpi": metadata.dpi} if metadata.dpi else {}
    options: dict[str, Any] = {}
    if format == "JPEG":
        options = {"quality": quality, "subsampling": "4:4:4"} | dpi | comment_option(texts)
    elif format == "WebP":
        options = {"quality": quality}
        add_resolution(exif, metadata.dpi)
    unplaced, too_long = add_texts(exif, texts, format, MAX_JPEG_BYTES["exif"] if format == "JPEG" else None)
    notes += left_out_sentences(format, unplaced, too_long)
    if metadata.iptc and format == "JPEG":
        options["extra"] = captions_segment(metadata.iptc, notes)
    if metadata.iptc and format == "WebP":
        notes.append("WebP has no place for captions (IPTC): they are left out.")
    if format == "TIFF":
        return tiff_options(exif, metadata) | dpi
    return options | ({"exif": exif_to_bytes(exif)} if len(exif) else {})


def left_out_sentences(format: str, unplaced: list[str], too_long: list[str]) -> list[str]:
    """Sentences on texts for which a format has no place, and on those too long for it."""
    sentences = []
    if unplaced:
        words = "the texts" if len(unplaced) > 1 else "the text"
        sentences.append(f"{format} has no place for {words} {', '.join(unplaced)}: left out.")
    if too_long:
        words = ("texts", "are") if len(too_long) > 1 else ("text", "is")
        sentences.append(f"The {words[0]} {', '.join(too_long)} {words[1]} too long for {format} and left out.")
    return sentences


def comment_option(texts: dict[str, str]) -> dict[str, bytes]:
    """The comment of a JPEG, which is taken from the texts, where it is short enough for a segment."""
    comment = texts.get(COMMENT, "").encode("utf-8", "replace")
    if not comment or len(comment) > MAX_SEGMENT_BYTES:
        return {}
    del texts[COMMENT]
    return {"comment": comment}


def captions_segment(iptc: bytes, notes: list[str]) -> bytes:
    """The segment of a JPEG with captions; b"", with a note, where they are too long."""
    content = PHOTOSHOP_PREFIX + to_photoshop_resources(iptc)
    if len(content) > MAX_SEGMENT_BYTES:
        notes.append("The captions (IPTC) are too long for JPEG and left out.")
        return b""
    return b"\xff\xed" + struct.pack(">H", len(content) + 2) + content


def add_resolution(exif: Image.Exif, dpi: tuple[float, float] | None) -> None:
    """States the resolution in EXIF, where that does not state one."""
    if dpi and X_RESOLUTION_TAG not in exif:
        exif[X_RESOLUTION_TAG], exif[Y_RESOLUTION_TAG], exif[RESOLUTION_UNIT_TAG] = dpi[0], dpi[1], INCHES


def tiff_options(exif: Image.Exif, metadata: ImageMetadata) -> dict[str, Any]:
    """The tags of a TIFF, which are EXIF's and more."""
    has_directories = bool(directories(exif))
    tags = Image.Exif()
    if has_directories:
        tags.load(exif_to_bytes(exif))  # with the directories among the tags
    else:
        tags.update({tag: value for tag, value in exif.items() if tag not in DIRECTORY_TAGS})
    if tags.get(RESOLUTION_UNIT_TAG, 2) not in (1, 2, 3):  # none, inches or centimetres: libtiff refuses any other
        del tags[RESOLUTION_UNIT_TAG]
    keep_texts(tags)
    if metadata.xmp:
        tags[TIFF_XMP_TAG] = metadata.xmp
    if metadata.iptc:
        tags[IPTC_TAG] = metadata.iptc
    compression = "raw" if has_directories else "tiff_adobe_deflate"  # libtiff, which compresses, cannot write EXIF
    return {"compression": compression, "tiffinfo": tags}

"""Identifies image files of any origin by their content and opens them without decoding their pixels.

The suffix of the name decides nothing. Only files of INPUT_FORMATS reach a decoder, and only up to a size.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from gan_core.errors import UsageError
from gan_core.images.bmp.image import open_bmp
from gan_core.images.gif import open_gif_image
from gan_core.images.heif import open_avif_image, open_heic_image
from gan_core.images.iso_media import identify_iso_media
from gan_core.images.jpeg.image import open_jpeg_image
from gan_core.images.png.image import open_png_image
from gan_core.images.streams import without_zero_tail
from gan_core.images.tiff import camera_raw
from gan_core.images.tiff.camera_raw import identify_raw_signature
from gan_core.images.tiff.pages import open_tiff
from gan_core.images.webp import open_webp_image

MAX_INPUT_PIXELS = 100_000_000
HEAD_BYTES = 4096  # the part of a file that its format is identified by
SUFFIXES_BY_FORMAT: dict[str, tuple[str, ...]] = {  # the formats that are read; the usual suffix comes first
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".mpo"),
    "WebP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "HEIC": (".heic", ".heif", ".hif"),
    "AVIF": (".avif", ".avifs"),
}
INPUT_FORMATS = tuple(SUFFIXES_BY_FORMAT)
INPUT_FORMATS_TEXT = ", ".join(INPUT_FORMATS[:-1]) + f" and {INPUT_FORMATS[-1]}"
INPUT_SUFFIXES = frozenset(suffix for suffixes in SUFFIXES_BY_FORMAT.values() for suffix in suffixes)

IMAGE_SIGNATURES: tuple[tuple[bytes, str], ...] = (  # regular expression of the first bytes, format
    (rb"\x89PNG\r\n\x1a\n", "PNG"),
    (rb"\xff\xd8\xff", "JPEG"),
    (rb"RIFF....WEBP", "WebP"),
    (rb"GIF8[79]a", "GIF"),
    (rb"BM.{12}[\x0c-\x7f]\x00\x00\x00", "BMP"),
    (rb"II[*+]\x00|MM\x00[*+]", "TIFF"),
)
OTHER_SIGNATURES: tuple[tuple[bytes, str], ...] = (  # files that are refused, with the phrase that names them
    (rb"\s*%PDF", "a PDF document"),
    (rb"(?i)\s*(<\?xml.*?)?(<!--.*?-->\s*)*(<!doctype svg.*?)?<svg", "an SVG drawing"),
    (rb"(?i)\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body)", "an HTML page"),
    (rb"\s*<\?xml", "an XML file"),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (rb"\x8aMNG|\x8bJNG", "an MNG or JNG animation"),
    (rb"II\xbc\x01", "a JPEG XR image"),
    (rb"v/1\x01", "an OpenEXR image"),
    (rb"#\?(RADIANCE|RGBE)", "a Radiance HDR image"),
    (rb"DDS ", "a DDS texture"),
    (rb"qoif", "a QOI image"),
    (rb"P[1-7]\s+(#|\d)|P7\n|P[fF]\s", "a Netpbm image"),
    (rb"BPG\xfb|FLIF", "a BPG or FLIF image"),
    (rb"gimp xcf", "a GIMP document"),
    (rb"8BPS|8BPB", "a Photoshop document"),
    (rb"icns", "an icon"),
    (rb".{128}DICM", "a DICOM image"),
    (rb"SIMPLE  =", "a FITS image"),
    (rb"\x93NUMPY", "a NumPy array"),
    (rb"version https://git-lfs", "a pointer of Git LFS, not the file it stands for"),
    (rb"\x00\x00[\x01\x02]\x00", "an icon"),
    (rb"%!PS", "a PostScript document"),
    (rb"....(moov|mdat|wide)|\x1a\x45\xdf\xa3|RIFF....AVI ", "a video"),
    (rb"PK\x03\x04", "a zip archive or an office document"),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!|\xfd7zXZ", "an archive"),
)  # fmt: skip
OPENERS: dict[str, Callable[[BinaryIO, str], Image.Image]] = {
    "AVIF": open_avif_image,
    "BMP": open_bmp,
    "PNG": open_png_image,
    "GIF": open_gif_image,
    "HEIC": open_heic_image,
    "JPEG": open_jpeg_image,
    "TIFF": open_tiff,
    "WebP": open_webp_image,
}
SHORTEST_ZERO_TAIL = {  # bytes of zeros at the end that no whole file has: padded EXIF, 2,060, may be the last of some
    "PNG": 64, "JPEG": 64, "GIF": 64, "WebP": 2100, "HEIC": 2100, "AVIF": 2100,
}  # fmt: skip


@dataclass(frozen=True)
class ImageHeader:
    """The format, one of INPUT_FORMATS, and the size in pixels as stored, before any rotation by EXIF orientation."""

    format: str
    width: int
    height: int


# Identifying ---------------------------------------------------------------------------------------------------------


def identify_format(head: bytes) -> str:
    """The format of a file by its first HEAD_BYTES: one of INPUT_FORMATS, or a phrase such as `a PDF document`."""
    if not head:
        return "an empty file"
    if format := identify_raw_signature(head) or identify_iso_media(head):
        return format
    for signature, format in (*IMAGE_SIGNATURES, *OTHER_SIGNATURES):
        if re.match(signature, head, re.DOTALL):
            return format
    return "text" if is_text(head) else "of an unknown format"


def with_article(format: str) -> str:
    """The name of a format after `a` or `an`."""
    return f"{'an' if format.startswith('A') else 'a'} {format}"


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are UTF-8 text; the last character may be cut off."""
    try:
        return head[: HEAD_BYTES - 4].decode("utf-8").isprintable() or (b"\n" in head and b"\x00" not in head)
    except UnicodeDecodeError:
        return False


def is_image_file(file: Path) -> bool:
    """Whether a file starts like one of INPUT_FORMATS; False where it cannot be opened."""
    try:
        with file.open("rb") as stream:
            return identify_format(stream.read(HEAD_BYTES)) in INPUT_FORMATS
    except OSError:
        return False


# Opening -------------------------------------------------------------------------------------------------------------


def read_header(source: Path | bytes, name: str = "", max_pixels: int = MAX_INPUT_PIXELS) -> ImageHeader:
    """Format and size of an image file; no pixels are decoded. Raises UsageError as `open_image` does."""
    with open_image(source, name, max_pixels) as (image, format):
        return ImageHeader(format, image.width, image.height)


@contextmanager
def open_image(
    source: Path | bytes | BinaryIO, name: str = "", max_pixels: int = MAX_INPUT_PIXELS
) -> Iterator[tuple[Image.Image, str]]:
    """Opens an image file as a Pillow image whose pixels are not decoded yet; yields it and its format.

    `name` is what messages call the file. Raises UsageError where it cannot be opened, is no image of INPUT_FORMATS,
    has a damaged header, or has more than `max_pixels`.
    """
    name = name or default_name(source)
    with open_stream(source, name) as stream:
        format = identify_format(stream.read(HEAD_BYTES))
        stream.seek(0)
        if format.startswith(camera_raw.PHRASE):
            raise UsageError(camera_raw.raw_message(name, format))
        if format not in INPUT_FORMATS:
            raise UsageError(f"{name} is {format}, not a readable image. Supported formats: {INPUT_FORMATS_TEXT}.")
        with open_lazily(stream, format, name, max_pixels) as image:
            if image.width * image.height > max_pixels:
                raise too_large_error(name, image.width * image.height, max_pixels)
            yield image, format


def default_name(source: Path | bytes | BinaryIO) -> str:
    """The name of a file in messages where the caller gives none."""
    return source.name if isinstance(source, Path) else "This file"


@contextmanager
def open_stream(source: Path | bytes | BinaryIO, name: str) -> Iterator[BinaryIO]:
    """A stream of the file's bytes. Raises UsageError where the file is missing or may not be read."""
    if not isinstance(source, Path):
        yield BytesIO(source) if isinstance(source, bytes) else source
        return
    try:
        stream = source.open("rb")
    except IsADirectoryError as error:
        raise UsageError(f"{name} is a folder, not an image.") from error
    except OSError as error:
        raise UsageError(f"{source} cannot be opened: {error.strerror or error}.") from error
    with stream:
        yield stream


def open_lazily(stream: BinaryIO, format: str, name: str, max_pixels: int) -> Image.Image:
    """Pillow's image from a stream of one of INPUT_FORMATS; pixels are decoded on demand. Raises UsageError."""
    try:
        shortest = SHORTEST_ZERO_TAIL.get(format)
        return OPENERS[format](without_zero_tail(stream, shortest) if shortest else stream, name)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # Pillow's own limits
        pixel_count = re.search(r"(\d+) pixels", str(error))
        raise too_large_error(name, int(pixel_count[1]) if pixel_count else 2 * max_pixels, max_pixels) from error
    except (MemoryError, UsageError):
        raise
    except Exception as error:  # decoders raise all kinds of exceptions on damaged files
        raise UsageError(f"{name} starts like {with_article(format)} file, but is damaged or cut off.") from error


def too_large_error(name: str, pixels: int, limit: int) -> UsageError:
    return UsageError(
        f"{name} has {pixels / 1e6:.0f} megapixels; at most {limit / 1e6:g} are allowed: reduce it first."
    )

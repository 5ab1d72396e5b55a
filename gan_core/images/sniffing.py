"""Anybody's file -> an opened picture or one clear sentence: what it is by its content, how large, before any decoding.

The name's ending decides nothing. Only the formats of FORMATS reach a decoder, and only below a size.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from gan_core.errors import UsageError

MAX_INPUT_PIXELS = 100_000_000  # of a picture that is read
HEAD_BYTES = 4096
INPUT_FORMATS = ("PNG", "JPEG", "WebP", "BMP", "GIF", "TIFF", "HEIC")
INPUT_FORMATS_TEXT = ", ".join(INPUT_FORMATS[:-1]) + f" and {INPUT_FORMATS[-1]}"
INPUT_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif")
)

IMAGE_SIGNATURES: tuple[tuple[bytes, str], ...] = (  # the first bytes, as a regular expression, and what they begin
    (rb"\x89PNG\r\n\x1a\n", "PNG"),
    (rb"\xff\xd8\xff", "JPEG"),
    (rb"RIFF....WEBP", "WebP"),
    (rb"GIF8[79]a", "GIF"),
    (rb"BM.{12}[\x0c-\x7f]\x00\x00\x00", "BMP"),
    (rb"II[*+]\x00|MM\x00[*+]", "TIFF"),
    (rb"....ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1)", "HEIC"),
)
OTHER_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (rb"\s*%PDF", "a PDF document"),
    (rb"(?i)\s*(<\?xml.*?)?(<!--.*?-->\s*)*(<!doctype svg.*?)?<svg", "an SVG drawing"),
    (rb"(?i)\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body)", "an HTML page"),
    (rb"\s*<\?xml", "an XML file"),
    (rb"....ftyp(avif|avis)", "an AVIF picture"),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (rb"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (rb"8BPS", "a Photoshop document"),
    (rb"\x00\x00[\x01\x02]\x00", "an icon"),
    (rb"%!PS", "a PostScript document"),
    (rb"....ftyp|\x1a\x45\xdf\xa3|RIFF....AVI ", "a video"),
    (rb"PK\x03\x04", "a zip archive or an office document"),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!|\xfd7zXZ", "an archive"),
)  # fmt: skip


@dataclass(frozen=True)
class ImageHeader:
    """What is known before decoding: the format, one of FORMATS, and the size in pixels as stored, before rotation."""

    format: str
    width: int
    height: int


def identify_format(head: bytes) -> str:
    """What a file's first bytes begin: one of FORMATS, or a phrase such as `a PDF document`."""
    if not head:
        return "an empty file"
    for signature, kind in (*IMAGE_SIGNATURES, *OTHER_SIGNATURES):
        if re.match(signature, head, re.DOTALL):
            return kind
    return "text" if is_text(head) else "no picture that is known here"


def is_text(head: bytes) -> bool:
    try:
        return head[: HEAD_BYTES - 4].decode("utf-8").isprintable() or (b"\n" in head and b"\x00" not in head)
    except UnicodeDecodeError:
        return False


def is_image_file(file: Path) -> bool:
    """Whether a file begins as a picture of FORMATS; one that cannot be opened does not."""
    try:
        with file.open("rb") as stream:
            return identify_format(stream.read(HEAD_BYTES)) in INPUT_FORMATS
    except OSError:
        return False


def read_header(source: Path | bytes, name: str = "", max_pixels: int = MAX_INPUT_PIXELS) -> ImageHeader:
    """Format and size of a picture, nothing decoded. Raises InputError as `opened` does."""
    with open_image(source, name, max_pixels) as (image, format):
        return ImageHeader(format, image.width, image.height)


@contextmanager
def open_image(
    source: Path | bytes, name: str = "", max_pixels: int = MAX_INPUT_PIXELS
) -> Iterator[tuple[Image.Image, str]]:
    """A picture whose header is read and whose pixels are not, and its format; `name` is what sentences call it.

    Raises InputError for anything that is no picture of FORMATS, is torn within its header, or is too large.
    """
    name = name or (source.name if isinstance(source, Path) else "This file")
    with open_stream(source, name) as stream:
        format = identify_format(stream.read(HEAD_BYTES))
        stream.seek(0)
        if format not in INPUT_FORMATS:
            raise UsageError(f"{name} is {format}, not a picture that can be read; {INPUT_FORMATS_TEXT} can.")
        with open_lazily(stream, format, name, max_pixels) as image:
            if image.width * image.height > max_pixels:
                raise too_large_error(name, image.width * image.height, max_pixels)
            yield image, format


@contextmanager
def open_stream(source: Path | bytes, name: str) -> Iterator[BinaryIO]:
    """The bytes to read from. Raises InputError where there is no such file, or it may not be read."""
    if isinstance(source, bytes):
        yield BytesIO(source)
        return
    try:
        stream = source.open("rb")
    except IsADirectoryError as error:
        raise UsageError(f"{name} is a folder, not a picture.") from error
    except OSError as error:
        raise UsageError(f"{source} cannot be opened: {error.strerror or error}.") from error
    with stream:
        yield stream


def open_lazily(stream: BinaryIO, pillow_format: str, name: str, max_pixels: int) -> Image.Image:
    if pillow_format == "HEIC":
        import pillow_heif  # 10 MB of decoders: only for phones' pictures

        pillow_heif.register_heif_opener(thumbnails=False)
    pillow_format = "HEIF" if pillow_format == "HEIC" else pillow_format.upper()
    try:
        return Image.open(stream, formats=(pillow_format,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # Pillow's own limits
        pixel_count = re.search(r"(\d+) pixels", str(error))
        raise too_large_error(name, int(pixel_count[1]) if pixel_count else 2 * max_pixels, max_pixels) from error
    except MemoryError:
        raise
    except Exception as error:  # decoders raise whatever they please on broken files
        raise UsageError(f"{name} begins as a {pillow_format} picture, but is damaged or cut off.") from error


def too_large_error(name: str, pixels: int, limit: int) -> UsageError:
    return UsageError(
        f"{name} has {pixels / 1e6:.0f} megapixels, and at most {limit / 1e6:g} can be taken: reduce it first."
    )

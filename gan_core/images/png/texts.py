"""Reads the texts of a PNG file, and what other programs keep in texts: EXIF, XMP, profiles and captions.

ImageMagick and its relatives write such data as hexadecimal digits under a keyword `Raw profile type NAME`.
"""

import re
import zlib
from dataclasses import dataclass, field

from gan_core.images.png.chunks import PngFile

MAX_TEXT_BYTES = 32 * 1024**2  # of one text, decompressed
MAX_TEXTS_BYTES = 64 * 1024**2  # of all texts
MAX_PROFILE_BYTES = 32 * 1024**2  # of a colour profile, decompressed
XMP_KEYWORD = "XML:com.adobe.xmp"
RAW_PROFILE_PREFIX = "Raw profile type "
EXIF_PREFIX = b"Exif\0\0"
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"


@dataclass
class PngTexts:
    """The texts by keyword, several of one keyword joined by line breaks, and what was kept in texts: EXIF (with its
    prefix), XMP, ICC profile, and IPTC captions as Photoshop's resource blocks; `notes` say what was left out."""

    texts: dict[str, str] = field(default_factory=dict)
    exif: bytes | None = None
    xmp: bytes | None = None
    icc_profile: bytes | None = None
    photoshop: bytes | None = None
    notes: list[str] = field(default_factory=list)


def read_texts(png: PngFile, name: str) -> PngTexts:
    """The texts, EXIF, XMP and profile of a file."""
    result = PngTexts()
    remaining = MAX_TEXTS_BYTES
    for kind, content in png.contents:
        if kind == "eXIf":
            result.exif = result.exif or EXIF_PREFIX + content.removeprefix(EXIF_PREFIX)
        if kind not in ("tEXt", "zTXt", "iTXt"):
            continue
        parsed = parse_text(kind, content, min(MAX_TEXT_BYTES, remaining))
        if parsed is None:
            keyword = content.split(b"\0", 1)[0][:79].decode("latin-1")
            result.notes.append(f"The text {keyword!r} of {name} is damaged or too long and left out.")
            continue
        keyword, value = parsed
        remaining -= len(value)
        keep_text(result, keyword, value)
    profile = png.content("iCCP")
    if profile is not None:
        result.icc_profile = parse_profile(profile) or result.icc_profile
        if parse_profile(profile) is None:
            result.notes.append(f"The colour profile of {name} is damaged or too long and left out.")
    for exif_kind in [kind for kind in (*png.damaged, *png.oversized) if kind != "pHYs"]:
        state = "damaged" if exif_kind in png.damaged else "too long"
        result.notes.append(f"The data {exif_kind} of {name} are {state} and left out.")
    return result


def keep_text(result: PngTexts, keyword: str, value: bytes | str) -> None:
    """Adds one text to the result, by what it holds."""
    if keyword.startswith(RAW_PROFILE_PREFIX):
        data = parse_raw_profile(value if isinstance(value, str) else value.decode("latin-1"))
        if data is not None and keep_raw_profile(result, keyword.removeprefix(RAW_PROFILE_PREFIX).lower(), data):
            return
    if keyword == XMP_KEYWORD:
        result.xmp = result.xmp or (value.encode() if isinstance(value, str) else value)
        return
    text = value if isinstance(value, str) else decode_text(value)
    result.texts[keyword] = f"{result.texts[keyword]}\n{text}" if keyword in result.texts else text


def keep_raw_profile(result: PngTexts, kind: str, data: bytes) -> bool:
    """Takes over EXIF, XMP, a colour profile or captions of a raw profile; whether it is one of them."""
    if kind in ("exif", "app1", "xmp") and data.startswith(XMP_PREFIX):
        kind, data = "xmp", data.removeprefix(XMP_PREFIX)
    if kind in ("exif", "app1"):
        result.exif = result.exif or EXIF_PREFIX + data.removeprefix(EXIF_PREFIX)
    elif kind == "xmp":
        result.xmp = result.xmp or data
    elif kind in ("icc", "icm"):
        result.icc_profile = result.icc_profile or data
    elif kind in ("iptc", "8bim"):
        result.photoshop = result.photoshop or data
    else:
        return False
    return True


# Parsing -------------------------------------------------------------------------------------------------------------


def parse_text(kind: str, content: bytes, max_bytes: int) -> tuple[str, bytes | str] | None:
    """Keyword and text of a chunk: str from iTXt, bytes of no certain encoding from the others; None if damaged."""
    keyword, separator, rest = content.partition(b"\0")
    if kind == "tEXt":
        return (keyword.decode("latin-1"), rest) if len(rest) <= max_bytes else None
    if kind == "zTXt":
        data = decompress(rest[1:], max_bytes) if separator and rest[:1] == b"\0" else None
        return None if data is None else (keyword.decode("latin-1"), data)
    is_compressed, parts = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(parts) != 3:
        return None
    data = decompress(parts[2], max_bytes) if is_compressed else parts[2]
    if data is None or len(data) > max_bytes:
        return None
    return keyword.decode("latin-1"), data.decode("utf-8", "replace")


def parse_profile(content: bytes) -> bytes | None:
    """The ICC profile of an iCCP chunk, None where it is damaged or too long."""
    _, separator, rest = content.partition(b"\0")
    profile = decompress(rest[1:], MAX_PROFILE_BYTES) if separator and rest[:1] == b"\0" else None
    return profile or None


def parse_raw_profile(text: str) -> bytes | None:
    """The data of a raw profile: a line with its name, one with its length, and hexadecimal digits."""
    match = re.match(r"\s*[^\n]*\n\s*(\d+)\s*\n", text)
    if not match:
        return None
    try:
        return bytes.fromhex(text[match.end() :])[: int(match[1])]
    except ValueError:
        return None


def decompress(data: bytes, max_bytes: int) -> bytes | None:
    """What zlib data hold, None where they are damaged, cut off, or longer than `max_bytes`."""
    decompressor = zlib.decompressobj()
    try:
        result = decompressor.decompress(data, max_bytes + 1)
    except zlib.error:
        return None
    return result if decompressor.eof and len(result) <= max_bytes else None


def decode_text(data: bytes) -> str:
    """A text whose encoding is not stated: UTF-8 where it is valid, which programs write against PNG, else Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")

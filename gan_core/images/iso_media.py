"""Identifies HEIC and AVIF images, and names their relatives, by the boxes of the ISO base media format.

The brands of a file come in any order (ISO/IEC 14496-12, section 4.3; 23008-12 and 23000-22 for images), and its first
one is often no more than `mif1`. How the image is coded decides; where the first bytes do not tell, the brands do.
"""

import re
import struct
from collections.abc import Iterable
from typing import Any, BinaryIO

from gan_core.images.xmp import DEPTH_MAP, GAIN_MAP, VIDEO

AVIF_BRANDS = (b"avif", b"avis")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
STRUCTURAL_BRANDS = (b"mif1", b"mif2", b"mif3", b"msf1", b"miaf", b"MA1A", b"MA1B", b"MiHB", b"MiHE", b"MiPr")
MAX_BOXES = 1000
HIGH_DEPTH_BIT, TWELVE_BITS_BIT = 0x40, 0x20  # of the third byte of `av1C`
DEPTH_SUFFIXES = (":auxid:2", ":depth", "disparity")  # of the types of auxiliary images that hold distances
MATTES = "mattes"
CODINGS = ((b"av1C", "AVIF"), (b"hvcC", "HEIC"))  # the box with the decoder's settings
OTHER_CODINGS = (
    (rb"avcC|avc[1i]", "H.264"),
    (rb"vvcC|vvc[1i]", "VVC"),
    (rb"j2kH|j2k[1i]", "JPEG 2000"),
    (rb"uncC|unci", "uncompressed"),
    (rb"jpg[sC]|jpeg", "JPEG"),
)
OTHER_BRANDS = (
    (b"crx ", "a camera raw file (Canon CR3)"),
    (b"jxl ", "a JPEG XL image"),
    (b"jp2 ", "a JPEG 2000 image"),
)


def read_brands(head: bytes) -> list[bytes]:
    """The brands of a file, the major one first; [] where its first box is not `ftyp`."""
    if len(head) < 12 or head[4:8] != b"ftyp":
        return []
    size = struct.unpack(">I", head[:4])[0]
    end = min(size if size >= 16 else 16, len(head))
    return [head[8:12], *(head[start : start + 4] for start in range(16, end - 3, 4))]


def identify_iso_media(head: bytes) -> str | None:
    """AVIF, HEIC, or a phrase that names another file of ISO boxes; None for any other file."""
    brands = read_brands(head)
    if not brands:
        return None
    for brand, phrase in OTHER_BRANDS:
        if brands[0] == brand:
            return phrase
    is_avif, is_heic = (any(brand in known for brand in brands) for known in (AVIF_BRANDS, HEIC_BRANDS))
    if not (is_avif or is_heic or any(brand in STRUCTURAL_BRANDS for brand in brands)):
        return identify_other_coding(brands) or "a video"
    codings = [format for box, format in CODINGS if box in head]
    if len(codings) == 1:
        return codings[0]
    if is_avif != is_heic:
        return "AVIF" if is_avif else "HEIC"
    if is_avif:
        return next(
            "AVIF" if brand in AVIF_BRANDS else "HEIC" for brand in brands if brand in AVIF_BRANDS + HEIC_BRANDS
        )
    return identify_other_coding([head]) or "HEIC"


def identify_other_coding(places: list[bytes]) -> str | None:
    """The phrase for an image whose coding is named in one of `places` and not supported."""
    for pattern, coding in OTHER_CODINGS:
        if any(re.search(pattern, place) for place in places):
            return f"a HEIF image with {coding} coding" if coding != "uncompressed" else "an uncompressed HEIF image"
    return None


def major_brand_for_decoder(head: bytes, format: str, boxes: list[bytes]) -> bytes:
    """The major brand under which the decoders of the format take a file with these boxes at its top level.

    They read the tracks of a sequence under its brand alone, and a still image under any other.
    """
    brands = read_brands(head)
    still, sequence = (b"avif", b"avis") if format == "AVIF" else (b"heic", b"hevc")
    is_sequence = b"moov" in boxes and sequence in brands and (brands[0] == sequence or b"meta" not in boxes)
    return sequence if is_sequence else still


def find_boxes(stream: BinaryIO, length: int) -> list[tuple[bytes, int, int]]:
    """Kind, start and end of the boxes at the top level of a file of `length` bytes, at most MAX_BOXES."""
    boxes: list[tuple[bytes, int, int]] = []
    position = 0
    while position + 8 <= length and len(boxes) < MAX_BOXES:
        stream.seek(position)
        head = stream.read(16)
        size, start = struct.unpack(">I", head[:4])[0], position + 8
        if size == 1 and len(head) == 16:  # a size of 64 bits follows
            size, start = struct.unpack(">Q", head[8:])[0], position + 16
        if size < 8:  # 0: up to the end of the file
            size = length - position
        boxes.append((head[4:8], start, min(position + size, length)))
        position += size
    return boxes


def describe_image(meta: bytes) -> dict[str, Any]:
    """What the box `meta` of an AVIF says and its decoder does not: `bit_depth`, and `nclx_profile`, code points as
    pillow_heif names them."""
    described: dict[str, Any] = {}
    coding = re.search(rb"av1C\x81.(.)", meta, re.DOTALL)
    if coding and coding[1][0] & HIGH_DEPTH_BIT:
        described["bit_depth"] = 12 if coding[1][0] & TWELVE_BITS_BIT else 10
    codes = re.search(rb"colrnclx(....)", meta, re.DOTALL)
    if codes:
        primaries, transfer = struct.unpack(">HH", codes[1])
        described["nclx_profile"] = {"color_primaries": primaries, "transfer_characteristics": transfer}
    return described


def list_parts(boxes: list[bytes], meta: bytes, auxiliary: Iterable[str] = ()) -> list[str]:
    """The parts of a file that are not read, by its boxes and the types of its auxiliary images."""
    found = set()
    if b"tmap" in meta or any("gainmap" in kind for kind in auxiliary):
        found.add(GAIN_MAP)
    if any(kind.endswith(DEPTH_SUFFIXES) for kind in auxiliary):
        found.add(DEPTH_MAP)
    if any("matte" in kind for kind in auxiliary):
        found.add(MATTES)
    if b"mpvd" in boxes:
        found.add(VIDEO)
    return sorted(found)

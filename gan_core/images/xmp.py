"""Cleans XMP of what no longer holds for an upscaled picture: its orientation, and parts of the file that are not kept.

Photos of phones carry further pictures and videos, which their XMP describes by place and length: a reader that finds
such XMP without them takes the file for damaged.
"""

import re
from dataclasses import dataclass
from xml.dom import minidom
from xml.parsers.expat import ExpatError

TIFF_NAMESPACE = "http://ns.adobe.com/tiff/1.0/"
GAIN_MAP, VIDEO, DEPTH_MAP, EXTENDED, OTHER_PARTS = (
    "gain map",
    "video",
    "depth map",
    "extended XMP data",
    "further parts",
)
PART_NAMESPACES = {  # namespaces on parts that are not kept, and what they describe
    "http://ns.adobe.com/hdr-gain-map/1.0/": GAIN_MAP,
    "http://ns.apple.com/HDRGainMap/1.0/": GAIN_MAP,
    "http://ns.apple.com/pixeldatainfo/1.0/": GAIN_MAP,
    "http://ns.google.com/photos/1.0/camera/": VIDEO,
    "http://ns.google.com/photos/1.0/container/": OTHER_PARTS,
    "http://ns.google.com/photos/1.0/container/item/": OTHER_PARTS,
    "http://ns.google.com/photos/1.0/depthmap/": DEPTH_MAP,
    "http://ns.google.com/photos/1.0/focus/": DEPTH_MAP,
    "http://ns.google.com/photos/1.0/image/": OTHER_PARTS,
    "http://ns.google.com/photos/1.0/audio/": OTHER_PARTS,
    "http://ns.google.com/photos/dd/1.0/": DEPTH_MAP,
    "http://ns.apple.com/depthData/1.0/": DEPTH_MAP,
    "http://ns.adobe.com/xmp/note/": EXTENDED,
}
SEMANTICS = {
    "GainMap": GAIN_MAP,
    "MotionPhoto": VIDEO,
    "Depth": DEPTH_MAP,
    "DepthMap": DEPTH_MAP,
}  # of a container's items


@dataclass(frozen=True)
class CleanXmp:
    """XMP as UTF-8 without what no longer holds, None where nothing can be kept; the orientation that it stated, 0 for
    none; what the removed properties describe, and whether the XMP were damaged."""

    xmp: bytes | None
    orientation: int = 0
    removed: tuple[str, ...] = ()
    is_damaged: bool = False


def clean_xmp(xmp: bytes) -> CleanXmp:
    """XMP with orientation 1, in the forms of an attribute and of an element, and without PART_NAMESPACES."""
    text = decode_xmp(xmp)
    if text is None:
        return CleanXmp(None, is_damaged=True)
    text, orientation = reset_orientation(text)
    if not any(namespace in text for namespace in PART_NAMESPACES):
        return CleanXmp(text.encode(), orientation)
    if "<!" in text:  # entities could expand without end; XMP has no use for them
        return CleanXmp(None, orientation, is_damaged=True)
    try:
        document = minidom.parseString(text.encode())
    except (ExpatError, ValueError):
        return CleanXmp(None, orientation, is_damaged=True)
    removed = tuple(sorted(remove_parts(document)))
    return CleanXmp("".join(node.toxml() for node in document.childNodes).encode(), orientation, removed)


def decode_xmp(xmp: bytes) -> str | None:
    """XMP as text, from UTF-8 or UTF-16; None where it is neither."""
    is_utf_16 = xmp[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in xmp[:4]
    byte_order = "utf-16" if xmp[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-be" if xmp[:1] == b"\0" else "utf-16-le"
    try:
        return xmp.rstrip(b"\0").decode("utf-8-sig") if not is_utf_16 else xmp.decode(byte_order).lstrip("\ufeff")
    except UnicodeDecodeError:
        return None


def reset_orientation(text: str) -> tuple[str, int]:
    """XMP with the property Orientation of TIFF_NAMESPACE at 1, and its value before, 0 where it had none."""
    prefixes = re.findall(rf"xmlns:([\w.-]+)\s*=\s*[\"']{re.escape(TIFF_NAMESPACE)}[\"']", text)
    found: list[int] = []

    def reset(match: re.Match[str]) -> str:
        found.append(int(match[2]))
        return f"{match[1]}1{match[3]}"

    for prefix in sorted({"tiff", *prefixes}):
        name = rf"{re.escape(prefix)}:Orientation"
        text = re.sub(rf"({name}\s*=\s*[\"'])\s*([1-8])\s*([\"'])", reset, text)
        text = re.sub(rf"(<{name}\s*>)\s*([1-8])\s*(</{name}\s*>)", reset, text)
    return text, found[0] if found else 0


def remove_parts(document: minidom.Document) -> set[str]:
    """Removes the properties of PART_NAMESPACES; what they describe."""
    removed: set[str] = set()
    elements = [element for element in document.getElementsByTagName("*") if isinstance(element, minidom.Element)]
    for element in elements:
        for attribute in list(element.attributes.values()):  # pyright: ignore[reportAttributeAccessIssue]
            kind = PART_NAMESPACES.get(attribute.namespaceURI or "")
            if kind or attribute.value in PART_NAMESPACES:
                if kind:
                    removed.add(SEMANTICS.get(attribute.value, kind))
                element.removeAttributeNode(attribute)
        kind = PART_NAMESPACES.get(element.namespaceURI or "")
        if kind:
            removed.add(kind)
            if element.parentNode is not None:
                element.parentNode.removeChild(element)
    return removed

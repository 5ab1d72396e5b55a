"""Carries the texts beside a picture into EXIF, for formats that have no text chunks.

The forms are those of the programs that write and read such texts: image generators keep their settings in PNG under
`parameters`, `prompt` and `workflow`, and in JPEG and WebP in EXIF.
"""

from PIL import Image

from gan_core.images.metadata import EXIF_IFD_TAG, directories

COMMENT = "Comment"
USER_COMMENT_TAG, DESCRIPTION_TAG, TITLE_TAG = 0x9286, 0x010E, 0x9C9B
UNICODE_PREFIX = b"UNICODE\0"  # of a UserComment in UTF-16
TAGS_BY_KEYWORD = {  # PNG's registered keywords, and the EXIF tags of the same meaning
    "Description": DESCRIPTION_TAG, "Software": 0x0131, "Author": 0x013B, "Artist": 0x013B, "Copyright": 0x8298,
}  # fmt: skip
TAGS_BY_LABEL = {"workflow": 0x010F, "prompt": 0x0110}  # where ComfyUI keeps them, as `workflow:{...}`
PRIORITY = ("parameters", "prompt", "workflow", COMMENT, "Description", "Title")  # where there is no room for all


def add_texts(
    exif: Image.Exif, texts: dict[str, str], format: str, max_bytes: int | None
) -> tuple[list[str], list[str]]:
    """Adds texts to EXIF data of at most `max_bytes`; the keywords of those without a place, and of those too long.

    A tag that is there already stays as it is; the text of its meaning is left out unless it is the same.
    """
    unplaced, too_long = set(), set()
    may_describe = format == "TIFF" and "Description" not in texts
    for keyword in sorted(texts, key=lambda keyword: PRIORITY.index(keyword) if keyword in PRIORITY else len(PRIORITY)):
        if not add_text(exif, keyword, texts[keyword], may_describe):
            unplaced.add(keyword)
        elif max_bytes is not None and len(exif.tobytes()) > max_bytes:
            remove_text(exif, keyword, texts[keyword])
            too_long.add(keyword)
    return [keyword for keyword in texts if keyword in unplaced], [keyword for keyword in texts if keyword in too_long]


def add_text(exif: Image.Exif, keyword: str, text: str, may_describe: bool) -> bool:
    """Adds one text to EXIF data; whether it is there now."""
    place = tag_of(exif, keyword, may_describe)
    if place is None:
        return False
    tag, is_in_exif_ifd = place
    if is_in_exif_ifd and EXIF_IFD_TAG not in exif:
        exif[EXIF_IFD_TAG] = exif.get_ifd(EXIF_IFD_TAG)
    values = exif.get_ifd(EXIF_IFD_TAG) if is_in_exif_ifd else exif
    value = encode_value(tag, keyword, text)
    present = values.get(tag)
    if present:
        return as_bytes(present) == value
    values[tag] = value
    return True


def remove_text(exif: Image.Exif, keyword: str, text: str) -> None:
    """Removes a text that `add_text` has added."""
    for values in (exif, *directories(exif)):
        for tag in (USER_COMMENT_TAG, DESCRIPTION_TAG, TITLE_TAG, *TAGS_BY_KEYWORD.values(), *TAGS_BY_LABEL.values()):
            if tag in values and as_bytes(values[tag]) == encode_value(tag, keyword, text):
                del values[tag]


def tag_of(exif: Image.Exif, keyword: str, may_describe: bool) -> tuple[int, bool] | None:
    """The tag that holds the text of a keyword, and whether it lies in the EXIF directory; None where there is none."""
    if keyword in ("parameters", COMMENT):
        # TIFF files are compressed only without an EXIF directory, and readers of TIFF show the description.
        is_description = may_describe and not exif.get(DESCRIPTION_TAG) and not directories(exif)
        return (DESCRIPTION_TAG, False) if is_description else (USER_COMMENT_TAG, True)
    if keyword == "Title":
        return TITLE_TAG, False
    tag = TAGS_BY_KEYWORD.get(keyword) or TAGS_BY_LABEL.get(keyword)
    return (tag, False) if tag else None


def encode_value(tag: int, keyword: str, text: str) -> bytes:
    """A text as the value of a tag. Texts of EXIF are ASCII; UTF-8, which it contains, is what programs write."""
    if tag == USER_COMMENT_TAG:
        return UNICODE_PREFIX + text.encode("utf-16-be", "replace")
    if tag == TITLE_TAG:
        return text.encode("utf-16-le", "replace") + bytes(2)
    return (f"{keyword}:{text}" if keyword in TAGS_BY_LABEL else text).encode("utf-8", "replace")


def as_bytes(value: object) -> bytes:
    """A value that was read from EXIF, as it was written: Pillow reads texts as Latin-1."""
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")

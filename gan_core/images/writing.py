"""A picture -> a file of PNG, JPEG, WebP or TIFF, with its profile and metadata as far as the format takes them."""

from io import BytesIO
from pathlib import Path
from typing import IO, Any

from PIL import Image, PngImagePlugin

from gan_core.errors import UsageError
from gan_core.images.reading import EXIF_IFD, GREY_SPACE, PIXEL_HEIGHT, PIXEL_WIDTH, XMP_TEXT, Metadata, Picture
from gan_core.images.tensors import PNG_LEVEL, WHITE

SUFFIXES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WebP", ".tif": "TIFF", ".tiff": "TIFF"}
FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))
QUALITY = 92
MAX_SIDE = {"JPEG": 65_500, "WebP": 16_383}
JPEG_SEGMENT = 65_000  # bytes that EXIF or XMP may take in a JPEG
TIFF_XMP = 700


def format_of(path: Path) -> str:
    """The format that a file's name asks for. Raises InputError where it cannot be written."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} must end in {', '.join(SUFFIXES)}: that is what can be written.")
    return SUFFIXES[path.suffix.lower()]


def check(format: str, width: int, height: int, quality: int = QUALITY) -> None:
    """Raises InputError where such a file cannot be: ask before long work."""
    if format not in FORMATS:
        raise UsageError(f"{format} cannot be written; {', '.join(FORMATS)} can.")
    if not 1 <= quality <= 100:
        raise UsageError(f"Quality must lie between 1 and 100, not be {quality}.")
    limit = MAX_SIDE.get(format)
    if limit and max(width, height) > limit:
        raise UsageError(f"{format} holds at most {limit} pixels a side, not {max(width, height)}: take PNG or TIFF.")


def write(picture: Picture, path: Path, quality: int = QUALITY) -> tuple[str, ...]:
    """The picture as a whole file or none, in the format of its name; notes on what the format did not take."""
    format = format_of(path)
    check(format, *picture.size, quality)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            notes = save(picture, stream, format, quality)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return notes


def encode(picture: Picture, format: str, quality: int = QUALITY) -> tuple[bytes, tuple[str, ...]]:
    """The file's bytes, and the notes."""
    check(format, *picture.size, quality)
    buffer = BytesIO()
    notes = save(picture, buffer, format, quality)
    return buffer.getvalue(), notes


def save(picture: Picture, stream: IO[bytes], format: str, quality: int) -> tuple[str, ...]:
    """Into a stream, after `check`."""
    notes: list[str] = []
    image = fit_to_format(picture, format, notes)
    options = {"icc_profile": profile_for(picture, format), "exif": exif_for(picture), "xmp": picture.metadata.xmp}
    if format == "JPEG":
        for name in ("exif", "xmp"):
            if len(options[name] or b"") > JPEG_SEGMENT:
                options[name] = None
                notes.append(f"The {name.upper()} data are too long for JPEG and left out.")
    given: dict[str, Any] = {name: value for name, value in options.items() if value}
    given |= options_of(format, picture.metadata, quality, given.get("exif"), given.get("xmp"))
    image.save(stream, format.upper(), **given)
    return tuple(notes)


def fit_to_format(picture: Picture, format: str, notes: list[str]) -> Image.Image:
    """Depth and transparency as the format has them, said where something is lost."""
    if picture.deep and (picture.alpha is not None or format not in ("PNG", "TIFF")):
        what = "with transparency" if picture.alpha is not None else f"as {format}"
        notes.append(f"16-bit grey {what} is written with 8 bits.")
        picture = picture.reduced()
    image = picture.to_pil()
    if format == "JPEG" and picture.alpha is not None:
        if picture.alpha.min() < 255:
            notes.append("JPEG knows no transparency: the picture was laid on white.")
        backdrop = Image.new("RGB", image.size, WHITE)
        backdrop.paste(image.convert("RGB"), mask=image.getchannel("A"))
        image = backdrop.convert("L") if image.mode == "LA" else backdrop
    return image


def profile_for(picture: Picture, format: str) -> bytes | None:
    """The profile; WebP turns grey into colours, of which a grey profile knows nothing."""
    profile = picture.metadata.profile
    return None if profile and format == "WebP" and profile[16:20] == GREY_SPACE else profile


def exif_for(picture: Picture) -> bytes | None:
    """The EXIF data with the size that the picture now has."""
    if not picture.metadata.exif:
        return None
    exif = Image.Exif()
    exif.load(picture.metadata.exif)
    inner = exif.get_ifd(EXIF_IFD)
    for tag, side in zip((PIXEL_WIDTH, PIXEL_HEIGHT), picture.size, strict=True):
        if tag in inner:
            inner[tag] = side
    return exif.tobytes()


def options_of(format: str, metadata: Metadata, quality: int, exif: bytes | None, xmp: bytes | None) -> dict[str, Any]:
    """What Pillow's writer of each format takes besides profile, EXIF and XMP."""
    dpi = {"dpi": metadata.dpi} if metadata.dpi else {}
    if format == "PNG":
        chunks = PngImagePlugin.PngInfo()
        for key, value in metadata.texts.items():
            chunks.add_itxt(key, value)
        if xmp:
            chunks.add_itxt(XMP_TEXT, xmp.decode("utf-8", "replace"))
        return {"pnginfo": chunks, "compress_level": PNG_LEVEL} | dpi
    if format == "JPEG":
        comment = {"comment": metadata.texts["Comment"]} if "Comment" in metadata.texts else {}
        return {"quality": quality, "subsampling": "4:4:4"} | dpi | comment
    if format == "WebP":
        return {"quality": quality}
    tags = Image.Exif()
    tags.load(exif or b"")
    if xmp:
        tags[TIFF_XMP] = xmp
    packing = "raw" if exif else "tiff_adobe_deflate"  # the library that packs TIFFs cannot write EXIF
    return {"compression": packing, "tiffinfo": tags} | dpi

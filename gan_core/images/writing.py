"""Writes a decoded image as PNG, JPEG, WebP, TIFF or GIF, with its profile and as much metadata as the format holds."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import IO, cast

import numpy as np
from PIL import Image, ImageCms

from gan_core.errors import UsageError
from gan_core.files import write_atomically
from gan_core.images import sixteen_bits
from gan_core.images.metadata_writing import MAX_JPEG_PROFILE_BYTES, choose_options
from gan_core.images.png.inserting import InsertingStream, aspect_chunk
from gan_core.images.reading import GREY_SPACE, DecodedImage, convert_to_srgb
from gan_core.images.tensors import composite_on_white, to_pil

OUTPUT_FORMAT_BY_SUFFIX = {
    ".png": "PNG",
    ".apng": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WebP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
GIF_SUFFIX = ".gif"  # of pictures that were GIFs before: for others, 256 colours are too few
OUTPUT_FORMATS = (*dict.fromkeys(OUTPUT_FORMAT_BY_SUFFIX.values()), "GIF")
DEFAULT_QUALITY = 92
MAX_SIDE_PX = {"JPEG": 65_500, "WebP": 16_383, "GIF": 65_535}


def output_format(path: Path, source_format: str = "") -> str:
    """The format that the suffix of a file name stands for; `source_format` is that of the file which it is made from.

    Raises UsageError on any other suffix.
    """
    if source_format == "GIF" and path.suffix.lower() == GIF_SUFFIX:
        return "GIF"
    if path.suffix.lower() not in OUTPUT_FORMAT_BY_SUFFIX:
        raise UsageError(f"{path} cannot be written: its name must end in {', '.join(OUTPUT_FORMAT_BY_SUFFIX)}.")
    return OUTPUT_FORMAT_BY_SUFFIX[path.suffix.lower()]


def validate_image_output(format: str, width: int, height: int, quality: int = DEFAULT_QUALITY) -> None:
    """Raises UsageError where an image of this size cannot be written so; to be called before long work."""
    if format not in OUTPUT_FORMATS:
        raise UsageError(f"{format} cannot be written; choose one of {', '.join(OUTPUT_FORMATS)}.")
    if not 1 <= quality <= 100:
        raise UsageError(f"Quality must be between 1 and 100, not {quality}.")
    limit = MAX_SIDE_PX.get(format)
    if limit and max(width, height) > limit:
        raise UsageError(
            f"{format} allows at most {limit} pixels a side, not {max(width, height)}: choose PNG or TIFF."
        )


def write_image(
    image: DecodedImage, path: Path, quality: int = DEFAULT_QUALITY, source_format: str = ""
) -> tuple[str, ...]:
    """Writes the file atomically, in the format of its suffix; notes on what the format could not hold.

    Raises UsageError as `output_format` and `validate_image_output` do, and OSError.
    """
    format = output_format(path, source_format)
    validate_image_output(format, *image.size, quality)
    notes: list[str] = []

    def save(partial: Path) -> None:
        with partial.open("wb") as stream:
            notes.extend(save_to_stream(image, stream, format, quality))

    write_atomically(path, save)
    return tuple(notes)


def encode_image(image: DecodedImage, format: str, quality: int = DEFAULT_QUALITY) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of the file, and notes on what the format could not hold. Raises UsageError as `write_image` does."""
    validate_image_output(format, *image.size, quality)
    buffer = BytesIO()
    notes = save_to_stream(image, buffer, format, quality)
    return buffer.getvalue(), notes


def save_to_stream(decoded: DecodedImage, stream: IO[bytes], format: str, quality: int) -> tuple[str, ...]:
    """Writes the file to a stream; settings are validated by the caller. Returns the notes."""
    if format == "GIF":
        from gan_core.images.animation.gif_writer import write_gif  # which writes frames by this module

        return write_gif(decoded, stream)
    notes: list[str] = []
    is_deep = needs_sixteen_bit_writer(decoded, format)
    decoded = with_usable_profile(decoded, format, notes)
    pillow_image = Image.new("L", (1, 1)) if is_deep else fit_to_format(decoded, format, notes)
    if format == "PNG" and decoded.metadata.aspect and not decoded.metadata.dpi:
        stream = cast("IO[bytes]", InsertingStream(stream, aspect_chunk(decoded.metadata.aspect)))
    save_options = choose_options(decoded.metadata, decoded.size, format, quality, notes)
    if is_deep:
        template = BytesIO()
        pillow_image.save(template, format, **save_options)
        write = sixteen_bits.write_png if format == "PNG" else sixteen_bits.write_tiff
        write(sixteen_bits.interleave_alpha(decoded.pixels, decoded.alpha), template.getvalue(), stream)
    else:
        pillow_image.save(stream, format.upper(), **save_options)
    return tuple(notes)


def needs_sixteen_bit_writer(decoded: DecodedImage, format: str) -> bool:
    """Whether the format holds the image's 16 bits, but Pillow does not write them."""
    has_several_channels = decoded.alpha is not None or decoded.pixels.shape[2] > 1
    return decoded.is_16_bit and has_several_channels and format in ("PNG", "TIFF")


def fit_to_format(decoded: DecodedImage, format: str, notes: list[str]) -> Image.Image:
    """The image with the bit depth and transparency that the format has; adds notes on what is lost."""
    if decoded.is_16_bit and format not in ("PNG", "TIFF"):
        kind = "16-bit grey" if decoded.pixels.shape[2] == 1 else "An image of 16 bits a channel"
        notes.append(f"{kind} as {format} is written with 8 bits.")
        decoded = decoded.to_8_bit()
    pillow_image = decoded.to_pil()
    if format == "JPEG" and decoded.alpha is not None:
        if decoded.alpha.min() < 255:
            notes.append("JPEG has no transparency: the image was composited on white.")
        opaque = composite_on_white(pillow_image)
        pillow_image = opaque.convert("L") if pillow_image.mode == "LA" else opaque
    return pillow_image


def with_usable_profile(image: DecodedImage, format: str, notes: list[str]) -> DecodedImage:
    """The image, converted to sRGB where the format cannot hold its profile: WebP stores grey as RGB, and a profile of
    grey does not fit; in a JPEG a profile may be too long."""
    profile = image.metadata.icc_profile
    is_unfit = profile and format == "WebP" and profile[16:20] == GREY_SPACE
    if profile is None or not (is_unfit or (format == "JPEG" and len(profile) > MAX_JPEG_PROFILE_BYTES)):
        return image
    metadata = replace(image.metadata, icc_profile=None)
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = convert_to_srgb(to_pil(image.to_8_bit().pixels), source)
    except (ImageCms.PyCMSError, OSError):
        notes.append(f"{format} cannot hold the colour profile, which is left out.")
        return replace(image, metadata=metadata)
    notes.append(f"{format} cannot hold the colour profile: the image was converted to sRGB.")
    mode = "L" if image.pixels.shape[2] == 1 else "RGB"
    pixels = np.asarray(converted.convert(mode)).reshape(image.pixels.shape)
    return replace(image, pixels=pixels, metadata=metadata)

"""The download of an upscaled image: its format and quality, and what the file holds."""

from dataclasses import replace

import streamlit as st

from gan_core.errors import UsageError
from gan_core.images import writing
from gan_core.images.reading import DecodedImage
from pages.ui import downloads
from pages.upscale.request import UpscaleRequest, UpscaleResult

FILE_SUFFIXES = {"PNG": "png", "JPEG": "jpg", "WebP": "webp"}
ANIMATION_SUFFIXES = FILE_SUFFIXES | {"GIF": "gif"}
MAX_FACTOR_IN_NAME = 100


def download_popover(request: UpscaleRequest, result: UpscaleResult, metadata: dict[str, str]) -> None:
    """Offers the image as a file, which is encoded on demand; a PNG carries `metadata` as text chunks.

    An animation is there already, in the format of the upload.
    """
    if result.animation_format:
        format = result.animation_format
        name = file_name(request, result, format)
        downloads.download_button(f"Download {format}", lambda: result.after.data, name, result.after.mime, "content")
        return
    with st.popover("Download", icon=":material/download:"):
        format = st.segmented_control("Format", [*FILE_SUFFIXES], default="PNG", key="format", required=True) or "PNG"
        quality = writing.DEFAULT_QUALITY
        if format != "PNG":
            quality = st.slider("Quality", 1, 100, writing.DEFAULT_QUALITY, key="quality")
        try:
            losses = format_losses(result.image, format, quality)
        except UsageError as error:
            st.warning(str(error))
            return
        for text in losses:
            st.caption(f":material/info: {text}")
        image = with_png_metadata(result.image, metadata, format)
        downloads.download_button(
            f"{format} file",
            lambda: writing.encode_image(image, format, quality)[0],
            file_name(request, result, format),
            f"image/{format.lower()}",
        )
        if result.image.metadata.exif or result.image.metadata.xmp or result.image.metadata.icc_profile:
            st.caption("The file keeps the colour profile and metadata of your picture, including where it was taken.")


def file_name(request: UpscaleRequest, result: UpscaleResult, format: str) -> str:
    """The stem of the source with the scale and the suffix of the format."""
    factor = result.image.size[0] / result.source_size[0]
    scale = f"-x{factor:g}" if factor < MAX_FACTOR_IN_NAME else ""
    return f"{request.source.stem}{scale}.{ANIMATION_SUFFIXES[format]}"


def with_png_metadata(image: DecodedImage, metadata: dict[str, str], format: str) -> DecodedImage:
    """The image with `metadata` among its text chunks, where the format has text chunks."""
    if format != "PNG":
        return image
    return replace(image, metadata=replace(image.metadata, text_chunks=image.metadata.text_chunks | metadata))


def format_losses(image: DecodedImage, format: str, quality: int) -> tuple[str, ...]:
    """What the format cannot store, found by encoding one pixel. Raises UsageError where the image is too large."""
    writing.validate_image_output(format, *image.size, quality)
    alpha = None if image.alpha is None else image.alpha.min(keepdims=True)
    return writing.encode_image(replace(image, pixels=image.pixels[:1, :1], alpha=alpha), format, quality)[1]

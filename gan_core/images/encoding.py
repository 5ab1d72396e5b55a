"""Files of generated images: PNG with metadata in its text chunks, and animated WebP."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, PngImagePlugin

from gan_core.errors import UsageError
from gan_core.images.sniffing import MAX_INPUT_PIXELS, open_image, with_article
from gan_core.images.tensors import Pixels

PNG_COMPRESSION_LEVEL = 4  # zlib's: nearly the size of level 9 in a fraction of its time


def encode_png(image: Image.Image, metadata: dict[str, str] | None = None) -> bytes:
    """The image as a PNG file, with `metadata` in iTXt chunks (see `read_png_metadata`)."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in (metadata or {}).items():
        chunks.add_itxt(key, value)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=chunks, compress_level=PNG_COMPRESSION_LEVEL)
    return buffer.getvalue()


def open_png(png: bytes) -> Image.Image:
    """The decoded image in a PNG file of this package; files of any other origin are read by `reading.read_image`.

    Raises OSError (Pillow's UnidentifiedImageError included) where the bytes are no PNG, or damaged.
    """
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        image.load()
        return image


def decode_png(png: bytes) -> Pixels:
    """The pixels (H, W, C), C = 1 or 3, of a PNG file of this package. Raises OSError as `open_png` does."""
    return np.atleast_3d(np.array(open_png(png)))


def read_png_metadata(png: bytes, name: str = "This file", max_pixels: int = MAX_INPUT_PIXELS) -> dict[str, str]:
    """The text chunks that precede the pixels of a PNG file of any origin; the pixels are not decoded.

    Raises UsageError where the bytes are no PNG, the header is damaged, or the image has more than `max_pixels`.
    """
    with open_image(png, name, max_pixels) as (image, format):
        if format != "PNG":
            raise UsageError(
                f"{name} is {with_article(format)}; only PNG files carry the settings that an image was made with."
            )
        return {str(key): str(value) for key, value in image.info.items() if isinstance(value, str)}


def encode_animation(frames: Sequence[Image.Image], frame_ms: int = 60) -> bytes:
    """Frames of one size as a lossless WebP animation that loops forever."""
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "WEBP", save_all=True, append_images=frames[1:], duration=frame_ms, loop=0, lossless=True, method=2
    )
    return buffer.getvalue()

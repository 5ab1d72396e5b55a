"""Opens and decodes the images of data sets, in several threads, through the same code as images to upscale."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from threading import Lock

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps
from torch import Tensor

from gan_core.data.deep_images import DeepKind, Ranges, is_deep, measure_deep, read_foreign_page, scale_deep
from gan_core.errors import UsageError
from gan_core.images.depth import ValueExtent
from gan_core.images.jpeg.image import JpegImage
from gan_core.images.reading import convert_to_srgb
from gan_core.images.sniffing import open_image
from gan_core.images.tensors import crop_square, to_opaque
from gan_core.images.tiff.pages import PageImage

MAX_IN_MEMORY_BYTES = 2 * 1024**3  # of decoded images that a data set holds; larger ones are read again from the files
MAX_IMAGE_PIXELS = 178_956_970  # of one image: what Pillow decodes by default
DECODE_ERRORS = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what Pillow raises on broken files
LARGE_IMAGE_PIXELS, LARGE_IMAGE_LOCK = 30_000_000, Lock()  # of such images, one at a time is decoded
MAX_THREADS = 8


def decoding_threads() -> ThreadPoolExecutor:
    """An executor for decoding image files, with a thread per core, at most MAX_THREADS. Pillow releases the GIL."""
    return ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1))


def decode_image(
    file: bytes, channels: int, ranges: Ranges | None = None, name: str = "", known_whole: bool = False
) -> Tensor:
    """An image file as (C, H, W) uint8 in its own size, with its EXIF orientation applied, transparency on white.

    `ranges` are those of the data set, where it has values of more than 8 bits; `name` is what messages call the file.
    With `known_whole`, for a file that was decoded before, a JPEG is not searched again for missing rows, which takes
    twice the time of decoding it. Raises one of DECODE_ERRORS where the file is broken.
    """
    return to_tensor(decode_opaque(file, channels, ranges, name, known_whole=known_whole))


def decode_square(
    file: bytes, size: int, channels: int, ranges: Ranges | None = None, name: str = "", known_whole: bool = False
) -> Tensor:
    """An image file as (C, size, size) uint8: the largest centred square. Otherwise as `decode_image`."""
    return to_tensor(crop_square(decode_opaque(file, channels, ranges, name, known_whole=known_whole), size))


def decode_opaque(
    file: bytes,
    channels: int,
    ranges: Ranges | None = None,
    name: str = "",
    max_pixels: int = MAX_IMAGE_PIXELS,
    draft_side: int | None = None,
    known_whole: bool = False,
) -> Image.Image:
    """An image file in mode L or RGB, otherwise as `decode_image`.

    With `draft_side`, JPEGs are decoded at a reduced size of no less than that.
    """
    with open_image(file, name, max_pixels) as (image, format), large_image_turn(image):
        if isinstance(image, JpegImage):
            image.is_known_whole = known_whole
        try:
            if isinstance(image, PageImage) and not image.is_decodable:
                upright = read_foreign_page(image, name, ranges or {})
            else:
                if draft_side and format == "JPEG" and image.mode in ("L", "RGB"):
                    image.draft(image.mode, (draft_side, draft_side))
                image.load()
                upright = turn_upright(scale_deep(image, ranges or {}))
            if upright.mode == "LAB":
                upright = convert_to_srgb(upright, ImageCms.createProfile("LAB"))
            return to_opaque(upright, "L" if channels == 1 else "RGB")
        except UsageError:
            raise
        except MemoryError as error:
            raise ValueError(f"{name} needs more memory than there is") from error
        except Exception as error:  # decoders raise all kinds of exceptions on damaged files
            raise ValueError(f"{name} is damaged or cut off: the {format} data are incomplete") from error


def measure_image(file: bytes, name: str) -> tuple[DeepKind, ValueExtent] | None:
    """The kind and the extent of the values of an image of more than 8 bits; None of any other, or a broken one."""
    try:
        with open_image(file, name, MAX_IMAGE_PIXELS) as (image, _), large_image_turn(image):
            return measure_deep(image, name) if is_deep(image) else None
    except Exception:  # decoders raise all kinds of exceptions on damaged files
        return None


@contextmanager
def large_image_turn(image: Image.Image) -> Iterator[None]:
    """Lets threads decode large images one after the other, which bounds the memory."""
    is_large = image.width * image.height > LARGE_IMAGE_PIXELS
    with LARGE_IMAGE_LOCK if is_large else nullcontext():
        yield


def turn_upright(image: Image.Image) -> Image.Image:
    """The image rotated as its EXIF says; as it is where its EXIF is damaged."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # hostile or damaged EXIF: the pixels are good
        return image


def to_tensor(image: Image.Image) -> Tensor:
    """Mode L or RGB -> (C, H, W) uint8."""
    return torch.from_numpy(np.atleast_3d(np.array(image))).permute(2, 0, 1).contiguous()

"""Image files for tests: written by Pillow, or assembled by hand where Pillow cannot write them."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from gan_core.images import metadata

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def encode_pillow(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def gradient_image(width: int = 24, height: int = 16) -> Image.Image:
    """Red to the right, green downwards: no two corners are alike."""
    right, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([right, down, right * 0 + 90], 2).astype(np.uint8))


def build_png(width: int, height: int, depth: int, kind: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG put together by hand, for what Pillow does not write."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def sample_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[metadata.ORIENTATION_TAG] = orientation
    exif[0x010F] = "Maker"
    exif.get_ifd(metadata.EXIF_IFD_TAG)[metadata.PIXEL_WIDTH_TAG] = 24
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def is_close(first: np.ndarray, second: np.ndarray, tolerance: float) -> bool:
    return float(np.abs(first.astype(float) - second.astype(float)).mean()) <= tolerance

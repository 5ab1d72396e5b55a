"""The pixel contract: networks see float32 (N, C, H, W) in [-1, 1], everything outside sees uint8 or Pillow pictures.

Pixels cross this border and no other. Nothing is ever normalised by a batch's minimum and maximum.
"""

import io
from math import ceil, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, PngImagePlugin
from torch import Tensor
from torch.nn.functional import interpolate

Pixels = NDArray[np.uint8]

WHITE_RGB = (255, 255, 255)
PNG_COMPRESSION_LEVEL = 4  # zlib's: small pictures, near the size of level 9 in a fraction of its time


def to_uint8(images: Tensor) -> Tensor:
    """Floats in [-1, 1] -> uint8 in [0, 255], rounded; what lies outside is clipped. Any shape."""
    return round_to_uint8(images.float().add(1).mul(127.5))


def round_to_uint8(values: Tensor) -> Tensor:
    """Floats in [0, 255] -> uint8; what lies outside is clipped. Any shape."""
    return values.round().clamp(0, 255).to(torch.uint8)


def resize_bicubic(image: Tensor, height: int, width: int) -> Tensor:
    """(C, H, W) uint8 at another size (C, height, width), antialiased, with Keys' parameter -0.5 as Pillow has it."""
    return round_to_uint8(interpolate(image[None].float(), size=(height, width), mode="bicubic", antialias=True)[0])


def to_float(pixels: Tensor) -> Tensor:
    """uint8 in [0, 255] -> float32 in [-1, 1]: the inverse of `to_uint8`. Any shape."""
    return pixels.float().div(127.5).sub(1)


def to_pixels(images: Tensor) -> Pixels:
    """Networks' images (N, C, H, W) -> uint8 array (N, H, W, C)."""
    return to_uint8(images).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_pil(pixels: Pixels, scale: int = 1) -> Image.Image:
    """One picture (H, W, C) with C = 1 or 3 -> Pillow, each pixel as a square of `scale` pixels."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    if scale == 1:
        return image
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def from_pil(image: Image.Image, size: int, channels: int) -> Pixels:
    """Any picture as uint8 (size, size, channels), by the policy for training pictures.

    EXIF orientation is applied, transparency laid on white, colours become RGB or grey, 16-bit grey keeps its range,
    the largest centred square is cut out and resized (antialiased bicubic).
    """
    opaque = to_opaque(ImageOps.exif_transpose(image), "L" if channels == 1 else "RGB")
    cropped = ImageOps.fit(opaque, (size, size), Image.Resampling.BICUBIC)
    return np.array(cropped, dtype=np.uint8).reshape(size, size, channels)


def to_opaque(image: Image.Image, mode: str) -> Image.Image:
    """The picture in mode L or RGB: transparency on white, 16-bit grey scaled to 8 bits instead of clipped."""
    if image.mode.startswith("I"):
        grey = np.asarray(image).astype(np.float32) / 257
        image = Image.fromarray(grey.round().clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        backdrop = Image.new("RGBA", rgba.size, (*WHITE_RGB, 255))
        image = Image.alpha_composite(backdrop, rgba).convert("RGB")
    return image.convert(mode)


def make_grid(pixels: Pixels, columns: int | None = None, gap: int = 2) -> Pixels:
    """Pictures (N, H, W, C) as one (H', W', C), row by row, `gap` white pixels apart, as square as it comes."""
    count, height, width, channels = pixels.shape
    columns = columns or ceil(sqrt(count))
    rows = ceil(count / columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, channels)
    canvas = np.full(shape, 255, dtype=np.uint8)
    for index, image in enumerate(pixels):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas


def encode_png(image: Image.Image, metadata: dict[str, str] | None = None) -> bytes:
    """The picture as a PNG file that carries `facts` as text chunks (read them back with `read_facts`)."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in (metadata or {}).items():
        chunks.add_itxt(key, value)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=chunks, compress_level=PNG_COMPRESSION_LEVEL)
    return buffer.getvalue()


def read_png_metadata(png: bytes) -> dict[str, str]:
    """The text chunks of a PNG file."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        image.load()
        texts = {str(key): value for key, value in image.info.items() if isinstance(value, str)}
        return {key: str(value) for key, value in texts.items()}


def encode_animation(frames: list[Image.Image], frame_ms: int = 60) -> bytes:
    """Frames as an endlessly looping, lossless WebP."""
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "WEBP", save_all=True, append_images=frames[1:], duration=frame_ms, loop=0, lossless=True, method=2
    )
    return buffer.getvalue()

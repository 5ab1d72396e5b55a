"""The pixel contract: networks see float32 (N, C, H, W) in [-1, 1], everything outside sees uint8 or Pillow images.

Pixels are converted here and nowhere else, and never normalised by the minimum and maximum of a batch.
"""

from math import ceil, sqrt
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn.functional import interpolate

Pixels = NDArray[np.uint8]

WHITE_RGB = (255, 255, 255)


# Tensors -------------------------------------------------------------------------------------------------------------


def to_uint8(images: Tensor) -> Tensor:
    """Floats in [-1, 1] -> uint8 in [0, 255], rounded and clipped. Any shape."""
    return round_to_uint8(images.float().add(1).mul(127.5))


def round_to_uint8(values: Tensor) -> Tensor:
    """Floats in [0, 255] -> uint8, rounded and clipped. Any shape."""
    return values.round().clamp(0, 255).to(torch.uint8)


def to_float(pixels: Tensor) -> Tensor:
    """uint8 in [0, 255] -> float32 in [-1, 1]: the inverse of `to_uint8`. Any shape."""
    return pixels.float().div(127.5).sub(1)


def resize_bicubic(image: Tensor, height: int, width: int) -> Tensor:
    """(C, H, W) uint8 -> (C, height, width) uint8, antialiased bicubic with Keys' parameter -0.5, as in Pillow."""
    return round_to_uint8(interpolate(image[None].float(), size=(height, width), mode="bicubic", antialias=True)[0])


# Tensors and arrays --------------------------------------------------------------------------------------------------


def to_pixels(images: Tensor) -> Pixels:
    """Images of a network (N, C, H, W) in [-1, 1] -> uint8 array (N, H, W, C)."""
    return to_uint8(images).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_chw(pixels: NDArray[Any]) -> Tensor:
    """One image as an array (H, W, C) -> the same values as a tensor (C, H, W).

    It is a view of an array that is contiguous and may be written to, else a copy: tensors cannot be read-only.
    """
    return torch.from_numpy(np.require(pixels, requirements=["C", "W"])).permute(2, 0, 1)


def to_hwc(image: Tensor) -> NDArray[Any]:
    """One image (C, H, W) as a tensor on the CPU -> the same values as a contiguous array (H, W, C)."""
    return np.ascontiguousarray(image.permute(1, 2, 0).numpy())


# Arrays and Pillow images --------------------------------------------------------------------------------------------


def to_pil(pixels: NDArray[Any], scale: int = 1) -> Image.Image:
    """One image (H, W, C), C = 1 or 3, uint8 (or uint16 with C = 1) -> Pillow, zoomed `scale` times."""
    return zoom(Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels), scale)


def zoom(image: Image.Image, scale: int) -> Image.Image:
    """The image `scale` times larger by nearest-neighbour interpolation: each pixel becomes a square."""
    if scale == 1:
        return image
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def from_pil(image: Image.Image, size: int, channels: int) -> Pixels:
    """Any Pillow image -> uint8 (size, size, channels), by the policy for training images.

    EXIF orientation is applied, transparency is composited on white, colours become RGB or grey, 16-bit grey is scaled
    to 8 bits, and the largest centred square is cropped and resized (antialiased bicubic).
    """
    opaque = to_opaque(ImageOps.exif_transpose(image), "L" if channels == 1 else "RGB")
    return np.array(crop_square(opaque, size), dtype=np.uint8).reshape(size, size, channels)


def crop_square(image: Image.Image, size: int) -> Image.Image:
    """The largest centred square of an image, resized (antialiased bicubic)."""
    return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)


def to_opaque(image: Image.Image, mode: str) -> Image.Image:
    """The image in mode L or RGB: transparency composited on white, 16-bit grey scaled to 8 bits instead of clipped."""
    if image.mode.startswith("I"):
        image = Image.fromarray(grey_to_8_bit(np.asarray(image)))
    if image.has_transparency_data:
        image = composite_on_white(image)
    return image.convert(mode)


def grey_to_8_bit(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey values in [0, 65535] of any number type -> uint8 in [0, 255], rounded and clipped. Any shape."""
    return ((values.clip(0, 65_535).astype(np.uint32) + 128) // 257).astype(np.uint8)


def composite_on_white(image: Image.Image) -> Image.Image:
    """The image in mode RGB, composited on a white backdrop; `image` has transparency of any kind that Pillow knows."""
    rgba = image.convert("RGBA")
    backdrop = Image.new("RGBA", rgba.size, (*WHITE_RGB, 255))
    return Image.alpha_composite(backdrop, rgba).convert("RGB")


# Grids ---------------------------------------------------------------------------------------------------------------


def make_grid(pixels: Pixels, columns: int | None = None, gap: int = 2) -> Pixels:
    """Images (N, H, W, C) -> one image (H', W', C), row by row, `gap` white pixels apart, by default about square."""
    count, height, width, channels = pixels.shape
    columns = columns or ceil(sqrt(count))
    rows = ceil(count / columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, channels)
    canvas = np.full(shape, 255, dtype=np.uint8)
    for index, image in enumerate(pixels):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas

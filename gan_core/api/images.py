"""Images as a caller of the library has them: PIL images, paths, bytes and arrays."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images import reading, tensors
from gan_core.images.animation.frames import Animation, read_animation

ImageLike = Image.Image | NDArray[Any] | str | Path | bytes


def make_grid(images: Sequence[Image.Image], columns: int | None = None, gap: int = 2) -> Image.Image:
    """The images in rows of `columns`, `gap` white pixels apart; by default about as many rows as columns.

    Raises UsageError unless all have the same size and the same mode, L or RGB.

    >>> gan_core.make_grid(gan_core.load("mnist-cgan").sample(range(16))).size
    (118, 118)
    """
    if not images or len({(image.size, image.mode) for image in images}) > 1 or images[0].mode not in ("L", "RGB"):
        raise UsageError("A grid takes at least one image, all of the same size and the same mode, L or RGB.")
    pixels = np.stack([np.asarray(image) for image in images])
    return tensors.to_pil(tensors.make_grid(pixels.reshape(*pixels.shape[:3], -1), columns, gap))  # (N, H, W, C)


def as_images(images: ImageLike | Iterable[ImageLike]) -> list[ImageLike]:
    """One image or several, or an array (N, H, W, C), as a list."""
    is_array = isinstance(images, np.ndarray) and images.ndim < 4
    if is_array or isinstance(images, (str, bytes)) or not isinstance(images, Iterable):
        return [images]  # pyright: ignore[reportReturnType]
    return list(images)


def open_image(image: ImageLike) -> reading.DecodedImage:
    """An image in any of its forms, decoded.

    Raises UsageError where it is none of them, cannot be read, or is larger than 100 megapixels (files and bytes).
    """
    if isinstance(image, (str, Path)):
        path = Path(image)
        if not path.is_file():
            raise UsageError(f"There is no file {path}.")
        return reading.read_image(path)
    if isinstance(image, bytes):
        return reading.read_image(image)
    if isinstance(image, np.ndarray):
        image = pil_from_array(image)
    if not isinstance(image, Image.Image):
        raise UsageError(f"An image is a PIL image, a path, bytes or a uint8 array, not {type(image).__name__}.")
    return reading.decode_image(image.copy(), "The image")


def open_animation(image: ImageLike) -> Animation | None:
    """The animation in a file, given as its path or its bytes; None for any other image. Raises UsageError."""
    if isinstance(image, (str, Path)) and Path(image).is_file():
        return read_animation(Path(image))
    return read_animation(image) if isinstance(image, bytes) else None


def pil_from_array(pixels: NDArray[Any]) -> Image.Image:
    """A uint8 array (H, W) or (H, W, C), C = 1, 3 or 4, as a PIL image. Raises UsageError for any other."""
    is_image = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 3, 4))
    if pixels.dtype != np.uint8 or not is_image or not pixels.size:
        raise UsageError(
            f"An array must be uint8 (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), not {pixels.dtype} {pixels.shape}."
        )
    return Image.fromarray(pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)


def to_pil(decoded: reading.DecodedImage) -> Image.Image:
    """As a PIL image with colour profile, EXIF and resolution (dots per inch) in its `info`."""
    image, metadata = decoded.to_pil(), decoded.metadata
    found = {"icc_profile": metadata.icc_profile, "exif": metadata.exif, "dpi": metadata.dpi}
    image.info |= {key: value for key, value in found.items() if value is not None}
    return image

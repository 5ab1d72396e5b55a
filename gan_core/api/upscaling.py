"""Upscales images with super-resolution models."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from gan_core.api.images import ImageLike, open_image, to_pil
from gan_core.api.loading import load_upscaler
from gan_core.upscaling import DEFAULT_UPSCALER, pipeline
from gan_core.upscaling.upscaler import Upscaler


def upscale(
    image: ImageLike,
    model: str | Path | Upscaler = DEFAULT_UPSCALER,
    *,
    scale: float | None = None,
    tile: int | None = None,
    precision: str = "auto",
    progress: Callable[[int, int], Any] | None = None,
    checkpoints: str | Path | None = None,
    device: str | None = None,
) -> Image.Image:
    """Upscales an image with a super-resolution model.

    `image` is a PIL image, a path, the bytes of a file, or a uint8 array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4).
    `model` is what `load_upscaler` returned, or what it takes, with `checkpoints` and `device`. `scale` is the factor
    of both sides, above 0 and at most 64, by default the model's own. `tile` is the largest side of a tile in pixels of
    the input, by default as memory allows. `precision` is "float32", "bfloat16", or "auto": bfloat16 where it is fast
    and accurate. `progress` is called with the input pixels done and the input pixels in all.

    Returns an image of the mode L, LA, RGB, RGBA or I;16, rotated as its EXIF says, with its transparency and colour
    profile; warnings say what could not be kept. Raises UsageError on an image, model or setting that cannot be used,
    ExternalError where there is not enough memory.

    >>> from PIL import Image
    >>> gan_core.upscale(Image.new("RGB", (20, 12)), "photo-srgan-x4").size
    (80, 48)
    """
    pipeline.validate_settings(scale, tile, precision)
    decoded = open_image(image)
    if not isinstance(model, Upscaler):
        model = load_upscaler(model, checkpoints=checkpoints, device=device)
    large = decoded
    for note in decoded.notes:
        warnings.warn(note, stacklevel=2)
    for event in pipeline.upscale(model, decoded, scale, tile=tile, precision=precision):
        match event:
            case pipeline.Progress(done_pixels=done, total_pixels=total) if progress:
                progress(done, total)
            case pipeline.Notice(text=text):
                warnings.warn(text, stacklevel=2)
            case pipeline.Finished(image=large):
                pass
    return to_pil(large)

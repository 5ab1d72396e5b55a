"""Upscales images with super-resolution models."""

import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from gan_core.api.images import ImageLike, open_animation, open_image, to_pil
from gan_core.api.loading import load_upscaler
from gan_core.images.animation.formats import make_writer
from gan_core.images.animation.frames import Animation
from gan_core.upscaling import DEFAULT_UPSCALER, animated, pipeline
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
    profile; warnings say what could not be kept. Of an animated GIF, PNG, WebP or AVIF, given as its path or bytes, all
    frames are upscaled: the result holds them with their times and loop, and `save("large.webp", save_all=True)` writes
    them. Raises UsageError on an image, model or setting that cannot be used, ExternalError where there is not enough
    memory.

    >>> from PIL import Image
    >>> gan_core.upscale(Image.new("RGB", (20, 12)), "photo-srgan-x4").size
    (80, 48)
    """
    pipeline.validate_settings(scale, tile, precision)
    animation = open_animation(image)
    decoded = open_image(image) if animation is None else None
    if not isinstance(model, Upscaler):
        model = load_upscaler(model, checkpoints=checkpoints, device=device)
    settings: dict[str, Any] = {"scale": scale, "tile": tile, "precision": precision}
    if decoded is not None:
        source, events = decoded, pipeline.upscale(model, decoded, **settings)
    else:
        assert animation is not None
        source, events = animation, animated.upscale_animation(model, animation, **settings)
    result = CollectedImage(animation)
    for note in source.notes:
        warnings.warn(note, stacklevel=2)
    for event in events:
        match event:
            case pipeline.Progress(done_pixels=done, total_pixels=total):
                if progress:
                    progress(done, total)
            case pipeline.Notice(text=text):
                warnings.warn(text, stacklevel=2)
            case _:
                result.add(event)
    return result.to_pil()


class CollectedImage:
    """The result of an upscaling as it comes: one image, or the frames of an animation as an APNG in memory."""

    def __init__(self, animation: Animation | None) -> None:
        self.image: Image.Image | None = None
        self.file = BytesIO()
        self.writer = make_writer("PNG", self.file, animation) if animation else None

    def add(self, event: pipeline.Finished | animated.FrameFinished) -> None:
        match event:
            case animated.FrameFinished(image=large, duration=duration, is_still=is_still) if self.writer:
                self.writer.add(large, duration, is_still)
            case pipeline.Finished(image=large):
                self.image = to_pil(large)
                if large.is_16_bit and self.image.mode != "I;16":
                    warnings.warn("PIL has no colours of 16 bits a channel: the image has 8.", stacklevel=3)

    def to_pil(self) -> Image.Image:
        if self.writer:
            self.writer.close()
            self.image = Image.open(BytesIO(self.file.getvalue()), formats=("PNG",))
        assert self.image is not None
        return self.image

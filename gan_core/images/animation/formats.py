"""The formats that animations are written in, by the endings of file names."""

from pathlib import Path
from typing import IO

from gan_core.images.animation.frames import Animation
from gan_core.images.animation.gif_writer import GifAnimationWriter
from gan_core.images.animation.png_writer import PngAnimationWriter
from gan_core.images.animation.webp_writer import WebpAnimationWriter
from gan_core.images.animation.writer import AnimationWriter
from gan_core.images.writing import DEFAULT_QUALITY

ANIMATION_FORMAT_BY_SUFFIX = {".gif": "GIF", ".png": "PNG", ".apng": "PNG", ".webp": "WebP"}
SUFFIX_BY_FORMAT = {
    "GIF": ".gif",
    "PNG": ".png",
    "WebP": ".webp",
    "AVIF": ".png",
}  # that an animation read so is written with
FORMAT_TO_KEEP = {name: ANIMATION_FORMAT_BY_SUFFIX[suffix] for name, suffix in SUFFIX_BY_FORMAT.items()}
WRITERS: dict[str, type[AnimationWriter]] = {
    "GIF": GifAnimationWriter,
    "PNG": PngAnimationWriter,
    "WebP": WebpAnimationWriter,
}


def animation_format(path: Path) -> str | None:
    """The format of an animation by the suffix of its name; None for suffixes that stand for still images."""
    return ANIMATION_FORMAT_BY_SUFFIX.get(path.suffix.lower())


def make_writer(
    format: str, stream: IO[bytes], animation: Animation, quality: int = DEFAULT_QUALITY
) -> AnimationWriter:
    """The writer of an animation of as many frames, and as often shown, as `animation`."""
    writer = WRITERS[format](stream, animation.frame_count, animation.plays, animation.may_be_transparent, quality)
    if isinstance(writer, GifAnimationWriter):
        writer.is_from_gif = animation.format == "GIF"
    return writer

"""Animated pictures: whether a file is one, and its frames as whole pictures with the times they are shown for.

GIF, APNG, WebP and AVIF are read. Frames come one at a time, so that a long animation takes no more memory than one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images import reading
from gan_core.images.animation import gif_frames, png_frames
from gan_core.images.metadata import ImageMetadata, read_orientation
from gan_core.images.orientation import SIDEWAYS, rotate_pixels
from gan_core.images.reading import ANIMATED_NOTE, DecodedImage
from gan_core.images.sniffing import MAX_INPUT_PIXELS, default_name, open_image, open_stream, too_large_error
from gan_core.images.transparency import fill_transparent

FORMATS_READ_BY_PILLOW = ("WebP", "AVIF")
MILLISECONDS = 1000
MAX_FRAMES = 50_000  # of an animation: half an hour of video


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame as a whole picture, and the seconds it is shown for; `note` says what was wrong with its data.

    `is_still` marks the picture for programs that show no animation, which is not part of it.
    """

    image: DecodedImage
    duration: Fraction
    note: str = ""
    is_still: bool = False


@dataclass(frozen=True, eq=False)
class Animation:
    """An animated file: what is known before its frames are decoded.

    `format` is GIF, PNG, WebP or AVIF; `size` is width and height, upright. `plays` is how often it is shown, 0
    forever. `frame_count` counts the still picture, if there is one, too. `metadata` and `notes` are those of the
    file.
    """

    source: Path | bytes
    name: str
    format: str
    size: tuple[int, int]
    frame_count: int
    plays: int
    may_be_transparent: bool
    has_still: bool = False
    is_grey: bool = False
    metadata: ImageMetadata = field(default_factory=ImageMetadata)
    notes: tuple[str, ...] = ()
    layout: Any = None  # of a GIF or PNG
    orientation: int = 1  # of the frames as stored, by EXIF

    def frames(self) -> Iterator[Frame]:
        """The frames in turn, the still picture first. Raises UsageError where the file cannot be read any more."""
        first = self.metadata
        for frame in decode_frames(self):
            yield replace(frame, image=replace(frame.image, metadata=first))
            first = ImageMetadata(first.icc_profile)


def read_animation(source: Path | bytes, name: str = "", max_pixels: int = MAX_INPUT_PIXELS) -> Animation | None:
    """The animation in a file; None where there is one picture alone.

    Decodes the first frame. Raises UsageError as `reading.read_image` does.
    """
    name = name or default_name(source)
    animation = identify_animation(source, name, max_pixels)
    if animation is None:
        return None
    first = reading.read_image(source, name, max_pixels)
    notes = [note for note in first.notes if not note.endswith(ANIMATED_NOTE)]
    orientation = 1
    if animation.format != "GIF":
        with open_image(source, name, max_pixels) as (image, _):
            orientation = read_orientation(image)
    size = animation.size[::-1] if orientation in SIDEWAYS else animation.size
    return replace(
        animation, size=size, metadata=first.metadata, notes=(*animation.notes, *notes), orientation=orientation
    )


def identify_animation(source: Path | bytes, name: str = "", max_pixels: int = MAX_INPUT_PIXELS) -> Animation | None:
    """As `read_animation`, without metadata and orientation: no pixel is decoded."""
    name = name or default_name(source)
    with open_image(source, name, max_pixels) as (image, format):
        size, frame_count = image.size, count_frames(image) if format in FORMATS_READ_BY_PILLOW else 1
        plays = image.info.get("loop", 0)
        has_alpha = image.mode.endswith("A")
    if format in FORMATS_READ_BY_PILLOW and frame_count > 1:
        return Animation(source, name, format, size, frame_count, plays, has_alpha)
    with open_stream(source, name) as stream:
        if format == "GIF":
            return identify_gif(gif_frames.read_layout(stream, MAX_FRAMES + 1), source, name, max_pixels)
        if format == "PNG":
            return identify_png(png_frames.read_layout(stream, MAX_FRAMES + 1), source, name, max_pixels)
    return None


def count_frames(image: Image.Image) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # a later frame is damaged: the first may be whole
        return 1


def identify_gif(layout: gif_frames.GifLayout, source: Path | bytes, name: str, max_pixels: int) -> Animation | None:
    """The animation of a GIF with this layout; None for a single frame."""
    if len(layout.frames) < 2:
        return None
    validate_frames(layout.frames, (layout.width, layout.height), name, max_pixels)
    notes = cut_off_notes(layout.is_cut_off, name, len(layout.frames))
    return Animation(
        source, name, "GIF", (layout.width, layout.height), len(layout.frames), layout.plays,
        layout.may_be_transparent, notes=notes, layout=layout,
    )  # fmt: skip


def identify_png(
    layout: png_frames.PngLayout | None, source: Path | bytes, name: str, max_pixels: int
) -> Animation | None:
    """The animation of a PNG with this layout; None for a single frame."""
    frame_count = len(layout.frames) + (layout.still is not None) if layout else 0
    if layout is None or not layout.frames or frame_count < 2:
        return None
    validate_frames(layout.frames, layout.size, name, max_pixels)
    notes = cut_off_notes(layout.is_cut_off, name, len(layout.frames))
    return Animation(
        source, name, "PNG", layout.size, frame_count, layout.plays, layout.may_be_transparent,
        layout.still is not None, layout.is_grey, notes=notes, layout=layout,
    )  # fmt: skip


def validate_frames(frames: Any, size: tuple[int, int], name: str, max_pixels: int) -> None:
    """Raises UsageError where there are too many frames, or the canvas or a frame has too many pixels."""
    if len(frames) > MAX_FRAMES:
        raise UsageError(f"{name} has more than {MAX_FRAMES:,} frames: cut it into shorter animations first.")
    largest = max(size[0] * size[1], *(frame.width * frame.height for frame in frames))
    if largest > max_pixels:
        raise too_large_error(name, largest, max_pixels)


def cut_off_notes(is_cut_off: bool, name: str, frame_count: int) -> tuple[str, ...]:
    return (f"{name} is cut off: its first {frame_count} frames are whole and are used.",) if is_cut_off else ()


# Frames --------------------------------------------------------------------------------------------------------------


def decode_frames(animation: Animation) -> Iterator[Frame]:
    """The frames of an animation, upright, without metadata."""
    if animation.format in FORMATS_READ_BY_PILLOW:
        yield from decode_by_pillow(animation)
        return
    layout, module = animation.layout, gif_frames if animation.format == "GIF" else png_frames
    with open_stream(animation.source, animation.name) as stream:
        if animation.has_still:
            pixels = png_frames.decode_frame(stream, layout, layout.still)
            yield to_frame(animation, np.zeros((1, 1, 4), np.uint8) if pixels is None else pixels, Fraction(0), 0, True)
        numbered = zip(layout.frames, module.compose_frames(stream, layout), strict=True)
        for number, (frame, (pixels, is_whole)) in enumerate(numbered, 1):
            yield to_frame(animation, pixels, frame.duration, 0 if is_whole else number)


def decode_by_pillow(animation: Animation) -> Iterator[Frame]:
    """The frames of a WebP or AVIF: Pillow's decoders compose them. A damaged frame shows the one before it."""
    pixels: NDArray[np.uint8] = np.zeros((1, 1, 4), np.uint8)
    with open_image(animation.source, animation.name, MAX_INPUT_PIXELS) as (image, _):
        for number in range(animation.frame_count):
            duration, damaged = Fraction(0), 0
            try:
                image.seek(number)
                image.load()
                pixels = np.asarray(image.convert("RGBA"))
                duration = Fraction(round(image.info.get("duration", 0)), MILLISECONDS)
            except MemoryError:
                raise
            except Exception as error:  # decoders raise all kinds of exceptions on damaged data
                if number == 0:
                    raise UsageError(f"{animation.name} is damaged: its first frame cannot be read.") from error
                damaged = number + 1
            yield to_frame(animation, pixels, duration, damaged)


def to_frame(
    animation: Animation, pixels: NDArray[np.uint8], duration: Fraction, damaged: int, is_still: bool = False
) -> Frame:
    """A composed picture (H, W, 4) as a frame, colours filled in under full transparency.

    `damaged` is the number of the frame where its data were damaged, else 0.
    """
    pixels = rotate_pixels(pixels, animation.orientation)
    note = f"Frame {damaged} of {animation.name} is damaged; the one before it is shown instead." if damaged else ""
    colours = (pixels[:, :, :1] if animation.is_grey else pixels[:, :, :3]).copy()  # the next frame overwrites them
    alpha = pixels[:, :, 3].copy()
    if alpha.min() == 255:
        return Frame(DecodedImage(colours), duration, note, is_still)
    return Frame(DecodedImage(fill_transparent(colours, alpha), alpha), duration, note, is_still)

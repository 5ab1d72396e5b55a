"""Upscales an animated picture frame by frame, as events."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from gan_core.errors import UsageError
from gan_core.images.animation.frames import Animation, Frame
from gan_core.images.reading import DecodedImage
from gan_core.upscaling.events import Event, Finished, Notice, Progress
from gan_core.upscaling.pipeline import upscale_events, validate_output_size, validate_settings
from gan_core.upscaling.planning import TILE_MEMORY_BYTES
from gan_core.upscaling.tiled import TiledUpscale
from gan_core.upscaling.upscaler import Upscaler

MAX_ANIMATION_PIXELS = 20_000_000_000  # of the results of all frames: hours of work, gigabytes of file


@dataclass(frozen=True, eq=False)
class FrameFinished:
    """One frame of the result and the seconds it is shown for; `is_still`: see `animation.frames.Frame`."""

    image: DecodedImage
    duration: Fraction
    is_still: bool = False


def upscale_animation(
    upscaler: Upscaler,
    animation: Animation,
    scale: float | None = None,
    *,
    tile: int | None = None,
    precision: str = "auto",
    tile_bytes: int = TILE_MEMORY_BYTES,
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float], object] = lambda share: None,
) -> Iterator[Event | FrameFinished]:
    """Upscales every frame as `pipeline.upscale` does an image; yields `FrameFinished` for each instead of `Finished`.

    Progress counts the pixels of all frames. All frames are computed in the precision that suits the first, and one
    that equals the frame before it is not computed again. Notes of the animation are not repeated.
    Raises UsageError on a size, tile or precision out of range, before the first event.
    """
    validate_settings(scale, tile, precision)
    output_size = validate_animation_size(upscaler, animation, scale)
    return AnimatedUpscale(upscaler, animation, output_size, tile, precision, tile_bytes).run(should_stop, on_progress)


def validate_animation_size(upscaler: Upscaler, animation: Animation, scale: float | None = None) -> tuple[int, int]:
    """Height and width of the result; to be called before the work. Raises UsageError where it would be too large."""
    height, width = validate_output_size(upscaler, *animation.size, scale)
    total = height * width * animation.frame_count
    if total > MAX_ANIMATION_PIXELS:
        raise UsageError(
            f"{animation.name} has {animation.frame_count} frames, which would have {total / 1e6:,.0f} megapixels in "
            f"all; at most {MAX_ANIMATION_PIXELS / 1e6:,.0f} are allowed: choose a smaller scale, or shorten it."
        )
    return height, width


class AnimatedUpscale:
    """The upscaling of one animation: what its frames have in common."""

    def __init__(
        self, upscaler: Upscaler, animation: Animation, output_size: tuple[int, int], tile: int | None, precision: str,
        tile_bytes: int,
    ) -> None:  # fmt: skip
        self.upscaler, self.animation, self.output_size = upscaler, animation, output_size
        self.tile, self.precision, self.tile_bytes = tile, precision, tile_bytes
        self.told: set[str] = set()  # notices that were yielded
        self.last: tuple[Frame, DecodedImage] | None = None  # the frame before and its result

    def run(
        self, should_stop: Callable[[], bool], on_progress: Callable[[float], object]
    ) -> Iterator[Event | FrameFinished]:
        """The events of all frames."""
        count = self.animation.frame_count
        for number, frame in enumerate(self.animation.frames()):
            if frame.note:
                yield Notice(frame.note)
            result = None
            for event in self.frame_events(
                frame, should_stop, lambda share, number=number: on_progress((number + share) / count)
            ):
                match event:
                    case Finished(image=result):
                        pass
                    case Notice(text=text) if text in self.told:
                        pass
                    case Progress():
                        done = number * event.total_pixels + event.done_pixels
                        yield replace(event, done_pixels=done, total_pixels=event.total_pixels * count)
                    case _:
                        self.told |= {event.text}
                        yield event
            if result is None:
                return  # stopped
            self.last = frame, result
            yield FrameFinished(result, frame.duration, frame.is_still)

    def frame_events(
        self, frame: Frame, should_stop: Callable[[], bool], on_progress: Callable[[float], object]
    ) -> Iterator[Event]:
        """The events of one frame."""
        image = frame.image
        if self.last is not None and is_equal(image, self.last[0].image):
            height, width = image.pixels.shape[:2]
            yield Progress(height * width, height * width)
            yield Finished(replace(self.last[1], metadata=image.metadata))
            return
        job = TiledUpscale(self.upscaler, image.pixels, self.output_size, self.tile, self.tile_bytes)
        yield from upscale_events(job, image, self.precision, should_stop, on_progress)
        self.precision = "bfloat16" if job.use_bfloat16 else "float32"


def is_equal(first: DecodedImage, second: DecodedImage) -> bool:
    """Whether two frames have the same pixels and transparency."""
    alphas = (first.alpha, second.alpha)
    has_equal_alpha = all(alpha is None for alpha in alphas) or (
        all(alpha is not None for alpha in alphas) and np.array_equal(*alphas)  # pyright: ignore[reportArgumentType]
    )
    return has_equal_alpha and np.array_equal(first.pixels, second.pixels)

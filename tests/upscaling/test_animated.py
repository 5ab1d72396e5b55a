"""Animations are upscaled frame by frame, with progress over all of them."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images.animation.frames import read_animation
from gan_core.upscaling import animated
from gan_core.upscaling.animated import FrameFinished, upscale_animation
from gan_core.upscaling.events import Notice, Progress
from tests.images.animation.animated_files import make_apng, make_gif
from tests.images.animation.test_frames import encode_frames, moving_square, open_animation
from tests.small_upscalers import nearest_upscaler


def test_every_frame_is_enlarged_and_keeps_its_time() -> None:
    animation = open_animation(encode_frames(moving_square(3), "PNG", duration=[20, 30, 40]))
    results = [event for event in upscale_animation(nearest_upscaler(), animation) if isinstance(event, FrameFinished)]
    assert [result.duration for result in results] == [Fraction(time, 1000) for time in (20, 30, 40)]
    for result, frame in zip(results, animation.frames(), strict=True):
        assert np.array_equal(result.image.pixels, frame.image.pixels.repeat(2, 0).repeat(2, 1))
        assert result.image.alpha is not None


def test_progress_counts_the_pixels_of_all_frames_and_reaches_the_end() -> None:
    animation, shares = open_animation(make_gif(0).data), []
    events = [event for event in upscale_animation(nearest_upscaler(), animation, on_progress=shares.append)
              if isinstance(event, Progress)]  # fmt: skip
    done = [event.done_pixels for event in events]
    width, height = animation.size
    assert done == sorted(done)
    assert done[-1] == events[-1].total_pixels == width * height * animation.frame_count
    assert shares == sorted(shares)


def test_stopping_ends_between_frames_without_a_further_one() -> None:
    animation, finished = open_animation(make_gif(0).data), []
    events = upscale_animation(nearest_upscaler(), animation, should_stop=lambda: len(finished) == 2)
    finished.extend(event for event in events if isinstance(event, FrameFinished))
    assert len(finished) == 2


def test_a_frame_that_equals_the_one_before_is_not_computed_again() -> None:
    square, calls = moving_square(1)[0], []

    def network(small: Any) -> Any:
        calls.append(1)
        return small.repeat_interleave(2, 2).repeat_interleave(2, 3)

    other = square.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    data = encode_frames([square, other, other.copy(), other.copy()], "WEBP", duration=50, lossless=True, kmax=1)
    animation = open_animation(data)
    events = [event for event in upscale_animation(nearest_upscaler(network), animation, precision="float32")
              if isinstance(event, FrameFinished)]  # fmt: skip
    assert len(events) == animation.frame_count
    assert len(calls) == 2


def test_all_frames_are_computed_in_the_precision_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    original = animated.upscale_events

    def record(job: Any, image: Any, precision: str, *more: Any) -> Any:
        asked.append(precision)
        return original(job, image, precision, *more)

    monkeypatch.setattr(animated, "upscale_events", record)
    list(upscale_animation(nearest_upscaler(), open_animation(make_gif(0).data)))
    assert asked[0] == "auto"
    assert set(asked[1:]) == {"float32"}


def test_the_same_notice_is_told_once() -> None:
    animation = open_animation(make_gif(0).data)
    upscaler = nearest_upscaler(supports_bfloat16=False)
    notices = [event for event in upscale_animation(upscaler, animation, precision="bfloat16")
               if isinstance(event, Notice)]  # fmt: skip
    assert len(notices) == 1


def test_the_still_picture_of_an_apng_is_enlarged_too() -> None:
    animation = open_animation(make_apng(0, with_still=True).data)
    results = [event for event in upscale_animation(nearest_upscaler(), animation) if isinstance(event, FrameFinished)]
    assert [result.is_still for result in results] == [True] + [False] * (animation.frame_count - 1)


def test_too_many_pixels_in_all_are_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    animation = read_animation(make_gif(0).data, "long.gif")
    assert animation is not None
    width, height = animation.size
    monkeypatch.setattr(animated, "MAX_ANIMATION_PIXELS", 4 * width * height * animation.frame_count - 1)
    with pytest.raises(UsageError, match=r"long\.gif has 6 frames"):
        upscale_animation(nearest_upscaler(), animation)

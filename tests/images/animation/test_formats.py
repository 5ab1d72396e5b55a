"""Animations are written frame by frame: pictures, times and loop come back as they were."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.images.animation.formats import animation_format, make_writer
from gan_core.images.animation.frames import Animation, Frame, read_animation
from gan_core.images.animation.png_writer import fit_fraction
from gan_core.images.animation.writer import FrameClock
from gan_core.images.reading import DecodedImage
from tests.images.animation.animated_files import chunk, lzw, make_apng, make_gif
from tests.images.animation.test_frames import encode_frames, moving_square, open_animation, rgba
from tests.images.image_files import SRGB, gradient_image


def rewrite(animation: Animation, format: str, quality: int = 92) -> tuple[bytes, tuple[str, ...]]:
    """The file of an animation in another format, and the notes of its writer."""
    buffer = BytesIO()
    writer = make_writer(format, buffer, animation, quality)
    for frame in animation.frames():
        writer.add(frame.image, frame.duration, frame.is_still)
    notes = writer.close()
    return buffer.getvalue(), notes


def written_frames(animation: Animation, format: str) -> list[Frame]:
    return list(open_animation(rewrite(animation, format)[0]).frames())


def test_endings_name_the_formats_of_animations() -> None:
    endings = ("a.gif", "a.PNG", "a.apng", "a.webp", "a.jpg", "a.tif", "a")
    formats = ["GIF", "PNG", "PNG", "WebP", None, None, None]
    assert [animation_format(Path(ending)) for ending in endings] == formats


@pytest.mark.parametrize("format", ["GIF", "PNG", "WebP"])
@pytest.mark.parametrize("source", ["GIF", "PNG", "WEBP"])
def test_pictures_times_and_loop_come_back(source: str, format: str) -> None:
    times = [40, 70, 200, 0, 10, 250]
    options = {"disposal": 2} if source == "GIF" else {"lossless": True} if source == "WEBP" else {}
    animation = open_animation(encode_frames(moving_square(), source, duration=times, loop=0, **options))
    data, _ = rewrite(animation, format)
    again = open_animation(data)
    assert (again.size, again.frame_count, again.plays) == (animation.size, 6, 0)
    for first, second in zip(animation.frames(), again.frames(), strict=True):
        assert first.duration == second.duration
        assert np.array_equal(rgba(first)[:, :, 3], rgba(second)[:, :, 3])
        assert np.abs(rgba(first) - rgba(second)).mean() <= (4 if format == "WebP" else 0)
    with Image.open(BytesIO(data)) as image:  # Pillow reads the same
        assert getattr(image, "n_frames", 1) == 6
        found = []
        for number in range(6):
            image.seek(number)
            image.load()
            found.append(image.info["duration"])
        assert found == times
        assert image.info["loop"] == 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_frames_that_clear_and_restore_come_back_exactly(format: str, seed: int) -> None:
    animation = open_animation(make_gif(seed).data)
    frames = list(animation.frames())
    again = written_frames(animation, format)
    assert [frame.duration for frame in again] == [frame.duration for frame in frames]
    for first, second in zip(frames, again, strict=True):
        assert np.array_equal(rgba(first), rgba(second))
    assert open_animation(rewrite(animation, "GIF")[0]).plays == animation.plays


@pytest.mark.parametrize("seed", range(6))
def test_half_transparent_frames_come_back_as_apng(seed: int) -> None:
    animation = open_animation(make_apng(seed, with_still=seed % 2 == 0).data)
    for first, second in zip(animation.frames(), written_frames(animation, "PNG"), strict=True):
        assert (first.duration, first.is_still) == (second.duration, second.is_still)
        assert np.array_equal(rgba(first), rgba(second))


@pytest.mark.parametrize(("format", "loop"), [("GIF", None), ("GIF", 1), ("GIF", 7), ("PNG", 2), ("WEBP", 2)])
def test_the_loop_of_a_file_is_kept_as_its_format_counts_it(format: str, loop: int | None) -> None:
    options = {} if loop is None else {"loop": loop}
    animation = open_animation(encode_frames(moving_square(2), format, duration=50, **options))
    with Image.open(BytesIO(rewrite(animation, animation.format)[0])) as image:
        assert image.info.get("loop") == loop


def test_equal_frames_stay_frames_of_their_own() -> None:
    still = gradient_image()
    animation = open_animation(make_gif(0).data)
    for format in ("GIF", "PNG", "WebP"):
        buffer = BytesIO()
        writer = make_writer(format, buffer, animation)
        for _ in range(animation.frame_count):
            writer.add(DecodedImage(np.asarray(still)), Fraction(1, 10))
        writer.close()
        found = open_animation(buffer.getvalue())
        assert [frame.duration for frame in found.frames()] == [Fraction(1, 10)] * animation.frame_count


def test_what_a_format_does_not_hold_is_said() -> None:
    animation = open_animation(make_apng(0, with_still=True).data)
    notes = " ".join(rewrite(animation, "GIF")[1])
    assert "no half transparency" in notes
    assert "hundredths of a second" in notes
    assert "only APNG has one" in notes
    assert "milliseconds" in " ".join(rewrite(animation, "WebP")[1])


@pytest.mark.parametrize("format", ["PNG", "WebP"])
def test_metadata_are_kept(format: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    frames = [frame.convert("RGB") for frame in moving_square(3)]
    source = encode_frames(frames, "WEBP", icc_profile=SRGB, exif=exif, xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    found = open_animation(rewrite(open_animation(source), format)[0]).metadata
    assert found.icc_profile == SRGB
    assert b"Maker" in (found.exif or b"")
    assert b"xmpmeta" in (found.xmp or b"")


def test_a_comment_of_a_gif_is_kept_in_a_gif() -> None:
    source = encode_frames(moving_square(2), "GIF", duration=50, comment=b"by hand " * 60)
    with Image.open(BytesIO(rewrite(open_animation(source), "GIF")[0])) as image:
        assert image.info["comment"] == b"by hand " * 60


# GIF palettes ---------------------------------------------------------------------------------------------------------


def test_a_gif_of_many_colours_is_dithered_from_a_good_palette() -> None:
    frames = [gradient_image(160, 120).rotate(angle).convert("RGBA") for angle in (0, 2, 4)]
    animation = open_animation(encode_frames(frames, "PNG", duration=40))
    data, notes = rewrite(animation, "GIF")
    assert any("256 colours" in note for note in notes)
    for frame, picture in zip(open_animation(data).frames(), frames, strict=True):
        error = (frame.image.pixels.astype(float) - np.asarray(picture.convert("RGB"))) ** 2
        assert 10 * np.log10(255**2 / error.mean()) > 30
        blurred = [np.asarray(Image.fromarray(pixels).reduce(8)).astype(float)
                   for pixels in (frame.image.pixels, np.asarray(picture.convert("RGB")))]  # fmt: skip
        assert np.abs(blurred[0] - blurred[1]).mean() < 2.5  # dithering keeps the mean


def test_a_still_gif_has_one_frame() -> None:
    from gan_core.images.writing import encode_image

    data, _ = encode_image(DecodedImage(np.asarray(gradient_image())), "GIF")
    assert read_animation(data) is None
    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.size) == ("GIF", (24, 16))
        assert "loop" not in image.info


# Times ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("durations", "units", "expected"),
    [
        ([Fraction(1, 30)] * 6, 100, [3, 4, 3, 3, 4, 3]),
        ([Fraction(33, 1000)] * 4, 100, [3, 4, 3, 3]),
        ([Fraction(12, 1000)] * 3, 100, [2, 2, 2]),  # not 1, which browsers show for a tenth of a second
        ([Fraction(0), Fraction(1, 100), Fraction(1, 20)], 100, [0, 1, 5]),
        ([Fraction(10_000)], 100, [65_535]),
        ([Fraction(1, 30)] * 3, 1000, [33, 34, 33]),
    ],
)
def test_times_are_rounded_so_that_the_sum_stays_right(
    durations: list[Fraction], units: int, expected: list[int]
) -> None:
    clock = FrameClock(units, 65_535)
    assert [clock.ticks(duration) for duration in durations] == expected


@pytest.mark.parametrize("duration", ["1/30", "7/100", "0", "65535", "1001/30000", "70001/1000", "1/100000", "99999"])
def test_times_of_an_apng_are_fractions_of_16_bits(duration: str) -> None:
    exact, fitted = Fraction(duration), fit_fraction(Fraction(duration))
    assert max(fitted.numerator, fitted.denominator) <= 65_535
    assert abs(fitted - min(exact, Fraction(65_535))) <= Fraction(1, 50_000) * max(1, exact)


# Memory ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["GIF", "PNG", "WebP"])
def test_long_animations_take_no_more_memory_than_short_ones(format: str, tmp_path: Path) -> None:
    """Frames of half a megabyte each, 60 of them."""
    animation = open_animation(make_gif(0).data)
    peaks = []
    for count in (6, 60):
        tracemalloc.start()
        with (tmp_path / "x").open("wb") as stream:
            writer = make_writer(format, stream, animation)
            for number in range(count):
                writer.add(DecodedImage(np.full((400, 400, 3), number, np.uint8)), Fraction(1, 10))
            writer.close()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def gif_that_restores_the_empty_canvas() -> bytes:
    """Two opaque frames; the first, of the whole canvas, gives way to what was there before: nothing."""
    file = b"GIF89a" + struct.pack("<HH", 4, 4) + bytes([0x82, 0, 0]) + bytes(range(24))
    for left, side, disposal in ((0, 4, 3), (1, 2, 1)):
        file += b"!\xf9\x04" + struct.pack("<BHB", disposal << 2, 10, 0) + b"\0,"
        file += struct.pack("<HHHHB", left, left, side, side, 0) + lzw([5] * side**2)
    return file + b";"


def apng_that_restores_the_empty_canvas() -> bytes:
    """The same as an APNG in RGB, which has no alpha channel."""
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0))
    file += chunk(b"acTL", struct.pack(">II", 2, 0))
    for number, (left, side, disposal) in enumerate(((0, 4, 2), (1, 2, 0))):
        pixels = zlib.compress((b"\0" + bytes([9, 99, 199]) * side) * side)
        file += chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, side, side, left, left, 1, 10, disposal, 0))
        file += chunk(b"fdAT", struct.pack(">I", 2) + pixels) if number else chunk(b"IDAT", pixels)
    return file + chunk(b"IEND", b"")


@pytest.mark.parametrize("format", ["GIF", "PNG", "WebP"])
@pytest.mark.parametrize("build", [gif_that_restores_the_empty_canvas, apng_that_restores_the_empty_canvas])
def test_a_first_frame_that_gives_way_to_the_empty_canvas_leaves_it_transparent(
    build: Callable[[], bytes], format: str
) -> None:
    data, _ = rewrite(open_animation(build()), format)
    with Image.open(BytesIO(data)) as image:
        image.seek(1)
        alpha = np.asarray(image.convert("RGBA"))[:, :, 3]
    expected = np.zeros((4, 4))
    expected[1:3, 1:3] = 255
    assert np.array_equal(alpha, expected)

"""Animated files: frames as browsers show them, with their times and loop."""

import contextlib
import random
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from gan_core.errors import UsageError
from gan_core.images.animation import frames as animation_frames
from gan_core.images.animation import png_frames
from gan_core.images.animation.frames import Animation, Frame, identify_animation, read_animation
from tests.images.animation.animated_files import AnimatedFile, chunk, gif_loop, lzw, make_apng, make_gif
from tests.images.image_files import encode_pillow, gradient_image

DURATIONS = [40, 70, 200, 0, 10, 250]  # milliseconds
KINDS = [("GIF", "GIF"), ("PNG", "PNG"), ("WEBP", "WebP")] + [("AVIF", "AVIF")] * bool(features.check("avif"))


def moving_square(count: int = len(DURATIONS)) -> list[Image.Image]:
    """Frames of a square that moves over nothing."""
    frames = []
    for number in range(count):
        frame = Image.new("RGBA", (24, 16))
        frame.paste((200, 30 * number, 90, 255), (2 * number, 3, 2 * number + 8, 11))
        frames.append(frame)
    return frames


def encode_frames(frames: list[Image.Image], format: str, **options: object) -> bytes:
    return encode_pillow(frames[0], format, save_all=True, append_images=frames[1:], **options)


def open_animation(data: bytes) -> Animation:
    animation = read_animation(data, "moving")
    assert animation is not None
    return animation


def rgba(frame: Frame) -> np.ndarray:
    """The picture (H, W, 4) of a frame, 0 where it is fully transparent."""
    pixels = frame.image.pixels
    alpha = np.full(pixels.shape[:2], 255, np.uint8) if frame.image.alpha is None else frame.image.alpha
    colours = np.where(alpha[:, :, None] == 0, 0, np.broadcast_to(pixels, (*pixels.shape[:2], 3)))
    return np.concatenate([colours, alpha[:, :, None]], 2).astype(int)


# What is read ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_frames_of_a_single_pixel_keep_their_own_colours(format: str) -> None:
    frames = [Image.new("RGB", (1, 1), colour) for colour in ("red", "blue", "lime")]
    animation = open_animation(encode_frames(frames, format, duration=100))
    assert [frame.image.pixels.ravel().tolist() for frame in [*animation.frames()]] == [
        [255, 0, 0], [0, 0, 255], [0, 255, 0]
    ]  # fmt: skip


@pytest.mark.parametrize(("pillow_format", "format"), KINDS)
def test_all_frames_are_read_with_their_times(pillow_format: str, format: str) -> None:
    frames = moving_square()
    options = {"lossless": True} if format == "WebP" else {"quality": 100} if format == "AVIF" else {}
    animation = open_animation(
        encode_frames(frames, pillow_format, duration=DURATIONS, loop=0, disposal=2, **options)
        if format == "GIF"
        else encode_frames(frames, pillow_format, duration=DURATIONS, loop=0, **options)
    )
    assert (animation.format, animation.size, animation.frame_count, animation.plays) == (format, (24, 16), 6, 0)
    found = list(animation.frames())
    if format != "AVIF":  # of which 0 is no time
        assert [frame.duration for frame in found] == [Fraction(milliseconds, 1000) for milliseconds in DURATIONS]
    tolerance = 60 if format == "AVIF" else 0
    for frame, picture in zip(found, frames, strict=True):
        assert np.abs(rgba(frame)[5:9] - np.asarray(picture).astype(int)[5:9])[:, :, 3].max() <= tolerance
        assert np.abs(rgba(frame) - np.asarray(picture).astype(int)).mean() <= tolerance / 10


@pytest.mark.parametrize(
    ("repetitions", "plays"), [(None, 1), (0, 0), (1, 2), (5, 6)], ids=["no loop", "forever", "once more", "five more"]
)
def test_a_gif_is_shown_once_more_than_it_is_repeated_as_browsers_do(repetitions: int | None, plays: int) -> None:
    options = {} if repetitions is None else {"loop": repetitions}
    assert open_animation(encode_frames(moving_square(2), "GIF", duration=20, **options)).plays == plays


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_other_formats_say_how_often_they_are_shown(format: str) -> None:
    assert open_animation(encode_frames(moving_square(2), format, duration=20, loop=3)).plays == 3


@pytest.mark.parametrize("format", ["PNG", "GIF", "WEBP", "JPEG", "TIFF", "BMP"])
def test_a_single_picture_is_no_animation(format: str) -> None:
    assert read_animation(encode_pillow(gradient_image(), format)) is None


def test_the_pages_of_a_tiff_are_no_animation() -> None:
    pages = [frame.convert("RGB") for frame in moving_square(3)]
    assert read_animation(encode_frames(pages, "TIFF")) is None


def test_the_picture_for_other_programs_is_no_part_of_an_apng() -> None:
    frames = moving_square(4)
    data = encode_frames(frames, "PNG", duration=[20, 30, 40], loop=1, default_image=True)
    animation = open_animation(data)
    found = list(animation.frames())
    assert animation.has_still
    assert animation.frame_count == len(found) == 4
    assert [frame.is_still for frame in found] == [True, False, False, False]
    assert [int(1000 * frame.duration) for frame in found[1:]] == [20, 30, 40]


def test_metadata_come_with_the_first_frame_and_the_profile_with_all() -> None:
    from tests.images.image_files import SRGB

    frames = [frame.convert("RGB") for frame in moving_square(3)]
    found = list(
        open_animation(
            encode_frames(
                frames,
                "WEBP",
                icc_profile=SRGB,
            )
        ).frames()
    )
    assert [frame.image.metadata.icc_profile for frame in found] == [SRGB] * 3


@pytest.mark.parametrize("format", ["WEBP", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_frame_is_turned_upright(orientation: int, format: str) -> None:
    frames = [gradient_image(), gradient_image().transpose(Image.Transpose.ROTATE_180)]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format == "WEBP" else {}
    animation = open_animation(encode_frames(frames, format, exif=exif, **options))
    for frame, picture in zip(animation.frames(), frames, strict=True):
        turned = picture.copy()
        turned.getexif()[0x0112] = orientation
        from PIL import ImageOps

        upright = ImageOps.exif_transpose(turned)
        assert frame.image.size == animation.size == upright.size
        assert np.array_equal(frame.image.pixels, np.asarray(upright))


# Composition ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("make", [make_gif, make_apng, lambda seed: make_apng(seed, with_still=True)],
                         ids=["GIF", "APNG", "APNG with a still"])  # fmt: skip
def test_frames_are_composed_by_their_disposal_and_blend(make: object, seed: int) -> None:
    file: AnimatedFile = make(seed)  # pyright: ignore[reportCallIssue]
    animation = open_animation(file.data)
    found = [frame for frame in animation.frames() if not frame.is_still]
    assert animation.plays == file.plays
    assert [frame.duration for frame in found] == file.durations
    for frame, picture in zip(found, file.pictures, strict=True):
        assert np.abs(rgba(frame) - hide_transparent(np.array(picture))).max() <= 1


def hide_transparent(picture: np.ndarray) -> np.ndarray:
    return np.where(picture[:, :, 3:] == 0, 0, picture)


def test_a_grey_apng_stays_grey() -> None:
    frames = [Image.new("L", (8, 8), value) for value in (10, 200)]
    found = list(open_animation(encode_frames(frames, "PNG", duration=20)).frames())
    assert [(frame.image.pixels.shape, frame.image.pixels.max()) for frame in found] == [
        ((8, 8, 1), 10),
        ((8, 8, 1), 200),
    ]


# Damage ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_of_a_file_that_is_cut_off_the_whole_frames_are_read(format: str) -> None:
    data = encode_frames(moving_square(), format, duration=20)
    animation = open_animation(data[: int(len(data) * 0.7)])
    assert 2 <= animation.frame_count < 6
    assert "is cut off" in animation.notes[0]
    assert len(list(animation.frames())) == animation.frame_count


def test_a_damaged_frame_shows_the_one_before_it_and_is_named() -> None:
    file = make_gif(1)
    damaged = bytearray(open_animation(file.data).layout and file.data)
    frame = open_animation(file.data).layout.frames[2]
    damaged[frame.offset] = 12  # a code size that no decoder takes
    found = list(open_animation(bytes(damaged)).frames())
    assert len(found) == 6
    assert "Frame 3 of moving is damaged" in found[2].note


def test_a_small_file_of_large_frames_is_refused_before_it_is_decoded() -> None:
    small = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + lzw([0])
    huge = b"," + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + lzw([0])
    head = b"GIF89a" + struct.pack("<HH", 4, 4) + bytes([0x82, 0, 0]) + bytes(24) + gif_loop(0)
    with pytest.raises(UsageError, match="megapixels"):
        identify_animation(head + small + huge + b";", "bomb")


def test_a_small_file_of_very_many_frames_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animation_frames, "MAX_FRAMES", 5)
    for data in (make_gif(0).data, make_apng(0).data):
        with pytest.raises(UsageError, match="more than 5 frames"):
            identify_animation(data, "long")


def test_a_frame_beyond_the_canvas_is_clipped() -> None:
    head = b"GIF89a" + struct.pack("<HH", 2, 2) + bytes([0x82, 0, 0]) + bytes(range(24))
    frames = b"".join(
        b"," + struct.pack("<HHHHB", left, 0, 2, 2, 0) + lzw([colour] * 4) for left, colour in ((0, 1), (1, 2), (9, 3))
    )
    found = [rgba(frame)[0, :, 0].tolist() for frame in open_animation(head + frames + b";").frames()]
    assert found == [[3, 3], [3, 6], [3, 6]]


def test_an_apng_without_control_chunks_is_a_still_picture(tmp_path: Path) -> None:
    png = encode_pillow(gradient_image(), "PNG")
    data = png[:33] + chunk(b"acTL", struct.pack(">II", 2, 0)) + png[33:]
    (tmp_path / "x.png").write_bytes(data)
    assert read_animation(tmp_path / "x.png") is None


def mutate(data: bytes, rng: random.Random) -> bytes:
    """The file with a few bytes changed, left out or put in, or cut off; checksums of a PNG made right again."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 2, 5, 20])):
        position = rng.randrange(8, len(changed))
        changed[position : position + rng.randrange(3)] = bytes(rng.randrange(256) for _ in range(rng.randrange(3)))
    changed = changed[: rng.randrange(30, len(changed))] if rng.random() < 0.2 else changed
    if not data.startswith(png_frames.SIGNATURE):
        return bytes(changed)
    repaired, position = bytes(changed[:8]), 8
    while position + 12 <= len(changed):
        length = int.from_bytes(changed[position : position + 4])
        content = bytes(changed[position + 8 : position + 8 + length])
        repaired += png_frames.build_chunk(bytes(changed[position + 4 : position + 8]), content)
        position += 12 + length
    return repaired


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_file_is_read_or_refused_in_a_sentence(seed: int) -> None:
    rng = random.Random(seed)
    file = make_gif(seed).data if seed % 2 else make_apng(seed, with_still=seed % 4 == 0).data
    for _ in range(60):
        try:
            animation = read_animation(mutate(file, rng), "changed", 1_000_000)
        except UsageError:
            continue
        if animation is not None:
            assert len(list(animation.frames())) == animation.frame_count


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_a_palette_that_is_missing_stops_nothing(format: str) -> None:
    """Pillow asserts that there is one."""
    frames = [Image.new("P", (8, 8), value) for value in (1, 2)]
    for frame in frames:
        frame.putpalette(bytes(range(48)))
    data = bytearray(encode_frames(frames, format, duration=20, transparency=0))
    if format == "PNG":
        data[data.index(b"PLTE") : data.index(b"PLTE") + 4] = b"XLTE"
    else:
        data[10] &= 0x7F  # no palette follows
    with contextlib.suppress(UsageError):
        read_animation(bytes(data), "bare")


@pytest.mark.parametrize(("colour_type", "depth"), [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)])
def test_the_transparent_colour_of_an_apng_is_found_at_every_depth(colour_type: int, depth: int) -> None:
    samples = 3 if colour_type == 2 else 1
    row = {1: b"\x40", 2: b"\x1b", 4: b"\x01\x23"}.get(depth) or b"".join(
        level.to_bytes(depth // 8, "big") * samples for level in range(4)
    )
    pixels = zlib.compress(b"\0" + row)  # levels 0, 1, ... of which 1 is transparent
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 1, depth, colour_type, 0, 0, 0))
    file += chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"tRNS", struct.pack(">H", 1) * samples)
    file += chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 4, 1, 0, 0, 1, 10, 0, 0)) + chunk(b"IDAT", pixels)
    file += chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, 4, 1, 0, 0, 1, 10, 0, 0))
    file += chunk(b"fdAT", struct.pack(">I", 2) + pixels) + chunk(b"IEND", b"")
    for frame in open_animation(file).frames():
        assert rgba(frame)[0, :, 3].tolist() == [255, 0, 255, 255]

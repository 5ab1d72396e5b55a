"""`gan_core.upscale`."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gan_core
from gan_core.cli import main
from gan_core.images import reading, writing
from tests import small_upscalers
from tests.images.animation.test_frames import encode_frames, moving_square


@pytest.fixture
def image() -> Image.Image:
    return Image.fromarray(small_upscalers.noise_pixels(12, 20))


def test_an_image_has_the_same_pixels_as_on_the_command_line(root: Path, image: Image.Image, tmp_path: Path) -> None:
    image.save(tmp_path / "small.png")
    call = ["upscale", str(tmp_path / "small.png"), "--model", "tiny-sr", "--scale", "2.5"]
    assert main([*call, "--out", str(tmp_path / "large.png")]) == 0
    large = gan_core.upscale(tmp_path / "small.png", "tiny-sr", scale=2.5)
    with Image.open(tmp_path / "large.png") as expected:
        np.testing.assert_array_equal(np.asarray(large), np.asarray(expected))


def test_an_image_has_the_same_pixels_in_each_of_its_forms(root: Path, image: Image.Image, tmp_path: Path) -> None:
    image.save(tmp_path / "small.png")
    upscaler = gan_core.load_upscaler("tiny-sr")
    expected = np.asarray(gan_core.upscale(image, upscaler))
    assert expected.shape[:2] == (48, 80)
    forms = (
        tmp_path / "small.png",
        str(tmp_path / "small.png"),
        (tmp_path / "small.png").read_bytes(),
        np.asarray(image),
    )
    for form in forms:
        np.testing.assert_array_equal(np.asarray(gan_core.upscale(form, upscaler)), expected)


def test_transparency_and_16_bit_grey_are_kept(root: Path, image: Image.Image) -> None:
    upscaler = gan_core.load_upscaler("tiny-sr")
    image.putalpha(120)
    large = gan_core.upscale(image, upscaler)
    assert large.mode == "RGBA"
    assert large.getchannel("A").getextrema() == (120, 120)
    deep = Image.fromarray(np.arange(0, 60_000, 500, dtype=np.uint16).reshape(10, 12))
    assert gan_core.upscale(deep, upscaler).mode == "I;16"


def test_all_frames_of_an_animated_file_are_upscaled(root: Path, tmp_path: Path) -> None:
    times = [40, 70, 200, 10, 100, 250]
    data = encode_frames(moving_square(), "GIF", duration=times, loop=0)
    (tmp_path / "anim.gif").write_bytes(data)
    reported: list[tuple[int, int | None]] = []
    upscaler = gan_core.load_upscaler("tiny-sr")
    for form in (tmp_path / "anim.gif", str(tmp_path / "anim.gif"), data):
        large = gan_core.upscale(form, upscaler, progress=lambda done, total: reported.append((done, total)))
        assert (large.size, getattr(large, "n_frames", 1), large.info["loop"]) == ((96, 64), 6, 0)
        assert reported[-1] == (6 * 24 * 16, 6 * 24 * 16)
        for format in ("GIF", "WEBP", "PNG"):
            large.save(tmp_path / "large", format, save_all=True)
            with Image.open(tmp_path / "large") as again:
                assert getattr(again, "n_frames", 1) == 6
    found = []
    for number in range(6):
        large.seek(number)
        found.append(large.info["duration"])
    assert found == times
    with Image.open(tmp_path / "anim.gif") as opened:  # an image that Pillow holds is its current frame
        assert getattr(gan_core.upscale(opened, upscaler), "n_frames", 1) == 1


def test_progress_counts_the_pixels_of_the_input(root: Path, image: Image.Image) -> None:
    reported: list[tuple[int, int | None]] = []
    gan_core.upscale(image, "tiny-sr", tile=16, progress=lambda done, total: reported.append((done, total)))
    assert len(reported) > 1
    assert reported[-1] == (240, 240)


def test_what_could_not_be_kept_is_said_in_a_warning(root: Path, image: Image.Image) -> None:
    with pytest.warns(UserWarning, match="The image is CMYK without a usable profile") as caught:
        gan_core.upscale(image.convert("CMYK"), "tiny-sr")
    assert caught[0].filename == __file__


def test_16_bit_colours_are_reduced_with_a_warning(root: Path, tmp_path: Path) -> None:
    pixels = small_upscalers.noise_pixels(12, 20)
    writing.write_image(reading.DecodedImage(pixels.astype(np.uint16) * 257), tmp_path / "deep.tif")
    with pytest.warns(UserWarning, match="PIL has no colours of 16 bits a channel: the image has 8"):
        large = gan_core.upscale(tmp_path / "deep.tif", "tiny-sr")
    shallow = gan_core.upscale(pixels, "tiny-sr")
    assert np.abs(np.asarray(large).astype(int) - np.asarray(shallow)).max() <= 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scale": 0}, "Scale must be above 0"),
        ({"tile": 3}, "A tile must have between"),
        ({"precision": "half"}, "Precision must be one of"),
        ({"model": "nobody"}, "There is no model 'nobody'"),
        ({"model": "shapes-cgan"}, "shapes-cgan is a Conditional GAN"),
        ({"scale": 64, "image": Image.new("1", (6000, 6000))}, "megapixels"),
    ],
)
def test_what_cannot_be_used_raises_a_usage_error(root: Path, image: Image.Image, settings: dict, message: str) -> None:
    with pytest.raises(gan_core.UsageError, match=message):
        gan_core.upscale(**{"image": image, "model": "tiny-sr"} | settings)

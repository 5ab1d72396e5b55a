"""What is measured of a picture: compression, noise, detail, and whether it was drawn."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from gan_core.images import quality
from gan_core.images.quality import ImageQuality, measure_quality
from gan_core.images.reading import DecodedImage, read_image

pytestmark = pytest.mark.core


def photo(seed: int = 0) -> Image.Image:
    """A picture of 320 x 240 pixels with the spectrum of photos: shapes over waves and clouds, without noise."""
    width, height, random = 640, 480, np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    values = 128 + 30 * np.sin(rows / 23) * np.cos(columns / 31)
    for size in (4, 8, 16, 32, 64):
        coarse = Image.fromarray(random.normal(0, 1, (height // size + 2, width // size + 2)).astype(np.float32))
        values += 1.3 * size**0.5 * np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
    image = Image.fromarray(np.stack([values, values * 0.9 + 10, values * 0.8 + 20], 2).clip(5, 250).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y, radius = random.integers(0, width), random.integers(0, height), random.integers(4, 24)
        box = [int(x - radius), int(y - radius), int(x + radius), int(y + radius)]
        draw.ellipse(box, tuple(int(value) for value in random.integers(30, 225, 3)))
    return image.resize((width // 2, height // 2), Image.Resampling.BICUBIC)


def screenshot() -> Image.Image:
    image = Image.new("RGB", (320, 240), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 320, 24), "#24305e")
    for line in range(6):
        draw.text((10, 40 + 32 * line), f"{line}. The quick brown fox jumps over the lazy dog", "black")
    return image


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def decoded(image: Image.Image) -> DecodedImage:
    return DecodedImage(np.atleast_3d(np.asarray(image)))


def compressed(image: Image.Image, jpeg_quality: int, **options: Any) -> Image.Image:
    return Image.open(BytesIO(encoded(image, quality=jpeg_quality, **options))).convert("RGB")


@pytest.mark.parametrize("jpeg_quality", [10, 30, 40, 50, 75, 90, 97])
def test_a_jpeg_tells_the_quality_that_it_was_saved_with(jpeg_quality: int) -> None:
    data = encoded(photo(), quality=jpeg_quality)
    assert quality.read_jpeg_quality(data) == jpeg_quality
    found = measure_quality(read_image(data), data).jpeg_quality
    assert found is not None
    assert abs(found - jpeg_quality) <= 4


@pytest.mark.parametrize("jpeg_quality", [30, 40, 60, 75, 85])
def test_the_pixels_of_a_jpeg_saved_as_png_tell_its_quality(jpeg_quality: int) -> None:
    found = measure_quality(decoded(compressed(photo(), jpeg_quality))).jpeg_quality
    assert found is not None
    assert abs(found - jpeg_quality) <= 5


def test_a_crop_off_the_grid_and_a_second_better_compression_hide_nothing() -> None:
    once = compressed(photo(), 40)
    cropped = once.crop((3, 5, once.width, once.height))
    twice = encoded(once, quality=95)
    assert quality.read_jpeg_quality(twice) == 95
    for image, file in ((decoded(cropped), None), (read_image(twice), twice)):
        found = measure_quality(image, file).jpeg_quality
        assert found is not None
        assert abs(found - 40) <= 4


def test_a_picture_that_was_never_compressed_has_no_jpeg_quality() -> None:
    for seed in range(3):
        assert measure_quality(decoded(photo(seed))).jpeg_quality is None
    assert quality.read_jpeg_quality(encoded(photo(), "PNG")) is None
    assert quality.read_jpeg_quality(b"no picture") is None


@pytest.mark.parametrize("sigma", [3, 6, 12, 24])
def test_noise_is_measured_in_levels_of_luma(sigma: int) -> None:
    image = photo()
    noise = np.random.default_rng(1).normal(0, sigma, (image.height, image.width, 1))
    noisy = (np.asarray(image) + noise).clip(0, 255).round().astype(np.uint8)
    assert measure_quality(DecodedImage(noisy)).noise == pytest.approx(sigma, rel=0.25)


def test_noise_of_16_bits_is_measured_in_levels_of_8() -> None:
    noise = np.random.default_rng(1).normal(30_000, 257 * 8, (200, 200, 1))
    assert measure_quality(DecodedImage(noise.clip(0, 65_535).astype(np.uint16))).noise == pytest.approx(8, rel=0.15)


def test_a_clean_picture_and_fine_texture_are_not_noise() -> None:
    assert measure_quality(decoded(photo())).noise < 1
    rows, columns = np.mgrid[:200, :200]
    grass = 128 + 20 * np.sin(columns * 1.9) + 20 * np.sin(rows * 1.7)
    assert measure_quality(DecodedImage(grass.astype(np.uint8)[:, :, None])).noise < 1


@pytest.mark.parametrize(("factor", "share"), [(2, 1 / 2), (3, 1 / 3), (4, 1 / 3)])
def test_an_enlarged_picture_has_less_detail_than_one_at_its_own_size(factor: int, share: float) -> None:
    image = photo()
    enlarged = image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)
    own = measure_quality(decoded(image)).detail
    assert own > 0.15
    assert measure_quality(decoded(enlarged)).detail < share * own
    assert measure_quality(decoded(image.filter(ImageFilter.GaussianBlur(1.5)))).detail < own / 4


def test_a_screenshot_is_a_graphic_and_a_photo_is_none() -> None:
    assert measure_quality(decoded(screenshot())).is_graphic
    assert measure_quality(decoded(compressed(screenshot(), 75))).is_graphic
    for image in (photo(), compressed(photo(), 40)):
        assert not measure_quality(decoded(image)).is_graphic


@pytest.mark.parametrize("size", [(1, 1), (2000, 1), (30, 30)])
def test_of_a_tiny_picture_only_the_tables_are_read(size: tuple[int, int]) -> None:
    data = encoded(Image.new("RGB", size, "red"), quality=40)
    assert measure_quality(read_image(data), data) == ImageQuality(40)


@pytest.mark.parametrize("colour", ["black", "white", "grey"])
def test_an_empty_picture_can_be_measured(colour: str) -> None:
    found = measure_quality(decoded(Image.new("RGB", (100, 80), colour)))
    assert (found.jpeg_quality, found.noise, found.is_graphic) == (None, 0.0, False)

"""PNG and TIFF files of 16 bits a channel, read by independent decoders."""

from dataclasses import replace
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from gan_core.images import sixteen_bits
from gan_core.images.reading import DecodedImage, ImageMetadata, read_image
from gan_core.images.writing import encode_image
from tests.images.image_files import SRGB, XMP, sample_exif

METADATA = ImageMetadata(SRGB, sample_exif().tobytes(), XMP, (300.0, 300.0), {"Title": "A door"})


def deep_image(channels: int, has_alpha: bool, height: int = 37, width: int = 29) -> DecodedImage:
    """Smooth to the right and noisy below, so that every filter of PNG is used."""
    generator = np.random.default_rng(0)
    ramp = np.linspace(0, 60_000, width).astype(np.uint16)[None, :, None]
    pixels = np.tile(ramp, (height, 1, channels)) + np.arange(channels, dtype=np.uint16) * 1000
    pixels[height // 2 :] = generator.integers(0, 65_536, pixels[height // 2 :].shape)
    alpha = generator.integers(1, 256, (height, width), dtype=np.uint8) if has_alpha else None
    return DecodedImage(pixels, alpha, METADATA)


@pytest.mark.parametrize("has_alpha", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_every_bit_is_written(format: str, channels: int, has_alpha: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sixteen_bits, "BAND_BYTES", 1000)  # several bands
    image = deep_image(channels, has_alpha)
    data, notes = encode_image(image, format)
    assert notes == ()
    values = imagecodecs.png_decode(data) if format == "PNG" else tifffile.imread(BytesIO(data))
    assert values.dtype == np.uint16
    assert np.array_equal(np.atleast_3d(values), sixteen_bits.interleave_alpha(image.pixels, image.alpha))


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_metadata_are_those_of_an_image_of_8_bits(format: str) -> None:
    image = deep_image(3, True)
    written = read_image(encode_image(image, format)[0]).metadata
    shallow = read_image(encode_image(image.to_8_bit(), format)[0]).metadata
    assert written == shallow
    assert written.icc_profile == SRGB
    assert written.xmp == XMP
    assert written.dpi == pytest.approx((300, 300), abs=0.1)
    assert Image.open(BytesIO(encode_image(image, "PNG")[0])).getexif()[0x010F] == "Maker"


def test_an_image_without_metadata_and_of_one_strip_is_written() -> None:
    image = replace(deep_image(3, False, 2, 2), metadata=ImageMetadata())
    assert np.array_equal(tifffile.imread(BytesIO(encode_image(image, "TIFF")[0])), image.pixels)
    assert np.array_equal(imagecodecs.png_decode(encode_image(image, "PNG")[0]), image.pixels)


@pytest.mark.parametrize("format", ["JPEG", "WebP"])
def test_other_formats_get_8_bits_with_a_note(format: str) -> None:
    data, notes = encode_image(deep_image(3, False), format)
    assert notes == (f"An image of 16 bits a channel as {format} is written with 8 bits.",)
    assert read_image(data).size == (29, 37)

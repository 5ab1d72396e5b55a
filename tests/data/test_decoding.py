"""A data set decodes what Upscale decodes, and damaged files raise an error that names what is wrong."""

import struct
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.data import decoding
from gan_core.data.decoding import DECODE_ERRORS, decode_image, decode_square
from gan_core.images.reading import read_image
from gan_core.images.tensors import from_pil
from tests.data.image_sets import png, synthetic_photo
from tests.images.image_files import encode_pillow

PHOTO = synthetic_photo(40, 30)


FORMS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")
UNWRITTEN = {("JPEG", "RGBA"), ("JPEG", "LA"), ("JPEG", "P"), ("BMP", "LA"), ("PNG", "CMYK"), ("BMP", "CMYK"),
             ("GIF", "CMYK")}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "P", "1", "CMYK"])
def test_a_square_has_the_pixels_of_the_policy_for_training_images(form: str, mode: str) -> None:
    file = encode_pillow(PHOTO.convert("RGB" if (form, mode) in UNWRITTEN else mode), form)
    for channels in (1, 3):
        with Image.open(BytesIO(file)) as image:
            expected = from_pil(image, 16, channels)
        assert np.array_equal(decode_square(file, 16, channels).permute(1, 2, 0).numpy(), expected)


@pytest.mark.parametrize("form", FORMS)
def test_whole_images_have_the_pixels_of_an_image_to_upscale(form: str) -> None:
    file = encode_pillow(PHOTO, form)
    assert np.array_equal(decode_image(file, 3).permute(1, 2, 0).numpy(), read_image(file).pixels)


def test_exif_turns_an_image_and_damaged_exif_leaves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = encode_pillow(PHOTO, "JPEG", exif=exif)
    assert decode_image(file, 3).shape == (3, 40, 30)
    monkeypatch.setattr(decoding.ImageOps, "exif_transpose", lambda image: struct.unpack(">I", b""))
    assert decode_image(file, 3).shape == (3, 30, 40)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", r"a\.png is an empty file, not a readable image"),
        (b"words", r"a\.png is text"),
        (b"%PDF-1.7", r"a\.png is a PDF document"),
        (png((9, 9, 9), (64, 64), "JPEG")[:300], r"a\.png .*damaged or cut off"),
        (encode_pillow(PHOTO, "PNG")[:900], r"a\.png .*damaged or cut off"),
        (encode_pillow(PHOTO, "TIFF")[:900], r"a\.png .*damaged or cut off"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(file: bytes, message: str) -> None:
    with pytest.raises(DECODE_ERRORS, match=message):
        decode_image(file, 3, name="a.png")


def test_images_beyond_the_limit_are_refused_and_large_ones_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    file = encode_pillow(PHOTO, "PNG")
    monkeypatch.setattr(decoding, "LARGE_IMAGE_PIXELS", 100)
    assert torch.equal(decode_image(file, 3), torch.from_numpy(np.array(PHOTO)).permute(2, 0, 1))
    with pytest.raises(DECODE_ERRORS, match="megapixels"):
        decoding.decode_opaque(file, 3, max_pixels=1000)

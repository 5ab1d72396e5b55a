"""Decoding image files of any origin: modes, bit depths, colour spaces, frames, orientation, damage."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from gan_core.errors import UsageError
from gan_core.images import metadata, sniffing
from gan_core.images.reading import read_image
from gan_core.images.writing import encode_image
from tests.images.image_files import SRGB, build_png, encode_pillow, gradient_image, is_close, sample_exif


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_every_format_is_read_by_its_content(format: str) -> None:
    data = encode_pillow(gradient_image(), format)
    assert sniffing.read_header(data).format.upper() == format
    assert is_close(read_image(data, "named-as-you-like.txt").pixels, np.asarray(gradient_image()), 6)


def test_heic_files_of_phones_are_read() -> None:
    pillow_heif.register_heif_opener()
    data = encode_pillow(gradient_image(64, 64), "HEIF", quality=95)
    assert sniffing.read_header(data) == sniffing.ImageHeader("HEIC", 64, 64)
    assert is_close(read_image(data).pixels, np.asarray(gradient_image(64, 64)), 6)


@pytest.mark.parametrize(
    ("mode", "channels", "alpha"),
    [("1", 1, False), ("L", 1, False), ("LA", 1, True), ("P", 3, False), ("RGB", 3, False), ("RGBA", 3, True)],
)
def test_every_mode_becomes_grey_or_rgb_with_alpha_where_it_has_transparency(
    mode: str, channels: int, alpha: bool
) -> None:
    image = read_image(encode_pillow(gradient_image().convert(mode), "PNG"))
    assert image.pixels.shape == (16, 24, channels)
    assert image.pixels.dtype == np.uint8
    assert (image.alpha is not None) is alpha
    assert image.notes == ()


def test_a_palette_with_a_transparent_colour_becomes_alpha() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((0, 0), 1)
    decoded = read_image(encode_pillow(image, "PNG", transparency=1))
    assert decoded.alpha is not None
    assert (decoded.alpha[0, 0], decoded.alpha[3, 3]) == (0, 255)
    assert (decoded.pixels == [255, 0, 0]).all()  # also under the hole: nothing green may bleed


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_every_bit(format: str) -> None:
    values = np.arange(0, 65_536, 256, dtype=np.uint16).reshape(16, 16) + 7
    image = read_image(encode_pillow(Image.fromarray(values), format))
    assert image.is_16_bit
    assert np.array_equal(image.pixels[:, :, 0], values)
    assert np.array_equal(read_image(encode_image(image, format)[0]).pixels, image.pixels)


def test_sixteen_bit_grey_with_a_transparent_value_keeps_both() -> None:
    values = np.full((3, 4), 30_000, ">u2")
    values[0, 0] = 5
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    image = read_image(build_png(4, 3, 16, 0, rows, (b"tRNS", struct.pack(">H", 5))))
    assert image.is_16_bit
    assert image.alpha is not None
    assert (image.alpha == 0).sum() == 1
    data, notes = encode_image(image, "TIFF")
    assert notes == ()
    again = read_image(data)
    assert again.is_16_bit
    assert (again.pixels[image.alpha > 0] == 30_000).all()
    assert again.alpha is not None
    assert np.array_equal(again.alpha, image.alpha)


@pytest.mark.parametrize(("kind", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colours_keep_every_bit(kind: int, channels: int) -> None:
    rows = (b"\0" + b"\x80\x07" * channels * 4) * 3
    image = read_image(build_png(4, 3, 16, kind, rows), "deep.png")
    assert image.notes == ()
    assert image.is_16_bit
    assert (image.pixels == 0x8007).all()
    assert (image.alpha is None) is (kind == 2)


def test_cmyk_is_converted_through_its_profile() -> None:
    """Through the profile, not by the simple formula: the transform is replaced by one of a known result."""
    seen: list[Any] = []
    image = Image.new("CMYK", (8, 8), (0, 200, 200, 0))

    def transform(given: Image.Image, profile: Any, target: Any, outputMode: str) -> Image.Image:
        seen.append((given.mode, outputMode))
        return Image.new("RGB", given.size, (1, 2, 3))

    profile = SRGB[:16] + b"CMYK" + SRGB[20:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ImageCms, "profileToProfile", transform)
        decoded = read_image(encode_pillow(image, "JPEG", icc_profile=profile, quality=95), "print.jpg")
    assert seen == [("CMYK", "RGB")]
    assert (decoded.pixels == (1, 2, 3)).all()
    assert decoded.metadata.icc_profile is None  # it speaks of inks
    assert decoded.notes == ("print.jpg was converted from CMYK to sRGB through its profile.",)


@pytest.mark.parametrize("profile", [None, SRGB, SRGB[:16] + b"CMYK" + SRGB[20:]])
def test_cmyk_without_a_usable_profile_is_approximated_with_a_note(profile: bytes | None) -> None:
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    decoded = read_image(
        encode_pillow(image, "JPEG", quality=95, **({"icc_profile": profile} if profile else {})), "print.jpg"
    )
    assert is_close(decoded.pixels, np.full((8, 8, 3), (255, 0, 0)), 3)
    assert "approximate" in decoded.notes[0]
    assert decoded.metadata.icc_profile is None


def test_lab_becomes_rgb() -> None:
    image = read_image(encode_pillow(Image.new("LAB", (4, 4), (255, 128, 128)), "TIFF"))
    assert image.pixels.min() > 245


def test_the_first_frame_of_an_animation_is_used_with_a_note() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for format in ("GIF", "WEBP", "PNG"):
        image = read_image(encode_pillow(frames[0], format, save_all=True, append_images=frames[1:]), "a.gif")
        assert image.notes == ("a.gif is animated; the first is used.",)
        assert image.pixels[:, :, 0].min() > 240
    pages = read_image(encode_pillow(frames[0], "TIFF", save_all=True, append_images=frames[1:]), "a.tif")
    assert pages.notes == ("a.tif holds several images; the first is used.",)


@pytest.mark.parametrize(("mode", "value"), [("F", 0.5), ("I", 32_768)])
def test_values_of_other_number_types_are_scaled_with_a_note(mode: str, value: float) -> None:
    image = read_image(encode_pillow(Image.new(mode, (4, 4), value), "TIFF"), "x.tif")
    assert (image.pixels == 32_768).all()
    assert "became" in image.notes[0]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied_and_its_tag_reset(format: str, orientation: int) -> None:
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that the camera made
    stored = gradient_image().transpose(Image.Transpose(back[orientation])) if orientation > 1 else gradient_image()
    exif = sample_exif(orientation).tobytes()
    image = read_image(encode_pillow(stored, format, exif=exif, **({"quality": 95} if format == "JPEG" else {})))
    assert is_close(image.pixels, np.asarray(gradient_image()), 6)
    written = Image.open(BytesIO(encode_image(image, "JPEG")[0]))
    assert written.getexif().get(metadata.ORIENTATION_TAG, 1) == 1
    assert written.getexif()[0x010F] == "Maker"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_is_left_out_and_the_pixels_are_read() -> None:
    data = encode_pillow(gradient_image(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x12" * 30)
    assert read_image(data).size == (24, 16)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_an_image_cut_off_is_refused(format: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8))
    data = encode_pillow(noise, format)
    with pytest.raises(UsageError, match="damaged or cut off"):
        read_image(data[: int(len(data) * share)], "half.png")


def test_the_limit_on_pixels_can_be_lowered() -> None:
    with pytest.raises(UsageError, match=r"at most 0\.0001 are allowed"):
        read_image(encode_pillow(gradient_image(), "PNG"), max_pixels=100)

"""Anybody's picture file: read as it is meant, refused in one sentence, written with all that a format takes."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageFile

from gan_core.errors import UsageError
from gan_core.images import reading, sniffing, writing
from gan_core.images.reading import DecodedImage, ImageMetadata, read_image
from gan_core.images.writing import encode_image

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def encode_pillow(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def gradient_image(width: int = 24, height: int = 16) -> Image.Image:
    """Red to the right, green downwards: no two corners are alike."""
    right, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([right, down, right * 0 + 90], 2).astype(np.uint8))


def build_png(width: int, height: int, depth: int, kind: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG put together by hand, for what Pillow does not write."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def is_close(first: np.ndarray, second: np.ndarray, tolerance: float) -> bool:
    return float(np.abs(first.astype(float) - second.astype(float)).mean()) <= tolerance


# Formats and modes


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_every_format_is_read_by_its_content(format: str) -> None:
    data = encode_pillow(gradient_image(), format)
    assert sniffing.read_header(data).format.upper() == format
    assert is_close(read_image(data, "named-as-you-like.txt").pixels, np.asarray(gradient_image()), 6)


def test_pictures_of_phones_are_read() -> None:
    pillow_heif.register_heif_opener()
    data = encode_pillow(gradient_image(64, 64), "HEIF", quality=95)
    assert sniffing.read_header(data) == sniffing.ImageHeader("HEIC", 64, 64)
    assert is_close(read_image(data).pixels, np.asarray(gradient_image(64, 64)), 6)


@pytest.mark.parametrize(
    ("mode", "channels", "alpha"),
    [("1", 1, False), ("L", 1, False), ("LA", 1, True), ("P", 3, False), ("RGB", 3, False), ("RGBA", 3, True)],
)
def test_every_mode_becomes_grey_or_colours_and_perhaps_alpha(mode: str, channels: int, alpha: bool) -> None:
    picture = read_image(encode_pillow(gradient_image().convert(mode), "PNG"))
    assert picture.pixels.shape == (16, 24, channels)
    assert picture.pixels.dtype == np.uint8
    assert (picture.alpha is not None) is alpha
    assert picture.notes == ()


def test_a_palette_with_a_transparent_colour_becomes_alpha() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((0, 0), 1)
    picture = read_image(encode_pillow(image, "PNG", transparency=1))
    assert picture.alpha is not None
    assert (picture.alpha[0, 0], picture.alpha[3, 3]) == (0, 255)
    assert (picture.pixels == [255, 0, 0]).all()  # also under the hole: nothing green may bleed


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_every_bit(format: str) -> None:
    values = np.arange(0, 65_536, 256, dtype=np.uint16).reshape(16, 16) + 7
    picture = read_image(encode_pillow(Image.fromarray(values), format))
    assert picture.is_16_bit
    assert np.array_equal(picture.pixels[:, :, 0], values)
    assert np.array_equal(read_image(encode_image(picture, format)[0]).pixels, picture.pixels)


def test_sixteen_bit_grey_with_a_transparent_value_keeps_both() -> None:
    values = np.full((3, 4), 30_000, ">u2")
    values[0, 0] = 5
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    picture = read_image(build_png(4, 3, 16, 0, rows, (b"tRNS", struct.pack(">H", 5))))
    assert picture.is_16_bit
    assert picture.alpha is not None
    assert (picture.alpha == 0).sum() == 1
    data, notes = encode_image(picture, "PNG")
    assert notes == ("16-bit grey with transparency is written with 8 bits.",)
    assert read_image(data).alpha is not None


@pytest.mark.parametrize(("kind", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colours_are_reduced_and_it_is_said(kind: int, channels: int) -> None:
    rows = (b"\0" + b"\x80\x00" * channels * 4) * 3
    picture = read_image(build_png(4, 3, 16, kind, rows), "deep.png")
    assert picture.notes == ("deep.png has more than 8 bits a colour; it is read with 8.",)
    assert (picture.pixels == 128).all()


def test_cmyk_is_converted_through_its_profile(tmp_path: Path) -> None:
    """With the profile's numbers, not with the simple formula: the stand-in profile turns everything its own way."""
    seen: list[Any] = []
    image = Image.new("CMYK", (8, 8), (0, 200, 200, 0))

    def transform(given: Image.Image, profile: Any, target: Any, outputMode: str) -> Image.Image:
        seen.append((given.mode, outputMode))
        return Image.new("RGB", given.size, (1, 2, 3))

    profile = SRGB[:16] + b"CMYK" + SRGB[20:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ImageCms, "profileToProfile", transform)
        picture = read_image(encode_pillow(image, "JPEG", icc_profile=profile, quality=95), "print.jpg")
    assert seen == [("CMYK", "RGB")]
    assert (picture.pixels == (1, 2, 3)).all()
    assert picture.metadata.icc_profile is None  # it speaks of inks
    assert picture.notes == ("print.jpg was converted from CMYK to sRGB through its profile.",)


@pytest.mark.parametrize("profile", [None, SRGB, SRGB[:16] + b"CMYK" + SRGB[20:]])
def test_cmyk_without_a_usable_profile_is_approximate_and_it_is_said(profile: bytes | None) -> None:
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    picture = read_image(
        encode_pillow(image, "JPEG", quality=95, **({"icc_profile": profile} if profile else {})), "print.jpg"
    )
    assert is_close(picture.pixels, np.full((8, 8, 3), (255, 0, 0)), 3)
    assert "approximate" in picture.notes[0]
    assert picture.metadata.icc_profile is None


def test_lab_becomes_rgb() -> None:
    picture = read_image(encode_pillow(Image.new("LAB", (4, 4), (255, 128, 128)), "TIFF"))
    assert picture.pixels.min() > 245


def test_of_an_animation_the_first_frame_is_taken_and_it_is_said() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for format in ("GIF", "WEBP", "PNG"):
        picture = read_image(encode_pillow(frames[0], format, save_all=True, append_images=frames[1:]), "a.gif")
        assert picture.notes == ("a.gif is animated; the first is taken.",)
        assert picture.pixels[:, :, 0].min() > 240
    pages = read_image(encode_pillow(frames[0], "TIFF", save_all=True, append_images=frames[1:]), "a.tif")
    assert pages.notes == ("a.tif holds several pictures; the first is taken.",)


def test_numbers_that_are_no_colours_are_refused() -> None:
    with pytest.raises(UsageError, match="measured numbers"):
        read_image(encode_pillow(Image.new("F", (4, 4), 0.5), "TIFF"))
    with pytest.raises(UsageError, match="beyond 16 bits"):
        read_image(encode_pillow(Image.new("I", (4, 4), 1_000_000), "TIFF"))


# Transparency


def test_under_transparency_the_colours_around_go_on() -> None:
    pixels = np.zeros((33, 41, 4), np.uint8)  # black and invisible
    pixels[10:20, 10:20] = (200, 100, 50, 255)
    picture = read_image(encode_pillow(Image.fromarray(pixels), "PNG"))
    assert (picture.pixels == (200, 100, 50)).all()
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, pixels[:, :, 3])


def test_what_can_be_seen_is_left_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), dtype=np.uint8)
    picture = read_image(encode_pillow(Image.fromarray(pixels), "PNG"))
    seen = pixels[:, :, 3] > 0
    assert np.array_equal(picture.pixels[seen], pixels[:, :, :3][seen])


def test_a_picture_that_is_all_transparent_is_read() -> None:
    assert read_image(encode_pillow(Image.new("RGBA", (5, 3), (9, 9, 9, 0)), "PNG")).pixels.max() == 9


# Orientation, profiles, metadata


def sample_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[reading.ORIENTATION_TAG] = orientation
    exif[0x010F] = "Maker"
    exif.get_ifd(reading.EXIF_IFD_TAG)[reading.PIXEL_WIDTH_TAG] = 24
    exif.get_ifd(0x8825)[1] = "N"
    return exif


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied_and_its_tag_reset(format: str, orientation: int) -> None:
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that the camera made
    stored = gradient_image().transpose(Image.Transpose(back[orientation])) if orientation > 1 else gradient_image()
    exif = sample_exif(orientation).tobytes()
    picture = read_image(encode_pillow(stored, format, exif=exif, **({"quality": 95} if format == "JPEG" else {})))
    assert is_close(picture.pixels, np.asarray(gradient_image()), 6)
    written = Image.open(BytesIO(encode_image(picture, "JPEG")[0]))
    assert written.getexif().get(reading.ORIENTATION_TAG, 1) == 1
    assert written.getexif()[0x010F] == "Maker"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WebP", "TIFF"])
def test_profile_and_metadata_survive(format: str) -> None:
    data = encode_pillow(
        gradient_image(), "JPEG", exif=sample_exif(), xmp=XMP, dpi=(300, 300), icc_profile=SRGB, comment=b"A door"
    )
    large = DecodedImage(read_image(data).pixels.repeat(2, 0).repeat(2, 1), metadata=read_image(data).metadata)
    written, notes = encode_image(large, format)
    assert notes == ()
    again = read_image(written).metadata
    assert again.icc_profile == SRGB
    assert again.xmp == XMP
    exif = Image.open(BytesIO(written)).getexif()
    assert exif[0x010F] == "Maker"
    assert dict(exif.get_ifd(0x8825)) == {1: "N"}
    assert exif.get_ifd(reading.EXIF_IFD_TAG)[reading.PIXEL_WIDTH_TAG] == 48  # its size is what it now is
    if format != "WebP":
        assert again.dpi is not None
        assert round(again.dpi[0]) == 300
    if format in ("PNG", "JPEG"):
        assert again.text_chunks == {"Comment": "A door"}


def test_the_texts_of_a_png_survive() -> None:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Title", "A door", zip=True)
    texts.add_itxt("Author", "Zoë")
    picture = read_image(encode_pillow(gradient_image(), "PNG", pnginfo=texts))
    assert read_image(encode_image(picture, "PNG")[0]).metadata.text_chunks == {"Title": "A door", "Author": "Zoë"}


def test_a_grey_profile_stays_with_grey_and_leaves_where_grey_becomes_colours() -> None:
    grey = SRGB[:16] + b"GRAY" + SRGB[20:]
    picture = read_image(encode_pillow(gradient_image().convert("L"), "PNG", icc_profile=grey))
    assert read_image(encode_image(picture, "PNG")[0]).metadata.icc_profile == grey
    assert b"ICCP" not in encode_image(picture, "WebP")[0]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_costs_the_exif_and_not_the_picture() -> None:
    data = encode_pillow(gradient_image(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x12" * 30)
    assert read_image(data).size == (24, 16)


def test_metadata_too_long_for_jpeg_are_left_out_and_it_is_said() -> None:
    picture = DecodedImage(np.asarray(gradient_image()), metadata=ImageMetadata(xmp=b"x" * 70_000))
    assert encode_image(picture, "JPEG")[1] == ("The XMP data are too long for JPEG and left out.",)


# Writing


def test_transparency_on_jpeg_is_laid_on_white_and_it_is_said() -> None:
    alpha = np.full((16, 24), 255, np.uint8)
    alpha[:8] = 0
    data, notes = encode_image(DecodedImage(np.asarray(gradient_image()), alpha), "JPEG")
    assert notes == ("JPEG knows no transparency: the picture was laid on white.",)
    assert read_image(data).pixels[:7].min() > 245
    assert encode_image(DecodedImage(np.asarray(gradient_image()), np.full_like(alpha, 255)), "JPEG")[1] == ()


@pytest.mark.parametrize("format", ["PNG", "WebP", "TIFF"])
def test_transparency_survives(format: str) -> None:
    alpha = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (16, 1))
    again = read_image(encode_image(DecodedImage(np.asarray(gradient_image()), alpha), format)[0])
    assert again.alpha is not None
    assert np.array_equal(again.alpha, alpha)


@pytest.mark.parametrize("format", ["JPEG", "WebP"])
def test_quality_is_heeded_and_sixteen_bits_are_reduced_with_a_note(format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert (
        len(encode_image(DecodedImage(noise), format, 20)[0])
        < len(encode_image(DecodedImage(noise), format, 95)[0]) / 2
    )
    deep = DecodedImage(np.full((8, 8, 1), 257 * 100, np.uint16))
    data, notes = encode_image(deep, format)
    assert notes == (f"16-bit grey as {format} is written with 8 bits.",)
    assert is_close(read_image(data).pixels, np.full((8, 8, 1), 100), 2)


def test_what_a_format_cannot_hold_is_said_before_the_work() -> None:
    with pytest.raises(UsageError, match="JPEG holds at most 65500 pixels a side, not 70000: take PNG or TIFF"):
        writing.validate_image_output("JPEG", 70_000, 10)
    with pytest.raises(UsageError, match="Quality must lie between 1 and 100, not be 0"):
        writing.validate_image_output("PNG", 10, 10, 0)
    with pytest.raises(UsageError, match=r"must end in \.png"):
        writing.output_format(Path("x.gif"))


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.png").write_bytes(b"what was there")

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "save_to_stream", fail)
    with pytest.raises(OSError, match="No space"):
        writing.write_image(DecodedImage(np.asarray(gradient_image())), tmp_path / "x.png")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"what was there"]


# Bad input


UNREADABLE_FILES: list[tuple[bytes, str]] = [
    (b"", "is an empty file"),
    (b"hello\nworld\n", "is text"),
    (b"%PDF-1.7\n%\xe2\xe3", "is a PDF document"),
    (b'<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing"),
    (b"<!DOCTYPE html><html><body>404</body></html>", "is an HTML page"),
    (b"PK\x03\x04" + bytes(40), "is a zip archive"),
    (b"\0\0\0\x20ftypisom" + bytes(40), "is a video"),
    (b"\0\0\0\x20ftypavif" + bytes(40), "is an AVIF picture"),
    (bytes(range(1, 200)), "is no picture that is known here"),
    (b"\x89PNG\r\n\x1a\n" + bytes(60), "damaged or cut off"),
    (b"\xff\xd8\xff" + bytes(60), "damaged or cut off"),
]


@pytest.mark.parametrize(("data", "says"), UNREADABLE_FILES)
def test_what_is_no_picture_gets_one_sentence(data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "holiday.png").write_bytes(data)
    for source in (tmp_path / "holiday.png", data):
        with pytest.raises(UsageError, match=says) as caught:
            read_image(source, "holiday.png")
        assert str(caught.value).startswith("holiday.png ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_picture_cut_off_is_refused(format: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8))
    data = encode_pillow(noise, format)
    with pytest.raises(UsageError, match="damaged or cut off"):
        read_image(data[: int(len(data) * share)], "half.png")


def test_nothing_there_and_a_folder_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be opened: No such file"):
        read_image(tmp_path / "nobody.png")
    with pytest.raises(UsageError, match="is a folder"):
        read_image(tmp_path)


def decompression_bombs() -> list[bytes]:
    """20,000 x 20,000 pixels in 50 KB, and less again."""
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(2501)) for _ in range(20_000)) + rows.flush()
    whole = build_png(20_000, 20_000, 1, 0, b"")
    start = whole.index(b"IDAT") - 4
    bilevel = whole[:start] + struct.pack(">I", len(packed)) + b"IDAT" + packed + bytes(4) + whole[-12:]
    lying = build_png(20_000, 20_000, 8, 6, b"")
    middling = build_png(12_000, 10_000, 8, 2, b"")
    return [bilevel, lying, middling]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    "data", decompression_bombs(), ids=["20,000 x 20,000 bits", "as much RGBA", "12,000 x 10,000 RGB"]
)
def test_a_bomb_is_refused_by_its_size_and_never_decoded(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(data) < 60_000

    def decode(*_: Any) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    with pytest.raises(UsageError, match=r"has (400|120) megapixels, and at most 100 can be taken"):
        read_image(data)
    with pytest.raises(UsageError, match="megapixels"):
        sniffing.read_header(data)


def test_looking_at_a_picture_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: Any) -> None:
        raise AssertionError("decoded")

    kinds: list[Callable[[], bytes]] = [
        lambda format=format: encode_pillow(gradient_image(), format) for format in ("PNG", "JPEG", "TIFF")
    ]
    made = [kind() for kind in kinds]
    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    assert [sniffing.read_header(data).width for data in made] == [24, 24, 24]


def test_the_limit_can_be_lowered() -> None:
    with pytest.raises(UsageError, match=r"at most 0\.0001 can be taken"):
        read_image(encode_pillow(gradient_image(), "PNG"), max_pixels=100)

"""Writing a decoded image: what each format holds of it, and notes on what it does not."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gan_core.errors import UsageError
from gan_core.images import metadata, writing
from gan_core.images.reading import DecodedImage, ImageMetadata, read_image
from gan_core.images.writing import encode_image
from tests.images.image_files import SRGB, XMP, encode_pillow, gradient_image, is_close, sample_exif


def test_the_text_chunks_of_a_png_survive() -> None:

    texts = PngInfo()
    texts.add_text("Title", "A door", zip=True)
    texts.add_itxt("Author", "Zoë")
    image = read_image(encode_pillow(gradient_image(), "PNG", pnginfo=texts))
    assert read_image(encode_image(image, "PNG")[0]).metadata.text_chunks == {"Title": "A door", "Author": "Zoë"}


def test_a_grey_profile_is_kept_with_grey_and_dropped_where_grey_becomes_rgb() -> None:
    grey = SRGB[:16] + b"GRAY" + SRGB[20:]
    image = read_image(encode_pillow(gradient_image().convert("L"), "PNG", icc_profile=grey))
    assert read_image(encode_image(image, "PNG")[0]).metadata.icc_profile == grey
    assert b"ICCP" not in encode_image(image, "WebP")[0]


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
    assert exif.get_ifd(metadata.EXIF_IFD_TAG)[metadata.PIXEL_WIDTH_TAG] == 48  # its size is what it now is
    if format != "WebP":
        assert again.dpi is not None
        assert round(again.dpi[0]) == 300
    if format in ("PNG", "JPEG"):
        assert again.text_chunks == {"Comment": "A door"}


def test_metadata_too_long_for_jpeg_are_left_out_with_a_note() -> None:
    image = DecodedImage(np.asarray(gradient_image()), metadata=ImageMetadata(xmp=b"x" * 70_000))
    assert encode_image(image, "JPEG")[1] == ("The XMP data are too long for JPEG and left out.",)


def test_transparency_is_composited_on_white_for_jpeg_with_a_note() -> None:
    alpha = np.full((16, 24), 255, np.uint8)
    alpha[:8] = 0
    data, notes = encode_image(DecodedImage(np.asarray(gradient_image()), alpha), "JPEG")
    assert notes == ("JPEG has no transparency: the image was composited on white.",)
    assert read_image(data).pixels[:7].min() > 245
    assert encode_image(DecodedImage(np.asarray(gradient_image()), np.full_like(alpha, 255)), "JPEG")[1] == ()


@pytest.mark.parametrize("format", ["PNG", "WebP", "TIFF"])
def test_transparency_survives(format: str) -> None:
    alpha = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (16, 1))
    again = read_image(encode_image(DecodedImage(np.asarray(gradient_image()), alpha), format)[0])
    assert again.alpha is not None
    assert np.array_equal(again.alpha, alpha)


@pytest.mark.parametrize("format", ["JPEG", "WebP"])
def test_quality_sets_the_size_and_sixteen_bits_are_reduced_with_a_note(format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert (
        len(encode_image(DecodedImage(noise), format, 20)[0])
        < len(encode_image(DecodedImage(noise), format, 95)[0]) / 2
    )
    deep = DecodedImage(np.full((8, 8, 1), 257 * 100, np.uint16))
    data, notes = encode_image(deep, format)
    assert notes == (f"16-bit grey as {format} is written with 8 bits.",)
    assert is_close(read_image(data).pixels, np.full((8, 8, 1), 100), 2)


def test_an_impossible_output_is_refused_before_work() -> None:
    with pytest.raises(UsageError, match="JPEG allows at most 65500 pixels a side, not 70000: choose PNG or TIFF"):
        writing.validate_image_output("JPEG", 70_000, 10)
    with pytest.raises(UsageError, match="Quality must be between 1 and 100, not 0"):
        writing.validate_image_output("PNG", 10, 10, 0)
    with pytest.raises(UsageError, match=r"must end in \.png"):
        writing.output_format(Path("x.gif"))


def test_a_file_is_written_atomically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.png").write_bytes(b"what was there")

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "save_to_stream", fail)
    with pytest.raises(OSError, match="No space"):
        writing.write_image(DecodedImage(np.asarray(gradient_image())), tmp_path / "x.png")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"what was there"]

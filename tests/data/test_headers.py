"""Headers say whether an image is grey, deep or one of several, by a short cut where there is one, else by Pillow."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from gan_core.data import headers
from gan_core.data.archives import open_archive
from gan_core.data.headers import Header, parse_jpeg_header, read_header
from tests.data.image_sets import png, write_dataset
from tests.images.image_files import encode_pillow, sample_exif

GREY, COLOUR = Image.new("L", (8, 8), 100), Image.new("RGB", (8, 8), "red")
FILES = {
    "grey.png": (encode_pillow(GREY, "PNG"), Header(True)),
    "grey alpha.png": (encode_pillow(GREY.convert("LA"), "PNG"), Header(True)),
    "palette.png": (encode_pillow(COLOUR.convert("P"), "PNG"), Header(False)),
    "16 bits.png": (encode_pillow(Image.new("I;16", (8, 8)), "PNG"), Header(True, is_deep=True)),
    "grey.jpg": (encode_pillow(GREY, "JPEG"), Header(True)),
    "colour.jpg": (encode_pillow(COLOUR, "JPEG"), Header(False)),
    "progressive.jpg": (encode_pillow(COLOUR, "JPEG", progressive=True), Header(False)),
    "cmyk.jpg": (encode_pillow(COLOUR.convert("CMYK"), "JPEG"), Header(False)),
    "exif.jpg": (encode_pillow(GREY, "JPEG", exif=sample_exif()), Header(True)),
    "comment.jpg": (encode_pillow(GREY, "JPEG", comment=bytes(60_000)), Header(True)),
    "profile.jpg": (encode_pillow(COLOUR, "JPEG", icc_profile=bytes(300_000)), Header(False)),
    "colour.gif": (encode_pillow(COLOUR, "GIF"), Header(False)),
    "grey.bmp": (encode_pillow(GREY, "BMP"), Header(True)),
    "float.tif": (encode_pillow(Image.new("F", (8, 8)), "TIFF"), Header(True, is_deep=True)),
}


@pytest.mark.parametrize("name", FILES)
def test_a_header_is_read_with_and_without_the_short_cut(
    name: str, storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, expected = FILES[name]
    archive = open_archive(write_dataset(tmp_path, {name: content}, storage))
    assert read_header(archive, name) == expected
    monkeypatch.setattr(headers, "parse_png_header", lambda head: None)
    monkeypatch.setattr(headers, "parse_jpeg_header", lambda head, file: None)
    assert read_header(archive, name) == expected


@pytest.mark.parametrize(
    "content", [b"", b"words", png()[:20], FILES["exif.jpg"][0][:30], b"\xff\xd8\xff" + bytes(9), b"BM" + bytes(60)]
)
def test_a_damaged_header_is_none(content: bytes, storage: str, tmp_path: Path) -> None:
    assert read_header(open_archive(write_dataset(tmp_path, {"a": content}, storage)), "a") is None


def test_a_jpeg_of_segments_without_end_is_given_up() -> None:
    endless = b"\xff\xd8" + b"\xff\xe1\x00\x02" * 5000
    assert parse_jpeg_header(endless[:4096], BytesIO(endless)) is None

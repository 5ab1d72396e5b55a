"""Image files of any origin: identified by their content, refused with one sentence, never decoded."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import ImageFile

from gan_core.errors import UsageError
from gan_core.images import sniffing
from gan_core.images.reading import read_image
from tests.images.image_files import build_png, encode_pillow, gradient_image

UNREADABLE_FILES: list[tuple[bytes, str]] = [
    (b"", "is an empty file"),
    (b"hello\nworld\n", "is text"),
    (b"%PDF-1.7\n%\xe2\xe3", "is a PDF document"),
    (b'<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing"),
    (b"<!DOCTYPE html><html><body>404</body></html>", "is an HTML page"),
    (b"PK\x03\x04" + bytes(40), "is a zip archive"),
    (b"\0\0\0\x20ftypisom" + bytes(40), "is a video"),
    (b"\0\0\0\x20ftypavif" + bytes(40), "starts like an AVIF file, but is damaged or cut off"),
    (bytes(range(1, 200)), "is of an unknown format"),
    (b"qoif" + bytes(40), "is a QOI image"),
    (b"P6\n4 4\n255\n" + bytes(48), "is a Netpbm image"),
    (b"v/1\x01" + bytes(40), "is an OpenEXR image"),
    (b"\xff\x0a" + bytes(40), "is a JPEG XL image"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "is a JPEG 2000 image"),
    (bytes(128) + b"DICM" + bytes(40), "is a DICOM image"),
    (b"8BPS\0\1" + bytes(40), "is a Photoshop document"),
    (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
    (b"\0\0\1\0\1\0" + bytes(40), "is an icon"),
    (b"\x89PNG\r\n\x1a\n" + bytes(60), "damaged or cut off"),
    (b"\xff\xd8\xff" + bytes(60), "damaged or cut off"),
]


@pytest.mark.parametrize(("data", "says"), UNREADABLE_FILES)
def test_a_file_that_is_no_image_is_refused_with_one_sentence(data: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "holiday.png").write_bytes(data)
    for source in (tmp_path / "holiday.png", data):
        with pytest.raises(UsageError, match=says) as caught:
            read_image(source, "holiday.png")
        assert str(caught.value).startswith("holiday.png ")
        assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be opened: No such file"):
        read_image(tmp_path / "missing.png")
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
def test_a_decompression_bomb_is_refused_by_its_size_and_never_decoded(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(data) < 60_000

    def decode(*_: Any) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    with pytest.raises(UsageError, match=r"has (400|120) megapixels; at most 100 are allowed"):
        read_image(data)
    with pytest.raises(UsageError, match="megapixels"):
        sniffing.read_header(data)


def test_reading_a_header_decodes_no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: Any) -> None:
        raise AssertionError("decoded")

    kinds: list[Callable[[], bytes]] = [
        lambda format=format: encode_pillow(gradient_image(), format) for format in ("PNG", "JPEG", "TIFF")
    ]
    made = [kind() for kind in kinds]
    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    assert [sniffing.read_header(data).width for data in made] == [24, 24, 24]

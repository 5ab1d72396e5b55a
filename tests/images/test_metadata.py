"""What lies beside pixels is read from the forms that programs have, and what no longer holds is left out and named."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from gan_core.images.reading import read_image
from gan_core.images.writing import encode_image
from tests.images.image_files import SRGB, XMP, encode_pillow, gradient_image, sample_exif
from tests.images.png.png_files import chunk
from tests.images.tiff.tiff_files import encode_tiff

IPTC = b"\x1c\x02\x78\x00\x07Caption\x1c\x02\x19\x00\x03key"
IPTC_AS_LONGS = IPTC + bytes(-len(IPTC) % 4)
RESOURCES = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(IPTC)) + IPTC + bytes(len(IPTC) % 2)
PIXELS = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


def tiff_with_tag(tag: int, type: int, values: Any, order: Any = "<") -> bytes:
    count = 1 if isinstance(values, bytes | str) and type == 2 else len(values)
    return encode_tiff(PIXELS, order, photometric="rgb", metadata=None, extratags=[(tag, type, count, values, True)])


def png_with_raw_profile(kind: str, data: bytes) -> bytes:
    png = encode_pillow(gradient_image(), "PNG")
    text = f"\n{kind}\n{len(data):8}\n{data.hex()}\n".encode()
    return png[:33] + chunk(b"tEXt", f"Raw profile type {kind}\0".encode() + text) + png[33:]


@pytest.mark.parametrize(
    "file",
    [
        tiff_with_tag(33723, 7, IPTC),
        tiff_with_tag(33723, 4, struct.unpack(f"<{len(IPTC_AS_LONGS) // 4}I", IPTC_AS_LONGS)),
        tiff_with_tag(33723, 4, struct.unpack(f">{len(IPTC_AS_LONGS) // 4}I", IPTC_AS_LONGS), ">"),
        tiff_with_tag(34377, 7, RESOURCES),
        tiff_with_tag(34377, 1, RESOURCES),
        png_with_raw_profile("iptc", RESOURCES),
        png_with_raw_profile("8bim", RESOURCES),
        png_with_raw_profile("iptc", IPTC),
    ],
    ids=["record", "longs", "longs, big-endian", "resources", "resources of bytes", "png", "png, 8bim", "png, bare"],
)
def test_captions_are_read_in_every_form(file: bytes) -> None:
    image = read_image(file, "x")
    assert (image.metadata.iptc or b"").startswith(IPTC)
    encoded, notes = encode_image(image, "JPEG")
    with Image.open(BytesIO(encoded)) as written:
        assert written.info["photoshop"][0x0404].startswith(IPTC)
    assert notes == ()


def test_the_place_on_a_map_is_left_out_and_named() -> None:
    tags = [(33550, 12, 3, (1.0, 1.0, 0.0), True), (33922, 12, 6, (0.0, 0.0, 0.0, 5.0, 6.0, 0.0), True)]
    tags += [(34735, 3, 4, (1, 1, 0, 0), True), (42112, 2, 6, "<GDAL>", True), (315, 2, 5, "Anna", True)]
    image = read_image(encode_tiff(PIXELS, photometric="rgb", metadata=None, extratags=tags), "map.tif")
    assert image.notes == (
        "The place of map.tif on the map (GeoTIFF) no longer holds at another size: it is left out.",
    )
    for format in ("TIFF", "PNG"):
        with Image.open(BytesIO(encode_image(image, format)[0])) as written:
            exif = written.getexif()
            assert exif[315] == "Anna"
            assert not {33550, 33922, 34735, 42112} & set(exif)


@pytest.mark.parametrize("options", [{}, {"imagej": True}, {"ome": True}], ids=str)
def test_a_stack_of_images_becomes_one_that_no_program_takes_for_a_stack(options: Any) -> None:
    values = np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5) * 1000
    stack = BytesIO()
    tifffile.imwrite(stack, values, photometric="minisblack", **options)
    image = read_image(stack.getvalue(), "x.tif")
    encoded, _ = encode_image(image, "TIFF")
    with tifffile.TiffFile(BytesIO(encoded)) as written:
        assert written.asarray().shape == (4, 5)
        assert not written.is_imagej
        assert not written.is_ome
        assert not written.is_shaped
    assert len(image.notes) == 1  # on the stack


def test_what_imagej_says_on_a_single_image_is_named() -> None:
    tiff = BytesIO()
    tifffile.imwrite(tiff, np.arange(20, dtype=np.uint16).reshape(4, 5) * 3000, imagej=True)
    image = read_image(tiff.getvalue(), "x.tif")
    assert image.notes == ("What ImageJ has written on the layout of x.tif no longer holds: it is left out.",)


def test_pixels_of_a_jpeg_that_are_not_square_stay_so_in_png_and_are_named_elsewhere() -> None:
    jpeg = bytearray(encode_pillow(gradient_image(), "JPEG"))
    place = jpeg.find(b"JFIF\0") + 7
    jpeg[place : place + 5] = struct.pack(">BHH", 0, 1, 2)
    image = read_image(bytes(jpeg), "x.jpg")
    encoded, notes = encode_image(image, "PNG")
    assert struct.pack(">4sIIB", b"pHYs", 1, 2, 0) in encoded
    assert notes == ()
    assert encode_image(image, "WebP")[1] == ("WebP does not hold that pixels are not square (1:2).",)


def test_xmp_of_a_gif_is_kept() -> None:
    gif = encode_pillow(gradient_image().convert("L"), "GIF")
    start = 13 + (3 << ((gif[10] & 7) + 1))
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    data = gif[:start] + b"!\xff\x0bXMP DataXMP" + XMP + trailer + gif[start:]
    image = read_image(data, "x.gif")
    assert image.metadata.xmp == XMP
    assert image.notes == ()


def test_what_a_gif_cannot_hold_is_named() -> None:
    png = encode_pillow(gradient_image(), "PNG", exif=sample_exif(), icc_profile=SRGB, dpi=(300, 300))
    data = png[:33] + chunk(b"tEXt", b"Comment\0kept") + chunk(b"tEXt", b"Title\0lost") + png[33:]
    encoded, notes = encode_image(read_image(data, "x.png"), "GIF")
    assert "GIF has no place for EXIF data, the resolution, the text Title: left out." in notes
    assert "GIF cannot hold the colour profile: the image was converted to sRGB." in notes
    assert b"kept" in encoded

"""HEIC and AVIF under any order of brands, and what else comes in boxes of the ISO base media format."""

import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from gan_core.images import iso_media, sniffing
from gan_core.images.reading import read_image
from tests.images.image_files import encode_pillow, gradient_image, is_close

pillow_heif.register_heif_opener()

FILES = {
    "AVIF": encode_pillow(gradient_image(64, 48), "AVIF", quality=95),
    "HEIC": encode_pillow(gradient_image(64, 48), "HEIF", quality=95),
}
OWN_BRANDS = {"AVIF": (b"avif", b"avis"), "HEIC": (b"heic", b"hevc")}


def with_brands(data: bytes, major: bytes, compatible: list[bytes]) -> bytes:
    """The file with other brands in as many bytes, since offsets in it count from its start."""
    size = struct.unpack(">I", data[:4])[0]
    count = (size - 16) // 4
    return data[:8] + major + data[12:16] + b"".join((compatible + [b"mif1"] * count)[:count]) + data[size:]


@pytest.mark.parametrize("format", ["AVIF", "HEIC"])
@pytest.mark.parametrize("major", [b"mif1", b"msf1", b"miaf", b"MA1B", b"isom", b"own ", b"seq "])
@pytest.mark.parametrize("order", ["own first", "own last", "none of its own"])
def test_an_image_is_read_under_any_order_of_its_brands(format: str, major: bytes, order: str) -> None:
    still, sequence = OWN_BRANDS[format]
    compatible = [b"mif1", b"miaf"] if order == "none of its own" else [b"mif1", b"miaf", still]
    brands = compatible[::-1] if order == "own first" else compatible
    data = with_brands(FILES[format], {b"own ": still, b"seq ": sequence}.get(major, major), brands)
    if major == b"isom" and order == "none of its own":
        brands = [b"miaf", *brands]
    assert sniffing.read_header(data) == sniffing.ImageHeader(format, 64, 48)
    assert is_close(read_image(data).pixels, np.asarray(gradient_image(64, 48)), 4)


@pytest.mark.parametrize(("format", "other"), [("AVIF", b"heic"), ("HEIC", b"avif")])
def test_the_coding_counts_where_the_brands_lie(format: str, other: bytes) -> None:
    data = with_brands(FILES[format], other, [other])
    assert sniffing.read_header(data).format == format
    assert is_close(read_image(data).pixels, np.asarray(gradient_image(64, 48)), 4)


@pytest.mark.parametrize(
    ("brands", "content", "phrase"),
    [
        ([b"crx ", b"crx ", b"isom"], b"", "a camera raw file (Canon CR3)"),
        ([b"isom", b"mp42"], b"", "a video"),
        ([b"qt  "], b"", "a video"),
        ([b"mif1", b"avci"], b"avcC", "a HEIF image with H.264 coding"),
        ([b"mif1", b"miaf"], b"vvcC", "a HEIF image with VVC coding"),
        ([b"mif1", b"j2ki"], b"j2kH", "a HEIF image with JPEG 2000 coding"),
        ([b"mif1", b"miaf"], b"uncC", "an uncompressed HEIF image"),
        ([b"mif1"], b"", "HEIC"),
    ],
)
def test_relatives_are_named_as_what_they_are(brands: list[bytes], content: bytes, phrase: str) -> None:
    body = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    assert sniffing.identify_format(struct.pack(">I", len(body) + 4) + body + content) == phrase


def test_a_box_of_any_size_ends_the_list_of_boxes_at_the_end_of_the_file() -> None:
    with sniffing.open_stream(FILES["AVIF"], "") as stream:
        assert iso_media.list_boxes(stream, len(FILES["AVIF"])) == [b"ftyp", b"meta", b"mdat"]
    for size in (0, 4, 8, 1, 2**32 - 1):
        data = struct.pack(">I", size) + b"free" + bytes(8)
        with sniffing.open_stream(data, "") as stream:
            assert iso_media.list_boxes(stream, len(data))[0] == b"free"


def test_of_a_sequence_the_first_frame_is_read_with_a_note() -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    data = encode_pillow(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    image = read_image(data, "a.avif")
    assert image.notes == ("a.avif is animated; the first is used.",)
    assert image.pixels[0, 0, 0] > 240


def test_of_several_images_the_main_one_is_read_with_a_note() -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    data = encode_pillow(frames[0], "HEIF", save_all=True, append_images=frames[1:], primary_index=1)
    image = read_image(data, "a.heic")
    assert image.notes == ("a.heic holds several images; the main one is used.",)
    assert image.pixels[0, 0, 2] > 240


def test_orientation_transparency_and_profile_of_avif_are_read() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = gradient_image(64, 48).transpose(Image.Transpose.ROTATE_90)
    image = read_image(encode_pillow(stored, "AVIF", quality=95, exif=exif))
    assert is_close(image.pixels, np.asarray(gradient_image(64, 48)), 4)
    rgba = gradient_image(64, 48).convert("RGBA")
    rgba.putalpha(Image.new("L", (64, 48), 100))
    alpha = read_image(encode_pillow(rgba, "AVIF", quality=95)).alpha
    assert alpha is not None
    assert abs(int(alpha[20, 20]) - 100) <= 1

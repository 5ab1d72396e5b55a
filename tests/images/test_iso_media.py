"""HEIC and AVIF under any order of brands, and what else comes in boxes of the ISO base media format."""

import struct

import imagecodecs
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
        boxes = iso_media.find_boxes(stream, len(FILES["AVIF"]))
    assert [kind for kind, _, _ in boxes] == [b"ftyp", b"meta", b"mdat"]
    assert boxes[-1][2] == len(FILES["AVIF"])
    for size in (0, 4, 8, 1, 2**32 - 1):
        data = struct.pack(">I", size) + b"free" + bytes(8)
        with sniffing.open_stream(data, "") as stream:
            assert iso_media.find_boxes(stream, len(data))[0][0] == b"free"


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


@pytest.mark.parametrize("format", ["AVIF", "HEIC"])
def test_the_colours_that_code_points_state_become_a_profile(format: str) -> None:
    data = FILES[format]
    place = data.index(b"nclx") + 4
    display_p3 = data[:place] + struct.pack(">HH", 12, 13) + data[place + 4 :]
    assert read_image(data).metadata.icc_profile is None
    image = read_image(display_p3)
    assert image.notes == ()
    assert image.metadata.icc_profile is not None
    assert image.metadata.icc_profile[16:20] == b"RGB "
    hdr = data[:place] + struct.pack(">HH", 9, 16) + data[place + 4 :]
    assert read_image(hdr, "a").notes == ("a has a high dynamic range (PQ); it was converted to sRGB.",)


def test_more_than_8_bits_are_read_with_a_note() -> None:
    meta = b"\0\0\0\x0cav1C\x81\x04"
    assert iso_media.describe_image(meta + b"\x40\0") == {"bit_depth": 10}
    assert iso_media.describe_image(meta + b"\x60\0") == {"bit_depth": 12}
    assert iso_media.describe_image(meta + b"\x0c\0") == {}
    values = np.asarray(gradient_image(64, 48)).astype(np.uint16) * 4
    image = read_image(bytes(imagecodecs.avif_encode(values, level=95, bitspersample=10)), "a")
    assert image.notes == ("a has more than 8 bits a channel; it is read with 8.",)
    assert is_close(image.pixels, np.asarray(gradient_image(64, 48)), 4)


@pytest.mark.parametrize(
    ("boxes", "meta", "auxiliary", "parts"),
    [
        ([b"mpvd"], b"", [], ["video"]),
        ([], b"..tmap..", [], ["gain map"]),
        ([], b"", ["urn:com:apple:photo:2020:aux:hdrgainmap"], ["gain map"]),
        ([], b"", ["urn:mpeg:hevc:2015:auxid:2"], ["depth map"]),
        ([], b"", ["urn:mpeg:hevc:2015:auxid:1"], []),
        ([], b"", ["urn:com:apple:photo:2018:aux:portraiteffectsmatte"], ["mattes"]),
    ],
)
def test_parts_that_are_not_read_are_known(
    boxes: list[bytes], meta: bytes, auxiliary: list[str], parts: list[str]
) -> None:
    assert iso_media.list_parts(boxes, meta, auxiliary) == parts


@pytest.mark.parametrize("format", ["AVIF", "HEIC"])
def test_the_video_of_a_photo_is_left_out_with_a_note(format: str) -> None:
    data = FILES[format] + struct.pack(">I", 108) + b"mpvd" + bytes(100)
    image = read_image(data, "a")
    assert image.notes == ("The video of a is left out.",)

"""JPEG files of every kind: read, read with a note on what is missing without loss, or refused with the reason."""

import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images.reading import read_image
from gan_core.images.sniffing import read_header
from gan_core.images.writing import encode_image
from tests.images.image_files import encode_pillow, is_close

END_MARK = b"\xff\xd9"
GAIN_MAP_XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Container="http://ns.google.com/photos/1.0/container/"
 xmlns:Item="http://ns.google.com/photos/1.0/container/item/" hdrgm:Version="1.0" dc:format="image/jpeg">
<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap"
 Item:Length="4000"/></rdf:li></rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>"""
MOTION_XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1"
 GCamera:MotionPhotoVersion="1"/></rdf:RDF></x:xmpmeta>"""


def smooth_noise(width: int = 160, height: int = 120) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


KINDS = {
    "4:2:0": encode_pillow(smooth_noise(), "JPEG", quality=92),
    "4:4:4": encode_pillow(smooth_noise(), "JPEG", quality=92, subsampling=0),
    "grey": encode_pillow(smooth_noise().convert("L"), "JPEG", quality=92),
    "CMYK": encode_pillow(smooth_noise().convert("CMYK"), "JPEG", quality=92),
    "restart marks": encode_pillow(smooth_noise(), "JPEG", quality=92, restart_marker_rows=1),
}
PROGRESSIVE = encode_pillow(smooth_noise(), "JPEG", quality=92, progressive=True)


def all_pixels(data: bytes) -> np.ndarray:
    return read_image(data, "a.jpg").pixels


@pytest.mark.parametrize("data", [*KINDS.values(), PROGRESSIVE], ids=[*KINDS, "progressive"])
@pytest.mark.parametrize("cut", [1, 2])
def test_a_file_that_lacks_its_end_mark_is_read_with_a_note(data: bytes, cut: int) -> None:
    image = read_image(data[:-cut], "a.jpg")
    assert np.array_equal(image.pixels, all_pixels(data))
    assert "a.jpg is cut off at its end; it is read as far as it goes." in image.notes


@pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("end", [b"", END_MARK], ids=["no end mark", "an end mark"])
def test_a_file_that_lacks_rows_is_refused_with_what_is_there(data: bytes, share: float, end: bytes) -> None:
    start = data.index(b"\xff\xda")
    with pytest.raises(UsageError, match=r"a\.jpg is damaged or cut off: (\d+) % of its rows are there") as caught:
        read_image(data[: start + int((len(data) - start) * share)] + end, "a.jpg")
    assert abs(int(str(caught.value).split(" %")[0].split()[-1]) - 100 * share) < 15


def test_a_file_cut_off_before_its_pixels_is_refused() -> None:
    data = KINDS["4:2:0"]
    for position in (3, 20, 200, data.index(b"\xff\xda"), data.index(b"\xff\xda") + 5):
        with pytest.raises(UsageError, match="damaged or cut off"):
            read_image(data[:position])


@pytest.mark.parametrize("share", [0.6, 0.9, 0.99])
def test_a_progressive_file_that_lacks_details_is_read_with_a_note(share: float) -> None:
    image = read_image(PROGRESSIVE[: int(len(PROGRESSIVE) * share)], "a.jpg")
    assert image.notes == ("a.jpg is cut off: every row is there, but not every detail; it is read as far as it goes.",)
    assert is_close(image.pixels, all_pixels(PROGRESSIVE), 12)


def test_a_progressive_file_that_lacks_rows_is_refused() -> None:
    start = PROGRESSIVE.index(b"\xff\xda")
    with pytest.raises(UsageError, match="of its rows are there"):
        read_image(PROGRESSIVE[: start + 100], "a.jpg")


@pytest.mark.parametrize("data", [*KINDS.values(), PROGRESSIVE], ids=[*KINDS, "progressive"])
@pytest.mark.parametrize(("tail", "has_note"), [(bytes(20), False), (b"garbage" * 9, True)])
def test_what_follows_the_end_mark_changes_no_pixel(data: bytes, tail: bytes, has_note: bool) -> None:
    image = read_image(data + tail, "a.jpg")
    assert np.array_equal(image.pixels, all_pixels(data))
    said = "a.jpg holds data behind its end (63 bytes), which are left out." in image.notes
    assert said is has_note


def with_frame(marker: int, precision: int = 8, height: int = 120) -> bytes:
    data = KINDS["4:4:4"]
    start = data.index(b"\xff\xc0")
    header = data[start + 2 : start + 4] + struct.pack(">BH", precision, height) + data[start + 7 :]
    return data[:start] + bytes([0xFF, marker]) + header


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (with_frame(0xC1, 12), "a JPEG of 12 bits a channel"),
        (with_frame(0xC3), "a lossless JPEG"),
        (with_frame(0xC5), "a hierarchical JPEG"),
        (with_frame(0xC0, height=0), "a JPEG that states its height behind its pixels"),
        (imagecodecs.jpeg_encode(np.zeros((16, 16), np.uint16), bitspersample=12), "a JPEG of 12 bits a channel"),
        (imagecodecs.ljpeg_encode(np.zeros((16, 16), np.uint16)), "a lossless JPEG"),
        (imagecodecs.jpegls_encode(np.zeros((16, 16), np.uint8)), "a JPEG-LS image"),
    ],
)
def test_kinds_that_are_not_read_are_named(data: bytes, kind: str) -> None:
    with pytest.raises(UsageError, match=f"a.jpg is {kind}, which is not read: save it as an ordinary JPEG"):
        read_header(data, "a.jpg")


def test_an_ultra_hdr_photo_is_read_without_its_gain_map() -> None:
    data = encode_pillow(smooth_noise(), "JPEG", quality=92, xmp=GAIN_MAP_XMP)
    gain_map = encode_pillow(smooth_noise().convert("L").resize((40, 30)), "JPEG", xmp=GAIN_MAP_XMP)
    image = read_image(data + gain_map, "a.jpg")
    assert np.array_equal(image.pixels, all_pixels(KINDS["4:2:0"]))
    assert image.notes == ("The gain map of a.jpg is left out.",)
    written = encode_image(image, "JPEG")[0]
    for word in (b"hdr-gain-map", b"hdrgm", b"GainMap", b"Container"):
        assert word not in written
    assert b'dc:format="image/jpeg"' in written


def test_a_motion_photo_is_read_without_its_video() -> None:
    data = encode_pillow(smooth_noise(), "JPEG", quality=92, xmp=MOTION_XMP)
    image = read_image(data + b"\0\0\0\x18ftypmp42" + bytes(500), "a.jpg")
    assert np.array_equal(image.pixels, all_pixels(KINDS["4:2:0"]))
    assert image.notes == ("The video of a.jpg is left out.",)
    assert b"MotionPhoto" not in encode_image(image, "JPEG")[0]


def test_previews_behind_the_picture_need_no_note() -> None:
    data = encode_pillow(smooth_noise(), "MPO", save_all=True, append_images=[smooth_noise(80, 60)], quality=92)
    image = read_image(data, "a.jpg")
    assert image.size == (160, 120)
    assert image.notes == ()


def test_all_comments_are_read() -> None:
    data = KINDS["grey"]
    comments = b"".join(b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text for text in (b"one", b"two\0"))
    assert read_image(data[:2] + comments + data[2:]).metadata.text_chunks == {"Comment": "one\ntwo"}


def test_a_profile_that_lacks_a_part_is_left_out_with_a_note() -> None:
    data = KINDS["grey"]
    part = b"ICC_PROFILE\0\1\2" + bytes(200)
    image = read_image(data[:2] + b"\xff\xe2" + struct.pack(">H", len(part) + 2) + part + data[2:], "a.jpg")
    assert image.notes == ("The colour profile of a.jpg is damaged and left out.",)

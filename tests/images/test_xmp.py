"""XMP without what no longer holds: orientation, and parts of the file that are not kept."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gan_core.images.reading import read_image
from gan_core.images.writing import encode_image
from gan_core.images.xmp import clean_xmp
from tests.images.image_files import encode_pillow, gradient_image, is_close, sample_exif

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:t="http://ns.adobe.com/tiff/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="Zoë" {attributes}>{elements}</rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
FORMS = [
    {"attributes": 'tiff:Orientation="6"', "elements": ""},
    {"attributes": "tiff:Orientation='6'", "elements": ""},
    {"attributes": 't:Orientation = "6"', "elements": ""},
    {"attributes": "", "elements": "<tiff:Orientation>6</tiff:Orientation>"},
    {"attributes": "", "elements": "<t:Orientation> 6 </t:Orientation>"},
]


def packet(attributes: str = "", elements: str = "") -> bytes:
    return PACKET.format(attributes=attributes, elements=elements).encode()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["attributes"] or form["elements"])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_the_orientation_of_xmp_is_applied_once_and_reset(form: dict[str, str], format: str) -> None:
    stored = gradient_image().transpose(Image.Transpose.ROTATE_90)
    if format == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet(**form))
        data = encode_pillow(stored, "PNG", pnginfo=info)
    elif format == "TIFF":
        data = encode_pillow(stored, "TIFF", tiffinfo={700: packet(**form)})
    else:
        data = encode_pillow(stored, format, xmp=packet(**form), quality=95)
    image = read_image(data)
    assert is_close(image.pixels, np.asarray(gradient_image()), 6)
    for target in ("PNG", "JPEG", "WebP", "TIFF"):
        written = encode_image(image, target)[0]
        again = read_image(written)
        assert again.size == image.size
        assert again.metadata.xmp is not None
        assert b"6" not in again.metadata.xmp.partition(b"Orientation")[2][:8]
        assert "Zoë".encode() in again.metadata.xmp


def test_exif_counts_where_xmp_says_otherwise_and_both_are_reset() -> None:
    data = encode_pillow(gradient_image(), "JPEG", exif=sample_exif(1), xmp=packet(**FORMS[0]), quality=95)
    image = read_image(data)
    assert image.size == (24, 16)
    assert image.metadata.xmp is not None
    assert b'tiff:Orientation="1"' in image.metadata.xmp


def test_a_decoder_that_rotates_images_itself_leaves_xmp_without_effect() -> None:
    data = encode_pillow(gradient_image(64, 48), "AVIF", xmp=packet(**FORMS[0]))
    image = read_image(data)
    assert image.size == (64, 48)
    assert image.metadata.xmp is not None
    assert b'tiff:Orientation="1"' in image.metadata.xmp


@pytest.mark.parametrize(
    ("attributes", "namespace", "part"),
    [
        ('p:Version="1.0"', "http://ns.adobe.com/hdr-gain-map/1.0/", "gain map"),
        ('p:HDRGainMapVersion="65536"', "http://ns.apple.com/HDRGainMap/1.0/", "gain map"),
        ('p:MotionPhoto="1"', "http://ns.google.com/photos/1.0/camera/", "video"),
        ('p:Format="RangeInverse"', "http://ns.google.com/photos/1.0/depthmap/", "depth map"),
        ('p:HasExtendedXMP="ABC"', "http://ns.adobe.com/xmp/note/", "extended XMP data"),
    ],
)
def test_properties_of_parts_that_are_not_kept_are_removed(attributes: str, namespace: str, part: str) -> None:
    xmp = packet(f'xmlns:p="{namespace}" {attributes}', "<p:Further>1</p:Further>")
    cleaned = clean_xmp(xmp)
    assert cleaned.removed == (part,)
    assert cleaned.xmp is not None
    assert b"p:" not in cleaned.xmp.replace(b"tiff:", b"").replace(b"http:", b"")
    assert "Zoë".encode() in cleaned.xmp
    assert cleaned.xmp.startswith(b"<?xpacket begin")
    assert clean_xmp(cleaned.xmp).xmp == cleaned.xmp


def test_other_xmp_stay_byte_for_byte() -> None:
    assert clean_xmp(packet('dc:format="image/png"')).xmp == packet('dc:format="image/png"')


@pytest.mark.parametrize(
    "xmp",
    [
        b"\xff\xff\xff",
        b"<x xmlns:p='http://ns.adobe.com/hdr-gain-map/1.0/' <",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x xmlns:p='http://ns.adobe.com/hdr-gain-map/1.0/'>&a;</x>",
    ],
)
def test_damaged_or_dangerous_xmp_are_left_out(xmp: bytes) -> None:
    assert clean_xmp(xmp).is_damaged
    assert clean_xmp(xmp).xmp is None
    image = read_image(encode_pillow(gradient_image(), "JPEG", xmp=xmp), "a.jpg")
    assert image.notes == ("The XMP data of a.jpg are damaged and left out.",)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_xmp_in_utf_16_become_utf_8(encoding: str) -> None:
    text = packet(**FORMS[0]).decode().lstrip("\ufeff")
    cleaned = clean_xmp(("\ufeff" + text).encode(encoding))
    assert cleaned.xmp is not None
    assert cleaned.orientation == 6
    assert "Zoë".encode() in cleaned.xmp


def test_the_raw_profile_of_imagemagick_is_applied_once_and_removed() -> None:
    for kind, prefix in (("exif", b""), ("APP1", b""), ("exif", b"Exif\0\0")):
        raw = prefix + sample_exif(6).tobytes().removeprefix(b"Exif\0\0")
        for is_zipped in (False, True):
            info = PngInfo()
            lines = "\n".join(raw.hex()[start : start + 72] for start in range(0, len(raw.hex()), 72))
            info.add_text(f"Raw profile type {kind}", f"\n{kind.lower()}\n{len(raw):8}\n{lines}\n", zip=is_zipped)
            stored = gradient_image().transpose(Image.Transpose.ROTATE_90)
            image = read_image(encode_pillow(stored, "PNG", pnginfo=info))
            assert np.array_equal(image.pixels, np.asarray(gradient_image()))
            written = Image.open(BytesIO(encode_image(image, "PNG")[0]))
            assert written.getexif().get(0x0112, 1) == 1
            assert written.getexif()[0x010F] == "Maker"
            assert not [key for key in written.info if str(key).startswith("Raw profile")]

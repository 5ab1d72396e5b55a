"""Texts beside a picture in the form that each format has, and notes on those that it has no place for."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gan_core.images.metadata import EXIF_IFD_TAG, ImageMetadata
from gan_core.images.reading import DecodedImage, read_image
from gan_core.images.writing import encode_image
from tests.images.image_files import encode_pillow, gradient_image, sample_exif

SETTINGS = "a castle, oil on canvas\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, Seed: 1, Größe: 512x512"
USER_COMMENT_TAG = 0x9286


def with_texts(texts: dict[str, str], **metadata: Any) -> DecodedImage:
    return DecodedImage(np.asarray(gradient_image()), metadata=ImageMetadata(text_chunks=texts, **metadata))


def exif_of(data: bytes) -> Image.Exif:
    return Image.open(BytesIO(data)).getexif()


def user_comment(data: bytes) -> str:
    value = exif_of(data).get_ifd(EXIF_IFD_TAG)[USER_COMMENT_TAG]
    assert value[:8] == b"UNICODE\0"
    return value[8:].decode("utf-16-be")


@pytest.mark.parametrize("format", ["JPEG", "WebP"])
def test_the_settings_of_image_generators_become_the_user_comment(format: str) -> None:
    data, notes = encode_image(with_texts({"parameters": SETTINGS}), format)
    assert notes == ()
    assert user_comment(data) == SETTINGS
    again, notes = encode_image(read_image(data), format)  # and stay as they are
    assert notes == ()
    assert user_comment(again) == SETTINGS
    assert user_comment(encode_image(read_image(data), "PNG")[0]) == SETTINGS


def test_the_settings_of_image_generators_become_the_description_of_a_tiff() -> None:
    data, notes = encode_image(with_texts({"parameters": SETTINGS}), "TIFF")
    assert notes == ()
    assert exif_of(data)[0x010E].encode("latin-1").decode() == SETTINGS
    both, notes = encode_image(with_texts({"parameters": SETTINGS, "Description": "a castle"}), "TIFF")
    assert notes == ()
    assert exif_of(both)[0x010E] == "a castle"
    assert user_comment(both) == SETTINGS


@pytest.mark.parametrize("format", ["JPEG", "WebP", "TIFF"])
def test_workflows_lie_where_their_program_looks_for_them(format: str) -> None:
    data, notes = encode_image(with_texts({"prompt": '{"3": {}}', "workflow": '{"nodes": []}'}), format)
    assert notes == ()
    assert exif_of(data)[0x0110] == 'prompt:{"3": {}}'
    assert exif_of(data)[0x010F] == 'workflow:{"nodes": []}'


@pytest.mark.parametrize("format", ["JPEG", "WebP", "TIFF"])
def test_registered_keywords_become_tags_of_the_same_meaning(format: str) -> None:
    texts = {"Description": "Eine Tür", "Software": "Atelier", "Author": "Zoë", "Copyright": "CC0", "Title": "Tür"}
    data, notes = encode_image(with_texts(texts), format)
    assert notes == ()
    tags = (0x010E, 0x0131, 0x013B, 0x8298)
    assert [exif_of(data)[tag].encode("latin-1").decode() for tag in tags] == ["Eine Tür", "Atelier", "Zoë", "CC0"]
    title = exif_of(data)[0x9C9B]
    assert (title if isinstance(title, bytes) else bytes(title)).decode("utf-16-le").rstrip("\0") == "Tür"


@pytest.mark.parametrize("source", ["PNG", "JPEG", "GIF"])
@pytest.mark.parametrize("target", ["PNG", "JPEG", "WebP", "TIFF"])
def test_a_comment_goes_from_every_format_to_every_other(source: str, target: str) -> None:
    text = "Möwe 🐦"
    if source == "PNG":
        info = PngInfo()
        info.add_itxt("Comment", text)
        file = encode_pillow(gradient_image(), "PNG", pnginfo=info)
    else:
        file = encode_pillow(gradient_image(), source, comment=text.encode())
    data, notes = encode_image(read_image(file), target)
    assert notes == ()
    if target == "WebP":
        assert user_comment(data) == text
    elif target == "TIFF":
        assert exif_of(data)[0x010E].encode("latin-1").decode() == text
    else:
        assert read_image(data).metadata.text_chunks == {"Comment": text}


@pytest.mark.parametrize("format", ["JPEG", "WebP", "TIFF"])
def test_texts_without_a_place_are_left_out_with_a_note(format: str) -> None:
    notes = encode_image(with_texts({"fooocus_scheme": "a1111", "Source": "a lens", "Software": "x"}), format)[1]
    assert notes == (f"{format} has no place for the texts fooocus_scheme, Source: left out.",)


@pytest.mark.parametrize("length", [65_532, 65_533, 65_534, 70_000, 200_000])
def test_a_comment_of_any_length_ends_in_no_error(length: int) -> None:
    data, notes = encode_image(with_texts({"Comment": "x" * length}), "JPEG")
    if length <= 65_533:
        assert notes == ()
        assert Image.open(BytesIO(data)).info["comment"] == b"x" * length
    else:
        assert notes == ("The text Comment is too long for JPEG and left out.",)
    for other in ("PNG", "WebP", "TIFF"):
        assert encode_image(with_texts({"Comment": "x" * length}), other)[1] == ()


@pytest.mark.parametrize("keyword", ["parameters", "prompt", "Description", "Title"])
def test_texts_too_long_for_jpeg_are_left_out_alone(keyword: str) -> None:
    texts = {keyword: "x" * 70_000, "Software": "Atelier"}
    data, notes = encode_image(with_texts(texts, exif=sample_exif().tobytes()), "JPEG")
    assert notes == (f"The text {keyword} is too long for JPEG and left out.",)
    assert exif_of(data)[0x010F] == "Maker"
    assert exif_of(data)[0x0131] == "Atelier"


def test_all_texts_together_may_be_too_long_for_jpeg() -> None:
    texts = {"Software": "s" * 20_000, "parameters": "p" * 20_000, "Author": "a" * 20_000}
    data, notes = encode_image(with_texts(texts), "JPEG")
    assert notes == ("The text Author is too long for JPEG and left out.",)
    assert user_comment(data) == "p" * 20_000


@pytest.mark.parametrize("length", [65_503, 65_504, 65_505])
def test_xmp_up_to_the_limit_of_jpeg_is_kept(length: int) -> None:
    notes = encode_image(with_texts({}, xmp=b"x" * length), "JPEG")[1]
    assert notes == (("The XMP data are too long for JPEG and left out.",) if length > 65_504 else ())


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WebP", "TIFF"])
def test_texts_of_exif_stay_as_they_are_byte_for_byte(format: str) -> None:
    exif = sample_exif()
    exif[0x013B] = "Zoë".encode()
    exif.get_ifd(EXIF_IFD_TAG)[0xA433] = "Léns"
    data = encode_image(read_image(encode_pillow(gradient_image(), "JPEG", exif=exif)), format)[0]
    assert exif_of(data)[0x013B].encode("latin-1") == "Zoë".encode()


@pytest.mark.parametrize("format", ["JPEG", "WebP", "TIFF"])
def test_no_empty_directories_are_written(format: str) -> None:
    for texts in ({}, {"Software": "x"}, {"parameters": "x"}):
        exif = exif_of(encode_image(with_texts(texts), format)[0])
        assert [tag for tag in (EXIF_IFD_TAG, 0x8825) if tag in exif and not exif.get_ifd(tag)] == []


def test_a_description_in_any_script_is_utf_8_in_a_tiff() -> None:
    for texts in ({"Description": "größer 🐦"}, {"Description": "größer 🐦", "parameters": "Steps: 20"}):
        with tifffile.TiffFile(BytesIO(encode_image(with_texts(texts), "TIFF")[0])) as file:
            assert file.pages[0].tags[270].value == "größer 🐦"  # pyright: ignore[reportAttributeAccessIssue]


def test_exif_that_cannot_be_written_is_left_out_with_a_note() -> None:
    data, notes = encode_image(with_texts({}, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"), "JPEG")
    assert notes == ("The EXIF data are damaged and left out.",)
    assert read_image(data).metadata.exif is None


def test_what_exif_says_already_stays() -> None:
    exif = sample_exif()
    exif[0x0131] = "Camera 1.0"
    data, notes = encode_image(with_texts({"Software": "Other"}, exif=exif.tobytes()), "WebP")
    assert exif_of(data)[0x0131] == "Camera 1.0"
    assert notes == ("WebP has no place for the text Software: left out.",)
    assert encode_image(with_texts({"Software": "Camera 1.0"}, exif=exif.tobytes()), "WebP")[1] == ()


def test_webp_keeps_the_resolution_in_exif() -> None:
    data, _ = encode_image(with_texts({}, dpi=(300.0, 150.0)), "WebP")
    assert (exif_of(data)[0x011A], exif_of(data)[0x011B], exif_of(data)[0x0128]) == (300, 150, 2)


def test_captions_go_from_jpeg_to_the_formats_that_hold_them() -> None:
    record = b"\x1c\x02\x78\x00\x07Caption"
    segment = b"Photoshop 3.0\x008BIM\x04\x0c\0\0\0\0\0\4thmb8BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record
    file = encode_pillow(
        gradient_image(), "JPEG", extra=b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + b""
    )
    image = read_image(file)
    assert image.metadata.iptc == record
    for format in ("JPEG", "PNG", "TIFF"):
        written, notes = encode_image(image, format)
        assert notes == ()
        assert read_image(written).metadata.iptc == record
    assert encode_image(image, "WebP")[1] == ("WebP has no place for captions (IPTC): they are left out.",)


def test_ascii_goes_into_text_chunks_that_every_program_reads() -> None:
    data = encode_image(with_texts({"parameters": "Steps: 20", "Title": "Tür"}), "PNG")[0]
    assert b"tEXtparameters\0Steps: 20" in data
    assert b"iTXtTitle\0" in data


def test_utf_8_in_a_chunk_of_latin_1_is_read_as_such() -> None:
    for written in ("Möwe".encode(), "Möwe".encode("latin-1")):
        info = PngInfo()
        info.add(b"tEXt", b"Comment\0" + written)
        texts = read_image(encode_pillow(gradient_image(), "PNG", pnginfo=info)).metadata.text_chunks
        assert texts == {"Comment": "Möwe"}


def test_several_texts_of_one_keyword_are_all_kept() -> None:
    info = PngInfo()
    info.add_text("Comment", "one")
    info.add_text("Comment", "two")
    image = read_image(encode_pillow(gradient_image(), "PNG", pnginfo=info))
    assert image.metadata.text_chunks == {"Comment": "one\ntwo"}

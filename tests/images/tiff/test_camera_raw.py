"""Raw files of cameras are told by their content, and refused with what to do."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tifffile

from gan_core.errors import UsageError
from gan_core.images.reading import read_image
from gan_core.images.sniffing import identify_format
from tests.images.tiff.tiff_files import build_tiff, encode_tiff, grey_fields, ramps_of

PREVIEW = np.full((120, 160, 3), 90, np.uint8)
SENSOR = np.random.default_rng(0).integers(0, 4096, (200, 300)).astype(np.uint16)
MAKE = (271, "s", 0, "NIKON CORPORATION", True)
CFA_TAGS = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, (0, 1, 1, 2), True)]


def write_raw(sensor_options: dict[str, Any], is_child: bool = True) -> bytes:
    """A preview, and the values of a sensor in a child of its directory or behind it."""
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(PREVIEW, photometric="rgb", subfiletype=1, extratags=[MAKE], subifds=1 if is_child else None)
        writer.write(SENSOR, **sensor_options)
    return buffer.getvalue()


@pytest.mark.parametrize("is_child", [True, False])
@pytest.mark.parametrize("options", [
    {"photometric": "cfa", "extratags": CFA_TAGS},
    {"photometric": "minisblack", "extratags": CFA_TAGS},
    {"photometric": "cfa", "bitspersample": 14},
    {"photometric": "minisblack"},
])  # fmt: skip
def test_a_preview_with_the_values_of_a_sensor_is_a_raw_file(options: dict[str, Any], is_child: bool) -> None:
    with pytest.raises(UsageError) as caught:
        read_image(write_raw(options, is_child), "x.tif")
    assert str(caught.value) == (
        "x.tif is a camera raw file (Nikon): it holds the values of the sensor, and its preview is small. Develop it "
        "first: export it as TIFF of 16 bits or as JPEG."
    )


@pytest.mark.parametrize("compression", [34713, 32767, 65535, 32770])
def test_the_compressions_of_cameras_are_known(compression: int) -> None:
    fields = grey_fields() | {258: (3, [14]), 259: (3, [compression])}
    with pytest.raises(UsageError, match="is a camera raw file: it holds"):
        read_image(build_tiff(fields, bytes(100)))


def test_dng_is_raw_also_where_it_is_linear() -> None:
    data = encode_tiff(ramps_of(np.uint16, 3), photometric="rgb", extratags=[(50706, "B", 4, (1, 4, 0, 0), True)])
    with pytest.raises(UsageError, match=r"camera raw file \(DNG\)"):
        read_image(data)
    with pytest.raises(UsageError, match="camera raw file"):
        read_image(encode_tiff(ramps_of(np.uint16, 3), photometric=34892))


@pytest.mark.parametrize(
    ("head", "maker"),
    [
        (b"II*\0\x10\0\0\0CR\x02\0", "Canon CR2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "Canon CR3"),
        (b"II\x1a\0\0\0HEAPCCDR", "Canon CRW"),
        (b"IIRO\x08\0\0\0", "Olympus ORF"),
        (b"IIRS\x08\0\0\0", "Olympus ORF"),
        (b"MMOR\0\0\0\x08", "Olympus ORF"),
        (b"IIU\0\x18\0\0\0", "Panasonic RW2"),
        (b"FUJIFILMCCD-RAW 0201", "Fujifilm RAF"),
        (b"FOVb\0\0\x02\0", "Sigma X3F"),
        (b"\0MRM\0\0\0\0", "Minolta MRW"),
        (b"II*\0\x08\0\0\0IIII", "Phase One IIQ"),
    ],
)
def test_raw_files_with_signatures_of_their_own_are_named(head: bytes, maker: str) -> None:
    data = head + bytes(200)
    assert identify_format(data) == f"a camera raw file ({maker})"
    with pytest.raises(UsageError, match=rf"x\.raw is a camera raw file \({maker}\).*Develop it first"):
        read_image(data, "x.raw")


def test_a_name_alone_makes_no_raw_file() -> None:
    picture = encode_tiff(ramps_of(np.uint8, 3).repeat(20, 0).repeat(20, 1), photometric="rgb")
    assert read_image(picture, "mine.raw").size == (800, 480)
    preview_only = encode_tiff(PREVIEW, photometric="rgb", subfiletype=1)
    assert read_image(preview_only, "scan.tif").size == (160, 120)
    with pytest.raises(UsageError, match="camera raw file"):
        read_image(preview_only, "DSC_0001.NEF")

"""Which image of a TIFF file is read, its metadata, and what is said of the others."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images import metadata, sniffing
from gan_core.images.reading import read_image
from gan_core.images.tiff.pages import open_tiff
from tests.images.image_files import SRGB, XMP, encode_pillow, gradient_image, sample_exif
from tests.images.tiff.tiff_files import HEIGHT, WIDTH, build_tiff, encode_tiff, grey_fields, ramps_of

THUMBNAIL = np.full((6, 10, 3), 200, np.uint8)


def write_pages(*pages: tuple[np.ndarray, dict[str, Any]]) -> bytes:
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for values, options in pages:
            all_options: dict[str, Any] = {"photometric": "rgb"} | options
            writer.write(values, **all_options)
    return buffer.getvalue()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_thumbnail_before_the_image_is_passed_over(dtype: Any) -> None:
    values = ramps_of(dtype, 3)
    beside = write_pages((THUMBNAIL, {"subfiletype": 1}), (values, {}))
    below = write_pages((THUMBNAIL, {"subfiletype": 1, "subifds": 1}), (values, {}))
    for data in (beside, below):
        image = read_image(data, "x.tif")
        assert np.array_equal(image.pixels, values)
        assert image.notes == ()
        assert sniffing.read_header(data) == sniffing.ImageHeader("TIFF", WIDTH, HEIGHT)


def test_smaller_copies_and_masks_behind_the_image_do_not_count() -> None:
    values = ramps_of(np.uint8, 3)
    mask = (np.ones((HEIGHT, WIDTH), bool), {"photometric": "mask", "subfiletype": 4})
    image = read_image(write_pages((values, {"subifds": 1}), (THUMBNAIL, {"subfiletype": 1}), mask), "x.tif")
    assert np.array_equal(image.pixels, values)
    assert image.notes == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_first_of_several_images_is_read_with_a_note(dtype: Any) -> None:
    values = ramps_of(dtype, 3)
    image = read_image(write_pages((values, {}), (values // 2, {}), (values // 3, {})), "x.tif")
    assert np.array_equal(image.pixels, values)
    assert image.notes == ("x.tif holds several images; the first is used.",)


@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_a_stack_of_a_microscope_is_called_what_it_is(kind: str) -> None:
    buffer = BytesIO()
    stack = np.random.default_rng(0).integers(5000, 60_000, (2, 3, HEIGHT, WIDTH)).astype(np.uint16)
    tifffile.imwrite(buffer, stack, metadata={"axes": "ZCYX"}, imagej=kind == "imagej", ome=kind == "ome")
    image = read_image(buffer.getvalue(), "x.tif")
    assert np.array_equal(image.pixels[:, :, 0], stack[0, 0])
    assert image.notes == ("x.tif is a stack of 3 channels, 2 slices; the first image is used.",)


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_profile_xmp_and_resolution_survive(dtype: Any, byteorder: str, bigtiff: bool) -> None:
    data = encode_tiff(
        ramps_of(dtype, 3), byteorder, bigtiff, photometric="rgb", iccprofile=SRGB, resolution=(118.11, 118.11),
        resolutionunit="CENTIMETER", extratags=[(700, "B", len(XMP), XMP, True), (271, "s", 0, "Maker", True)],
    )  # fmt: skip
    image = read_image(data)
    assert image.metadata.icc_profile == SRGB
    assert image.metadata.xmp == XMP
    assert image.metadata.dpi == pytest.approx((300, 300), abs=0.1)
    exif = Image.Exif()
    exif.load(image.metadata.exif or b"")
    assert exif[0x010F] == "Maker"
    assert 258 not in exif  # nothing on the layout of the pixels


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied_on_both_paths(orientation: int) -> None:
    eight_bits = encode_tiff(ramps_of(np.uint8, 3), photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    sixteen_bits = encode_tiff(ramps_of(np.uint16, 3), photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    by_pillow, by_us = read_image(eight_bits), read_image(sixteen_bits)
    assert by_us.size == by_pillow.size == ((WIDTH, HEIGHT) if orientation < 5 else (HEIGHT, WIDTH))
    assert np.abs(by_us.to_8_bit().pixels.astype(int) - by_pillow.pixels).max() <= 1


def test_exif_of_a_camera_survives_beside_16_bits() -> None:
    shallow = encode_pillow(gradient_image(), "TIFF", exif=sample_exif().tobytes())
    deep = bytearray(encode_tiff(ramps_of(np.uint16, 3), photometric="rgb"))
    image = read_image(shallow)
    exif = Image.Exif()
    exif.load(image.metadata.exif or b"")
    assert exif.get_ifd(metadata.EXIF_IFD_TAG)[metadata.PIXEL_WIDTH_TAG] == 24
    assert read_image(bytes(deep)).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("options", [
    {"photometric": "rgb", "compression": "jpeg"}, {"photometric": "ycbcr", "compression": "jpeg"},
    {"photometric": "ycbcr", "compression": "jpeg", "subsampling": (2, 2), "tile": (16, 16)},
])  # fmt: skip
def test_jpeg_within_tiff_is_read(options: dict[str, Any]) -> None:
    smooth = np.asarray(gradient_image(WIDTH, HEIGHT))
    image = read_image(encode_tiff(smooth, **options, compressionargs={"level": 95}))
    if options["photometric"] == "rgb":
        assert np.abs(image.pixels.astype(int) - smooth).mean() < 4
    assert image.size == (WIDTH, HEIGHT)


def test_jpeg_of_12_bits_fills_the_range_and_one_of_16_is_refused() -> None:
    values = np.round(ramps_of(np.float64, 1)[:, :, 0] * 4095).astype(np.uint16)
    options = {"compression": "jpeg", "bitspersample": 12, "compressionargs": {"level": 98}}
    image = read_image(encode_tiff(values, **options))
    assert np.abs(image.pixels[:, :, 0] / 65_535 - values / 4095).mean() < 0.01
    lossless = encode_tiff(values, compression="jpeg", compressionargs={"lossless": True, "bitspersample": 16})
    with pytest.raises(UsageError, match=r"kind that is not read: 1 channel of 16 bits, .* compression JPEG"):
        read_image(lossless)


def test_jpeg_of_the_old_kind_is_read() -> None:
    jpeg = encode_pillow(gradient_image(), "JPEG", quality=95, subsampling=0)
    jpeg += bytes(len(jpeg) % 2)
    fields = grey_fields(24, 16) | {258: (3, [8] * 3), 259: (3, [6]), 262: (3, [6]), 277: (3, [3])}
    fields |= {279: (4, [len(jpeg)]), 513: (4, [8]), 514: (4, [len(jpeg)]), 530: (3, [1, 1])}
    image = read_image(build_tiff(fields, jpeg))
    assert np.abs(image.pixels.astype(int) - np.asarray(gradient_image())).mean() < 3


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"])
def test_one_bit_with_every_compression_of_fax_machines_is_read(compression: str) -> None:
    drawing = gradient_image(WIDTH, HEIGHT).convert("1")
    image = read_image(encode_pillow(drawing, "TIFF", compression=compression))
    assert np.array_equal(image.pixels[:, :, 0], np.asarray(drawing) * np.uint8(255))


# Damage --------------------------------------------------------------------------------------------------------------


def test_positions_before_the_file_are_refused() -> None:
    data = bytearray(build_tiff(grey_fields() | {258: (3, [16])}, bytes(24)))
    entry = data.index(struct.pack("<HHI", 273, 4, 1))
    data[entry : entry + 12] = struct.pack("<HHIi", 273, 9, 1, -6)
    with pytest.raises(UsageError, match="damaged or cut off"):
        read_image(bytes(data))


def test_directories_that_form_a_loop_end() -> None:
    data = build_tiff(grey_fields(), bytes(range(12)), next_position=20)
    assert read_image(data).pixels.ravel().tolist() == list(range(12))
    fields = grey_fields() | {330: (4, [20])}
    assert read_image(build_tiff(fields, bytes(range(12)))).size == (4, 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"II*\0", "its header is cut off"),
        (b"II*\0\xff\xff\xff\x7f" + bytes(8), "it refers to data beyond its end"),
        (b"II*\0\x08\0\0\0\0\0" + bytes(8), "a directory has 0 entries"),
        (b"II*\0\x08\0\0\0\xff\xff" + bytes(8), "a directory has 65535 entries"),
        (build_tiff(grey_fields(), bytes(12))[:60], "a directory is cut off"),
        (build_tiff(grey_fields() | {258: (3, [8] * 3), 277: (3, [3])}, bytes(40))[:-2], "its tags are cut off"),
        (build_tiff(grey_fields(0, 3), bytes(12)), "it states no size"),
        (build_tiff(grey_fields() | {278: (3, [1])}, bytes(12)), "it lists 1 of 3 strips"),
        (build_tiff(grey_fields() | {278: (3, [2]), 258: (3, [16])}, bytes(24)), "it lists 1 of 2 strips"),
        (
            build_tiff(grey_fields() | {259: (3, [5]), 278: (3, [1]), 273: (4, [8, 9, 10])}, bytes(12)),
            "it lists the sizes of 1 of 3 strips",
        ),
        (
            build_tiff(grey_fields() | {322: (4, [1 << 30]), 323: (4, [1 << 30]), 324: (4, [8]), 325: (4, [12])}, b""),
            "its tiles are larger than any image",
        ),
        (build_tiff(grey_fields() | {277: (4, [2_000_000])}, bytes(12)), "it states 2000000 channels"),
        (build_tiff(grey_fields() | {258: (3, [8, 8]), 277: (3, [3])}, bytes(12)), "it states 8, 8 bits for 3"),
        (build_tiff(grey_fields() | {322: (3, [0]), 323: (3, [16])}, bytes(12)), "it states no size of its tiles"),
    ],
)
def test_a_damaged_structure_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_image(data, "x.tif")
    assert "x.tif starts like a TIFF file, but is damaged or cut off: " in str(caught.value)
    assert reason in str(caught.value)


def test_the_size_is_checked_before_anything_is_decoded() -> None:
    for fields in ({}, {258: (3, [16])}):
        with pytest.raises(UsageError, match="has 3600 megapixels"):
            read_image(build_tiff(grey_fields(60_000, 60_000) | fields, bytes(12)))


def test_values_that_are_cut_off_are_refused_as_such() -> None:
    data = build_tiff(grey_fields() | {258: (3, [16]), 273: (4, [8]), 279: (4, [10**6])}, bytes(12))
    with pytest.raises(UsageError, match=r"x\.tif is damaged or cut off|starts like"):
        read_image(data[:20], "x.tif")
    fields = grey_fields(400, 300) | {258: (3, [16])}
    with pytest.raises(UsageError, match=r"x\.tif is damaged or cut off: it refers to data beyond its end"):
        read_image(build_tiff(fields, bytes(12)), "x.tif")


def test_a_kind_that_nobody_reads_is_described() -> None:
    fields = grey_fields() | {258: (3, [8] * 5), 259: (3, [7]), 262: (3, [5]), 277: (3, [5])}
    with pytest.raises(UsageError, match=r"kind that is not read: 5 channels of 8 bits, .* compression JPEG"):
        open_tiff(BytesIO(build_tiff(fields, bytes(100))), "x.tif")


@pytest.mark.parametrize("planes", [8, 4])
def test_a_palette_of_8_bit_colours_is_not_black(planes: int) -> None:
    count = 2**planes
    fields = grey_fields(4, 1) | {258: (3, [planes]), 262: (3, [3]), 279: (4, [4 * planes // 8])}
    colours = [255 - index for index in range(count)], list(range(count)), [7] * count
    data = bytes([0, 1, 2, 3]) if planes == 8 else bytes([0x01, 0x23])
    image = read_image(build_tiff(fields | {320: (3, [*colours[0], *colours[1], *colours[2]])}, data), "x.tif")
    assert image.pixels.tolist() == [[[255 - index, index, 7] for index in range(4)]]

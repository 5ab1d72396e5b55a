"""The values of a TIFF file come out as they were written, whatever number type, layout and compression they have."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images.tiff import samples, unpacking
from gan_core.images.tiff.samples import read_samples
from gan_core.images.tiff.structure import DamagedTiffError
from tests.images.tiff.tiff_files import HEIGHT, WIDTH, build_tiff, encode_tiff, grey_fields, open_page, ramps_of

NUMBER_TYPES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")
LOSSLESS = (None, "lzw", "zlib", "packbits", "zstd", "lzma")
CHANNELS = ((1, None), (3, "contig"), (3, "separate"), (5, "contig"))
TILES = ((None, "<"), ((16, 16), ">"), ((16, 16), "<"), (None, ">"))


def write(values: np.ndarray, planar: str | None, **options: Any) -> bytes:
    if planar is None:
        return encode_tiff(values[:, :, 0], **options)
    if planar == "separate":
        values = np.ascontiguousarray(values.transpose(2, 0, 1))
    photometric = "rgb" if values.shape[0 if planar == "separate" else 2] == 3 else "minisblack"
    return encode_tiff(values, planarconfig=planar, photometric=photometric, **options)


@pytest.mark.parametrize("compression", LOSSLESS)
@pytest.mark.parametrize("dtype", NUMBER_TYPES)
def test_values_of_every_number_type_and_compression_are_exact(dtype: str, compression: str | None) -> None:
    has_predictor = compression not in (None, "packbits") and np.dtype(dtype).itemsize < 8
    for (channels, planar), (tile, byteorder) in product(CHANNELS, TILES[: 4 if compression in (None, "lzw") else 2]):
        for predictor in (False, True) if has_predictor else (False,):
            values = ramps_of(dtype, channels)
            data = write(
                values, planar, tile=tile, byteorder=byteorder, compression=compression, predictor=predictor,
                rowsperstrip=None if tile else 7,
            )  # fmt: skip
            read = read_samples(open_page(data), "x.tif")
            assert read.dtype == values.dtype, (channels, planar, tile, byteorder, predictor)
            assert np.array_equal(read, values), (channels, planar, tile, byteorder, predictor)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bits", [1, 2, 4, 6, 10, 12, 14, 24])
def test_values_of_odd_depths_are_exact(bits: int, channels: int) -> None:
    dtype = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    values = (ramps_of(np.float64, channels) * (2**bits - 1)).astype(dtype)
    data = write(values, "contig" if channels > 1 else None, bitspersample=bits)
    assert np.array_equal(read_samples(open_page(data), "x.tif"), values)


@pytest.mark.parametrize("order", ["<", ">"])
def test_12_bits_are_packed_in_the_same_order_in_files_of_both_byte_orders(order: str) -> None:
    fields = grey_fields(2, 1) | {258: (3, [12]), 279: (4, [3])}
    data = build_tiff(fields, b"\x12\x34\x56\0", order)
    assert read_samples(open_page(data), "x.tif").ravel().tolist() == [0x123, 0x456]


def test_signed_values_of_odd_depths_keep_their_sign() -> None:
    fields = grey_fields(2, 1) | {258: (3, [12]), 279: (4, [3]), 339: (3, [2])}
    assert read_samples(open_page(build_tiff(fields, b"\xff\xf0\x01\0")), "x.tif").ravel().tolist() == [-1, 1]


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw"])
def test_bigtiff_is_read(compression: str | None, byteorder: str) -> None:
    values = ramps_of(np.uint16, 3)
    data = write(values, "contig", bigtiff=True, byteorder=byteorder, compression=compression, tile=(16, 16))
    assert np.array_equal(read_samples(open_page(data), "x.tif"), values)


def test_bits_in_reverse_order_are_turned() -> None:
    fields = grey_fields() | {266: (3, [2])}
    values = read_samples(open_page(build_tiff(fields, bytes([1, 2, 4, 8, 16, 32, 64, 128, 3, 0, 255, 5]))), "x.tif")
    assert values.ravel().tolist() == [128, 64, 32, 16, 8, 4, 2, 1, 192, 0, 255, 160]


def test_ycbcr_with_fewer_colours_than_pixels_is_spread() -> None:
    """Two rows of data units, of 2 x 2 values of luma, Cb and Cr each; the image has an odd size."""
    units = bytes([1, 2, 5, 6, 100, 200, 3, 4, 7, 8, 101, 201, 9, 10, 0, 0, 102, 202, 11, 12, 0, 0, 103, 203])
    fields = grey_fields(3, 3) | {258: (3, [8, 8, 8]), 262: (3, [6]), 277: (3, [3]), 279: (4, [24]), 530: (3, [2, 2])}
    values = read_samples(open_page(build_tiff(fields, units)), "x.tif")
    assert values[:, :, 0].tolist() == [[1, 2, 3], [5, 6, 7], [9, 10, 11]]
    assert values[:, :, 1].tolist() == [[100, 100, 101], [100, 100, 101], [102, 102, 103]]
    assert values[2, 2].tolist() == [11, 103, 203]


@pytest.mark.parametrize("compression", ["jpeg2000", "webp", "png"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_tiles_that_are_images_themselves_are_read(compression: str, tile: tuple[int, int] | None) -> None:
    values = ramps_of(np.uint8, 3)
    data = write(values, "contig", tile=tile, compression=compression, compressionargs={"level": 0})
    if compression == "webp":
        data = write(values, "contig", tile=tile, compression=compression, compressionargs={"lossless": True})
    assert np.array_equal(read_samples(open_page(data), "x.tif"), values)


def test_tiles_are_unpacked_in_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "BATCH_BYTES", 3000)
    monkeypatch.setattr(unpacking, "BIT_ROWS_BYTES", 100)
    values = ramps_of(np.float32, 3)
    for options in ({"tile": (16, 16)}, {"rowsperstrip": 5}):
        data = write(values, "contig", compression="lzw", predictor=True, **options)
        assert np.array_equal(read_samples(open_page(data), "x.tif"), values)
    grey = (ramps_of(np.float64, 1) * 4095).astype(np.uint16)
    assert np.array_equal(read_samples(open_page(write(grey, None, bitspersample=12)), "x.tif"), grey)


def test_tiles_that_a_sparse_file_leaves_out_are_zero() -> None:
    fields = grey_fields(16, 32) | {322: (3, [16]), 323: (3, [16]), 324: (4, [8, 0]), 325: (4, [256, 0])}
    for tag in (273, 278, 279):
        fields.pop(tag)
    values = read_samples(open_page(build_tiff(fields, bytes([7]) * 256)), "x.tif")
    assert (values[:16] == 7).all()
    assert (values[16:] == 0).all()


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("compression", "name"), [("jpegxl", "JPEG XL"), ("jpegxr", "JPEG XR"), ("lerc", "LERC")])
def test_a_compression_that_is_not_read_is_named(compression: str, name: str) -> None:
    page = open_page(write(ramps_of(np.uint8, 3), "contig", compression=compression))
    with pytest.raises(UsageError, match=rf"x\.tif is compressed by {name}, which is not read for TIFF files"):
        read_samples(page, "x.tif")


def test_other_kinds_that_are_not_read_are_named() -> None:
    complex_page = open_page(encode_tiff(np.ones((HEIGHT, WIDTH), np.complex64)))
    with pytest.raises(UsageError, match=r"x\.tif holds complex numbers, which are no colours"):
        read_samples(complex_page, "x.tif")
    mixed = open_page(build_tiff(grey_fields() | {258: (3, [5, 6, 5]), 277: (3, [3])}, bytes(24)))
    with pytest.raises(UsageError, match="kind that is not read: 3 channels of 5/6 bits"):
        read_samples(mixed, "x.tif")
    deep = open_page(write(ramps_of(np.uint16, 3), "contig", compression="jpeg2000"))
    with pytest.raises(UsageError, match="compressed by JPEG2000 with 16 bits a channel"):
        read_samples(deep, "x.tif")


def test_the_memory_for_values_is_bounded() -> None:
    large = build_tiff(grey_fields(60_000, 60_000) | {258: (3, [64])}, bytes(12))
    with pytest.raises(UsageError, match=r"x\.tif takes 26\.8 GB unpacked"):
        read_samples(open_page(large), "x.tif")


@pytest.mark.parametrize("compression", LOSSLESS)
def test_data_that_are_cut_off_are_told(compression: str | None) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    page = open_page(write(noise, "contig", compression=compression))
    position = page.file.integers(page.directory, 273)[0]
    page.file.size = position + 500
    with pytest.raises(DamagedTiffError, match="data beyond its end"):
        read_samples(page, "x.tif")


@pytest.mark.parametrize("compression", ["lzw", "zlib", "zstd", "lzma"])
def test_damaged_data_are_told(compression: str) -> None:
    noise = np.random.default_rng(0).integers(0, 65_536, (HEIGHT, WIDTH), dtype=np.uint16)
    data = bytearray(encode_tiff(noise, compression=compression))
    page = open_page(bytes(data))
    position, size = (page.file.integers(page.directory, tag)[0] for tag in (273, 279))
    data[position : position + size] = bytes(size)
    with pytest.raises(DamagedTiffError, match="data are damaged"):
        read_samples(open_page(bytes(data)), "x.tif")


@pytest.mark.parametrize(
    ("sample_format", "bits"), [(3, 8), (3, 24), (3, 1), (1, 40), (1, 128), (2, 33), (5, 32), (7, 8)]
)
def test_depths_that_number_types_do_not_have_are_refused(sample_format: int, bits: int) -> None:
    page = open_page(build_tiff(grey_fields() | {258: (3, [bits]), 339: (3, [sample_format])}, bytes(200)))
    assert page.layout.number_type.itemsize <= 8
    with pytest.raises(UsageError, match=r"kind that is not read|complex numbers"):
        read_samples(page, "x.tif")


def test_a_strip_with_more_bytes_than_pillow_allows_pixels_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    values = ramps_of(np.uint16, 3)
    data = write(values, "contig", compression="lzw", rowsperstrip=HEIGHT)
    assert np.array_equal(read_samples(open_page(data), "x.tif"), values)

"""BMP files of every header, depth, mask and compression, by the pixels that were put in."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images.reading import read_image
from tests.images.bmp import bmp_files
from tests.images.bmp.bmp_files import HEIGHT, WIDTH, build_bmp, join_channels, pack_rows, random_values
from tests.images.image_files import SRGB, encode_pillow, gradient_image, is_close

HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
MASK_HEADERS = (40, 52, 56, 108, 124)
MASKS = {  # of red, green, blue and alpha
    "5-6-5": (16, (0xF800, 0x07E0, 0x001F)),
    "5-5-5": (16, (0x7C00, 0x03E0, 0x001F)),
    "1-5-5-5": (16, (0x7C00, 0x03E0, 0x001F, 0x8000)),
    "4-4-4": (16, (0x0F00, 0x00F0, 0x000F)),
    "4-4-4-4": (16, (0x0F00, 0x00F0, 0x000F, 0xF000)),
    "3-3-2": (16, (0x00E0, 0x001C, 0x0003)),
    "8-8-8": (32, (0xFF0000, 0xFF00, 0xFF)),
    "8-8-8-8": (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
    "RGBA": (32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
    "ABGR": (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
    "10-10-10": (32, (0x3FF00000, 0xFFC00, 0x3FF)),
    "10-10-10-2": (32, (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000)),
    "7-8-10": (32, (0x1FC0000, 0x3FC00, 0x3FF)),
}


def mask_largest(mask: int) -> int:
    return mask // (mask & -mask)


@pytest.mark.parametrize("is_top_down", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("header_bytes", HEADERS)
def test_palettes_of_every_depth_are_read(header_bytes: int, depth: int, is_top_down: bool) -> None:
    palette = np.random.default_rng(1).integers(0, 256, (2**depth, 3))
    indices = random_values(2**depth - 1)
    height = -HEIGHT if is_top_down and header_bytes > 12 else HEIGHT
    stored = indices[::-1] if height < 0 else indices
    data = build_bmp(pack_rows(stored, depth), depth, header_bytes, palette=palette, size=(WIDTH, height))
    image = read_image(data, "x.bmp")
    assert np.array_equal(image.pixels, palette[indices])
    assert image.notes == ()


@pytest.mark.parametrize("header_bytes", HEADERS)
def test_24_bits_are_read(header_bytes: int) -> None:
    values = random_values(0xFFFFFF)
    image = read_image(build_bmp(pack_rows(values, 24), 24, header_bytes))
    assert np.array_equal(image.pixels, np.stack([values >> 16, values >> 8 & 255, values & 255], 2))


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("header_bytes", MASK_HEADERS)
def test_masks_of_every_kind_are_read(header_bytes: int, name: str) -> None:
    depth, masks = MASKS[name]
    if header_bytes == 52:
        masks = masks[:3]
    compression = 6 if header_bytes == 40 and len(masks) == 4 else 3
    channels = [random_values(mask_largest(mask), seed) for seed, mask in enumerate(masks)]
    rows = pack_rows(join_channels(channels, masks), depth)
    image = read_image(build_bmp(rows, depth, header_bytes, compression, masks), "x.bmp")
    expected = [channel * 255 / mask_largest(mask) for channel, mask in zip(channels, masks, strict=True)]
    visible = np.ones((HEIGHT, WIDTH), bool)
    if len(masks) == 4:
        assert image.alpha is not None
        assert np.abs(image.alpha - expected[3]).max() <= 1
        visible = image.alpha > 0  # colours under full transparency are filled in
    else:
        assert image.alpha is None
    assert np.abs(image.pixels - np.stack(expected[:3], 2))[visible].max() <= 1
    is_deep = max(map(mask_largest, masks[:3])) > 255
    assert image.notes == (("x.bmp has more than 8 bits a channel; it is read with 8.",) if is_deep else ())


@pytest.mark.parametrize("header_bytes", [40, 108, 124])
def test_alpha_that_nobody_filled_in_is_opaque(header_bytes: int) -> None:
    depth, masks = MASKS["8-8-8-8"]
    values = random_values(0xFFFFFF)
    compression = 6 if header_bytes == 40 else 3
    image = read_image(build_bmp(pack_rows(values, depth), depth, header_bytes, compression, masks))
    assert image.alpha is None
    assert np.array_equal(image.pixels, np.stack([values >> 16, values >> 8 & 255, values & 255], 2))


@pytest.mark.parametrize("header_bytes", [16, 40, 64, 108, 124])
@pytest.mark.parametrize("depth", [16, 32])
def test_colours_without_masks_are_read_by_the_standard_ones(depth: int, header_bytes: int) -> None:
    masks = MASKS["5-5-5" if depth == 16 else "8-8-8"][1]
    channels = [random_values(mask_largest(mask), seed) for seed, mask in enumerate(masks)]
    image = read_image(build_bmp(pack_rows(join_channels(channels, masks), depth), depth, header_bytes))
    assert image.alpha is None
    assert np.array_equal(image.pixels, np.stack([c * 255 // mask_largest(masks[0]) for c in channels], 2))


def test_a_fourth_channel_without_a_meaning_is_left_out_with_a_note() -> None:
    image = read_image(encode_pillow(gradient_image().convert("RGBA").rotate(45), "BMP"), "x.bmp")
    assert image.alpha is None
    assert image.notes == ("x.bmp has a fourth channel that its header does not define; it is left out.",)


def test_a_grey_palette_gives_grey_and_a_short_one_black_beyond_its_end() -> None:
    indices = random_values(255)
    grey = build_bmp(pack_rows(indices, 8), 8, palette=bmp_files.GREY_RAMP)
    assert np.array_equal(read_image(grey).pixels[:, :, 0], indices)
    palette = np.full((10, 3), (255, 0, 7))
    short = read_image(build_bmp(pack_rows(indices, 8), 8, palette=palette, colours_used=10))
    assert np.array_equal(short.pixels, np.where(indices[:, :, None] < 10, palette[0], 0))
    cut = read_image(build_bmp(pack_rows(indices, 8), 8, palette=palette))  # 256 are stated, 10 lie before the pixels
    assert np.array_equal(cut.pixels, short.pixels)


def test_bytes_between_headers_and_pixels_are_skipped() -> None:
    values = random_values(0xFFFFFF)
    image = read_image(build_bmp(pack_rows(values, 24), 24, gap=50))
    assert np.array_equal(image.pixels[:, :, 2], values & 255)


# Compression ---------------------------------------------------------------------------------------------------------


def test_run_lengths_of_8_bits_are_read() -> None:
    palette = np.random.default_rng(1).integers(1, 256, (256, 3))
    rows = bytes([13, 5, 0, 0]) + bytes([0, 5, 1, 2, 3, 4, 5, 0, 8, 9, 0, 0]) + bytes([0, 2, 3, 1, 4, 7, 0, 1])
    image = read_image(build_bmp(rows, 8, compression=1, palette=palette))
    expected = np.zeros((HEIGHT, WIDTH), int)
    expected[6] = 5
    expected[5, :13] = [1, 2, 3, 4, 5, *[9] * 8]
    expected[3, 3:7] = 7  # two rows up, by a delta of (3, 1)
    assert np.array_equal(image.pixels, palette[expected])


def test_run_lengths_of_4_bits_are_read() -> None:
    palette = np.random.default_rng(1).integers(1, 256, (16, 3))
    rows = bytes([13, 0x5A, 0, 0]) + bytes([0, 5, 0x12, 0x34, 0x50, 0, 7, 0x9C, 0, 0]) + bytes([0, 1])
    image = read_image(build_bmp(rows, 4, compression=2, palette=palette))
    expected = np.zeros((HEIGHT, WIDTH), int)
    expected[6] = [5, 10, 5, 10, 5, 10, 5, 10, 5, 10, 5, 10, 5]
    expected[5, :12] = [1, 2, 3, 4, 5, 9, 12, 9, 12, 9, 12, 9]
    assert np.array_equal(image.pixels, palette[expected])


def test_run_lengths_of_24_bits_are_read() -> None:
    rows = bytes([13, 1, 2, 3, 0, 0]) + bytes([0, 3, *range(9), 0, 0, 0]) + bytes([0, 1])
    image = read_image(build_bmp(rows, 24, header_bytes=64, compression=4))
    assert (image.pixels[6] == (3, 2, 1)).all()
    assert image.pixels[5, :4].tolist() == [[2, 1, 0], [5, 4, 3], [8, 7, 6], [0, 0, 0]]


def test_runs_beyond_the_row_are_cut_and_missing_rows_are_named() -> None:
    palette = bmp_files.GREY_RAMP
    image = read_image(build_bmp(bytes([200, 5, 0, 0, 0, 1]), 8, compression=1, palette=palette))
    assert (image.pixels[6] == 5).all()
    with pytest.raises(UsageError, match=r"x\.bmp is damaged or cut off: it lacks 6 of 7 rows"):
        read_image(build_bmp(bytes([13, 5, 0, 0]), 8, compression=1, palette=palette), "x.bmp")


@pytest.mark.parametrize(("format", "compression"), [("JPEG", 4), ("PNG", 5)])
def test_embedded_images_are_read(format: str, compression: int) -> None:
    inner = encode_pillow(gradient_image(), format, **({"quality": 95} if format == "JPEG" else {}))
    image = read_image(build_bmp(inner, 0, compression=compression, size=(24, 16)))
    assert is_close(image.pixels, np.asarray(gradient_image()), 3)
    with pytest.raises(UsageError, match="the image in it has 24 x 16 pixels"):
        read_image(build_bmp(inner, 0, compression=compression, size=(25, 16)))
    with pytest.raises(UsageError, match="the image in it is damaged"):
        read_image(build_bmp(inner[: len(inner) // 2], 0, compression=compression, size=(24, 16)))


# Metadata and damage -------------------------------------------------------------------------------------------------


def test_resolution_and_profile_survive() -> None:
    data = bytearray(build_bmp(pack_rows(random_values(0xFFFFFF), 24), 24, 124))
    data[14 + 56 : 14 + 60] = b"DEBM"
    data[14 + 112 : 14 + 120] = struct.pack("<II", len(data) - 14, len(SRGB))
    image = read_image(bytes(data) + SRGB)
    assert image.metadata.icc_profile == SRGB
    assert image.metadata.dpi == pytest.approx((100, 100), abs=0.01)
    assert read_image(bytes(data) + SRGB[:50]).metadata.icc_profile is None


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (build_bmp(pack_rows(random_values(0xFFFFFF), 24)[:-50], 24), "it lacks 2 of 7 rows"),
        (build_bmp(b"", 24, size=(WIDTH, 0)), "it states a size of 13 x 0"),
        (build_bmp(b"", 24, size=(-5, 7)), "it states a size of -5 x 7"),
        (build_bmp(b"", 24)[:40], "its header is cut off"),
        (build_bmp(bytes(800), 64), "64 bits a pixel, uncompressed. Save it as PNG"),
        (build_bmp(bytes(800), 32, compression=11), "32 bits a pixel, CMYK. Save it as PNG"),
        (build_bmp(bytes(800), 1, header_bytes=64, compression=3), "1 bits a pixel, Huffman coding of OS/2"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data: bytes, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_image(data, "x.bmp")
    assert sentence in str(caught.value)


def test_a_size_that_no_file_holds_takes_no_memory() -> None:
    with pytest.raises(UsageError, match="megapixels"):
        read_image(build_bmp(b"", 24, size=(2**30, 2**30)))
    runs = build_bmp(bytes([0, 1]), 8, compression=1, size=(9_000, 9_000), palette=bmp_files.GREY_RAMP)
    with pytest.raises(UsageError, match="its 2 bytes cannot hold 9000 x 9000 pixels"):
        read_image(runs)
    with pytest.raises(UsageError, match="it lacks"):
        read_image(build_bmp(b"", 8, size=(9_000, 9_000), palette=bmp_files.GREY_RAMP))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_files_that_pillow_reads_keep_their_pixels(mode: str) -> None:
    data = encode_pillow(gradient_image().convert(mode), "BMP")
    reference = Image.open(BytesIO(data))
    grey = reference.mode in ("1", "L")
    expected = np.asarray(reference.convert("L" if grey else "RGB")).reshape(16, 24, -1)
    assert np.array_equal(read_image(data).pixels, expected)

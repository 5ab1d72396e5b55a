"""What the values of a TIFF file stand for: grey, RGB, palettes, CMYK, YCbCr, L*a*b*, alpha of every kind."""

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from gan_core.errors import UsageError
from gan_core.images.reading import DecodedImage, read_image
from tests.images.tiff.tiff_files import HEIGHT, WIDTH, build_tiff, encode_tiff, grey_fields, ramps, ramps_of

DEPTH_NOTE = "x.tif has more than 8 bits a channel; it is read with 8."
INK_NOTE = "x.tif is CMYK without a usable profile; its colours are approximate."


def read(values: np.ndarray, **options: Any) -> DecodedImage:
    return read_image(encode_tiff(values, **options), "x.tif")


def as_share(image: DecodedImage) -> np.ndarray:
    """The pixels (H, W, C) in [0, 1]."""
    return image.pixels / np.iinfo(image.pixels.dtype).max


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "f2", "f4", "f8"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite", "rgb"])
def test_grey_and_rgb_of_every_number_type_are_read(photometric: str, planar: Any, dtype: str) -> None:
    values = ramps_of(dtype, 3 if photometric == "rgb" else 1)
    stored = values.transpose(2, 0, 1) if planar == "separate" else values
    image = read(stored if photometric == "rgb" else values[:, :, 0], photometric=photometric,
                 **({"planarconfig": planar} if photometric == "rgb" else {}))  # fmt: skip
    expected = 1 - ramps(1) if photometric == "miniswhite" else ramps(values.shape[2])
    assert image.alpha is None
    assert np.abs(as_share(image) - expected).max() < (1 / 254 if dtype in ("u1", "i1") else 1 / 4000)
    assert image.pixels.dtype == (np.uint8 if dtype == "u1" else np.uint16)
    assert bool(image.notes) is (dtype not in ("u1", "u2"))


def test_16_bits_keep_every_bit_and_need_no_note() -> None:
    values = np.random.default_rng(0).integers(0, 65_536, (HEIGHT, WIDTH, 3), dtype=np.uint16)
    for planar, stored in (("contig", values), ("separate", values.transpose(2, 0, 1))):
        image = read(stored, photometric="rgb", planarconfig=planar)
        assert np.array_equal(image.pixels, values)
        assert image.notes == ()


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_of_both_kinds_is_read(channels: int, planar: Any, dtype: str) -> None:
    colours, alpha = ramps(channels), 0.25 + 0.75 * ramps(4)[:, :, 3:]
    scale = 1.0 if dtype == "f4" else np.iinfo(dtype).max
    options = {"photometric": "rgb" if channels == 3 else "minisblack", "planarconfig": planar}
    for kind, stored in (("unassalpha", colours), ("assocalpha", colours * alpha)):
        values = np.round(np.concatenate([stored, alpha], 2) * scale, 0 if dtype != "f4" else 6).astype(dtype)
        if planar == "separate":
            values = values.transpose(2, 0, 1)
        image = read(values, extrasamples=[kind], **options)
        assert image.alpha is not None
        assert np.abs(image.alpha / 255 - alpha[:, :, 0]).max() < 1 / 254
        assert np.abs(as_share(image) - colours).max() < (1 / 60 if kind == "assocalpha" and dtype == "u1" else 1 / 250)


def test_other_channels_are_left_out_with_a_note() -> None:
    values = ramps_of(np.uint16, 5)
    grey = read(values, planarconfig="contig")
    assert grey.notes == ("x.tif has 5 channels; the first is read as grey, 4 left out.",)
    assert np.array_equal(grey.pixels, values[:, :, :1])
    rgb = read(values, photometric="rgb", planarconfig="contig", extrasamples=["unspecified", "unassalpha"])
    assert rgb.notes == ("x.tif has 5 channels; the colours are read, 1 left out.",)
    assert rgb.alpha is not None
    assert np.abs(rgb.alpha.astype(float) * 257 - values[:, :, 4]).max() < 257


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("channels", [4, 5])
def test_cmyk_with_and_without_alpha_is_read(channels: int, planar: Any, dtype: str) -> None:
    values = ramps_of(dtype, channels)
    stored = values.transpose(2, 0, 1) if planar == "separate" else values
    extras = {"extrasamples": ["unassalpha"]} if channels == 5 else {}
    image = read(stored, photometric="separated", planarconfig=planar, **extras)
    inks = np.round(ramps(4) * 255).astype(np.uint8)
    expected = np.asarray(Image.fromarray(inks, "CMYK").convert("RGB")).astype(int)
    assert (image.alpha is not None) is (channels == 5)
    visible = np.ones((HEIGHT, WIDTH), bool) if image.alpha is None else image.alpha > 0
    assert np.abs(image.pixels - expected)[visible].max() <= 3
    assert INK_NOTE in image.notes
    assert (DEPTH_NOTE in image.notes) is (dtype != "u1")


def test_inks_other_than_cmyk_are_refused() -> None:
    fields = grey_fields() | {258: (3, [8] * 4), 262: (3, [5]), 277: (3, [4]), 279: (4, [48]), 332: (3, [2])}
    fields |= {258: (3, [16] * 4), 279: (4, [96])}
    with pytest.raises(UsageError, match="separations of inks other than CMYK"):
        read_image(build_tiff(fields, bytes(96)))


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_ycbcr_is_read(planar: Any, dtype: str) -> None:
    white = np.iinfo(dtype).max
    red, green, blue = np.moveaxis(ramps(3), 2, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    middle = (white + 1) / 2
    cb, cr = middle + (white - middle) * (blue - luma) / 0.886, middle + (white - middle) * (red - luma) / 0.701
    values = np.stack([luma * white, cb, cr], 2).round().clip(0, white).astype(dtype)
    stored = values.transpose(2, 0, 1) if planar == "separate" else values
    image = read(stored, photometric="ycbcr", planarconfig=planar)
    assert np.abs(as_share(image) - ramps(3)).max() < (3 / 255 if dtype == "u1" else 1 / 4000)
    assert image.pixels.dtype == dtype


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize(
    ("photometric", "dtype", "white", "red"),
    [
        ("cielab", np.uint8, (255, 0, 0), (136, 80, 70)),
        ("cielab", np.uint16, (65_535, 0, 0), (34_889, 80 * 256, 70 * 256)),
        ("cielab", np.float32, (100, 0, 0), (53.24, 80.1, 69.9)),
        ("icclab", np.uint8, (255, 128, 128), (136, 208, 198)),
        ("icclab", np.uint16, (65_280, 32_768, 32_768), (34_755, 208 * 256, 198 * 256)),
    ],
)
def test_lab_of_every_form_becomes_srgb(photometric: str, dtype: Any, white: Any, red: Any, planar: Any) -> None:
    values = np.empty((4, 4, 3), dtype)
    values[:2], values[2:] = white, red
    stored = values.transpose(2, 0, 1) if planar == "separate" else values
    image = read(stored, photometric=photometric, planarconfig=planar)
    assert image.pixels[:2].min() >= 253
    reference = Image.fromarray(np.full((1, 1, 3), (136, 80, 70), np.uint8), "LAB")
    srgb = ImageCms.profileToProfile(
        reference, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert srgb is not None
    assert np.abs(image.pixels[2:].astype(int) - np.asarray(srgb)[0, 0]).max() <= 3
    assert image.notes == (() if dtype == np.uint8 else (DEPTH_NOTE,))


@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (16, np.uint16)])
def test_palettes_are_read(bits: int, dtype: Any) -> None:
    table = np.random.default_rng(0).integers(0, 256, (3, 2**bits)).astype(np.uint16) * 257
    indices = np.random.default_rng(1).integers(0, 2**bits, (HEIGHT, WIDTH)).astype(dtype)
    image = read(indices, photometric="palette", colormap=table)
    assert np.array_equal(image.pixels, (table >> 8).T[indices])


# Depth ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite", "rgb"])
def test_10_to_14_bits_fill_the_range_of_16(photometric: str, bits: int) -> None:
    channels = 3 if photometric == "rgb" else 1
    values = np.round(ramps(channels) * (2**bits - 1)).astype(np.uint16)
    image = read(values if channels == 3 else values[:, :, 0], photometric=photometric, bitspersample=bits)
    expected = 1 - ramps(channels) if photometric == "miniswhite" else ramps(channels)
    assert np.abs(as_share(image) - expected).max() < 2**-bits * 1.1


def test_12_bits_in_16_are_scaled_where_the_file_tells_and_kept_with_a_note_where_it_does_not() -> None:
    values = np.round(ramps(1)[:, :, 0] * 4095).astype(np.uint16)
    told = read(values, extratags=[(281, "H", 1, 4095, True)])
    assert np.abs(as_share(told)[:, :, 0] - values / 4095).max() < 1e-4
    assert told.notes == ("x.tif holds 12 bits in 16; 4,095 became white.",)
    untold = read(values, extratags=[(281, "H", 1, 4000, True)])  # the largest value of the image, as some write
    assert np.array_equal(untold.pixels[:, :, 0], values)
    assert "is nearly black" in untold.notes[0]


def test_missing_values_of_maps_become_black_with_a_note() -> None:
    heights = ramps(1)[:, :, 0].astype(np.float32) * 800 + 200
    heights[:3] = -9999
    heights[3] = np.nan
    image = read(heights, extratags=[(42113, "s", 0, "-9999", True)])
    assert (image.pixels[:4] == 0).all()
    assert image.pixels.max() == 65_535
    assert image.notes == (
        "x.tif holds floating-point numbers from 200 to 1000, which became black and white; 160 missing values became "
        "black.",
    )


def test_values_that_are_no_colours_are_refused() -> None:
    with pytest.raises(UsageError, match=r"x\.tif holds no values: all are missing or not numbers\."):
        read(np.full((HEIGHT, WIDTH), np.nan, np.float32))
    with pytest.raises(UsageError, match="its photometric interpretation is 32845"):
        read_image(build_tiff(grey_fields() | {262: (3, [32_845])}, bytes(12)))
    with pytest.raises(UsageError, match="has 2 channels, but its colours need 3"):
        read_image(build_tiff(grey_fields() | {262: (3, [2]), 277: (3, [2]), 258: (3, [8, 8])}, bytes(24)))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("photometric", [0, 1, 3])
def test_bits_in_reverse_order_give_the_same_image(photometric: int, bits: int) -> None:
    count = (WIDTH * bits + 7) // 8 * HEIGHT
    data = np.random.default_rng(0).integers(0, 256, count, dtype=np.uint8)
    fields = grey_fields(WIDTH, HEIGHT) | {258: (3, [bits]), 262: (3, [photometric]), 279: (4, [count])}
    if photometric == 3:
        fields[320] = (3, [(index * 257 * 7) % 65_536 for index in range(3 * 2**bits)])
    turned = np.packbits(np.unpackbits(data, bitorder="little"))
    image = read_image(build_tiff(fields | {266: (3, [2])}, turned.tobytes()))
    assert np.array_equal(image.pixels, read_image(build_tiff(fields, data.tobytes())).pixels)


@pytest.mark.filterwarnings("error")
def test_alpha_of_huge_numbers_and_of_none_is_clipped() -> None:
    values = np.zeros((HEIGHT, WIDTH, 2), np.float64)
    values[:, :, 0] = ramps(1)[:, :, 0]
    values[:4, :, 1], values[4:8, :, 1], values[8:, :, 1] = np.nan, 1e300, 1
    image = read(values, extrasamples=["unassalpha"], planarconfig="contig")
    assert image.alpha is not None
    assert (image.alpha[:8] == 0).all()
    assert (image.alpha[8:] == 255).all()

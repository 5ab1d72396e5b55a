"""Colours that files state by numbers: profiles and conversions show what browsers show."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from gan_core.images.colour_spaces import SRGB_PRIMARIES, ColourSpace, build_profile, to_xyz_matrix, tone_map_to_srgb
from gan_core.images.reading import read_image
from gan_core.images.writing import encode_image
from tests.images.image_files import SRGB
from tests.images.png.png_files import split_chunks, write_png

VALUES = (1, 20, 64, 128, 200, 255)
RED = 200
P3 = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
Chunks = tuple[tuple[bytes, bytes], ...]


def gamma(value: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", value)


def chromaticities(values: tuple[float, ...]) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values))


def code_points(primaries: int, transfer: int) -> tuple[bytes, bytes]:
    return b"cICP", bytes([primaries, transfer, 0, 1])


# What Chromium 156 shows for grey values of VALUES, and for red of RED, on a screen of sRGB.
SHOWN: list[tuple[Chunks, tuple[int, ...], int]] = [
    ((), VALUES, 200),
    ((gamma(100_000),), (13, 79, 137, 188, 229, 255), 229),
    ((gamma(45_455),), VALUES, 200),
    ((gamma(45_455), chromaticities(SRGB_PRIMARIES)), (0, 12, 62, 129, 201, 255), 201),
    ((gamma(30_000),), (0, 1, 25, 89, 178, 255), 178),
    ((chromaticities(P3),), VALUES, 200),
    ((gamma(45_455), chromaticities(P3)), (0, 12, 62, 129, 201, 255), 220),
    (((b"sRGB", b"\0"), gamma(100_000)), VALUES, 200),
    ((code_points(12, 13),), VALUES, 219),
    ((code_points(1, 8),), (13, 79, 137, 188, 229, 255), 229),
    ((code_points(1, 1),), (0, 7, 54, 121, 197, 255), 197),
    ((code_points(9, 14),), (0, 7, 53, 121, 197, 255), 247),
    ((code_points(1, 4),), (0, 12, 62, 129, 201, 255), 201),
    ((code_points(1, 13), gamma(100_000)), VALUES, 200),
]
SHOWN_OF_HIGH_DYNAMIC_RANGE = [
    ((code_points(9, 16),), (0, 1, 30, 132, 255, 255)),
    ((code_points(9, 18),), (0, 5, 43, 99, 202, 255)),
]


def test_image(chunks: Chunks) -> bytes:
    grey = np.repeat(np.array(VALUES)[None, :, None], 3, 2)
    red = np.zeros_like(grey)
    red[..., 0] = RED
    return write_png(np.concatenate([grey, red]).astype(np.uint16), 2, 8, *chunks)


test_image.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]


def shown(data: bytes) -> np.ndarray:
    """The pixels on a screen of sRGB."""
    with Image.open(BytesIO(data)) as image:
        profile = image.info.get("icc_profile")
        if not profile:
            return np.asarray(image.convert("RGB")).astype(int)
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB"
        )
        assert converted is not None
        return np.asarray(converted).astype(int)


@pytest.mark.parametrize(("chunks", "greys", "red"), SHOWN, ids=lambda value: None)
def test_every_format_shows_the_colours_that_a_png_states(chunks: Chunks, greys: tuple[int, ...], red: int) -> None:
    image = read_image(test_image(chunks))
    assert image.notes == ()
    for format in ("PNG", "TIFF"):  # without loss
        pixels = shown(encode_image(image, format)[0])
        assert np.abs(pixels[0, :, 0] - greys).max() <= 1
        assert abs(pixels[1, 0, 0] - red) <= 1
    for format in ("JPEG", "WebP"):
        assert read_image(encode_image(image, format)[0]).metadata.icc_profile == image.metadata.icc_profile


@pytest.mark.parametrize(("chunks", "greys"), SHOWN_OF_HIGH_DYNAMIC_RANGE, ids=["PQ", "HLG"])
def test_high_dynamic_range_is_converted_with_a_note(chunks: Chunks, greys: tuple[int, ...]) -> None:
    image = read_image(test_image((*chunks, (b"mDCV", bytes(24)), (b"cLLI", bytes(8)))), "a.png")
    assert image.notes[0].startswith("a.png has a high dynamic range")
    assert np.abs(image.pixels[0, :, 0].astype(int) - greys).max() <= 3
    assert not {b"cICP", b"mDCV", b"cLLI", b"iCCP"} & set(dict(split_chunks(encode_image(image, "PNG")[0])))


@pytest.mark.parametrize("chunks", [case[0] for case in SHOWN if case[0]], ids=lambda value: None)
def test_a_png_keeps_the_chunks_on_colours(chunks: Chunks) -> None:
    written = split_chunks(encode_image(read_image(test_image(chunks)), "PNG")[0])
    kinds = [kind for kind, _ in written]
    for kind, content in chunks:
        if kind == b"sRGB" and b"iCCP" in kinds:
            continue
        assert (kind, content) in written
        assert kinds.index(kind) < kinds.index(b"IDAT")


def test_grey_gets_a_profile_of_grey_and_webp_is_converted() -> None:
    values = np.array(VALUES, np.uint16)[None, :, None]
    image = read_image(write_png(values, 0, 8, gamma(100_000)))
    assert image.metadata.icc_profile is not None
    assert image.metadata.icc_profile[16:20] == b"GRAY"
    assert np.abs(shown(encode_image(image, "PNG")[0])[0, 1:, 0] - [79, 137, 188, 229, 255]).max() <= 1
    data, notes = encode_image(image, "WebP", 100)
    assert notes == ("WebP cannot hold the colour profile: the image was converted to sRGB.",)
    assert np.abs(read_image(data).pixels[0, 1:, 0].astype(int) - [79, 137, 188, 229, 255]).max() <= 6


def test_a_profile_comes_before_gamma_and_code_points_before_a_profile() -> None:
    import zlib

    profile = (b"iCCP", b"x\0\0" + zlib.compress(SRGB))
    assert read_image(test_image((profile, gamma(100_000)))).metadata.icc_profile == SRGB
    image = read_image(test_image((code_points(12, 13), profile)))
    assert image.metadata.icc_profile not in (None, SRGB)
    assert read_image(test_image((code_points(1, 13), profile))).metadata.icc_profile is None


@pytest.mark.parametrize(
    "chunks",
    [(gamma(0),), (gamma(45_455), chromaticities((0.0,) * 8)), (gamma(45_455), chromaticities((0.3,) * 8)),
     (code_points(250, 250),), ((b"gAMA", b"\1"),), ((b"cICP", b""),)],
)  # fmt: skip
def test_senseless_colours_are_passed_over(chunks: Chunks) -> None:
    assert read_image(test_image(chunks)).metadata.icc_profile is None


def test_long_profiles_and_texts_are_read_and_longer_ones_left_out_with_a_note() -> None:
    import zlib

    noise = np.random.default_rng(0).bytes(3_000_000)
    profile = (b"iCCP", b"x\0\0" + zlib.compress(SRGB[:128] + noise, 1))
    text = (b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 3_000_000))
    image = read_image(test_image((profile, text)))
    assert image.notes == ()
    assert image.metadata.icc_profile == SRGB[:128] + noise
    assert len(image.metadata.text_chunks["Comment"]) == 3_000_000
    bomb = (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(40_000_000)))
    image = read_image(test_image((bomb,)), "a.png")
    assert image.notes == ("The text 'Comment' of a.png is damaged or too long and left out.",)


def test_the_profile_of_srgb_is_that_of_srgb() -> None:
    profile = build_profile(ColourSpace(), is_grey=False)
    assert profile is not None
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), "RGB", "RGB"
    )
    pixels = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    converted = ImageCms.applyTransform(Image.fromarray(pixels), transform)
    assert converted is not None
    assert np.abs(np.asarray(converted).astype(int) - pixels).max() <= 1
    matrix = to_xyz_matrix(SRGB_PRIMARIES)
    assert matrix is not None
    assert np.allclose(matrix.sum(1), (0.9642, 1, 0.8249), atol=1e-3)  # white becomes the white of profiles


def test_tone_mapping_is_monotonic_and_ends_at_white() -> None:
    for transfer in ("PQ", "HLG"):
        ramp = np.arange(0, 65_536, 16, dtype=np.uint16)[None, :, None].repeat(3, 2)
        mapped = tone_map_to_srgb(ramp, ColourSpace(transfer=transfer))
        assert mapped.dtype == np.uint8
        assert (np.diff(mapped[0, :, 0].astype(int)) >= 0).all()
        assert (mapped[0, 0, 0], mapped[0, -1, 0]) == (0, 255)

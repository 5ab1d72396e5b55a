"""PNG files of every kind are read with the right values; damage that costs no pixel is mended, with a note."""

import struct
import zlib
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gan_core.errors import UsageError
from gan_core.images.reading import read_image
from gan_core.images.writing import encode_image
from tests.images.image_files import encode_pillow, gradient_image
from tests.images.png.png_files import (
    KINDS,
    SIGNATURE,
    chunk,
    expected_pixels,
    join_chunks,
    sample_values,
    split_chunks,
    write_png,
)

ANCILLARY = [
    (b"pHYs", struct.pack(">IIB", 1, 4, 0)),
    (b"pHYs", struct.pack(">IIB", 11_811, 11_811, 1)),
    (b"tIME", struct.pack(">H5B", 2020, 2, 29, 1, 2, 3)),
    (b"oFFs", struct.pack(">iiB", 5, -5, 0)),
    (b"sPLT", b"six\0\x08" + bytes(60)),
    (b"vpAg", bytes(9)),
]


@pytest.mark.parametrize("interlaced", [False, True], ids=["in rows", "interlaced"])
@pytest.mark.parametrize(("kind", "depth"), KINDS)
def test_every_colour_type_and_depth_has_the_right_values(kind: int, depth: int, interlaced: bool) -> None:
    values = sample_values(kind, depth)
    image = read_image(write_png(values, kind, depth, interlaced=interlaced))
    assert image.notes == ()
    expected = expected_pixels(values, kind, depth)
    if kind not in (4, 6):
        assert image.alpha is None
        assert np.array_equal(image.pixels, expected)
        return
    alpha = values[:, :, -1].astype(int)
    assert image.alpha is not None
    assert np.array_equal(image.alpha, alpha if depth == 8 else (alpha + 128) // 257)
    visible = image.alpha > 0
    assert np.array_equal(image.pixels[visible], expected[visible])


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 3), (5, 5), (8, 9)])
@pytest.mark.parametrize(("kind", "depth"), [(0, 1), (3, 2), (2, 8), (2, 16)])
def test_small_interlaced_images_lack_some_passes(kind: int, depth: int, width: int, height: int) -> None:
    values = sample_values(kind, depth, width, height)
    image = read_image(write_png(values, kind, depth, interlaced=True))
    assert np.array_equal(image.pixels, expected_pixels(values, kind, depth))


@pytest.mark.parametrize(("kind", "depth"), [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)])
def test_one_transparent_colour_is_found_at_every_depth(kind: int, depth: int) -> None:
    values = sample_values(kind, depth)
    colour = values[3, 4]
    values[0, 0] = colour
    if depth == 16:
        values[0, 1] = colour ^ 1  # all but equal: opaque
    image = read_image(write_png(values, kind, depth, (b"tRNS", struct.pack(f">{len(colour)}H", *map(int, colour)))))
    assert image.alpha is not None
    assert np.array_equal(image.alpha == 0, (values == colour).all(2))
    assert np.array_equal(image.alpha == 255, ~(values == colour).all(2))
    opaque = image.alpha > 0
    assert np.array_equal(image.pixels[opaque], expected_pixels(values, kind, depth)[opaque])


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_has_an_alpha_for_each_entry_and_the_rest_is_opaque(depth: int) -> None:
    values = sample_values(3, depth)
    image = read_image(write_png(values, 3, depth, (b"tRNS", bytes([0, 77]))))
    expected = np.full(values.shape[:2], 255)
    expected[values[:, :, 0] == 0] = 0
    expected[values[:, :, 0] == 1] = 77
    assert image.alpha is not None
    assert np.array_equal(image.alpha, expected)


def test_indices_beyond_the_palette_are_black() -> None:
    values = np.array([[[0], [1], [200]]], np.uint16)
    data = join_chunks(
        [(kind, content[:6] if kind == b"PLTE" else content) for kind, content in split_chunks(write_png(values, 3, 8))]
    )
    assert read_image(data).pixels[0, 2].tolist() == [0, 0, 0]


@pytest.mark.parametrize("extra", ANCILLARY, ids=lambda extra: extra[0].decode())
@pytest.mark.parametrize(("kind", "depth"), [(0, 8), (2, 16), (3, 4)])
def test_other_chunks_change_no_pixel(kind: int, depth: int, extra: tuple[bytes, bytes]) -> None:
    values = sample_values(kind, depth)
    background = {0: b"\0\7", 2: b"\0\7\0\7\0\7", 3: b"\1"}[kind]
    significant = {0: b"\5", 2: b"\5\6\5", 3: b"\5\6\5"}[kind]
    extras = [(b"sBIT", significant), extra, (b"bKGD", background)]
    if kind == 3:
        extras.append((b"hIST", bytes(2 << depth)))
    image = read_image(write_png(values, kind, depth, *extras))
    assert image.notes == ()
    assert np.array_equal(image.pixels, expected_pixels(values, kind, depth))


def test_the_resolution_and_the_aspect_of_pixels_are_kept() -> None:
    values = sample_values(2, 8)
    metres = read_image(write_png(values, 2, 8, (b"pHYs", struct.pack(">IIB", 11_811, 5_906, 1))))
    assert metres.metadata.dpi is not None
    assert [round(value) for value in metres.metadata.dpi] == [300, 150]
    flat = read_image(write_png(values, 2, 8, (b"pHYs", struct.pack(">IIB", 1, 4, 0))))
    assert flat.metadata.dpi is None
    for image in (flat, replace(flat, pixels=flat.pixels.astype(np.uint16))):
        written = encode_image(image, "PNG")[0]
        assert dict(split_chunks(written))[b"pHYs"] == struct.pack(">IIB", 1, 4, 0)
        assert read_image(written).metadata.aspect == (1, 4)
    assert encode_image(flat, "TIFF")[1] == ("TIFF does not hold that pixels are not square (1:4).",)


@pytest.mark.parametrize("pieces", [1, 7, 400])
def test_the_pixels_may_lie_in_any_number_of_chunks(pieces: int) -> None:
    values = sample_values(2, 8)
    chunks = split_chunks(write_png(values, 2, 8))
    data = next(content for kind, content in chunks if kind == b"IDAT")
    size = -(-len(data) // pieces)
    parts = [(b"IDAT", data[start : start + size]) for start in range(0, len(data), size)]
    parts.insert(1, (b"IDAT", b""))
    image = read_image(join_chunks([chunks[0], *parts, chunks[-1]]))
    assert np.array_equal(image.pixels, values)
    parts.insert(1, (b"tEXt", b"Title\0between"))  # against the specification
    again = read_image(join_chunks([chunks[0], *parts, chunks[-1]]))
    assert np.array_equal(again.pixels, values)
    assert again.metadata.text_chunks == {"Title": "between"}


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iCCP", b"gAMA", b"eXIf", b"tRNS"])
def test_a_chunk_with_a_wrong_checksum_is_left_out_with_a_note(kind: bytes) -> None:
    values = sample_values(2, 8)
    data = write_png(values, 2, 8, (kind, b"Title\0\0 and more of it"))
    broken = data.replace(b"\0 and more of it", b"\0 and MORE of it")
    image = read_image(broken, "a.png")
    assert image.notes == (f"The data {kind.decode()} of a.png are damaged and left out.",)
    assert np.array_equal(image.pixels, values)
    assert image.metadata.text_chunks == {}


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("cut", [1, 4, 11, 12, 13, 16, 17, 19])
def test_a_file_that_lacks_no_pixel_is_read_with_a_note(cut: int, interlaced: bool) -> None:
    """12 bytes of the end mark, 4 of a checksum, and 4 of the checksum of the compressed data."""
    values = sample_values(2, 8)
    image = read_image(write_png(values, 2, 8, interlaced=interlaced)[:-cut], "a.png")
    assert np.array_equal(image.pixels, values)
    assert image.notes
    assert "a.png" in image.notes[0]


def test_a_wrong_checksum_of_the_compressed_pixels_is_no_loss() -> None:
    values = sample_values(0, 8)
    chunks = split_chunks(write_png(values, 0, 8))
    broken = [(kind, content[:-4] + b"oops" if kind == b"IDAT" else content) for kind, content in chunks]
    image = read_image(join_chunks(broken), "a.png")
    assert np.array_equal(image.pixels[:, :, 0], values[:, :, 0])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_file_that_lacks_rows_is_refused_with_what_is_there(share: float, interlaced: bool) -> None:
    values = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint16)
    data = write_png(values, 2, 8, interlaced=interlaced)
    with pytest.raises(UsageError, match=r"a\.png is damaged or cut off: (\d+) % of its pixels are there") as caught:
        read_image(data[: int(len(data) * share)], "a.png")
    assert abs(int(str(caught.value).split(" %")[0].split()[-1]) - 100 * share) < 5


@pytest.mark.parametrize(("kind", "depth"), [(0, 1), (0, 16), (2, 8), (3, 4), (6, 8), (6, 16)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_pixels_that_end_early_but_properly_are_refused(kind: int, depth: int, interlaced: bool) -> None:
    chunks = split_chunks(write_png(sample_values(kind, depth), kind, depth, interlaced=interlaced))
    rows = zlib.decompress(dict(chunks)[b"IDAT"])
    short = zlib.compress(rows[: len(rows) // 3])
    data = join_chunks([(kind, short if kind == b"IDAT" else content) for kind, content in chunks])
    with pytest.raises(UsageError, match=r"a\.png is damaged or cut off: 3[23] % of its pixels are there"):
        read_image(data, "a.png")


@pytest.mark.parametrize(("kind", "channels"), [(0, 1), (2, 3)])
def test_a_picture_that_is_black_at_its_end_lacks_nothing(kind: int, channels: int) -> None:
    values = sample_values(kind, 8)
    values[-5:] = 0
    assert read_image(write_png(values, kind, 8)).pixels[-1, 0].tolist() == [0] * channels


def test_a_palette_that_is_missing_or_damaged_is_named() -> None:
    chunks = split_chunks(write_png(sample_values(3, 8), 3, 8))
    without = join_chunks([part for part in chunks if part[0] != b"PLTE"])
    data = join_chunks(chunks)
    place = data.index(b"PLTE") + 10
    for broken in (without, data[:place] + b"oops" + data[place + 4 :]):
        with pytest.raises(UsageError, match=r"a\.png is damaged: its palette is missing"):
            read_image(broken, "a.png")


def test_damage_in_the_middle_is_refused() -> None:
    values = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint16)
    rows = zlib.compress(b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in values), 6)
    broken = rows[: len(rows) // 2] + bytes(40) + b"\xff" * 40 + rows[len(rows) // 2 + 80 :]
    header = split_chunks(write_png(values, 2, 8))[0]
    with pytest.raises(UsageError, match="damaged or cut off"):
        read_image(join_chunks([header, (b"IDAT", broken[: len(broken) * 2 // 3]), (b"IEND", b"")]))


def test_what_follows_the_end_mark_is_left_out_with_a_note() -> None:
    values = sample_values(2, 8)
    image = read_image(write_png(values, 2, 8) + chunk(b"tEXt", b"Title\0late"), "a.png")
    assert image.notes == ("a.png holds data behind its end (22 bytes), which are left out.",)
    assert np.array_equal(image.pixels, values)


def test_the_png_of_apple_is_named_as_what_it_is() -> None:
    data = SIGNATURE + chunk(b"CgBI", b"P\0 \6") + write_png(sample_values(6, 8), 6, 8)[8:]
    with pytest.raises(UsageError, match=r"icon\.png is a PNG optimised for Apple devices \(CgBI\)"):
        read_image(data, "icon.png")


def test_a_damaged_animation_is_left_out_and_its_still_picture_read() -> None:
    values = sample_values(2, 8)
    data = write_png(values, 2, 8, (b"acTL", struct.pack(">II", 2, 0)), (b"fcTL", bytes(9)))
    image = read_image(data, "a.png")
    assert np.array_equal(image.pixels, values)
    assert image.notes == ("The animation of a.png is damaged and left out.",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("depth", [8, 16])
def test_every_orientation_is_applied_also_to_deep_pixels(orientation: int, depth: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    values = sample_values(2, depth)
    image = read_image(write_png(values, 2, depth, (b"eXIf", exif.tobytes()[6:])))
    high = values if depth == 8 else values >> 8
    pillow = encode_pillow(Image.fromarray(high.astype(np.uint8)), "PNG", exif=exif)
    assert np.array_equal(image.pixels if depth == 8 else image.pixels >> 8, read_image(pillow).pixels)
    assert Image.open(BytesIO(encode_image(image, "PNG")[0])).getexif().get(0x0112, 1) == 1


def test_reading_is_the_same_from_a_stream() -> None:
    data = encode_pillow(gradient_image(), "PNG")
    assert np.array_equal(read_image(data).pixels, np.asarray(gradient_image()))

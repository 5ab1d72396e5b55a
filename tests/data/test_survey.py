"""All headers decide grey or colour, and one range decides black and white for all images of more than 8 bits."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_core.data import image_folder
from gan_core.data.archives import open_archive
from gan_core.data.listing import list_images
from gan_core.data.super_resolution import load_photos
from gan_core.data.survey import survey_images
from tests.data.image_sets import load_images, png, write_dataset
from tests.images.image_files import encode_pillow

RAMP = np.linspace(0, 1, 64).reshape(8, 8)  # black to white
RAMP_RGB = np.stack([RAMP, RAMP[::-1], RAMP.T], 2)
EIGHT_BITS = (RAMP * 255).round()


def tiff(values: NDArray[Any], **options: Any) -> bytes:
    buffer = BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def deep_png(values: NDArray[Any]) -> bytes:
    buffer = BytesIO()
    Image.fromarray(values.astype(np.uint16)).save(buffer, "PNG")
    return buffer.getvalue()


# Channels ------------------------------------------------------------------------------------------------------------


def test_a_set_of_grey_and_coloured_images_is_rgb_wherever_the_coloured_ones_are(storage: str, tmp_path: Path) -> None:
    grey = {f"a{number:02}.png": png(number) for number in range(16)}
    red = {f"b{number:02}.png": png((255, 0, 0)) for number in range(40)}
    path = write_dataset(tmp_path, grey | red, storage)
    images = load_images(path)
    assert images.channels == 3
    assert images.get_batch(torch.tensor([3, 20])).images[:, :, 0, 0].tolist() == [[3, 3, 3], [255, 0, 0]]
    assert images.warnings == [
        "16 of the images are grey and 40 in colour: all are trained in RGB (--image-channels 1 makes them grey)."
    ]
    for channels in (1, 3):
        given = load_images(path, channels=channels)
        assert (given.channels, given.warnings) == (channels, [])


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_coloured_image_that_cannot_be_read_makes_no_set_coloured(
    in_memory: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_folder, "MAX_IN_MEMORY_BYTES", 10**9 if in_memory else 0)
    torn = {"c.png": encode_pillow(Image.effect_noise((90, 90), 99).convert("RGB"), "PNG")[:300],
            "d.jpg": png((9, 9, 9), (64, 64), "JPEG")[:400]}  # fmt: skip
    images = load_images(write_dataset(tmp_path, {"a.png": png(5), "b.png": png(6)} | torn, "zip"))
    assert images.channels == 1
    assert images.get_batch(torch.arange(2)).images[:, :, 0, 0].tolist() == [[5], [6]]
    assert all("could not be read" in warning for warning in images.warnings)


@pytest.mark.parametrize(
    ("mode", "form", "channels"),
    [("L", "PNG", 1), ("1", "PNG", 1), ("LA", "PNG", 1), ("P", "PNG", 3), ("RGB", "PNG", 3), ("RGBA", "PNG", 3),
     ("I;16", "PNG", 1), ("L", "JPEG", 1), ("RGB", "JPEG", 3), ("CMYK", "JPEG", 3), ("L", "TIFF", 1), ("1", "TIFF", 1),
     ("I;16", "TIFF", 1), ("F", "TIFF", 1), ("I", "TIFF", 1), ("RGB", "TIFF", 3), ("CMYK", "TIFF", 3), ("L", "BMP", 1),
     ("RGB", "BMP", 3), ("RGB", "WEBP", 3), ("RGB", "AVIF", 3)],
)  # fmt: skip
def test_the_mode_in_the_header_decides_the_channels(mode: str, form: str, channels: int, tmp_path: Path) -> None:
    image = Image.new("L", (8, 8), 100).convert(mode) if mode != "I;16" else Image.new(mode, (8, 8), 30_000)
    assert load_images(write_dataset(tmp_path, {"a": encode_pillow(image, form)}, "zip")).channels == channels


def test_only_the_head_of_a_member_is_read_for_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    files = {f"a.{form.lower()}": encode_pillow(Image.fromarray(noise), form) for form in ("PNG", "JPEG", "BMP")}
    archive = open_archive(write_dataset(tmp_path, files, "zip"))
    monkeypatch.setattr(type(archive), "read", lambda *_: pytest.fail("it was read whole"))
    assert survey_images(archive, list_images(archive).images).channels == 3


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_a_file_with_several_images_the_first_is_used_and_that_is_said(form: str, tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "lime"))
    several = encode_pillow(
        first, form, save_all=True, append_images=[second], **({} if form == "TIFF" else {"duration": 100})
    )
    images = load_images(write_dataset(tmp_path, {"a": several, "b": encode_pillow(first, form)}, "zip"))
    assert images.get_batch(torch.arange(2)).images[:, 0].min() > 250
    assert images.warnings == ["1 of the files is animated or holds several images, of which the first is used: a."]


# Values of more than 8 bits ------------------------------------------------------------------------------------------

DEEP_FILES: dict[str, tuple[bytes, str]] = {  # by name: a ramp from black to white, the note
    "float32": (tiff(RAMP.astype(np.float32)), "hold floating-point numbers; 0 became black and 1 white"),
    "float64": (tiff(RAMP), "hold floating-point numbers; 0 became black and 1 white"),
    "float16": (tiff(RAMP.astype(np.float16)), "hold floating-point numbers; 0 became black and 1 white"),
    "float of 255": (tiff((RAMP * 255).astype(np.float32)), "0 became black and 255 white"),
    "float of 65535": (tiff((RAMP * 65_535).astype(np.float32)), "0 became black and 65,535 white"),
    "float from -1": (tiff((2 * RAMP - 1).astype(np.float32)), "-1 became black and 1 white"),
    "heights": (tiff((900 * RAMP - 100).astype(np.float32)), "from -100 to 800, which became black and white"),
    "float, deflated": (tiff(RAMP.astype(np.float32), compression="zlib", predictor=True), "and 1 white"),
    "12 of 16 bits": (tiff((RAMP * 4095).astype(np.uint16)), "hold 12 bits in 16: 4,095 became white"),
    "12 of 16 bits, PNG": (deep_png(RAMP * 4095), "hold 12 bits in 16: 4,095 became white"),
    "10 of 16 bits": (tiff((RAMP * 1023).astype(np.uint16)), "hold 10 bits in 16: 1,023 became white"),
    "8 of 16 bits": (tiff((RAMP * 255).round().astype(np.uint16)), "hold 8 bits in 16: 255 became white"),
    "16 bits": (tiff((RAMP * 65_535).astype(np.uint16)), ""),
    "16 bits, big-endian": (tiff((RAMP * 65_535).astype(">u2"), byteorder=">"), ""),
    "16 bits, PNG": (deep_png(RAMP * 65_535), ""),
    "white is 0": (tiff(((1 - RAMP) * 65_535).astype(np.uint16), photometric="miniswhite"), ""),
    "int32": (tiff((RAMP * 65_535).astype(np.int32)), "hold 32-bit signed integers; 65,535 became white"),
    "uint32": (tiff((RAMP * (2**32 - 1)).astype(np.uint32)), "hold 32-bit integers; 4,294,967,295 became white"),
    "int16": (tiff((RAMP * 32_767).astype(np.int16)), "16-bit signed integers; 32,767 became white"),
    "RGB of 16 bits": (tiff((RAMP_RGB * 65_535).astype(np.uint16), photometric="rgb"), ""),
    "RGB of 12 bits": (tiff((RAMP_RGB * 4095).astype(np.uint16), photometric="rgb"), "4,095 became white"),
    "RGB of floats": (tiff(RAMP_RGB.astype(np.float32), photometric="rgb"), "0 became black and 1 white"),
    "planes": (
        tiff((RAMP_RGB * 65_535).astype(np.uint16).transpose(2, 0, 1), photometric="rgb", planarconfig="separate"), "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEP_FILES)
def test_values_of_any_range_and_depth_go_from_black_to_white(name: str, storage: str, tmp_path: Path) -> None:
    content, note = DEEP_FILES[name]
    images = load_images(write_dataset(tmp_path, {"a": content, "b": content}, storage), size=8)
    pixels = images.get_batch(torch.arange(2)).images.float().numpy()
    expected = EIGHT_BITS[None] if images.channels == 1 else (RAMP_RGB * 255).round().transpose(2, 0, 1)
    assert np.abs(pixels - expected).max() <= 1.5
    assert note in " ".join(images.warnings)
    assert len(images.warnings) == bool(note)


def test_a_dark_image_of_a_set_stays_dark(storage: str, tmp_path: Path) -> None:
    for number, (full, kind) in enumerate([(1, np.float32), (4095, np.uint16), (65_535, np.uint16)]):
        files = {"bright": tiff((RAMP * full).astype(kind)), "dark": tiff((RAMP * full / 100).astype(kind))}
        images = load_images(write_dataset(tmp_path / str(number), files, storage), size=8)
        maxima = images.get_batch(torch.arange(2)).images.amax((1, 2, 3)).tolist()
        assert maxima[0] == 255
        assert maxima[1] <= 3


def test_missing_values_are_black_and_an_image_of_nothing_else_is_skipped(tmp_path: Path) -> None:
    values = RAMP.astype(np.float32)
    values[0, :4] = np.nan
    files = {"a.tif": tiff(values), "b.tif": tiff(np.full((8, 8), np.nan, np.float32))}
    images = load_images(write_dataset(tmp_path, files, "zip"), size=8)
    assert len(images) == 1
    assert images.get_batch(torch.arange(1)).images[0, 0, 0, :4].tolist() == [0, 0, 0, 0]
    assert images.warnings[0] == (
        "1 of 2 images could not be read and were skipped: b.tif (holds no values: all are missing or not numbers)."
    )
    assert images.warnings[1].endswith("4 missing values became black.")


def test_photos_to_upscale_share_a_range_too(tmp_path: Path) -> None:
    photo = np.tile(RAMP, (4, 4)) * 4095
    path = write_dataset(tmp_path, {"a.tif": tiff(photo.astype(np.uint16))}, "folder")
    photos = load_photos(str(path), tmp_path, patch_size=16, scale=2, channels=1, degradation="bicubic")
    assert photos.load_photo(0).max() == 255
    assert photos.warnings == ["1 image of more than 8 bits a channel holds 12 bits in 16: 4,095 became white."]


def test_colours_of_plain_16_bits_keep_their_upper_8(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 65_536, (8, 8, 3), np.uint16)
    images = load_images(write_dataset(tmp_path, {"a": tiff(values, photometric="rgb")}, "zip"), size=8)
    assert np.array_equal(images.get_batch(torch.arange(1)).images[0].permute(1, 2, 0).numpy(), values >> 8)


def test_cmyk_and_lab_become_rgb(storage: str, tmp_path: Path) -> None:
    cyan = encode_pillow(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF")
    grey = encode_pillow(Image.new("LAB", (8, 8), (136, 128, 128)), "TIFF")
    images = load_images(write_dataset(tmp_path, {"a": cyan, "b": grey}, storage))
    red, middle = images.get_batch(torch.arange(2)).images[:, :, 0, 0].tolist()
    assert red == [255, 0, 0]
    assert max(middle) - min(middle) <= 2
    assert 120 < middle[0] < 136

"""The pixel contract: no value is lost between uint8 and float, every kind of image is taken by a stated policy."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.images import tensors

pytestmark = pytest.mark.core

WHITE, RED = (255, 255, 255), (255, 0, 0)


def open_bytes(file: bytes) -> Image.Image:
    return Image.open(BytesIO(file))


def test_all_256_values_survive_conversion_to_float_and_back() -> None:
    values = torch.arange(256, dtype=torch.uint8)
    floats = tensors.to_float(values)
    assert floats.dtype == torch.float32
    assert floats[0] == -1
    assert floats[-1] == 1
    assert torch.equal(tensors.to_uint8(floats), values)


def test_bfloat16_images_are_rounded_in_full_precision() -> None:
    assert tensors.to_uint8(torch.tensor([-1, 0.5, 1], dtype=torch.bfloat16)).tolist() == [0, 191, 255]


def test_values_out_of_range_are_clipped_and_not_wrapped() -> None:
    assert tensors.to_uint8(torch.tensor([-9.0, -1.01, 1.01, 9.0])).tolist() == [0, 0, 255, 255]


def test_a_dark_batch_stays_dark() -> None:
    dark = torch.full((2, 1, 4, 4), -0.9)
    assert tensors.to_uint8(dark).max() == 13  # no normalisation by a batch's range


def test_pixels_come_out_as_height_width_channels() -> None:
    network = torch.full((2, 3, 4, 5), -1.0)
    network[:, 0] = 1  # red
    pixels = tensors.to_pixels(network)
    assert pixels.shape == (2, 4, 5, 3)
    assert tensors.to_pil(pixels[0]).getpixel((0, 0)) == RED


def test_arrays_become_tensors_and_back_unchanged() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    image = tensors.to_chw(pixels)
    assert image.shape == (3, 2, 4)
    assert image[2, 1, 3] == pixels[1, 3, 2]
    back = tensors.to_hwc(image)
    assert np.array_equal(back, pixels)
    assert back.flags.c_contiguous


def test_sixteen_bits_become_eight_by_rounding() -> None:
    values = np.arange(65_536, dtype=np.uint16)
    assert np.array_equal(tensors.grey_to_8_bit(values), np.round(values / 257))
    assert tensors.grey_to_8_bit(np.array([-5, 70_000])).tolist() == [0, 255]


def test_zoom_makes_a_square_of_each_pixel() -> None:
    image = tensors.to_pil(np.array([[[0], [255]]], dtype=np.uint8), scale=3)
    assert image.mode == "L"
    assert np.asarray(image).tolist() == [[0, 0, 0, 255, 255, 255]] * 3


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (4, 2, 2), (5, 2, 3), (16, 4, 4)])
def test_a_grid_is_about_square_with_gaps_of_two_white_pixels(count: int, rows: int, columns: int) -> None:
    pixels = np.stack([np.full((5, 7, 1), 10 * index, dtype=np.uint8) for index in range(count)])
    sheet = tensors.make_grid(pixels)
    assert sheet.shape == (rows * 7 - 2, columns * 9 - 2, 1)
    for index in range(count):
        top, left = index // columns * 7, index % columns * 9
        assert (sheet[top : top + 5, left : left + 7] == 10 * index).all()
        sheet[top : top + 5, left : left + 7] = 255
    assert (sheet == 255).all()


def test_a_grid_has_the_columns_asked_for() -> None:
    assert tensors.make_grid(np.zeros((6, 4, 4, 3), dtype=np.uint8), columns=6, gap=0).shape == (4, 24, 3)


def test_the_centred_square_of_an_oblong_image_is_cropped() -> None:
    wide = Image.new("RGB", (30, 10), "red")
    wide.paste((0, 0, 255), (10, 0, 20, 10))
    assert (tensors.from_pil(wide, 10, 3) == (0, 0, 255)).all()
    tall = wide.rotate(90, expand=True)
    assert (tensors.from_pil(tall, 10, 3) == (0, 0, 255)).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_extreme_aspect_ratios_are_accepted(size: tuple[int, int]) -> None:
    assert (tensors.from_pil(Image.new("L", size, 77), 28, 1) == 77).all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16", "I", "PA"])
def test_every_mode_becomes_grey_or_rgb(mode: str, channels: int) -> None:
    image = Image.new("RGB", (9, 9), WHITE).convert("L") if mode in {"PA", "I;16"} else Image.new("RGB", (9, 9), WHITE)
    pixels = tensors.from_pil(image.convert(mode), 8, channels)
    assert pixels.shape == (8, 8, channels)
    assert pixels.dtype == np.uint8


def test_grey_becomes_three_equal_channels_and_colours_become_grey_by_luma() -> None:
    assert (tensors.from_pil(Image.new("L", (4, 4), 99), 4, 3) == 99).all()
    assert (tensors.from_pil(Image.new("RGB", (4, 4), RED), 4, 1) == 76).all()  # 0.299 x 255


def test_transparency_is_composited_on_white() -> None:
    clear_red = Image.new("RGBA", (4, 4), (*RED, 0))
    assert (tensors.from_pil(clear_red, 4, 3) == 255).all()
    half_black = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    assert (tensors.from_pil(half_black, 4, 3) == 127).all()
    clear_grey = Image.new("LA", (4, 4), (50, 0))
    assert (tensors.from_pil(clear_grey, 4, 1) == 255).all()


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_colour_in_a_png_becomes_white(mode: str) -> None:
    image = Image.new("L", (4, 4), 0).convert(mode)
    buffer = BytesIO()
    image.save(buffer, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert (tensors.from_pil(open_bytes(buffer.getvalue()), 4, 3) == 255).all()


@pytest.mark.parametrize("mode", ["I;16", "I"])
def test_sixteen_bit_grey_keeps_its_range_instead_of_being_clipped(mode: str) -> None:
    ramp = np.linspace(0, 65535, 16).astype(np.uint16).reshape(4, 4)
    image = Image.fromarray(ramp if mode == "I;16" else ramp.astype(np.int32))
    assert image.mode == mode
    expected = np.round(ramp / 257).astype(np.uint8)[:, :, None]
    assert np.array_equal(tensors.from_pil(image, 4, 1), expected)
    buffer = BytesIO()
    image.save(buffer, "PNG" if mode == "I;16" else "TIFF")
    assert np.array_equal(tensors.from_pil(open_bytes(buffer.getvalue()), 4, 1), expected)


def test_cmyk_becomes_rgb() -> None:
    assert (tensors.from_pil(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), 4, 3) == RED).all()


def test_exif_orientation_is_applied() -> None:
    upright = np.zeros((8, 8, 1), dtype=np.uint8)
    upright[:4] = 255  # white above
    exif = Image.Exif()
    exif[0x0112] = 3  # stored upside down
    buffer = BytesIO()
    Image.fromarray(upright[::-1, :, 0]).save(buffer, "PNG", exif=exif)
    assert np.array_equal(tensors.from_pil(open_bytes(buffer.getvalue()), 8, 1), upright)


def test_from_pil_does_not_change_its_argument() -> None:
    image = Image.new("RGBA", (6, 4), (1, 2, 3, 4))
    before = image.tobytes()
    tensors.from_pil(image, 4, 3)
    assert (image.tobytes(), image.mode, image.size) == (before, "RGBA", (6, 4))


def test_a_read_only_array_becomes_a_tensor_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    pixels.flags.writeable = False
    assert torch.equal(tensors.to_chw(pixels).permute(1, 2, 0), torch.arange(24, dtype=torch.uint8).view(2, 4, 3))
    assert not recwarn.list

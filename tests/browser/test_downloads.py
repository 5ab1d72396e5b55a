"""Downloads in a browser: one image, all of them, a sheet, an animation."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from gan_core.images.encoding import read_png_metadata
from tests.browser.screen import screen_pixels, wait_for_image

METADATA_KEYS = {"model", "seed", "label", "truncation", "weights", "link"}


def download_file(page: Page, button: str) -> bytes:
    """The file that a button downloads."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes()


def decode_grey(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"))


def test_one_picture_all_of_them_and_a_sheet_can_be_downloaded(address: str, page: Page) -> None:
    page.goto(f"{address}/digits?digit=3&seed=8&count=5&truncation=0.9")
    shown = screen_pixels(wait_for_image(page, "A generated 3, seed 8"))
    page.get_by_role("button", name="Download").click()

    single = download_file(page, "This picture (PNG)")
    metadata = read_png_metadata(single)
    np.testing.assert_array_equal(decode_grey(single), shown)
    assert set(metadata) == METADATA_KEYS
    values = [metadata[key] for key in ("model", "seed", "label", "truncation")]
    assert values == ["mnist-cgan", "8", "3", "0.9"]
    assert metadata["link"].startswith(f"{address}/digits?")
    assert f"weights={metadata['weights']}" in metadata["link"]

    with zipfile.ZipFile(io.BytesIO(download_file(page, "All pictures (ZIP)"))) as archive:
        assert archive.namelist() == [f"3-seed{seed}.png" for seed in range(8, 13)]
        assert archive.read("3-seed8.png") == single
        assert all(read_png_metadata(archive.read(name))["label"] == "3" for name in archive.namelist())

    sheet = download_file(page, "One sheet (PNG)")
    assert decode_grey(sheet).shape == (58, 88)
    np.testing.assert_array_equal(decode_grey(sheet)[:28, :28], shown)
    assert read_png_metadata(sheet)["seed"] == "8,9,10,11,12"


def test_a_written_line_comes_as_one_sheet_with_its_marks(address: str, page: Page) -> None:
    page.goto(f"{address}/digits?view=Write&text=%2B49-30")
    wait_for_image(page, "A generated 4, seed 0")
    page.get_by_role("button", name="Download").click()
    sheet = download_file(page, "One sheet (PNG)")
    assert decode_grey(sheet).shape == (28, 14 + 28 + 28 + 14 + 28 + 28)
    assert read_png_metadata(sheet)["label"] == "4,9,3,0"


def test_the_animation_of_an_interpolation_moves_and_loops(address: str, page: Page) -> None:
    page.goto(f"{address}/samples?pick=2&pick=5")
    wait_for_image(page, "Step 1 of 9 from seed 1 to seed 4")
    moving = wait_for_image(page, "The way from picture 2 to picture 5, there and back, as an animation")
    assert moving.evaluate("image => image.naturalWidth") == 28
    with Image.open(io.BytesIO(download_file(page, "Animation (WebP)"))) as animation:
        assert animation.format == "WEBP"
        assert getattr(animation, "n_frames", 1) > 20
        assert animation.info["loop"] == 0

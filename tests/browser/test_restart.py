"""A page that outlives its server reconnects to the next one, and loses only what was in the former one's memory."""

from playwright.sync_api import Page, expect

from gan_core.images import reading
from gan_core.images.encoding import read_png_metadata
from tests.browser.conftest import TIMEOUT_S, free_port, running_server
from tests.browser.screen import choose_option, wait_for_image, wait_for_reconnect, watch_for_reconnect
from tests.browser.test_downloads import download_file
from tests.browser.test_upscale import encode_image, striped_image

RECONNECT_TIMEOUT_MS = 1000 * TIMEOUT_S  # a page tries to reconnect at growing intervals


def test_a_page_whose_server_restarts_has_its_state_and_its_downloads(page: Page) -> None:
    port = free_port()
    with running_server(port=port) as address:
        page.goto(f"{address}/digits?digit=7&seed=3")
        wait_for_image(page, "A generated 7, seed 3")
        choose_option(page, "Digit", "4")
        wait_for_image(page, "A generated 4, seed 3")
        watch_for_reconnect(page)
    with running_server(port=port):
        wait_for_reconnect(page)
        page.get_by_role("button", name="Download").click()
        assert read_png_metadata(download_file(page, "This picture (PNG)"))["label"] == "4"


def test_an_upload_that_was_lost_with_its_server_is_asked_for_again(page: Page) -> None:
    port, file = free_port(), encode_image(striped_image(), "PNG")
    with running_server(port=port) as address:
        page.goto(f"{address}/upscale?model=photo-sr-x4")
        upload_image(page, file)
        expect(page.get_by_text("96 × 64", exact=True)).to_be_visible(timeout=RECONNECT_TIMEOUT_MS)
    with running_server(port=port):
        expect(page.get_by_text("please give it again")).to_be_visible(timeout=RECONNECT_TIMEOUT_MS)
        upload_image(page, file)
        page.get_by_role("button", name="Download").click()
        assert reading.read_image(download_file(page, "PNG file")).size == (96, 64)


def upload_image(page: Page, data: bytes) -> None:
    page.locator("input[type=file]").first.set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": data}
    )

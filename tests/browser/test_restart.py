"""A page that outlives its server: it finds the next one by itself, and loses only what lay in the old one's memory."""

from playwright.sync_api import Page, expect

from gan_core.images import reading
from gan_core.images.tensors import read_facts
from tests.browser.conftest import PATIENCE, free_port, running
from tests.browser.screen import await_return, choose, drawn, watch_for_return
from tests.browser.test_downloads import taken
from tests.browser.test_upscale import encoded, stripes

LONG = 1000 * PATIENCE  # milliseconds: a page looks for its server less and less often


def test_a_page_whose_server_comes_back_has_its_state_and_its_downloads(page: Page) -> None:
    port = free_port()
    with running(port=port) as address:
        page.goto(f"{address}/digits?digit=7&seed=3")
        drawn(page, "A generated 7, seed 3")
        choose(page, "Digit", "4")
        drawn(page, "A generated 4, seed 3")
        watch_for_return(page)
    with running(port=port):
        await_return(page)
        page.get_by_role("button", name="Download").click()
        assert read_facts(taken(page, "This picture (PNG)"))["label"] == "4"


def test_an_upload_that_went_with_its_server_is_asked_for_again(page: Page) -> None:
    port, file = free_port(), encoded(stripes(), "PNG")
    with running(port=port) as address:
        page.goto(f"{address}/upscale?model=photo-sr-x4")
        give(page, file)
        expect(page.get_by_text("96 × 64", exact=True)).to_be_visible(timeout=LONG)
    with running(port=port):
        expect(page.get_by_text("please give it again")).to_be_visible(timeout=LONG)
        give(page, file)
        page.get_by_role("button", name="Download").click()
        assert reading.read(taken(page, "PNG file")).size == (96, 64)


def give(page: Page, data: bytes) -> None:
    page.locator("input[type=file]").first.set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": data}
    )

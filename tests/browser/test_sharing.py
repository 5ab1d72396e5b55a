"""Share in a browser, the copy button, and the way back from a PNG that is dropped on Home."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gan_core.images import encoding, tensors
from tests.browser.screen import external_requests, screen_pixels, wait_for_image, wait_until_idle
from tests.browser.test_downloads import decode_grey, download_file

READ_CLIPBOARD_JS = """
async () => {
  const [item] = await navigator.clipboard.read(), file = await item.getType("image/png")
  const picture = await createImageBitmap(file), canvas = new OffscreenCanvas(picture.width, picture.height)
  const context = canvas.getContext("2d")
  context.drawImage(picture, 0, 0)
  const data = context.getImageData(0, 0, picture.width, picture.height).data
  return [picture.width, picture.height, [...data].filter((_, index) => index % 4 === 0)]
}
"""


def open_share(page: Page) -> None:
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("img", name="QR code of the link above")).to_be_visible()


def test_a_picture_is_copied_by_keyboard_exactly_and_the_page_says_so(
    address: str, context: BrowserContext, page: Page
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page.goto(f"{address}/digits?digit=7&seed=3")
    shown = screen_pixels(wait_for_image(page, "A generated 7, seed 3"))
    open_share(page)
    button = page.get_by_role("button", name="Copy picture")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    width, height, values = page.evaluate(READ_CLIPBOARD_JS)
    assert (width, height) == (280, 280)
    np.testing.assert_array_equal(np.array(values, np.uint8).reshape(280, 280)[5::10, 5::10], shown)


def test_where_the_browser_has_no_clipboard_the_page_says_what_to_do(address: str, page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"{address}/digits?seed=0")
    wait_for_image(page, "A generated 0, seed 0")
    open_share(page)
    page.get_by_role("button", name="Copy picture").click()
    expect(page.get_by_text("Download it instead.")).to_be_visible()


@pytest.mark.parametrize("host", ["", "https://evil.example"])
def test_a_picture_dropped_on_home_opens_the_page_that_made_it(
    address: str, page: Page, host: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/digits?set=Garments&garment=sneaker&seed=8&count=5&truncation=0.9")
    shown = screen_pixels(wait_for_image(page, "A generated sneaker, seed 8"))
    page.get_by_role("button", name="Download").click()
    data = download_file(page, "This picture (PNG)")
    metadata = encoding.read_png_metadata(data)
    if host:
        metadata["link"] = metadata["link"].replace(address, host) + "&next=https://evil.example"
    file = tmp_path / "mine.png"
    file.write_bytes(encoding.encode_png(tensors.to_pil(decode_grey(data)[:, :, None]), metadata))

    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    page.locator("input[type=file]").set_input_files(file)
    np.testing.assert_array_equal(screen_pixels(wait_for_image(page, "A generated sneaker, seed 8")), shown)
    assert page.url.startswith(f"{address}/digits?")
    for part in ("set=Garments", "garment=sneaker", "seed=8", "count=5", "truncation=0.9"):
        assert part in page.url
    assert "evil" not in page.url
    assert not external_requests(requests, address)
    go_back_home(page)


def go_back_home(page: Page) -> None:
    """Go back to Home, in one step or two: widgets drop default values from the address, which is a step of its own
    where the browser has shown the whole address before."""
    home = page.get_by_role("heading", name="Pictures nobody drew")
    wait_until_idle(page)
    page.go_back()
    expect(page).not_to_have_url(re.compile("view=Draw"))
    wait_until_idle(page)
    if urlsplit(page.url).path != "/":
        page.go_back()
    expect(home).to_be_visible()

"""`app --hosted` in a browser: within the limits, in a frame of another site, and without details of errors."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CHROMIUM_ARGUMENTS, TIMEOUT_S, launch_chromium, running_server
from tests.browser.screen import wait_for_image

# The hosted server with a function that raises an unexpected exception.
FAILING_SERVER_SCRIPT = """
import sys
from pages.digits import glyphs
from pages.ui import server
def broken(text): raise RuntimeError("a secret of the house")
glyphs.parse_line = broken
sys.argv[0] = "server"
server.main()
"""
HOSTED_FLAGS = ("--hosted", "--address", "127.0.0.1", "--port")


@pytest.fixture(scope="module")
def hosted() -> Iterator[str]:
    with running_server(("-c", FAILING_SERVER_SCRIPT, *HOSTED_FLAGS)) as url:
        yield url


@pytest.fixture(scope="module")
def other_site(hosted: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page of another site (127.0.0.1) that shows the app (localhost) in a frame, as the Hub does."""
    folder = tmp_path_factory.mktemp("other")
    inside = hosted.replace("127.0.0.1", "localhost")
    frame = f'<title>Another site</title><iframe src="{inside}/" width="1200" height="800"></iframe>'
    (folder / "index.html").write_text(frame, encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_an_unexpected_exception_shows_no_traceback_and_no_message(hosted: str, page: Page) -> None:
    page.goto(f"{hosted}/digits?view=Write")
    expect(page.get_by_test_id("stException")).to_be_visible()
    text = page.locator("body").inner_text()
    for secret in ("secret of the house", "RuntimeError", "Traceback", ".py"):
        assert secret not in text


def test_the_xsrf_cookie_works_in_a_frame_of_another_site(hosted: str) -> None:
    with urlopen(f"{hosted}/_stcore/health") as answer:
        cookies = answer.headers.get_all("Set-Cookie") or []
        frames = answer.headers.get("X-Frame-Options")
    (cookie,) = [cookie for cookie in cookies if cookie.startswith("_streamlit_xsrf=")]
    assert re.search(r"SameSite=None", cookie)
    assert "Secure" in cookie
    assert "Partitioned" in cookie
    assert frames is None


def test_a_visitor_can_draw_and_upload(hosted: str, page: Page) -> None:
    page.goto(f"{hosted}/digits?digit=7&count=64")
    wait_for_image(page, "A generated 7, seed 0")
    expect(page.get_by_text("a whole number from 1 to 36")).to_be_visible()
    page.goto(hosted)
    page.locator("input[type=file]").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no pixels"})
    expect(page.get_by_text("This file is text, not a readable image")).to_be_visible()


@pytest.mark.parametrize("blocking", [False, True], ids=["any browser", "third-party cookies blocked"])
def test_uploads_work_in_a_frame_of_another_site(
    hosted: str, other_site: str, browser: Browser, blocking: bool
) -> None:
    strict = [*CHROMIUM_ARGUMENTS, "--test-third-party-cookie-phaseout"]
    opened = launch_chromium(browser.browser_type, strict) if blocking else browser
    page = opened.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(TIMEOUT_S * 1000)
    try:
        page.goto(other_site)
        inside = page.frame_locator("iframe")
        inside.locator("input[type=file]").set_input_files(
            {"name": "x.png", "mimeType": "image/png", "buffer": b"no pixels"}
        )
        expect(inside.get_by_text("This file is text, not a readable image")).to_be_visible()
        inside.get_by_role("link", name="Digits", exact=True).click()
        expect(inside.get_by_role("img", name="A generated 3, seed 20", exact=True)).to_be_visible()
    finally:
        page.close()
        if blocking:
            opened.close()

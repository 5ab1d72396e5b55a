"""`app --hosted` as a stranger meets it: in a frame of another site, capped, and silent about its insides."""

import re
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import running
from tests.browser.seeing import drawn

# The hosted server, one of whose functions fails in a way that nobody foresaw.
FAILING = """
import sys
from pages.shared import server, writing
def broken(text): raise RuntimeError("a secret of the house")
writing.glyphs = broken
sys.argv[0] = "server"
server.main()
"""
FLAGS = ("--hosted", "--address", "127.0.0.1", "--port")


@pytest.fixture(scope="module")
def hosted() -> Iterator[str]:
    with running(("-c", FAILING, *FLAGS)) as place:
        yield place


def test_a_failure_that_nobody_foresaw_shows_no_stack_and_no_message(hosted: str, page: Page) -> None:
    page.goto(f"{hosted}/digits?view=Write")
    expect(page.get_by_test_id("stException")).to_be_visible()
    told = page.locator("body").inner_text()
    for secret in ("secret of the house", "RuntimeError", "Traceback", ".py"):
        assert secret not in told


def test_the_cookie_that_guards_uploads_works_in_another_sites_frame(hosted: str) -> None:
    with urlopen(f"{hosted}/_stcore/health") as answer:
        cookies = answer.headers.get_all("Set-Cookie") or []
        frames = answer.headers.get("X-Frame-Options")
    (cookie,) = [each for each in cookies if each.startswith("_streamlit_xsrf=")]
    assert re.search(r"SameSite=None", cookie)
    assert "Secure" in cookie
    assert frames is None


def test_a_stranger_can_draw_and_upload(hosted: str, page: Page) -> None:
    page.goto(f"{hosted}/digits?digit=7&count=64")
    drawn(page, "A generated 7, seed 0")
    expect(page.get_by_text("a whole number from 1 to 36")).to_be_visible()
    page.goto(hosted)
    page.locator("input[type=file]").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no pixels"})
    expect(page.get_by_text("This file is text, not a picture")).to_be_visible()

"""The log of a server stays silent while visitors open every page, follow old links, and press what sets values."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, SERVER_COMMAND, free_port, wait_until_healthy
from tests.browser.screen import wait_until_idle

LINKS = json.loads((ROOT / "tests" / "fixtures" / "version_0_1" / "links.json").read_text(encoding="utf-8"))
PAGES = (
    "/", "/samples", "/samples?pick=1&pick=2&pick=3", "/digits", "/digits?set=Garments&view=Blend",
    "/digits?model=fashion-cgan", "/digits?view=Write", "/text", "/text?view=Compare", "/text?view=Blend",
    "/upscale", "/upscale?sample=lighthouse&scale=other&times=3", "/train", "/train?view=Runs&run=nothing", "/models",
    "/models?model=mnist-cgan", "/how-it-works", "/how-it-works?target=grid&seed=3",
)  # fmt: skip
TROUBLE = re.compile(r"warning|error|traceback|exception|default value", re.IGNORECASE)


@pytest.fixture(scope="module")
def logged_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a server, and the file with everything that it prints."""
    log, port = tmp_path_factory.mktemp("log") / "server.log", free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *SERVER_COMMAND, str(port)], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.terminate()
            process.wait(20)


def press_what_sets_values(page: Page) -> None:
    """Buttons and pills whose callbacks set the values of other widgets."""
    for control in (
        page.get_by_role("button", name="Roll", exact=True),
        page.get_by_test_id("stPills").get_by_role("radio"),
        page.get_by_test_id("stPills").get_by_role("button"),
    ):
        if control.count() and control.first.is_visible() and control.first.is_enabled():
            control.first.click()
            wait_until_idle(page)


def test_no_visit_leaves_a_warning_in_the_log(logged_server: tuple[str, Path], page: Page) -> None:
    address, log = logged_server
    paths = [*PAGES, *(link.removeprefix("http://localhost") for link in LINKS.values())]
    seen = 0
    for path in paths:
        page.goto(address + path)
        page.get_by_role("heading", level=1).wait_for()
        wait_until_idle(page)
        press_what_sets_values(page)
        page.go_back()
        wait_until_idle(page)
        text = log.read_text(encoding="utf-8", errors="replace")
        assert not TROUBLE.search(text[seen:]), f"{path}\n{text[seen:]}"
        seen = len(text)

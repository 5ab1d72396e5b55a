"""Two hosted servers behind Debian's nginx, by the example in docs: whoever is pinned to one by its cookie has all of
the app, and when that one dies, the other takes over."""

import io
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser.conftest import PATIENCE, ROOT, await_health
from tests.browser.screen import await_return, choose, drawn, pixels, watch_for_return
from tests.browser.test_downloads import taken

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed, and apt could not bring it")


@dataclass
class Balanced:
    """The address that visitors see, and the process of each replica by its name in the cookie."""

    address: str
    ports: dict[str, int]
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start(self, name: str) -> None:
        environment = os.environ | {"STREAMLIT_SERVER_COOKIE_SECRET": "the same on all of them"}
        command = [sys.executable, "-m", "pages.ui.server", "--hosted", "--address", "127.0.0.1", "--port"]
        self.processes[name] = subprocess.Popen(
            [*command, str(self.ports[name])], cwd=ROOT, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def revive(self, name: str) -> None:
        """Start it where it does not run; wait until it answers."""
        if self.processes[name].poll() is not None:
            self.start(name)
        self.await_all()

    def await_all(self) -> None:
        for name, process in self.processes.items():
            await_health(f"http://127.0.0.1:{self.ports[name]}", process)

    def visitor(self, browser: Browser, replica: str) -> BrowserContext:
        """A window that is pinned to a replica already."""
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE * 1000)
        context.add_cookies([{"name": "replica", "value": replica, "url": self.address}])
        return context


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balanced]:
    folder, ports = tmp_path_factory.mktemp("nginx"), free_ports(3)
    text = (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")
    for port, example in zip(ports, ("8600", "8601", "8602"), strict=True):
        text = text.replace(f"127.0.0.1:{example}", f"127.0.0.1:{port}")
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    made = Balanced(f"http://127.0.0.1:{ports[0]}", {"first": ports[1], "second": ports[2]})
    nginx = subprocess.Popen(
        [str(NGINX), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL
    )
    try:
        for name in made.ports:
            made.start(name)
        made.await_all()
        await_health(made.address, nginx)
        yield made
    finally:
        for replica in made.processes.values():
            replica.kill()  # none has anything to save, and one with open connections would take its time
            replica.wait()
        nginx.terminate()  # not killed, or its worker would stay
        with suppress(subprocess.TimeoutExpired):
            nginx.wait(10)


def served_by(page: Page) -> set[str]:
    """Filled with the replicas that answer the page, as they do."""
    seen: set[str] = set()

    def note(response: Response) -> None:
        if response.url.startswith("http"):  # components come as blobs, from nowhere
            seen.add(response.headers.get("x-replica", "none"))

    page.on("response", note)
    return seen


def pinned_to(page: Page) -> str:
    """The replica that the visitor's cookie names: the one that answered last."""
    (cookie,) = [each for each in page.context.cookies() if each.get("name") == "replica"]
    return cookie.get("value", "")


def test_whoever_is_new_is_pinned_to_one_replica_for_everything(
    balanced: Balanced, context: BrowserContext, page: Page, tmp_path: Path
) -> None:
    seen = served_by(page)
    page.goto(f"{balanced.address}/digits?digit=7&seed=5")
    drawn(page, "A generated 7, seed 5")
    page.get_by_role("button", name="Download").click()
    file = tmp_path / "mine.png"
    file.write_bytes(taken(page, "This picture (PNG)"))
    page.goto(balanced.address)
    page.locator("input[type=file]").set_input_files(file)
    drawn(page, "A generated 7, seed 5")
    assert seen == {f"127.0.0.1:{balanced.ports[pinned_to(page)]}"}


def test_a_link_shows_the_same_pixels_whichever_replica_its_reader_gets(balanced: Balanced, browser: Browser) -> None:
    shown = []
    for name in ("first", "second"):
        page = balanced.visitor(browser, name).new_page()
        seen = served_by(page)
        page.goto(f"{balanced.address}/samples?model=mnist-cgan&seed=77&count=3&label=3")
        shown.append(pixels(drawn(page, "Picture 2: 3, drawn by mnist-cgan from seed 78")))
        assert seen == {f"127.0.0.1:{balanced.ports[name]}"}
        page.context.close()
    np.testing.assert_array_equal(*shown)


def test_an_upload_reaches_the_replica_that_its_page_talks_to(balanced: Balanced, browser: Browser) -> None:
    for name in ("first", "second"):
        page = balanced.visitor(browser, name).new_page()
        page.goto(balanced.address)
        upload = {"name": "x.png", "mimeType": "image/png", "buffer": b"no pixels"}
        page.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]
        expect(page.get_by_text("This file is text, not a picture")).to_be_visible()
        page.context.close()


def test_when_a_replica_is_lost_its_visitors_go_on_at_the_other_with_what_they_chose(
    balanced: Balanced, browser: Browser
) -> None:
    page = balanced.visitor(browser, "first").new_page()
    page.goto(f"{balanced.address}/digits?digit=7&seed=5&count=3")
    before = pixels(drawn(page, "A generated 7, seed 6"))
    watch_for_return(page)
    balanced.processes["first"].kill()
    balanced.processes["first"].wait()
    try:
        await_return(page)
        np.testing.assert_array_equal(pixels(drawn(page, "A generated 7, seed 6")), before)
        expect(page.get_by_role("link", name="Samples")).to_be_visible()
        choose(page, "Digit", "3")
        drawn(page, "A generated 3, seed 6")
        assert "seed=5" in page.url
        other = balanced.visitor(browser, "first").new_page()  # a new page of somebody who was pinned to the lost one
        seen = served_by(other)
        other.goto(f"{balanced.address}/digits?digit=4")
        drawn(other, "A generated 4, seed 0")
        assert f"127.0.0.1:{balanced.ports['second']}" in " ".join(seen)
        other.context.close()
    finally:
        page.context.close()
        balanced.revive("first")


def test_a_replica_that_is_back_has_its_visitors_from_the_first_request_on(balanced: Balanced) -> None:
    """A page's WebSocket and its upload must find the same one, however soon after one another they come."""

    def answering() -> str:
        asked = urllib.request.Request(f"{balanced.address}/_stcore/health", headers={"Cookie": "replica=first"})
        with urllib.request.urlopen(asked, timeout=PATIENCE) as response:
            return response.headers["x-replica"].rpartition(":")[2]

    balanced.processes["first"].kill()
    balanced.processes["first"].wait()
    try:
        assert answering() == str(balanced.ports["second"])
    finally:
        balanced.revive("first")
    assert answering() == str(balanced.ports["first"])


def test_a_picture_that_was_lost_with_its_replica_can_be_given_again(balanced: Balanced, browser: Browser) -> None:
    page = balanced.visitor(browser, "first").new_page()
    upload = {"name": "mine.png", "mimeType": "image/png", "buffer": small_picture()}
    page.goto(f"{balanced.address}/upscale")
    page.locator("input[type=file]").first.set_input_files(upload)  # type: ignore[arg-type]
    expect(page.get_by_test_id("stMetricValue").filter(has_text="160 × 80")).to_be_visible(timeout=1000 * PATIENCE)
    mine = pinned_to(page)
    balanced.processes[mine].kill()
    balanced.processes[mine].wait()
    try:
        expect(page.get_by_text("please give it again")).to_be_visible(timeout=1000 * PATIENCE)
        balanced.revive(mine)  # the page stays where its connection is, and so must its uploads
        page.locator("input[type=file]").first.set_input_files(upload)  # type: ignore[arg-type]
        expect(page.get_by_test_id("stMetricValue").filter(has_text="160 × 80")).to_be_visible(timeout=1000 * PATIENCE)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(page.get_by_role("link", name="Samples")).to_be_visible()
    finally:
        page.context.close()
        balanced.revive(mine)


def small_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), "orange").save(buffer, "PNG")
    return buffer.getvalue()

"""Two hosted servers behind nginx, configured as docs/nginx.conf: a cookie pins each visitor to one of them, and when
that one dies, the other takes over."""

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

from tests.browser.conftest import ROOT, TIMEOUT_S, wait_until_healthy
from tests.browser.screen import choose_option, screen_pixels, wait_for_image, wait_for_reconnect, watch_for_reconnect
from tests.browser.test_downloads import download_file

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed, and apt could not bring it")


@dataclass
class Replicas:
    """The address of nginx, and the port and process of each replica by its name in the cookie."""

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

    def restart(self, name: str) -> None:
        """Start the replica if it has ended, and wait until all of them answer."""
        if self.processes[name].poll() is not None:
            self.start(name)
        self.wait_for_all()

    def wait_for_all(self) -> None:
        for name, process in self.processes.items():
            wait_until_healthy(f"http://127.0.0.1:{self.ports[name]}", process)

    def pinned_context(self, browser: Browser, replica: str) -> BrowserContext:
        """A visitor who is pinned to a replica already."""
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(TIMEOUT_S * 1000)
        context.add_cookies([{"name": "replica", "value": replica, "url": self.address}])
        return context


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    folder, ports = tmp_path_factory.mktemp("nginx"), free_ports(3)
    text = (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")
    for port, example in zip(ports, ("8600", "8601", "8602"), strict=True):
        text = text.replace(f"127.0.0.1:{example}", f"127.0.0.1:{port}")
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    replicas = Replicas(f"http://127.0.0.1:{ports[0]}", {"first": ports[1], "second": ports[2]})
    nginx = subprocess.Popen(
        [str(NGINX), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL
    )
    try:
        for name in replicas.ports:
            replicas.start(name)
        replicas.wait_for_all()
        wait_until_healthy(replicas.address, nginx)
        yield replicas
    finally:
        for replica in replicas.processes.values():
            replica.kill()  # none has anything to save, and one with open connections would take its time
            replica.wait()
        nginx.terminate()  # not killed, or its worker would stay
        with suppress(subprocess.TimeoutExpired):
            nginx.wait(10)


def record_replicas(page: Page) -> set[str]:
    """A set that fills with the replicas that answer the page."""
    seen: set[str] = set()

    def note(response: Response) -> None:
        if response.url.startswith("http"):  # components come as blobs, from nowhere
            seen.add(response.headers.get("x-replica", "none"))

    page.on("response", note)
    return seen


def pinned_replica(page: Page) -> str:
    """The replica that the visitor's cookie names, which is the one that answered last."""
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie.get("name") == "replica"]
    return cookie.get("value", "")


def test_a_new_visitor_is_pinned_to_one_replica_for_everything(
    balanced: Replicas, context: BrowserContext, page: Page, tmp_path: Path
) -> None:
    seen = record_replicas(page)
    page.goto(f"{balanced.address}/digits?digit=7&seed=5")
    wait_for_image(page, "A generated 7, seed 5")
    page.get_by_role("button", name="Download").click()
    file = tmp_path / "mine.png"
    file.write_bytes(download_file(page, "This picture (PNG)"))
    page.goto(balanced.address)
    page.locator("input[type=file]").set_input_files(file)
    wait_for_image(page, "A generated 7, seed 5")
    assert seen == {f"127.0.0.1:{balanced.ports[pinned_replica(page)]}"}


def test_a_link_shows_the_same_pixels_on_every_replica(balanced: Replicas, browser: Browser) -> None:
    shown = []
    for name in ("first", "second"):
        page = balanced.pinned_context(browser, name).new_page()
        seen = record_replicas(page)
        page.goto(f"{balanced.address}/samples?model=mnist-cgan&seed=77&count=3&label=3")
        shown.append(screen_pixels(wait_for_image(page, "Picture 2: 3, drawn by mnist-cgan from seed 78")))
        assert seen == {f"127.0.0.1:{balanced.ports[name]}"}
        page.context.close()
    np.testing.assert_array_equal(*shown)


def test_an_upload_reaches_the_replica_that_its_page_talks_to(balanced: Replicas, browser: Browser) -> None:
    for name in ("first", "second"):
        page = balanced.pinned_context(browser, name).new_page()
        page.goto(balanced.address)
        upload = {"name": "x.png", "mimeType": "image/png", "buffer": b"no pixels"}
        page.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]
        expect(page.get_by_text("This file is text, not a readable image")).to_be_visible()
        page.context.close()


def test_when_a_replica_is_lost_its_visitors_go_on_at_the_other_in_the_same_state(
    balanced: Replicas, browser: Browser
) -> None:
    page = balanced.pinned_context(browser, "first").new_page()
    page.goto(f"{balanced.address}/digits?digit=7&seed=5&count=3")
    before = screen_pixels(wait_for_image(page, "A generated 7, seed 6"))
    watch_for_reconnect(page)
    balanced.processes["first"].kill()
    balanced.processes["first"].wait()
    try:
        wait_for_reconnect(page)
        np.testing.assert_array_equal(screen_pixels(wait_for_image(page, "A generated 7, seed 6")), before)
        expect(page.get_by_role("link", name="Samples")).to_be_visible()
        choose_option(page, "Digit", "3")
        wait_for_image(page, "A generated 3, seed 6")
        assert "seed=5" in page.url
        other = balanced.pinned_context(browser, "first").new_page()  # its cookie names the lost one
        seen = record_replicas(other)
        other.goto(f"{balanced.address}/digits?digit=4")
        wait_for_image(other, "A generated 4, seed 0")
        assert f"127.0.0.1:{balanced.ports['second']}" in " ".join(seen)
        other.context.close()
    finally:
        page.context.close()
        balanced.restart("first")


def test_a_replica_that_is_back_serves_its_visitors_from_the_first_request_on(balanced: Replicas) -> None:
    """A page's WebSocket and its uploads must reach the same replica, however short the time between them."""

    def answering_port() -> str:
        request = urllib.request.Request(f"{balanced.address}/_stcore/health", headers={"Cookie": "replica=first"})
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            return response.headers["x-replica"].rpartition(":")[2]

    balanced.processes["first"].kill()
    balanced.processes["first"].wait()
    try:
        assert answering_port() == str(balanced.ports["second"])
    finally:
        balanced.restart("first")
    assert answering_port() == str(balanced.ports["first"])


def test_an_upload_that_was_lost_with_its_replica_can_be_given_again(balanced: Replicas, browser: Browser) -> None:
    page = balanced.pinned_context(browser, "first").new_page()
    upload = {"name": "mine.png", "mimeType": "image/png", "buffer": small_png()}
    page.goto(f"{balanced.address}/upscale")
    page.locator("input[type=file]").first.set_input_files(upload)  # type: ignore[arg-type]
    expect(page.get_by_test_id("stMetricValue").filter(has_text="160 × 80")).to_be_visible(timeout=1000 * TIMEOUT_S)
    replica = pinned_replica(page)
    balanced.processes[replica].kill()
    balanced.processes[replica].wait()
    try:
        expect(page.get_by_text("please give it again")).to_be_visible(timeout=1000 * TIMEOUT_S)
        balanced.restart(replica)  # the page stays where its connection is, and so must its uploads
        page.locator("input[type=file]").first.set_input_files(upload)  # type: ignore[arg-type]
        expect(page.get_by_test_id("stMetricValue").filter(has_text="160 × 80")).to_be_visible(timeout=1000 * TIMEOUT_S)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(page.get_by_role("link", name="Samples")).to_be_visible()
    finally:
        page.context.close()
        balanced.restart(replica)


def small_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), "orange").save(buffer, "PNG")
    return buffer.getvalue()

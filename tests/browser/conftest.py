"""A server and a Chromium that all browser tests share, and further servers where a test needs its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect, sync_playwright

from gan_core.checkpoints.store import list_checkpoints, resolve_root

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60  # generous, for busy machines
expect.set_options(timeout=TIMEOUT_S * 1000)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
SERVER_COMMAND = ("-m", "pages.ui.server", "--headless", "--address", "127.0.0.1", "--port")
STREAMLIT_COMMAND = (
    "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true", "--server.address", "127.0.0.1",
    "--server.port",
)  # fmt: skip


@contextmanager
def running_server(
    arguments: tuple[str, ...] = SERVER_COMMAND, port: int | None = None, **environment: str
) -> Iterator[str]:
    """The address of a server that runs as long as the block, on a free port if none is given."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, *arguments, str(port)], cwd=ROOT, env=os.environ | environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(address: str, process: subprocess.Popen, timeout_s: float = TIMEOUT_S) -> None:
    """Return when the server answers; fail when it ends or takes longer than `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail("the server did not answer in time")


@pytest.fixture(scope="session", autouse=True)
def _require_models() -> None:
    """Skip all browser tests where the models that the pages open with are missing."""
    names = {checkpoint.name for checkpoint in list_checkpoints(resolve_root())}
    missing = {"mnist-cgan", "mnist-dcgan", "mnist-vanilla", "fashion-cgan"} - names
    if missing:
        pytest.skip(f"{resolve_root()} lacks {', '.join(sorted(missing))}")


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The server that most tests share."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def fresh_server() -> Callable:
    """`with fresh_server() as address`: a server without visitors; `plain=True` starts it by `streamlit run`."""
    return lambda plain=False: running_server(STREAMLIT_COMMAND if plain else SERVER_COMMAND)


def launch_chromium(chromium: BrowserType, arguments: list[str] = CHROMIUM_ARGUMENTS) -> Browser:
    """Debian's Chromium where there is one, else Playwright's own."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    return chromium.launch(executable_path=executable, args=arguments)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright.chromium)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new visitor with a window of 1280 × 900 in the light theme."""
    window = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    window.set_default_timeout(TIMEOUT_S * 1000)
    yield window
    window.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()

"""What a hosted demo costs its host: `python -m tests.benchmarks.footprint [--rounds 2] [--plain]`.

Starts `app --hosted` on a port of its own, opens every page in Chromium, draws from every model with the critic's
opinion where there is one, upscales a sample with every upscaler, and a photo of its own to four megapixels. Printed
are the seconds until the server is healthy and until its first picture, and its private memory (`RssAnon`, Linux) after
each step and at its highest. Nothing here asserts: what counts as too much is in docs/hosting.md.
"""

import argparse
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from gan_core.checkpoints import ROOT as CHECKPOINTS
from gan_core.checkpoints import Checkpoint, available
from tests.browser.conftest import ROOT, await_health, launch
from tests.browser.seeing import drawn

PATIENCE = 300_000  # milliseconds
SIDE = 500  # four times that is 2000, and squared four megapixels


class Memory:
    """A process's private memory in megabytes, and its highest since the start."""

    def __init__(self, process: int) -> None:
        self.file, self.highest = Path(f"/proc/{process}/status"), 0.0
        ticks = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        self.processor = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")  # seconds up to now
        threading.Thread(target=self.watch, daemon=True).start()

    def now(self) -> float:
        lines = self.file.read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))

    def watch(self) -> None:
        while self.file.exists():
            try:
                self.highest = max(self.highest, self.now())
            except (OSError, StopIteration):
                return
            time.sleep(0.02)


@contextmanager
def hosted(plain: bool) -> Iterator[tuple[str, int, float]]:
    """Address, process and seconds until it was healthy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"STREAMLIT_SERVER_ADDRESS": "127.0.0.1"}
    module = ("pages.shared.server",) if plain else ("gan_core", "app")  # the former is what the latter becomes
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", *module, "--hosted", "--port", str(port)], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await_health(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", process.pid, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(30)


def photo() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE // 10, SIDE // 10, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


def upscaled(page: Page, size: str) -> None:
    """Wait until the page says that it has made a picture of that size; agree where it asks first."""
    start = page.get_by_role("button", name="Start", exact=True)
    made = page.get_by_test_id("stMetricValue").filter(has_text=size)
    expect(start.or_(made).first).to_be_visible(timeout=PATIENCE)
    if start.is_visible():
        start.click()
    expect(made).to_be_visible(timeout=PATIENCE)


def steps(page: Page, address: str, models: list[Checkpoint]) -> Iterator[tuple[str, Callable[[], object]]]:
    """What a curious visitor does, by name."""
    yield "the first visit", lambda: (page.goto(f"{address}/digits"), drawn(page, "A generated 0, seed 0"))
    yield "Home", lambda: (page.goto(address), page.get_by_text("Find the way back").wait_for())
    yield "How it works", lambda: (page.goto(f"{address}/how-it-works"), page.get_by_text("Steps").first.wait_for())
    for view in ("Handwriting", "Write", "Blend"):
        yield f"Digits, {view}", lambda view=view: (
            page.goto(f"{address}/digits?view={view}"), page.locator("img[src^='data:image/png']").first.wait_for()
        )  # fmt: skip
    for each in models:
        if each.family.condition != "picture":
            query = f"model={each.name}&count=36&pick=1&pick=2&critic={str(each.has_critic).lower()}"
            yield (
                f"Samples, {each.name}",
                lambda query=query: (
                    page.goto(f"{address}/samples?{query}"),
                    page.get_by_role("img", name="there and back, as an animation").wait_for(),
                ),
            )
        yield (
            f"Models, {each.name}",
            lambda name=each.name: (
                page.goto(f"{address}/models?model={name}"),
                page.get_by_role("group", name=f"A sample of {name}").wait_for(),
            ),
        )
    for each in models:
        if each.family.condition == "picture":
            size = f"{188 * each.config.scale} × "  # type: ignore[attr-defined]
            yield f"Upscale, {each.name}", lambda name=each.name, size=size: (
                page.goto(f"{address}/upscale?model={name}"), upscaled(page, size)
            )  # fmt: skip
    yield "Upscale, 4 megapixels", lambda: (
        page.get_by_test_id("stFileUploader").first.locator("input").set_input_files(
            {"name": "mine.png", "mimeType": "image/png", "buffer": photo()}
        ),
        upscaled(page, "2000 × 2000"),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a hosted demo costs.")
    parser.add_argument("--rounds", type=int, default=1, help="times that everything is done")
    parser.add_argument(
        "--plain", action="store_true", help="without the settings of the C library that --hosted makes"
    )
    chosen = parser.parse_args()
    with sync_playwright() as playwright, hosted(chosen.plain) as (address, process, healthy):
        memory, start = Memory(process), time.perf_counter() - healthy
        browser = launch(playwright.chromium)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        busy = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        say(f"{busy}; healthy after {healthy:.1f} s, {memory.processor:.1f} s of a processor")
        for _ in range(chosen.rounds):
            for name, step in steps(page, address, available(CHECKPOINTS)):
                step()
                say(f"{name:28}{memory.now():8.0f} MB   at {time.perf_counter() - start:6.1f} s")
        page.wait_for_timeout(3000)
        say(f"{'at rest':28}{memory.now():8.0f} MB\n{'highest':28}{memory.highest:8.0f} MB")
        browser.close()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Memory and start-up time of a hosted server: `python -m tests.benchmarks.footprint [--rounds 2] [--plain]`.

Starts `app --hosted` on a free port and opens every page in Chromium: samples of every model, with discriminator
scores where it has a discriminator; prompts in every view, sharpened and not; with every upscaler a sample, an image
of four megapixels and a measured quality. Prints the seconds until the server is healthy, and after each step its
private memory (`RssAnon`, Linux) and the peak. `GAN_CORE_CHECKPOINTS` names other models than those of the project.
Nothing here asserts: docs/hosting.md says how much memory a host needs.
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
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.store import list_checkpoints, resolve_root
from gan_core.tasks import Task
from pages.ui.model_titles import model_title
from tests.browser.conftest import ROOT, launch_chromium, wait_until_healthy
from tests.browser.screen import wait_for_image, wait_until_idle

TIMEOUT_MS = 600_000  # generous, for machines that train at the same time
expect.set_options(timeout=TIMEOUT_MS)
LARGE_SIDE_PX = 2000  # four megapixels
Step = tuple[str, Callable[[], object]]


class ProcessMemory:
    """Private memory of a process in megabytes: now, and its peak since the start of the watch."""

    def __init__(self, pid: int) -> None:
        self.status_path, self.peak_megabytes = Path(f"/proc/{pid}/status"), 0.0
        ticks = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        self.cpu_seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")  # used so far
        threading.Thread(target=self.watch, daemon=True).start()

    def megabytes(self) -> float:
        lines = self.status_path.read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))

    def watch(self) -> None:
        while self.status_path.exists():
            try:
                self.peak_megabytes = max(self.peak_megabytes, self.megabytes())
            except (OSError, StopIteration):
                return
            time.sleep(0.02)


@contextmanager
def hosted_server(plain: bool) -> Iterator[tuple[str, int, float]]:
    """Address, process id, and seconds until the server was healthy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"STREAMLIT_SERVER_ADDRESS": "127.0.0.1"}
    module = ("pages.ui.server",) if plain else ("gan_core", "app")  # the latter sets the C library and runs the former
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", *module, "--hosted", "--port", str(port)], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process, TIMEOUT_MS / 1000)
        yield f"http://127.0.0.1:{port}", process.pid, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(30)


def noise_png(side: int) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (side // 10, side // 10, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


def wait_for_upscale(page: Page, result: Locator) -> None:
    """Wait for the result; confirm as often as the page asks first, as it may for the sample before as well."""
    start = page.get_by_role("button", name="Start", exact=True)
    while True:
        expect(start.or_(result).first).to_be_visible()
        if result.is_visible():
            return
        with suppress(TooLate):  # the button disappears when it is pressed, and when another image arrives
            start.click(timeout=5000)
        page.wait_for_timeout(1000)


def size_metric(page: Page, size: str) -> Locator:
    """The size of an image in the metrics below it."""
    return page.get_by_test_id("stMetricValue").filter(has_text=size)


def play_game(page: Page, address: str) -> None:
    """Play the toy game for five seconds."""
    page.goto(f"{address}/how-it-works")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(5000)


def visit_steps(page: Page, address: str, models: list[Checkpoint]) -> Iterator[Step]:
    """The names and actions of the steps, the largest models last."""
    yield "the first visit", lambda: (page.goto(f"{address}/digits"), wait_for_image(page, "A generated 3, seed 20"))
    yield "Home", lambda: (page.goto(address), page.get_by_text("Find the way back").wait_for())
    yield "How it works", partial(play_game, page, address)
    yield "Train", lambda: (page.goto(f"{address}/train"), page.get_by_text("Not on a shared demo").wait_for())
    for view in ("Handwriting", "Write", "Blend"):
        yield f"Digits, {view}", partial(open_digits, page, address, view)
    for model in sorted(models, key=lambda model: model.family.task == Task.SUPER_RESOLUTION):  # the largest last
        match model.family.task:
            case Task.SUPER_RESOLUTION:
                yield f"Upscale, {model.name}", partial(upscale_sample, page, address, model)
                yield "  measured quality", partial(measure_quality, page, address, model)
                yield "  to 4 megapixels", partial(upscale_large_image, page, address, model)
            case Task.TEXT_TO_IMAGE:
                for view in ("Draw", "Blend", "Compare"):
                    for sharpen in ("false", "true"):
                        name = f"Text, {model.name}, {view}{', sharpened' * (sharpen == 'true')}"
                        yield name, partial(draw_prompts, page, address, model, view, sharpen)
            case _:
                yield f"Samples, {model.name}", partial(open_samples, page, address, model)
        yield f"Models, {model.name}", partial(open_model, page, address, model)


def open_digits(page: Page, address: str, view: str) -> None:
    page.goto(f"{address}/digits?view={view}")
    page.locator("img[src^='data:image/png']").first.wait_for()


def open_samples(page: Page, address: str, model: Checkpoint) -> None:
    critic = str(model.has_discriminator).lower()
    page.goto(f"{address}/samples?model={model.name}&count=36&pick=1&pick=2&critic={critic}")
    page.get_by_role("img", name="there and back, as an animation").wait_for()


def draw_prompts(page: Page, address: str, model: Checkpoint, view: str, sharpen: str) -> None:
    """As many images as the page allows, and the vocabulary of the model."""
    query = {"model": model.name, "view": view, "prompt": "a red handbag", "into": "a blue shirt", "count": 16}
    query |= {
        "prompts": "\n".join(f"{colour} shoes" for colour in ("red", "blue", "black", "white", "pink", "green")),
        "sharpen": sharpen,
    }
    excluded = {"Draw": ("prompts", "into"), "Blend": ("prompts",), "Compare": ("prompt", "into")}[view]
    page.goto(f"{address}/text?{urlencode({key: value for key, value in query.items() if key not in excluded})}")
    page.get_by_text("It was trained on").wait_for()
    if view == "Draw":
        page.get_by_text("What it knows").click()
        page.get_by_text("its number of training pictures").wait_for()
    wait_until_idle(page)


def open_model(page: Page, address: str, model: Checkpoint) -> None:
    page.goto(f"{address}/models?model={model.name}")
    page.get_by_role("group", name=f"A sample of {model_title(model)}").wait_for()


def upscale_sample(page: Page, address: str, model: Checkpoint) -> None:
    page.goto(f"{address}/upscale?model={model.name}")
    wait_for_upscale(page, size_metric(page, f"{188 * model.config.scale} × "))  # type: ignore[attr-defined]


def measure_quality(page: Page, address: str, model: Checkpoint) -> None:
    page.goto(f"{address}/upscale?model={model.name}&proof=true")
    wait_for_upscale(page, page.get_by_test_id("stTable"))


def upscale_large_image(page: Page, address: str, model: Checkpoint) -> None:
    scale = model.config.scale  # type: ignore[attr-defined]
    side = LARGE_SIDE_PX // scale
    page.goto(f"{address}/upscale?model={model.name}")
    page.get_by_test_id("stFileUploader").first.locator("input").set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": noise_png(side)}
    )
    wait_for_upscale(page, size_metric(page, f"{side * scale} × {side * scale}"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the memory and start-up time of a hosted server.")
    parser.add_argument("--rounds", type=int, default=1, help="repetitions of all steps")
    parser.add_argument(
        "--plain", action="store_true", help="without the settings of the C library that `app --hosted` makes"
    )
    args = parser.parse_args()
    with sync_playwright() as playwright, hosted_server(args.plain) as (address, process, startup_seconds):
        memory, start = ProcessMemory(process), time.perf_counter() - startup_seconds
        browser = launch_chromium(playwright.chromium)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(TIMEOUT_MS)
        machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        print_line(f"{machine}; healthy after {startup_seconds:.1f} s, {memory.cpu_seconds:.1f} s of a processor")
        for _ in range(args.rounds):
            for name, step in visit_steps(page, address, list_checkpoints(resolve_root())):
                step()
                seconds, peak = time.perf_counter() - start, memory.peak_megabytes
                print_line(f"{name:40}{memory.megabytes():6.0f} MB, up to {peak:4.0f} MB, after {seconds:4.0f} s")
        page.wait_for_timeout(3000)
        print_line(f"{'at rest':40}{memory.megabytes():6.0f} MB\n{'peak':40}{memory.peak_megabytes:6.0f} MB")
        browser.close()


def print_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

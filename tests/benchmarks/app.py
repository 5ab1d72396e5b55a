"""How fast the app is, in figures: `python -m tests.benchmarks.app [--rounds 30]`.

Measured with the garbage collector's freeze and without it, side by side:

- server: a rerun inside the server, garbage collection included, as wall and as processor time, once where all images
  are cached and once where sixteen are drawn;
- click: from picking a digit in the dropdown to its image being decoded in Chromium, images new each time;
- first visit: from opening /digits on a server just started to its first image.

Beside them a bare Streamlit page, one dropdown and one stored image, whose click is what Streamlit takes by itself.
Nothing here asserts: a busy machine is no bug.
"""

import argparse
import os
import statistics
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from gan_core.images.encoding import encode_png
from tests.browser.conftest import SERVER_COMMAND, STREAMLIT_COMMAND, launch_chromium, running_server
from tests.browser.screen import choose_option, wait_for_image

# The server, with a stopwatch around each run of a page, garbage collection included: wall and processor milliseconds.
SERVER_SCRIPT = """
import gc, sys, time
{unfreeze}
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from pages.ui import server

def timed(self, *given, run=ScriptRunner._run_script):
    wall, processor = time.perf_counter(), time.thread_time()
    run(self, *given)
    with open({log!r}, "a") as file:
        print((time.perf_counter() - wall) * 1000, (time.thread_time() - processor) * 1000, file=file)

ScriptRunner._run_script = timed
sys.argv[0] = "server"
server.main()
"""

# A page that shows one stored image for each option, its garbage collector frozen like ours.
BARE_PAGE_SCRIPT = """
import gc
import streamlit as st
digit = st.selectbox("Digit", range(10))
st.html(f'<img src="data:image/png;base64,{image}" alt="A generated {{digit}}, seed 0">')
gc.freeze()
"""

# Runs in the page: the time of the click's last step, and of the frame after which the new picture is decoded.
WAIT_FOR_IMAGE_JS = """
words => new Promise(resolve => {
  const look = () => {
    const found = [...document.images].find(each => each.alt === words);
    if (!found) return requestAnimationFrame(look);
    found.decode().then(() => resolve(performance.now() - window.picked));
  };
  look();
})
"""
RECORD_CLICK_JS = "addEventListener('mousedown', () => window.picked = performance.now(), true)"


@contextmanager
def timed_server(frozen: bool, log: Path) -> Iterator[tuple[str, float]]:
    """A fresh server, and the seconds it took until it answered."""
    code = SERVER_SCRIPT.format(unfreeze="" if frozen else "gc.freeze = lambda: None", log=str(log))
    start = time.perf_counter()
    with running_server(("-c", code, *SERVER_COMMAND[2:])) as address:
        yield address, time.perf_counter() - start


def open_visitor(browser: Browser, url: str) -> tuple[Page, float]:
    """A new visitor's page, and the seconds until its first picture."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(RECORD_CLICK_JS)
    start = time.perf_counter()
    page.goto(url)
    wait_for_image(page, "A generated 0, seed 0")
    return page, time.perf_counter() - start


def click_times_ms(page: Page, rounds: int) -> list[float]:
    """Milliseconds from pressing the mouse on an option to its decoded picture."""
    times = []
    for number in range(rounds):
        digit = (number * 3 + 1) % 10
        page.get_by_role("combobox", name="Digit", exact=True).click()
        page.get_by_role("option", name=str(digit), exact=True).wait_for()
        page.get_by_role("option", name=str(digit), exact=True).click(no_wait_after=True)
        times.append(page.evaluate(WAIT_FOR_IMAGE_JS, f"A generated {digit}, seed 0"))
        page.wait_for_timeout(300)
    return times


def rerun_times_ms(page: Page, log: Path, rounds: int, *, cached: bool) -> tuple[float, float]:
    """Median wall and processor milliseconds on the server of a rerun with its images cached, or sixteen drawn."""
    for digit in "01" * 2:
        choose_option(page, "Digit", digit)
        wait_for_image(page, f"A generated {digit}, seed 0")
    page.wait_for_timeout(1000)
    log.write_text("")
    for number in range(rounds):
        if cached:
            choose_option(page, "Digit", str(number % 2))
            wait_for_image(page, f"A generated {number % 2}, seed 0")
        else:
            seed = page.get_by_role("spinbutton", name="Seed")
            seed.fill(str(1000 + 50 * number))
            seed.press("Enter")
            wait_for_image(page, f"A generated 1, seed {1000 + 50 * number}")
        page.wait_for_timeout(300)
    times = [[float(word) for word in line.split()] for line in log.read_text().splitlines()]
    return statistics.median(wall for wall, _ in times), statistics.median(processor for _, processor in times)


def measure_app(browser: Browser, frozen: bool, rounds: int) -> dict[str, float]:
    with TemporaryDirectory() as folder, timed_server(frozen, Path(folder) / "times") as (address, start):
        page, first_visit = open_visitor(browser, f"{address}/digits?seed=0")
        page.wait_for_timeout(1000)
        second_visit = open_visitor(browser, f"{address}/digits?seed=0")[1]
        click_ms = statistics.median(click_times_ms(page, rounds))
        cached_wall, cached_processor = rerun_times_ms(page, Path(folder) / "times", rounds, cached=True)
        drawn_wall, drawn_processor = rerun_times_ms(page, Path(folder) / "times", rounds, cached=False)
    return {
        "server start until it answers, s": start,
        "first visit to first image, s": first_visit,
        "second visitor to first image, s": second_visit,
        "click to image, median ms": click_ms,
        "cached rerun on the server, ms": cached_wall,
        "  of that processor time, ms": cached_processor,
        "rerun that draws sixteen, ms": drawn_wall,
        "  of that processor time, ms ": drawn_processor,
    }


def measure_bare_page(browser: Browser, rounds: int) -> float:
    """Milliseconds from a click to the image on a page without anything of ours."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        image = b64encode(encode_png(Image.radial_gradient("L").resize((28, 28)))).decode()
        script.write_text(BARE_PAGE_SCRIPT.format(image=image))
        command = ("-m", "streamlit", "run", str(script), *STREAMLIT_COMMAND[4:])
        with running_server(command) as address:
            page, _ = open_visitor(browser, address)
            page.wait_for_timeout(1000)
            return statistics.median(click_times_ms(page, rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the app.")
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright.chromium)
        frozen, unfrozen = measure_app(browser, True, rounds), measure_app(browser, False, rounds)
        bare_ms = measure_bare_page(browser, rounds)
        browser.close()
    load = os.getloadavg()[0]
    sys.stdout.write(f"{rounds} rounds, {os.cpu_count()} cores, load {load:.1f}\n")
    sys.stdout.write(f"{'':36}{'frozen':>10}{'not':>10}{'ratio':>8}\n")
    for name in frozen:
        sys.stdout.write(f"{name:36}{frozen[name]:10.2f}{unfrozen[name]:10.2f}{unfrozen[name] / frozen[name]:8.2f}\n")
    ratio = frozen["click to image, median ms"] / bare_ms
    sys.stdout.write(f"a bare page's click takes {bare_ms:.0f} ms; ours is {ratio:.2f} times that\n")


if __name__ == "__main__":
    main()

"""How fast the app is, in figures: `python -m tests.benchmarks.app [--rounds 30]`.

Three things are measured, with the garbage collector's freeze and without it, side by side:

- server: a cached rerun of a page inside the server, garbage collection included, as wall and as processor time;
- click: from picking a digit in the dropdown to its picture being decoded in Chromium, pictures new each time;
- first visit: from opening /digits on a server just started to its first picture.

Nothing here asserts: a busy machine is no bug.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import SERVER_COMMAND, launch_chromium, running_server
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


def rerun_times_ms(page: Page, log: Path, rounds: int) -> tuple[float, float]:
    """Median wall and processor milliseconds of the server for a rerun whose pictures are all cached."""
    for digit in "01" * 2:
        choose_option(page, "Digit", digit)
        wait_for_image(page, f"A generated {digit}, seed 0")
    page.wait_for_timeout(1000)
    log.write_text("")
    for number in range(rounds):
        choose_option(page, "Digit", str(number % 2))
        wait_for_image(page, f"A generated {number % 2}, seed 0")
        page.wait_for_timeout(300)
    times = [[float(word) for word in line.split()] for line in log.read_text().splitlines()]
    return statistics.median(wall for wall, _ in times), statistics.median(processor for _, processor in times)


def measure_app(browser: Browser, frozen: bool, rounds: int) -> dict[str, float]:
    with TemporaryDirectory() as folder, timed_server(frozen, Path(folder) / "times") as (address, start):
        page, first_visit = open_visitor(browser, f"{address}/digits")
        page.wait_for_timeout(1000)
        second_visit = open_visitor(browser, f"{address}/digits")[1]
        click_ms = statistics.median(click_times_ms(page, rounds))
        wall, processor = rerun_times_ms(page, Path(folder) / "times", rounds)
    return {
        "server start until it answers, s": start,
        "first visit to first picture, s": first_visit,
        "second visitor to first picture, s": second_visit,
        "click to picture, median ms": click_ms,
        "cached rerun on the server, ms": wall,
        "  of that processor time, ms": processor,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the app.")
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright.chromium)
        frozen, unfrozen = measure_app(browser, True, rounds), measure_app(browser, False, rounds)
        browser.close()
    load = os.getloadavg()[0]
    sys.stdout.write(f"{rounds} rounds, {os.cpu_count()} cores, load {load:.1f}\n")
    sys.stdout.write(f"{'':36}{'frozen':>10}{'not':>10}{'ratio':>8}\n")
    for name in frozen:
        sys.stdout.write(f"{name:36}{frozen[name]:10.2f}{unfrozen[name]:10.2f}{unfrozen[name] / frozen[name]:8.2f}\n")


if __name__ == "__main__":
    main()

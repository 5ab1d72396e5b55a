"""Measures the frame rate of the toy GAN on the page How it works: `python -m tests.benchmarks.game [--seconds 15]`.

With a server of its own and Chromium on the same machine, at each speed in turn: the browser counts how often the plot
changes. Nothing here asserts.
"""

import argparse
import os
import sys

from playwright.sync_api import expect, sync_playwright

from pages.how_it_works.playback import STEPS_PER_FRAME
from tests.browser.conftest import launch_chromium, running_server
from tests.browser.test_how_it_works import pause, wait_for_step

COUNT_FRAMES_JS = """seconds => new Promise(done => {
    const began = performance.now(), seen = new Set()
    const canvas = [...document.querySelectorAll('*')]
        .map(element => (element.shadowRoot ?? element).querySelector('canvas'))
        .find(canvas => canvas?.dataset.step)
    const look = () => {
        seen.add(canvas.dataset.step)
        if (performance.now() - began < seconds * 1000) requestAnimationFrame(look)
        else done((seen.size - 1) / (performance.now() - began) * 1000)
    }
    look()
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the frame rate of the toy GAN.")
    parser.add_argument("--seconds", type=float, default=15)
    seconds = parser.parse_args().seconds
    with running_server() as address, sync_playwright() as playwright:
        browser = launch_chromium(playwright.chromium)
        sys.stdout.write(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        for pace in STEPS_PER_FRAME:
            page = browser.new_page()
            page.goto(f"{address}/how-it-works?pace={pace}")
            page.get_by_role("button", name="Play", exact=True).click()
            wait_for_step(page, 5 * pace)
            rate = page.evaluate(COUNT_FRAMES_JS, seconds)
            sys.stdout.write(f"{pace:3} steps a frame: {rate:5.1f} frames a second\n")
            pause(page)
            expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
            page.close()
        browser.close()


if __name__ == "__main__":
    main()

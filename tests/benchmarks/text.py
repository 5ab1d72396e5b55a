"""How fast a sentence becomes pictures, in figures: `python -m tests.benchmarks.text [--model fashion-text]`.

After warm-up, in milliseconds, the median and the best of the rounds (a busy machine disturbs the best least):

- encoder: one sentence to its vector, which is meant to stay under a millisecond;
- prompt: what the page does for a sentence that nobody asked for before: its words looked up, 8 pictures drawn and
  encoded as PNG files, which is meant to stay within 150 ms on two cores; and what of it the network takes;
- way: the nine pictures from one sentence to another, at once and one by one;
- browser, with --browser: from Enter to the last of 8 pictures being decoded in Chromium, sentences new each time.

Nothing here asserts: a busy machine is no bug.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import torch
from playwright.sync_api import Page, sync_playwright

from gan_core import sampling
from gan_core.checkpoints.store import root_folder
from gan_core.images import tensors
from gan_core.text.encoder import TextEncoder

PICTURES, STEPS = 8, 9
COLOURS = ("red", "navy blue", "white", "black", "pink", "brown", "yellow", "green", "grey", "purple")
THINGS = ("handbag", "t-shirt", "running shoes", "watch", "dress", "sunglasses", "kurta", "backpack", "heels", "belt")

# Runs in the page: the time from Enter until the last picture of a sentence is decoded.
WATCH = """
words => new Promise(resolve => {
  const look = () => {
    const found = [...document.images].filter(each => each.alt.startsWith(words + ", drawn by"));
    if (found.length < 8) return requestAnimationFrame(look);
    Promise.all(found.map(each => each.decode())).then(() => resolve(performance.now() - window.entered));
  };
  look();
})
"""
STAMP = "addEventListener('keydown', event => { if (event.key === 'Enter') window.entered = performance.now() }, true)"


def prompt(number: int) -> str:
    """A sentence that differs from all before it, a hundred times."""
    return f"a {COLOURS[number % 10]} {THINGS[number // 10 % 10]} for women"


def timed(act: Callable[[int], Any], rounds: int, warm: int = 3) -> tuple[float, float]:
    """The median and the least milliseconds of `act`, which is told the round's number."""
    took = []
    for number in range(warm + rounds):
        began = time.perf_counter()
        act(number)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[warm:]), min(took[warm:])


def drawing(model: sampling.Model, rounds: int) -> dict[str, tuple[float, float]]:
    """What one process measures of itself, without a page."""
    encoder: TextEncoder = model.encoder or sys.exit(f"{model.checkpoint.name} draws no sentences.")
    config, seeds = model.checkpoint.config, list(range(PICTURES))
    latents = torch.randn(sampling.CHUNK, config.latent_size)
    sentences = torch.randn(sampling.CHUNK, config.sentence_size)

    def page(number: int) -> list[bytes]:
        encoder.unknown_words(prompt(number))
        drawn = sampling.sample(model, seeds, prompts=[prompt(number)])
        return [tensors.png_bytes(tensors.to_pil(each)) for each in drawn]

    shares, ends = [step / (STEPS - 1) for step in range(STEPS)], (prompt(0), prompt(11))
    return {
        "encoder, one sentence": timed(lambda number: encoder.encode([prompt(number)]), 50 * rounds),
        f"prompt, {PICTURES} pictures": timed(page, rounds),
        "  of that the network": timed(
            lambda _: sampling.in_chunks(model.generator, model.device, latents, sentences), rounds
        ),
        "way, at once": timed(lambda _: sampling.blend(model, [0] * STEPS, ends, shares), rounds),
        "way, one by one": timed(lambda _: [sampling.blend(model, [0], ends, share) for share in shares], rounds),
    }


def browsing(rounds: int) -> tuple[float, float]:
    """From Enter to pictures, in a browser on this machine."""
    from tests.browser.conftest import launch, running

    numbers = count()
    with running() as address, sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.add_init_script(STAMP)
        page.goto(f"{address}/text")
        page.get_by_role("img").first.wait_for()
        took = [entered(page, prompt(next(numbers))) for _ in range(rounds + 1)][1:]
        browser.close()
    return statistics.median(took), min(took)


def entered(page: Page, words: str) -> float:
    line = page.get_by_role("textbox", name="What shall be drawn?")
    line.fill(words)
    line.press("Enter")
    took: float = page.evaluate(WATCH, words)
    page.wait_for_timeout(300)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="fashion-text")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--browser", action="store_true", help="measure in Chromium as well")
    chosen = parser.parse_args()
    found = drawing(sampling.load(chosen.model, root_folder(), "cpu"), chosen.rounds)
    if chosen.browser:
        found["browser, Enter to 8 pictures"] = browsing(chosen.rounds)
    load, threads = os.getloadavg()[0], torch.get_num_threads()
    print(f"{chosen.model}, {chosen.rounds} rounds, {threads} of {os.cpu_count()} cores, load {load:.1f}")
    print(f"{'':32}{'median ms':>12}{'best ms':>12}")
    for name, (median, best) in found.items():
        print(f"{name:32}{median:12.2f}{best:12.2f}")


if __name__ == "__main__":
    main()

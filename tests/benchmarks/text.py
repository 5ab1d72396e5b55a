"""Latency of text-to-image sampling: `python -m tests.benchmarks.text [--model fashion-text]`.

Median and best of the rounds after warm-up, in milliseconds (other load on the machine affects the best least):

- encoder: the embedding of one sentence; the goal is less than 1 ms;
- prompt: the work of the page for a new prompt: its words looked up, 8 images generated and encoded as PNG; the goal
  is 150 ms on two cores; and the share of the network in it;
- interpolation: nine images from one prompt to another, in one call and in nine;
- browser, with --browser: from Enter to the last of 8 images decoded in Chromium, for new prompts.

Nothing is asserted, as timings depend on the load of the machine.
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
from gan_core.checkpoints.store import resolve_root
from gan_core.images import encoding, tensors
from gan_core.text.encoder import TextEncoder

IMAGE_COUNT, STEP_COUNT = 8, 9
COLOURS = ("red", "navy blue", "white", "black", "pink", "brown", "yellow", "green", "grey", "purple")
THINGS = ("handbag", "t-shirt", "running shoes", "watch", "dress", "sunglasses", "kurta", "backpack", "heels", "belt")

# Runs in the page: the time from Enter until the last image of a prompt is decoded.
WAIT_FOR_IMAGES_JS = """
prompt => new Promise(resolve => {
  const look = () => {
    const found = [...document.images].filter(image => image.alt.startsWith(prompt + ", drawn by"));
    if (found.length < 8) return requestAnimationFrame(look);
    Promise.all(found.map(image => image.decode())).then(() => resolve(performance.now() - window.entered));
  };
  look();
})
"""
RECORD_ENTER_JS = (
    "addEventListener('keydown', event => { if (event.key === 'Enter') window.entered = performance.now() }, true)"
)


def nth_prompt(number: int) -> str:
    """One of a hundred different prompts."""
    return f"a {COLOURS[number % 10]} {THINGS[number // 10 % 10]} for women"


def time_rounds(action: Callable[[int], Any], rounds: int, warm_up_rounds: int = 3) -> tuple[float, float]:
    """Median and minimum of the duration of `action`, in milliseconds. It is called with the number of the round."""
    durations_ms = []
    for number in range(warm_up_rounds + rounds):
        start = time.perf_counter()
        action(number)
        durations_ms.append((time.perf_counter() - start) * 1000)
    return statistics.median(durations_ms[warm_up_rounds:]), min(durations_ms[warm_up_rounds:])


def measure_model(model: sampling.Model, rounds: int) -> dict[str, tuple[float, float]]:
    """Timings in this process, without a page, by name: median and best in milliseconds."""
    encoder: TextEncoder = model.text_encoder or sys.exit(f"{model.checkpoint.name} has no text encoder.")
    config, seeds = model.checkpoint.config, list(range(IMAGE_COUNT))
    latents = torch.randn(sampling.BATCH_SIZE, config.latent_size)
    embeddings = torch.randn(sampling.BATCH_SIZE, config.sentence_size)

    def answer_prompt(number: int) -> list[bytes]:
        encoder.unknown_words(nth_prompt(number))
        images = sampling.sample(model, seeds, prompts=[nth_prompt(number)])
        return [encoding.encode_png(tensors.to_pil(image)) for image in images]

    shares, ends = [step / (STEP_COUNT - 1) for step in range(STEP_COUNT)], (nth_prompt(0), nth_prompt(11))
    return {
        "encoder, one sentence": time_rounds(lambda number: encoder.encode([nth_prompt(number)]), 50 * rounds),
        f"prompt, {IMAGE_COUNT} images": time_rounds(answer_prompt, rounds),
        "  of which the network": time_rounds(
            lambda _: sampling.in_fixed_batches(model.generator, model.device, latents, embeddings), rounds
        ),
        "interpolation, one call": time_rounds(lambda _: sampling.blend(model, [0] * STEP_COUNT, ends, shares), rounds),
        "interpolation, nine calls": time_rounds(
            lambda _: [sampling.blend(model, [0], ends, share) for share in shares], rounds
        ),
    }


def measure_browser(rounds: int) -> tuple[float, float]:
    """Median and best time from Enter to images, in a browser on this machine, in milliseconds."""
    from tests.browser.conftest import launch_chromium, running_server

    numbers = count()
    with running_server() as address, sync_playwright() as playwright:
        browser = launch_chromium(playwright.chromium)
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.add_init_script(RECORD_ENTER_JS)
        page.goto(f"{address}/text")
        page.get_by_role("img").first.wait_for()
        durations_ms = [time_prompt(page, nth_prompt(next(numbers))) for _ in range(rounds + 1)][1:]
        browser.close()
    return statistics.median(durations_ms), min(durations_ms)


def time_prompt(page: Page, prompt: str) -> float:
    """Milliseconds from Enter until the last image of the prompt is decoded."""
    field = page.get_by_role("textbox", name="What shall be drawn?")
    field.fill(prompt)
    field.press("Enter")
    duration_ms: float = page.evaluate(WAIT_FOR_IMAGES_JS, prompt)
    page.wait_for_timeout(300)
    return duration_ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="fashion-text")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--browser", action="store_true", help="measure in Chromium as well")
    args = parser.parse_args()
    timings = measure_model(sampling.load_model(args.model, resolve_root(), "cpu"), args.rounds)
    if args.browser:
        timings["browser, Enter to 8 images"] = measure_browser(args.rounds)
    load, threads = os.getloadavg()[0], torch.get_num_threads()
    print(f"{args.model}, {args.rounds} rounds, {threads} of {os.cpu_count()} cores, load {load:.1f}")
    print(f"{'':32}{'median ms':>12}{'best ms':>12}")
    for name, (median, best) in timings.items():
        print(f"{name:32}{median:12.2f}{best:12.2f}")


if __name__ == "__main__":
    main()

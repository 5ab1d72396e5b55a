"""Records the moving picture of the README: `python -m tests.browser.record` writes docs/app.webp."""

import io
import sys
from collections.abc import Iterator

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.browser.conftest import ROOT, launch_chromium, running_server
from tests.browser.screen import choose_option, wait_until_idle

OUTPUT = ROOT / "docs" / "app.webp"
VIEWPORT: ViewportSize = {"width": 1180, "height": 720}
WIDTH_PX = 760
QUALITY = 62
STILL_MS, MOVING_MS = 1100, 220
Frame = tuple[bytes, int]  # a PNG and how long it stands, in milliseconds


def shot(page: Page, duration_ms: int = STILL_MS) -> Frame:
    wait_until_idle(page)
    page.wait_for_timeout(400)
    return page.screenshot(), duration_ms


def digits(page: Page, address: str) -> Iterator[Frame]:
    page.goto(f"{address}/digits?digit=7&seed=4")
    page.get_by_role("img", name="A generated 7, seed 4").wait_for()
    yield shot(page)
    for digit in "358":
        choose_option(page, "Digit", digit)
        page.get_by_role("img", name=f"A generated {digit}, seed 4").wait_for()
        yield shot(page)


def blends(page: Page, address: str) -> Iterator[Frame]:
    for percent in range(0, 101, 20):
        page.goto(f"{address}/digits?view=Blend&digit=3&into=8&blend={percent / 100}&seed=12")
        page.locator(".atelier-gallery img").first.wait_for()
        yield shot(page, MOVING_MS * 2)


def prompts(page: Page, address: str) -> Iterator[Frame]:
    for prompt in ("a red handbag", "white running shoes", "a blue dress"):
        page.goto(f"{address}/text?prompt={prompt.replace(' ', '+')}&count=12&seed=3")
        page.locator(".atelier-gallery img").first.wait_for()
        page.locator(".atelier-gallery img").last.scroll_into_view_if_needed()
        yield shot(page)


def upscaling(page: Page, address: str) -> Iterator[Frame]:
    page.goto(f"{address}/upscale?sample=lighthouse")
    line = page.get_by_role("slider").last
    line.wait_for()
    page.wait_for_timeout(1500)
    line.scroll_into_view_if_needed()
    line.focus()
    for key in ("Home", *["PageUp"] * 5, "End"):
        page.keyboard.press(key)
        yield shot(page, MOVING_MS)


def game(page: Page, address: str) -> Iterator[Frame]:
    page.goto(f"{address}/how-it-works")
    page.get_by_role("button", name="Play", exact=True).click()
    page.locator("canvas").first.scroll_into_view_if_needed()
    for _ in range(10):
        page.wait_for_timeout(900)
        yield page.screenshot(), MOVING_MS


def main() -> None:
    frames: list[Frame] = []
    with running_server() as address, sync_playwright() as playwright:
        browser = launch_chromium(playwright.chromium)
        page = browser.new_context(viewport=VIEWPORT, color_scheme="light").new_page()
        for scene in (digits, blends, prompts, upscaling, game):
            frames += scene(page, address)
        browser.close()
    images = [Image.open(io.BytesIO(png)).convert("RGB") for png, _ in frames]
    height = round(WIDTH_PX * images[0].height / images[0].width)
    small = [image.resize((WIDTH_PX, height), Image.Resampling.LANCZOS) for image in images]
    small[0].save(
        OUTPUT, save_all=True, append_images=small[1:], duration=[duration_ms for _, duration_ms in frames], loop=0,
        quality=QUALITY, method=6,
    )  # fmt: skip
    sys.stdout.write(f"{OUTPUT}: {len(frames)} frames, {OUTPUT.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()

"""What a page shows on the screen: pixels of images, the state of the script, requests, and contrasts of texts."""

import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

IMAGE_SIDE_PX = 28


def screen_pixels(image: Locator) -> NDArray[np.uint8]:
    """An image of 28 × 28 pixels as the screen shows it, sampled at the centre of each pixel: uint8 (28, 28)."""
    image.scroll_into_view_if_needed()
    screenshot = np.asarray(Image.open(io.BytesIO(image.screenshot())).convert("L"))
    rows, columns = (
        ((np.arange(IMAGE_SIDE_PX) + 0.5) * length / IMAGE_SIDE_PX).astype(int) for length in screenshot.shape
    )
    return screenshot[np.ix_(rows, columns)]


def wait_for_image(page: Page, alt_text: str) -> Locator:
    """The image with this alt text, once it is decoded."""
    image = page.get_by_role("img", name=alt_text, exact=True).first
    image.wait_for()
    image.evaluate("image => image.decode()")
    return image


def wait_until_idle(page: Page) -> None:
    """Wait until no script runs: until then stale elements are faint, and a click may hit the former page."""
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0)


def choose_option(page: Page, dropdown: str, option: str) -> None:
    """Select an option of a dropdown with the mouse."""
    page.get_by_role("combobox", name=dropdown, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


WATCH_RECONNECT_JS = """
() => {
  window.returns = 0
  const app = document.querySelector("[data-testid=stApp]")
  new MutationObserver(records => {
    const before = records[0].oldValue, now = app.dataset.testConnectionState
    if (now === "CONNECTED" && before !== "CONNECTED") window.returns += 1
  }).observe(app, {attributeFilter: ["data-test-connection-state"], attributeOldValue: true})
}
"""
RECONNECTED_AND_IDLE_JS = """
() => {
  const running = document.querySelector("[data-test-script-state=running]") !== null, now = performance.now()
  if (running || !window.returns || !window.stillSince) window.stillSince = now
  return now - window.stillSince > 1500
}
"""


def watch_for_reconnect(page: Page) -> None:
    """Have the page count its reconnections from now on. Call it before the server stops."""
    page.evaluate(WATCH_RECONNECT_JS)


def wait_for_reconnect(page: Page) -> None:
    """Wait until a page that is watched has reconnected, and has been idle for 1.5 s."""
    page.wait_for_function(RECONNECTED_AND_IDLE_JS, polling=100)


def external_requests(urls: list[str], address: str) -> list[str]:
    """The requests that did not go to our own server."""
    return [url for url in urls if not url.startswith((address, "data:", "blob:", address.replace("http", "ws")))]


CONTRAST_JS = """
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const parse = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], base) => [r, g, b].map((value, i) => value * a + base[i] * (1 - a));
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [];
  const walker = document.createTreeWalker(document.querySelector(".stApp"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    const box = element.getBoundingClientRect();
    if (!text || !box.width || !box.height || getComputedStyle(element).visibility !== "visible") continue;
    if (element.closest("[data-testid=stIconMaterial], [disabled], [aria-disabled=true], style, script, svg")) continue;
    const chain = []; for (let at = element; at; at = at.parentElement) chain.unshift(at);
    let back = [255, 255, 255], opacity = 1;
    for (const ancestor of chain) {
      const style = getComputedStyle(ancestor); opacity *= Number(style.opacity);
      const thumb = ancestor.querySelector("[data-testid=stSliderThumbValue]") && ancestor.clientWidth < 40;
      if (!thumb) back = over(parse(style.backgroundColor), back);  // its value floats above it
    }
    if (opacity < 0.05) continue;
    const [r, g, b, a] = parse(getComputedStyle(element).color);
    const [dark, bright] = [light(over([r, g, b, a * opacity], back)), light(back)].sort((x, y) => x - y);
    found.push([Math.round((bright + 0.05) / (dark + 0.05) * 100) / 100, text.slice(0, 60)]);
  }
  return JSON.stringify(found);
}
"""


def low_contrast_texts(page: Page, min_ratio: float) -> list[Any]:
    """Visible texts whose contrast (WCAG 2) with their background is below `min_ratio`: [[ratio, text], ...].

    Some texts fade in, and code is coloured late, so a low contrast is measured again for up to 20 s.
    """
    wait_until_idle(page)
    found = []
    for _ in range(200):
        found = [entry for entry in json.loads(page.evaluate(CONTRAST_JS)) if entry[0] < min_ratio]
        if not found:
            break
        page.wait_for_timeout(100)
    return found

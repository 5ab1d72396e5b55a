"""Every page in both themes and at two widths, by keyboard, with alt texts and names of controls."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_S
from tests.browser.screen import external_requests, low_contrast_texts, wait_for_image, wait_until_idle

MIN_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA
MIN_NON_TEXT_CONTRAST = 3  # 1.4.11
PATHS = [
    "",
    "models?model=mnist-cgan",
    "samples?pick=2&pick=5&critic=true&model=mnist-cgan",
    "digits?digit=12",
    "digits?view=Write&text=12:30",
    "how-it-works",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_readable_and_fits(address: str, browser: Browser, scheme, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    context.set_default_timeout(TIMEOUT_S * 1000)
    page = context.new_page()
    for path in PATHS:
        page.goto(f"{address}/{path}")
        expect(page.locator("img[src^='data:image/png']").first).to_be_visible()
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
        if path.startswith("models"):  # whose commands, in a closed expander, are coloured late
            expect(page.locator("code .token").first).to_be_attached()
        assert not low_contrast_texts(page, MIN_CONTRAST), path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert background == {"light": "rgb(251, 248, 242)", "dark": "rgb(23, 20, 26)"}[scheme]
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_every_picture_has_an_alt_text_and_every_control_a_name(address: str, page: Page, path: str) -> None:
    page.goto(f"{address}/{path}")
    expect(page.locator("img[src^='data:image/png']").first).to_be_visible()
    main = page.get_by_test_id("stMain")
    assert main.locator("img").evaluate_all("images => images.filter(image => !image.alt.trim()).length") == 0
    snapshot = main.aria_snapshot().splitlines()
    controls = ("- button", "- combobox", "- spinbutton", "- slider", "- textbox", "- radio", "- checkbox", "- switch")
    assert not [line for line in snapshot if line.strip().startswith(controls) and '"' not in line]


def test_a_digit_can_be_selected_by_keyboard_alone(address: str, page: Page) -> None:
    page.goto(f"{address}/digits?seed=0")
    wait_for_image(page, "A generated 0, seed 0")
    dropdown = page.get_by_role("combobox", name="Digit", exact=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        if dropdown.evaluate("element => element === document.activeElement"):
            break
    expect(dropdown).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("7")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    wait_for_image(page, "A generated 7, seed 0")


def test_no_branding_of_streamlit_is_shown(address: str, page: Page) -> None:
    page.goto(address)
    expect(page.locator("img[src^='data:image/png']").first).to_be_visible()
    expect(page).to_have_title("GAN Atelier")
    expect(page.get_by_test_id("stAppDeployButton")).to_have_count(0)
    icon = page.locator("link[rel='shortcut icon'], link[rel='icon']").first.get_attribute("href") or ""
    assert "favicon.png" not in icon


def test_the_home_page_leads_to_the_others_and_back(address: str, page: Page) -> None:
    page.goto(address)
    page.get_by_role("link", name="Draw digits").click()
    wait_for_image(page, "A generated 3, seed 20")
    expect(page).to_have_url(f"{address}/digits?set=Digits&digit=3&seed=20")
    page.get_by_role("link", name="Samples").click()
    page.get_by_role("img", name="Picture 1: drawn by").wait_for()
    wait_until_idle(page)
    page.go_back()
    wait_for_image(page, "A generated 3, seed 20")
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_text("Pictures nobody drew")).to_be_visible()


def test_nothing_is_fetched_from_elsewhere(address: str, page: Page) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{address}/digits?seed=0")
    wait_for_image(page, "A generated 0, seed 0")
    assert not external_requests(requests, address)


FOCUS_JS = """
() => {
  const element = document.activeElement
  if (!element || element === document.body) return null
  const canvas = new OffscreenCanvas(1, 1).getContext("2d")
  const light = colour => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
  }
  const ringed = [element, element.closest("[class*=st-key-card-]")]
    .find(at => at && getComputedStyle(at).outlineStyle === "solid")
  const name = (element.getAttribute("aria-label") || element.textContent || element.tagName).trim().slice(0, 40)
  if (!ringed) return [name, 0, 0]
  const style = getComputedStyle(ringed)
  const back = light(getComputedStyle(document.querySelector(".stApp")).backgroundColor)
  const [dark, bright] = [light(style.outlineColor), back].sort((x, y) => x - y)
  return [name, parseFloat(style.outlineWidth), (bright + 0.05) / (dark + 0.05)]
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "digits", "samples", "text", "train", "models"])
def test_whatever_the_keyboard_reaches_shows_it_by_a_ring(address: str, browser: Browser, path: str, scheme) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(TIMEOUT_S * 1000)
    page = context.new_page()
    page.goto(f"{address}/{path}")
    page.get_by_role("button", name="Share").wait_for()
    wait_until_idle(page)
    faint, names = [], set()
    for _ in range(30):
        page.keyboard.press("Tab")
        for _ in range(4):  # styles may arrive late on a busy machine
            focus = page.evaluate(FOCUS_JS)
            if focus is None or (focus[1] >= 2 and focus[2] >= MIN_NON_TEXT_CONTRAST):
                break
            page.wait_for_timeout(500)
        else:
            faint.append(focus)
        if focus:
            names.add(focus[0])
    assert len(names) > 8
    assert not faint
    context.close()

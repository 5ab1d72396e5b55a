"""Home in a browser: whole cards are links, by mouse and by keyboard, and its first screen shows the wall."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import TIMEOUT_S
from tests.browser.screen import wait_until_idle


def open_home(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Draw faces").wait_for()
    page.get_by_role("button", name="Share").wait_for()
    wait_until_idle(page)


def card(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-card-{name}")


def test_a_click_anywhere_on_a_card_opens_its_page_without_loading_the_app_anew(address: str, page: Page) -> None:
    open_home(page, address)
    page.evaluate("window.isSameDocument = true")
    box = card(page, "flowers").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)  # on a picture
    expect(page).to_have_url(re.compile("/samples.*model=flowers-r3gan"))
    assert page.evaluate("window.isSameDocument")


def test_each_card_is_one_stop_of_the_keyboard_and_shows_the_focus(address: str, page: Page) -> None:
    open_home(page, address)
    for subject in ("faces", "flowers", "digits", "things", "upscale", "train", "how-it-works", "models"):
        assert card(page, subject).locator("a, button, input, [tabindex='0']").count() == 1, subject
    page.get_by_role("link", name="Draw faces").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Draw flowers")).to_be_focused()
    assert card(page, "flowers").evaluate("card => getComputedStyle(card).outlineStyle") == "solid"
    assert card(page, "digits").evaluate("card => getComputedStyle(card).outlineStyle") == "none"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/samples"))


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_the_first_screen_shows_the_wall(address: str, browser: Browser, width: int, height: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(TIMEOUT_S * 1000)
    page = context.new_page()
    open_home(page, address)
    for subject in ("faces", "flowers", "digits", "things"):
        expect(card(page, subject).locator("img").first).to_be_in_viewport()
    context.close()


def test_the_moving_pictures_stand_still_for_those_who_want_no_movement(address: str, browser: Browser) -> None:
    for motion, kind in (("reduce", "png"), ("no-preference", "webp")):
        context = browser.new_context(reduced_motion=motion)  # pyright: ignore[reportArgumentType]
        context.set_default_timeout(TIMEOUT_S * 1000)
        page = context.new_page()
        open_home(page, address)
        for subject in ("train", "how-it-works"):
            shown = card(page, subject).locator("img:visible")
            expect(shown).to_have_count(1)
            assert (shown.get_attribute("src") or "").startswith(f"data:image/{kind}")
        context.close()

"""The frame around every page: the browser's Back, titles of tabs, the menu of a phone, focus, unknown addresses."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_S
from tests.browser.screen import choose_option, wait_for_image, wait_until_idle

TITLES = {
    "": "GAN Atelier",
    "samples": "Samples · GAN Atelier",
    "digits": "Digits · GAN Atelier",
    "text": "Text · GAN Atelier",
    "upscale": "Upscale · GAN Atelier",
    "train": "Train · GAN Atelier",
    "models": "Models · GAN Atelier",
    "how-it-works": "How it works · GAN Atelier",
}


def history_length(page: Page) -> int:
    return page.evaluate("history.length")


def open_digits(page: Page, address: str) -> None:
    """Digits with a seven from seed 41, after everything has run."""
    page.goto(f"{address}/digits?set=Digits&digit=7&seed=41")
    wait_for_image(page, "A generated 7, seed 41")
    wait_until_idle(page)


def test_back_undoes_choices_one_by_one_and_forward_makes_them_again(address: str, page: Page) -> None:
    open_digits(page, address)
    for digit in ("3", "5"):
        choose_option(page, "Digit", digit)
        wait_for_image(page, f"A generated {digit}, seed 41")
        wait_until_idle(page)
    page.get_by_test_id("stMain").get_by_text("Handwriting", exact=True).click()
    page.get_by_text("Each row is one seed").wait_for()
    wait_until_idle(page)
    for digit in ("5", "3", "7"):
        page.go_back()
        wait_for_image(page, f"A generated {digit}, seed 41")
        expect(page.get_by_role("combobox", name="Digit", exact=True)).to_have_value(digit)
        wait_until_idle(page)
    page.go_forward()
    wait_for_image(page, "A generated 3, seed 41")


def test_back_to_another_page_shows_it_as_it_was_left(address: str, page: Page) -> None:
    open_digits(page, address)
    page.get_by_role("link", name="Samples", exact=True).click()
    expect(page).to_have_url(re.compile("/samples"))
    page.get_by_role("img", name=re.compile("^Picture 1: ")).first.wait_for()
    wait_until_idle(page)
    page.go_back()
    wait_for_image(page, "A generated 7, seed 41")
    expect(page).to_have_url(f"{address}/digits?set=Digits&digit=7&seed=41")


def test_a_rolled_seed_is_one_choice(address: str, page: Page) -> None:
    open_digits(page, address)
    before = history_length(page)
    page.get_by_role("button", name="Roll").click()
    expect(page).not_to_have_url(re.compile("seed=41"))
    wait_until_idle(page)
    assert history_length(page) == before + 1
    page.go_back()
    wait_for_image(page, "A generated 7, seed 41")


def test_a_slider_moved_step_by_step_is_one_choice(address: str, page: Page) -> None:
    open_digits(page, address)
    before = history_length(page)
    page.get_by_role("slider").first.focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(250)
    expect(page).to_have_url(re.compile("truncation=0.7"))
    assert history_length(page) == before + 1
    page.go_back()
    expect(page).not_to_have_url(re.compile("truncation"))
    expect(page.get_by_role("slider").first).to_have_value("1")


@pytest.mark.parametrize("link", ["digits", "samples", "digits?digit=12", "text?count=x"])
def test_a_link_whose_address_the_page_completes_is_left_by_one_step_back(address: str, page: Page, link: str) -> None:
    page.goto(f"{address}/models")
    page.get_by_role("heading", level=1, name="Models").wait_for()
    page.goto(f"{address}/{link}")
    page.get_by_role("button", name="Share").wait_for()
    wait_until_idle(page)
    page.wait_for_timeout(500)
    page.go_back()
    expect(page).to_have_url(f"{address}/models")


def test_each_tab_has_the_title_of_its_page(address: str, page: Page) -> None:
    for path, title in TITLES.items():
        page.goto(f"{address}/{path}")
        expect(page).to_have_title(title)
    page.get_by_role("link", name="Digits", exact=True).click()
    expect(page).to_have_title(TITLES["digits"])


def test_the_menu_of_a_phone_closes_after_a_choice(address: str, browser: Browser) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.set_default_timeout(TIMEOUT_S * 1000)
    page = phone.new_page()
    open_digits(page, address)
    page.get_by_test_id("stExpandSidebarButton").click()
    menu = page.get_by_test_id("stSidebar")
    menu.get_by_role("link", name="Samples").click()
    expect(page).to_have_url(re.compile("/samples"))
    expect(menu.get_by_role("link", name="Samples")).not_to_be_in_viewport()
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(menu.get_by_role("link", name="Samples")).to_be_in_viewport()
    phone.close()


@pytest.mark.parametrize("plain", [False, True], ids=["our server", "streamlit run"])
def test_an_unknown_address_says_so_and_leads_to_the_pages(fresh_server: Callable, page: Page, plain: bool) -> None:
    with fresh_server(plain=plain) as address:
        for path in ("nonsense", "a/b"):  # the first is the first request of the server, the second one of a warm one
            answer = page.goto(f"{address}/{path}")
            assert answer
            assert answer.status == 404
            expect(page.get_by_role("heading", name=f"Nothing is at /{path}")).to_be_visible()
            page.get_by_role("link", name="Digits").click()
            expect(page.get_by_role("heading", name="Digits", level=1)).to_be_visible()
        page.goto(f"{address}/home")
        expect(page).to_have_url(f"{address}/")
        expect(page.get_by_role("dialog")).to_have_count(0)

"""A page on a narrow screen: pictures before the settings, which are folded; on a wide one nothing moves."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_S, running_server

# A page with a main choice and secondary settings in one grid, as the pages have them.
SCRIPT = """
import streamlit as st
from pages.ui import controls, navigation
navigation.apply_style()
st.title("A page", anchor=False)
with controls.stage():
    with st.container(border=True), st.grid(4, min_column_width=200):
        st.selectbox("Main choice", ["one", "two"])
        with controls.settings():
            with st.container(horizontal=True):
                seed = st.number_input("Seed", 0, 9)
                st.button("Roll")
            st.slider("Truncation", 0.0, 2.0)
    st.html(f'<img alt="picture {seed}" width="200" height="200">')
    st.button("A picture")
st.button("Share")
"""


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory):
    script = tmp_path_factory.mktemp("staged") / "page.py"
    script.write_text(SCRIPT, encoding="utf-8")
    flags = ("--server.headless", "true", "--server.address", "127.0.0.1", "--server.port")
    with running_server(("-m", "streamlit", "run", str(script), *flags), PYTHONPATH=".") as url:
        yield url


def open_page(browser: Browser, url: str, width: int) -> Page:
    page = browser.new_context(viewport={"width": width, "height": 844}).new_page()
    page.set_default_timeout(TIMEOUT_S * 1000)
    page.goto(url)
    page.get_by_role("img", name="picture 0").wait_for()
    return page


def top(page: Page, label: str) -> float:
    box = page.get_by_text(label, exact=True).first.bounding_box()
    assert box, label
    return box["y"]


def test_a_wide_page_shows_its_settings_beside_the_main_choice(staged: str, browser: Browser) -> None:
    page = open_page(browser, staged, 1280)
    expect(page.get_by_text("Settings", exact=True)).to_be_hidden()
    assert top(page, "Main choice") == top(page, "Seed") == top(page, "Truncation")
    picture = page.get_by_role("img", name="picture 0").bounding_box()
    assert picture
    assert picture["y"] > top(page, "Seed")


def test_a_narrow_page_shows_the_pictures_and_then_the_folded_settings(staged: str, browser: Browser) -> None:
    page = open_page(browser, staged, 390)
    picture = page.get_by_role("img", name="picture 0").bounding_box()
    assert picture
    assert top(page, "Main choice") < picture["y"] < top(page, "Settings") < top(page, "Share")
    expect(page.get_by_role("spinbutton", name="Seed")).to_be_hidden()
    page.get_by_text("Settings", exact=True).click()
    page.get_by_role("spinbutton", name="Seed").fill("3")
    page.keyboard.press("Enter")
    page.get_by_role("img", name="picture 3").wait_for()
    expect(page.get_by_role("slider", name="Truncation")).to_be_visible()  # the fold stays open after a rerun


def test_the_keyboard_visits_the_inputs_and_then_the_pictures_and_opens_the_settings(
    staged: str, browser: Browser
) -> None:
    page = open_page(browser, staged, 390)
    page.get_by_role("combobox", name="Main choice").focus()
    names = []
    for _ in range(3):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent"))
    assert names == ["Settings", "A picture", "Share"]
    page.get_by_text("Settings", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Roll")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("spinbutton", name="Seed")).to_be_focused()

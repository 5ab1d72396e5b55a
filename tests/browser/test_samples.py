"""The page Samples in a browser: the dropdown of models and the address, enlarged pictures, picked pictures."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from gan_core.checkpoints.store import resolve_root
from gan_core.images import encoding
from tests.browser.screen import IMAGE_SIDE_PX, choose_option, screen_pixels, wait_for_image, wait_until_idle
from tests.browser.test_downloads import download_file

SAMPLES = "samples?model=mnist-dcgan&seed=3&count=6"
FOCUS_IS_IN_DIALOG_JS = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"


def picture(number: int) -> str:
    return f"Picture {number}: drawn by mnist-dcgan from seed {number + 2}"


def enlarged(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Enlarged picture")


def open_samples(page: Page, address: str, link: str = SAMPLES) -> None:
    page.goto(f"{address}/{link}")
    wait_for_image(page, picture(1))
    wait_until_idle(page)


def test_back_and_forward_go_through_the_chosen_models(address: str, page: Page) -> None:
    pictures = {name: f"Picture 1: drawn by {name} from seed 3" for name in ("mnist-dcgan", "mnist-vanilla")}
    open_samples(page, address)
    choose_option(page, "Model", "Digits (mnist-vanilla)")
    wait_for_image(page, pictures["mnist-vanilla"])
    expect(page).to_have_url(re.compile("model=mnist-vanilla&seed=3&count=6"))
    wait_until_idle(page)
    page.go_back()
    wait_for_image(page, pictures["mnist-dcgan"])
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value("Digits (mnist-dcgan)")
    wait_until_idle(page)
    page.go_forward()
    wait_for_image(page, pictures["mnist-vanilla"])
    expect(page).to_have_url(re.compile("model=mnist-vanilla"))


def test_a_click_enlarges_a_picture_pixel_by_pixel_and_escape_returns_to_it(address: str, page: Page) -> None:
    open_samples(page, address)
    small = screen_pixels(page.get_by_role("img", name=picture(2)))
    page.get_by_role("img", name=picture(2)).click()
    large = enlarged(page).get_by_role("img", name=picture(2))
    expect(large).to_be_visible()
    box = large.bounding_box()
    assert box is not None
    assert box["width"] >= 500
    assert box["width"] == box["height"]
    assert box["width"] % IMAGE_SIDE_PX == 0
    np.testing.assert_array_equal(screen_pixels(large), small)
    expect(enlarged(page)).to_contain_text("2 of 6")
    page.keyboard.press("Escape")
    expect(enlarged(page)).to_be_hidden()
    expect(page.get_by_role("button", name=picture(2))).to_be_focused()


def test_a_click_outside_or_on_the_cross_closes_the_enlarged_picture(address: str, page: Page) -> None:
    open_samples(page, address)
    for close in (lambda: page.mouse.click(5, 450), lambda: enlarged(page).get_by_role("button", name="Close").click()):
        page.get_by_role("img", name=picture(1)).click()
        expect(enlarged(page)).to_be_visible()
        close()
        expect(enlarged(page)).to_be_hidden()


def test_the_keyboard_goes_through_a_gallery_and_its_enlarged_pictures(address: str, page: Page) -> None:
    open_samples(page, address)
    page.get_by_role("button", name=picture(1)).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name=picture(2))).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name=picture(6))).to_be_focused()
    page.keyboard.press("Enter")
    expect(enlarged(page).get_by_role("img", name=picture(6))).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(enlarged(page).get_by_role("img", name=picture(5))).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_IS_IN_DIALOG_JS)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=picture(5))).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pick picture 5 for the walk")).to_be_focused()


def test_the_enlarged_picture_is_downloaded_with_the_settings_that_made_it(address: str, page: Page) -> None:
    open_samples(page, address)
    page.get_by_role("img", name=picture(1)).click()
    with page.expect_download() as download:
        enlarged(page).get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "mnist-dcgan-seed3.png"
    data = download.value.path().read_bytes()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Download").click()
    expected = download_file(page, "This picture (PNG)")
    np.testing.assert_array_equal(encoding.decode_png(data), encoding.decode_png(expected))
    assert encoding.read_png_metadata(data) == encoding.read_png_metadata(expected)


def test_on_a_phone_a_tap_enlarges_to_the_whole_width_and_a_swipe_goes_on(address: str, browser: Browser) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = phone.new_page()
    open_samples(page, address)
    page.get_by_role("img", name=picture(1)).tap()
    expect(enlarged(page)).to_have_js_property("clientWidth", 390)
    box = enlarged(page).get_by_role("img", name=picture(1)).bounding_box()
    assert box is not None
    assert box["width"] == 390 - 390 % IMAGE_SIDE_PX - IMAGE_SIDE_PX * (390 % IMAGE_SIDE_PX < 16)
    swipe(enlarged(page), 300, 100)
    expect(enlarged(page).get_by_role("img", name=picture(2))).to_be_visible()
    swipe(enlarged(page), 100, 300)
    expect(enlarged(page).get_by_role("img", name=picture(1))).to_be_visible()
    phone.close()


def swipe(element: Locator, start_x: int, end_x: int) -> None:
    for kind, x in (("touchstart", start_x), ("touchend", end_x)):
        touches = [{"identifier": 0, "clientX": x, "clientY": 300}]
        element.dispatch_event(kind, {"touches": touches, "changedTouches": touches, "targetTouches": touches})


def test_two_pictures_are_picked_on_themselves_and_back_undoes_it(address: str, page: Page) -> None:
    open_samples(page, address)
    pick = [page.get_by_role("button", name=f"Pick picture {number} for the walk") for number in range(1, 7)]
    pick[1].click()
    pick[4].click()  # at once: the page need not have answered
    wait_for_image(page, "Step 1 of 9 from seed 4 to seed 7")
    expect(page).to_have_url(re.compile("pick=2&pick=5"))
    expect(pick[1]).to_have_attribute("aria-pressed", "true")
    expect(pick[4]).to_be_focused()
    wait_until_idle(page)
    page.get_by_role("img", name=picture(1)).click()
    enlarged(page).get_by_role("button", name="Pick for the walk").click()  # of three the first gives way
    wait_for_image(page, "Step 1 of 9 from seed 7 to seed 3")
    page.keyboard.press("Escape")
    expect(pick[1]).to_have_attribute("aria-pressed", "false")
    wait_until_idle(page)
    page.go_back()
    wait_for_image(page, "Step 1 of 9 from seed 4 to seed 7")
    expect(pick[0]).to_have_attribute("aria-pressed", "false")
    expect(pick[1]).to_have_attribute("aria-pressed", "true")


def test_the_rows_of_a_comparison_are_level(address: str, page: Page) -> None:
    open_samples(page, address, "samples?model=mnist-dcgan&seed=3&count=9&against=mnist-vanilla&critic=true")
    tops = [
        gallery.locator("figure").evaluate_all("cards => cards.map(card => card.getBoundingClientRect().top)")
        for gallery in page.locator(".atelier-gallery").all()
    ]
    assert len(set(tops[0])) > 1
    assert tops[0] == tops[1]


@pytest.mark.parametrize(
    ("link", "alt"),
    [
        ("digits?digit=7&seed=3", "A generated 7, seed 4"),
        ("digits?view=Write&text=12", "A generated 1, seed 0"),
        ("text?prompt=a+red+handbag&seed=6&count=2", "a red handbag, drawn by fashion-text from seed 7"),
    ],
)
def test_pictures_of_the_other_pages_are_enlarged_too(address: str, page: Page, link: str, alt: str) -> None:
    if link.startswith("text") and not (resolve_root() / "fashion-text").is_dir():
        pytest.skip(f"{resolve_root()} holds no fashion-text")
    page.goto(f"{address}/{link}")
    wait_for_image(page, alt).click()
    large = enlarged(page).get_by_role("img", name=alt)
    expect(large).to_be_visible()
    assert (large.bounding_box() or {"width": 0})["width"] > 300
    expect(enlarged(page).get_by_role("button", name="Pick for the walk")).to_be_hidden()

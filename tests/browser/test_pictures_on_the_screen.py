"""The images on the screen are those that were requested, and the same for everyone who opens the link."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gan_core.checkpoints.store import resolve_root
from tests.browser.screen import choose_option, external_requests, screen_pixels, wait_for_image, wait_until_idle


def test_each_digit_picked_in_the_dropdown_is_read_as_that_digit(address: str, page: Page) -> None:
    judging = pytest.importorskip("gan_core.evaluation.classifier")
    if not (resolve_root() / "judge-mnist").is_dir():
        pytest.skip(f"{resolve_root()} holds no judge-mnist")
    judge = judging.load_feature_classifier("judge-mnist", resolve_root())
    page.goto(f"{address}/digits?truncation=0.7")
    wait_for_image(page, "A generated 0, seed 0")
    screens = []
    for digit in (*range(1, 10), 0):
        choose_option(page, "Digit", str(digit))
        screens.append(screen_pixels(wait_for_image(page, f"A generated {digit}, seed 0")))
    assert judge.predict_labels(np.stack(screens)[..., None]).tolist() == [*range(1, 10), 0]


@pytest.mark.parametrize("plain", [False, True], ids=["warm", "streamlit-run"])
def test_a_deep_link_as_the_first_request_of_a_fresh_server_shows_frame_page_and_the_same_pixels(
    fresh_server: Callable, address: str, context: BrowserContext, plain: bool
) -> None:
    author, reader = context.new_page(), context.new_page()
    requests: list[str] = []
    reader.on("request", lambda request: requests.append(request.url))
    author.goto(f"{address}/digits?digit=7&seed=21&count=3&truncation=0.8")
    with fresh_server(plain) as fresh:
        reader.goto(f"{fresh}/digits?digit=7&seed=21&count=3&truncation=0.8")
        for seed in (21, 22, 23):
            words = f"A generated 7, seed {seed}"
            np.testing.assert_array_equal(
                screen_pixels(wait_for_image(reader, words)), screen_pixels(wait_for_image(author, words))
            )
        for name in ("Home", "Samples", "Digits"):
            expect(reader.get_by_role("link", name=name)).to_be_visible()
        expect(reader.get_by_role("heading", name="Digits")).to_be_visible()
        assert "digit=7" in reader.url
        assert "seed=21" in reader.url
        assert not external_requests(requests, fresh)


def test_a_copied_link_shows_the_same_pixels_to_someone_else(address: str, context: BrowserContext, page: Page) -> None:
    page.goto(f"{address}/samples?model=mnist-dcgan")
    wait_for_image(page, "Picture 1: drawn by mnist-dcgan from seed 0")
    choose_option(page, "Model", "Digits (mnist-cgan)")
    choose_option(page, "Label", "3")
    page.get_by_role("spinbutton", name="Seed").fill("77")
    page.keyboard.press("Enter")
    words = "Picture 2: 3, drawn by mnist-cgan from seed 78"
    before = screen_pixels(wait_for_image(page, words))
    page.get_by_role("button", name="Share").click()
    link = page.get_by_test_id("stCode").inner_text().strip()
    assert link.startswith(f"{address}/samples?")
    assert "weights=" in link
    for copied in (link, page.url):
        other = context.new_page()
        other.goto(copied)
        np.testing.assert_array_equal(screen_pixels(wait_for_image(other, words)), before)
        expect(other.get_by_test_id("stAlert")).to_have_count(0)


def test_what_a_visitor_chooses_is_in_the_address(address: str, page: Page) -> None:
    page.goto(f"{address}/digits")
    wait_for_image(page, "A generated 3, seed 20")
    expect(page).to_have_url(f"{address}/digits?set=Digits&digit=3&seed=20")
    choose_option(page, "Digit", "4")
    wait_for_image(page, "A generated 4, seed 20")
    page.get_by_role("radio", name="Write").click()
    wait_for_image(page, "dash")
    field = page.get_by_role("textbox")
    field.fill("12:30")
    field.press("Enter")
    wait_for_image(page, "A generated 3, seed 22")
    wait_for_image(page, "colon")
    page.wait_for_url("**/digits?*text=12%3A30*")
    assert "view=Write" in page.url


def test_two_selected_pictures_are_interpolated(address: str, page: Page) -> None:
    page.goto(f"{address}/samples?count=6&model=mnist-cgan")
    first = wait_for_image(page, "Picture 2: 1, drawn by mnist-cgan from seed 1")
    for number in ("2", "5"):
        page.get_by_test_id("stButtonGroup").get_by_text(number, exact=True).click()
    step = wait_for_image(page, "Step 1 of 9 from seed 1 to seed 4")
    np.testing.assert_array_equal(screen_pixels(step), screen_pixels(first))
    page.wait_for_url("**/samples?*pick=2&pick=5*")


@pytest.mark.parametrize(
    ("link", "sentences"),
    [
        ("samples?model=nope&seed=abc&count=1e9&truncation=nan&pick=99", 5),
        ("digits?digit=12&seed=abc", 2),
        ("digits?weights=deadbeef", 1),
        ("samples?model=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", 1),
    ],
)
def test_a_bad_link_shows_sentences_and_a_working_page(address: str, page: Page, link: str, sentences: int) -> None:
    page.goto(f"{address}/{link}")
    expect(page.get_by_test_id("stAlert")).to_have_count(sentences)
    expect(page.get_by_role("img", name="seed 15")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.locator("img[src='x']")).to_have_count(0)


def test_a_link_with_the_former_name_of_a_model_gets_the_present_one_and_back_works(address: str, page: Page) -> None:
    if not (resolve_root() / "flowers-r3gan").is_dir():
        pytest.skip(f"{resolve_root()} holds no flowers-r3gan")
    words = "Picture 1: drawn by flowers-r3gan from seed 4"
    page.goto(f"{address}/samples?model=flowers-dcgan&seed=4&count=2")
    wait_for_image(page, words)
    expect(page).to_have_url(re.compile("model=flowers-r3gan&seed=4&count=2"))
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    choose_option(page, "Model", "Digits (mnist-dcgan)")
    wait_for_image(page, "Picture 1: drawn by mnist-dcgan from seed 4")
    wait_until_idle(page)
    page.go_back()
    expect(page).to_have_url(re.compile("model=flowers-r3gan"))
    wait_for_image(page, words)
    expect(page.get_by_test_id("stException")).to_have_count(0)

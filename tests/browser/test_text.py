"""The page Text in a browser: typed prompts, examples, links, blends, and prompts with markup."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import running_server
from tests.browser.screen import external_requests, low_contrast_texts, wait_for_image, wait_until_idle

VOCABULARY = {"article": {"Circle": 9, "Square": 3, "Star": 2}, "colour": {"Red": 8, "Blue": 6}}


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on a server of its own with a tiny model that knows few words."""
    root = tmp_path_factory.mktemp("checkpoints")
    factories.checkpoint(root, "text_conditional", "painter", subjects=VOCABULARY)
    with running_server(GAN_CORE_CHECKPOINTS=str(root)) as address:
        yield f"{address}/text"


def enter_prompt(page: Page, prompt: str) -> None:
    field = page.get_by_role("textbox", name="What shall be drawn?")
    field.fill(prompt)
    field.press("Enter")


def test_a_typed_prompt_is_drawn_at_enter_and_is_in_the_address(page_url: str, page: Page) -> None:
    page.goto(page_url)
    wait_for_image(page, "circle, drawn by painter from seed 0")
    enter_prompt(page, "a red star")
    wait_for_image(page, "a red star, drawn by painter from seed 7")
    page.wait_for_url("**prompt=a+red+star**")
    page.reload()
    wait_for_image(page, "a red star, drawn by painter from seed 0")


def test_back_undoes_one_prompt_after_another_until_the_example(page_url: str, page: Page) -> None:
    page.goto(page_url)
    wait_for_image(page, "circle, drawn by painter from seed 0")
    for prompt in ("a red star", "a blue square"):
        enter_prompt(page, prompt)
        wait_for_image(page, f"{prompt}, drawn by painter from seed 7")
        wait_until_idle(page)
    for description in ("a red star", "circle"):
        page.go_back()
        wait_for_image(page, f"{description}, drawn by painter from seed 0")
        wait_until_idle(page)
    page.go_forward()
    wait_for_image(page, "a red star, drawn by painter from seed 0")


def test_a_link_to_a_prompt_is_drawn_by_a_fresh_server(tmp_path: Path, page: Page) -> None:
    factories.checkpoint(tmp_path, "text_conditional", "painter", subjects=VOCABULARY)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with running_server(GAN_CORE_CHECKPOINTS=str(tmp_path)) as address:
        page.goto(f"{address}/text?view=Compare&prompts=red+circle%0Ablue+star&count=3&seed=4")
        wait_for_image(page, "red circle, drawn by painter from seed 4")
        wait_for_image(page, "blue star, drawn by painter from seed 6")
        expect(page.get_by_role("link", name="Samples")).to_be_visible()
    assert external_requests(asked, address) == []


def test_an_example_is_written_and_drawn_as_often_as_it_is_pressed(page_url: str, page: Page) -> None:
    page.goto(page_url)
    for chip, other in (("square", "star"), ("star", "square"), ("square", "star")):
        page.get_by_role("button", name=chip, exact=True).or_(page.get_by_role("radio", name=chip, exact=True)).click()
        wait_for_image(page, f"{chip}, drawn by painter from seed 0")
        expect(page.get_by_role("img", name=f"{other}, drawn by painter from seed 0")).to_have_count(0)


def test_markup_in_a_prompt_is_never_run(page_url: str, page: Page) -> None:
    page.goto(page_url)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    enter_prompt(page, "<img src=x onerror=alert(1)> **red** [a](javascript:alert(2)) $x^2$")
    expect(page.get_by_text("Unknown to this model, and left out: “img”, “src”")).to_be_visible()
    assert page.locator(".stMain img[src=x]").count() == 0
    assert page.locator(".stMain a[href^=javascript]").count() == 0


def test_ten_thousand_characters_leave_an_address_that_can_be_opened_again(page_url: str, page: Page) -> None:
    page.goto(page_url)
    wait_for_image(page, "circle, drawn by painter from seed 0")
    enter_prompt(page, "赤" * 10_000)  # each of which takes nine characters of an address
    expect(page.get_by_text("Of 10,000 characters the first 1,000 are read")).to_be_visible()
    page.wait_for_url("**prompt=**")
    assert len(page.url) < 10_000
    expect(page.get_by_text("This link's prompt")).to_have_count(0)  # it was typed
    expect(page.get_by_text("Nothing is drawn.")).to_be_visible()
    expect(page.get_by_role("img", name="drawn by painter")).to_have_count(0)
    page.get_by_text("Draw anyway").click()
    wait_for_image(page, "赤" * 100 + ", drawn by painter from seed 0")
    page.wait_for_url("**written=true**")
    page.reload()
    wait_for_image(page, "赤" * 100 + ", drawn by painter from seed 0")


def test_a_misspelt_prompt_is_corrected_by_a_button_that_the_keyboard_reaches(page_url: str, page: Page) -> None:
    page.goto(page_url)
    enter_prompt(page, "a red cirle")
    expect(page.get_by_role("status").filter(has_text="“cirle” looks misspelt.")).to_be_visible()
    offer = page.get_by_role("button", name="Draw “a red circle”")
    offer.focus()
    page.keyboard.press("Enter")
    wait_for_image(page, "a red circle, drawn by painter from seed 0")
    expect(page.get_by_role("textbox", name="What shall be drawn?")).to_have_value("a red circle")
    expect(page.get_by_text("looks misspelt")).to_have_count(0)


def test_several_things_are_drawn_one_at_a_time_or_compared(page_url: str, page: Page) -> None:
    page.goto(page_url)
    enter_prompt(page, "a red circle and a blue star")
    wait_for_image(page, "red circle, drawn by painter from seed 0")
    expect(page.get_by_text("It draws one thing at a time. Drawn: “red circle”.")).to_be_visible()
    page.get_by_role("button", name="Compare them").click()
    wait_for_image(page, "blue star, drawn by painter from seed 0")
    page.wait_for_url("**view=Compare**")
    expect(page.get_by_role("textbox", name="One prompt a line")).to_have_value("red circle\nblue star")


def test_the_pictures_come_before_the_settings_on_a_phone(page_url: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{page_url}?prompt=two+red+circles")
    image = wait_for_image(page, "red circles, drawn by painter from seed 0")
    tops = [
        element.evaluate("element => element.getBoundingClientRect().top")
        for element in (page.get_by_text("It cannot count"), image, page.get_by_text("Settings", exact=True))
    ]
    assert tops == sorted(tops)
    assert tops[1] < 844


def test_what_it_knows_can_be_searched(page_url: str, page: Page) -> None:
    page.goto(page_url)
    page.get_by_text("What it knows").click()
    wait_for_image(page, "red circle, drawn by painter")
    page.get_by_role("textbox", name="Search").fill("squ")
    page.get_by_role("textbox", name="Search").press("Enter")
    wait_for_image(page, "square, drawn by painter")
    expect(page.get_by_role("img", name="red circle, drawn by painter", exact=True)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_on_a_phone_by_day_and_by_night(page_url: str, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{page_url}?view=Blend")
    wait_for_image(page, "circle → square at 0, drawn by painter from seed 0")
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    assert low_contrast_texts(page, 4.5) == []

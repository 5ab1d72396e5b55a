"""The toy game in a browser: it plays, pauses, takes the keyboard, and learns what a visitor draws."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import TIMEOUT_S


def plane_image(page: Page) -> Locator:
    return page.get_by_role("img", name="The plane after")


def current_step(page: Page) -> int:
    return int(plane_image(page).get_attribute("data-step") or 0)


def wait_for_step(page: Page, min_step: int) -> None:
    page.wait_for_function(
        "minStep => [...document.querySelectorAll('*')].some(node => Number((node.shadowRoot ?? node)"
        ".querySelector('canvas')?.dataset.step) >= minStep)",
        arg=min_step,
        timeout=TIMEOUT_S * 1000,
    )


def wait_until_still(page: Page) -> int:
    """The step at which the game rests; a busy machine may show another frame after Pause."""
    for _ in range(20):
        before = current_step(page)
        page.wait_for_timeout(1500)
        if current_step(page) == before:
            return before
    raise AssertionError("the game goes on after Pause")


def pause(page: Page) -> None:
    """Click Pause until the game pauses: on a busy machine a click during the change of a frame may be lost."""
    button, paused = page.get_by_role("button", name="Pause"), page.get_by_role("button", name="Play", exact=True)
    for _ in range(5):
        if button.is_visible():
            button.click()
        try:
            return expect(paused).to_be_visible(timeout=8000)
        except AssertionError:
            continue
    return expect(paused).to_be_visible()


def test_the_game_plays_until_it_is_paused(address: str, page: Page) -> None:
    page.goto(f"{address}/how-it-works")
    expect(plane_image(page)).to_be_visible()
    assert current_step(page) == 0
    page.get_by_role("button", name="Play").click()
    wait_for_step(page, 30)
    pause(page)
    rested = wait_until_still(page)
    page.get_by_role("button", name="Step", exact=True).click()
    wait_for_step(page, rested + 1)
    assert current_step(page) == rested + 1


def test_the_keyboard_plays_and_pauses_without_losing_focus(address: str, page: Page) -> None:
    page.goto(f"{address}/how-it-works")
    play, pause = (page.get_by_role("button", name=name, exact=True) for name in ("Play", "Pause"))
    play.press("Space")
    expect(pause).to_be_focused()
    wait_for_step(page, 10)
    page.wait_for_timeout(1000)  # a second press within half a second would be ignored
    page.keyboard.press("Space")
    expect(play).to_be_focused()
    wait_until_still(page)


def test_a_drawing_by_hand_is_learned(address: str, page: Page) -> None:
    page.goto(f"{address}/how-it-works?target=drawn")
    canvas = page.get_by_role("img", name="Draw here")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    done = page.get_by_role("button", name="Play on this drawing")
    expect(done).to_be_disabled()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.3, steps=12)
    page.mouse.up()
    done.click()
    expect(plane_image(page)).to_be_visible()
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_step(page, 10)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.get_by_role("button", name="Draw anew").click()
    expect(page.get_by_role("img", name="Draw here")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1280, 800)])
def test_plane_play_and_numbers_fit_one_screen(width: int, height: int, address: str, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{address}/how-it-works")
    expect(plane_image(page)).to_be_visible()
    shown = (
        plane_image(page),
        page.get_by_role("button", name="Play", exact=True),
        page.get_by_test_id("stMetric").last,
        page.get_by_role("button", name="Collapse"),
    )
    for element in shown:
        expect(element).to_be_visible()
        box = element.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height


def test_plane_and_play_fit_a_phone_together(address: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(f"{address}/how-it-works")
    expect(plane_image(page)).to_be_visible()
    plane, play = plane_image(page).bounding_box(), page.get_by_role("button", name="Play", exact=True).bounding_box()
    context.close()
    assert plane is not None
    assert play is not None
    assert plane["y"] + plane["height"] < play["y"]
    assert play["y"] + play["height"] - plane["y"] <= 844


def test_after_a_game_every_lesson_reaches_its_point_and_the_game_comes_back(address: str, page: Page) -> None:
    page.goto(f"{address}/how-it-works?pace=20")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_step(page, 100)
    reached = page.get_by_test_id("stAlert").filter(has_text="Reached at step")
    page.get_by_role("button", name="Collapse").click()
    expect(reached.filter(has_text="Collapse.")).to_be_visible(timeout=TIMEOUT_S * 1000)
    page.get_by_role("button", name="The cure").click()
    expect(reached.filter(has_text="8 of 8 modes are covered again")).to_be_visible(timeout=TIMEOUT_S * 1000)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    for title in ("Vanishing gradient", "Generator alone"):
        page.get_by_role("button", name=title).click()
        expect(reached.filter(has_text=f"{title}.")).to_be_visible(timeout=TIMEOUT_S * 1000)
    page.get_by_role("button", name="Back to my game").click()
    expect(reached).to_have_count(0)
    wait_for_step(page, 100)
    expect(page.get_by_test_id("stException")).to_have_count(0)

"""The page Samples in a browser: the dropdown of models and the address."""

import re

from playwright.sync_api import Page, expect

from tests.browser.screen import choose_option, wait_for_image, wait_until_idle


def test_back_and_forward_go_through_the_chosen_models(address: str, page: Page) -> None:
    pictures = {name: f"Picture 1: drawn by {name} from seed 3" for name in ("mnist-dcgan", "mnist-vanilla")}
    page.goto(f"{address}/samples?model=mnist-dcgan&seed=3&count=2")
    wait_for_image(page, pictures["mnist-dcgan"])
    choose_option(page, "Model", "Digits (mnist-vanilla)")
    wait_for_image(page, pictures["mnist-vanilla"])
    expect(page).to_have_url(re.compile("model=mnist-vanilla&seed=3&count=2"))
    wait_until_idle(page)
    page.go_back()
    wait_for_image(page, pictures["mnist-dcgan"])
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value("Digits (mnist-dcgan)")
    wait_until_idle(page)
    page.go_forward()
    wait_for_image(page, pictures["mnist-vanilla"])
    expect(page).to_have_url(re.compile("model=mnist-vanilla"))

"""The page Digits in a browser: how it opens, and what Back undoes."""

from datetime import date

from playwright.sync_api import Page, expect

from tests.browser.screen import wait_for_image, wait_until_idle

OPENING_ADDRESS = "/digits?set=Digits&digit=3&seed=20"
CHOICES = {"Write": "dash", "Handwriting": "A generated 9, seed 20", "Garments": "A generated t-shirt, seed 20"}


def test_back_goes_through_views_and_subjects_one_by_one_to_the_page_before(address: str, page: Page) -> None:
    page.goto(f"{address}/how-it-works")
    wait_until_idle(page)
    page.get_by_role("link", name="Digits", exact=True).click()
    wait_for_image(page, "A generated 3, seed 20")
    addresses = [page.url]
    assert addresses == [address + OPENING_ADDRESS]
    for name, words in CHOICES.items():
        page.get_by_role("radio", name=name, exact=True).click()
        wait_for_image(page, words)
        wait_until_idle(page)
        addresses.append(page.url)
    assert f"text={date.today().isoformat()}" in addresses[1]
    expect(page.get_by_role("heading", name="Garments", exact=True)).to_be_visible()
    expect(page.get_by_role("radio", name="Same style", exact=True)).to_be_checked()
    for former in addresses[-2::-1]:
        page.go_back()
        expect(page).to_have_url(former)
        wait_until_idle(page)
    wait_for_image(page, "A generated 3, seed 20")
    page.go_back()
    expect(page).to_have_url(f"{address}/how-it-works")

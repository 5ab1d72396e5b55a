"""The page Models in a browser: a fetch by keyboard alone, a stopped download that resumes, and the access token."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TIMEOUT_S, running_server
from tests.browser.screen import wait_for_image
from tests.hub.server import Hub
from tests.imported_models import TutorialDCGAN, save_to_bytes

REFERENCE_LABEL = "A model on the Hugging Face Hub"


@pytest.fixture
def server_url(hub: Hub, tmp_path: Path) -> Iterator[str]:
    """A server whose Hub is the one on loopback."""
    with running_server() as address:
        yield address


def test_a_model_is_fetched_by_keyboard_and_draws(server_url: str, page: Page, hub: Hub) -> None:
    name = f"me--faces@{hub.add('me/faces', {'g.pth': save_to_bytes(TutorialDCGAN().state_dict())}, licence=None)[:7]}"
    page.goto(f"{server_url}/models")
    field = page.get_by_role("textbox", name=REFERENCE_LABEL)
    field.focus()
    page.keyboard.type("hub:me/faces")
    page.keyboard.press("Enter")
    expect(page.get_by_text("will come: g.pth", exact=False)).to_be_visible(timeout=TIMEOUT_S * 1000)
    fetch = page.get_by_role("button", name="Fetch", exact=True)
    expect(fetch).to_be_visible(timeout=TIMEOUT_S * 1000)
    for _ in range(10):
        page.keyboard.press("Tab")
        if fetch.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{name} is here")).to_be_visible(timeout=TIMEOUT_S * 1000)
    wait_for_image(page, f"Drawn by {name} from seed 0")
    page.get_by_role("link", name=f"Draw with {name}").first.click()
    wait_for_image(page, f"Picture 1: drawn by {name} from seed 0")
    assert f"model={name.replace('@', '%40')}" in page.url or f"model={name}" in page.url


def test_a_stopped_download_is_resumed(server_url: str, page: Page, hub: Hub) -> None:
    commit = hub.add("me/large", {"g.pth": save_to_bytes(TutorialDCGAN(48).state_dict())})
    slow = hub.fault("g.pth", trickle=0.2)
    page.goto(f"{server_url}/models")
    page.get_by_role("textbox", name=REFERENCE_LABEL).fill("hub:me/large")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Fetch", exact=True).click()
    expect(page.get_by_text("MB", exact=False).filter(has_text=" of ").first).to_be_visible(timeout=TIMEOUT_S * 1000)
    page.wait_for_timeout(1000)
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True)  # Streamlit has one, too
    stop.click()
    expect(stop).to_have_count(0, timeout=TIMEOUT_S * 1000)
    hub.faults.remove(slow)
    page.get_by_role("button", name="Fetch", exact=True).click()
    expect(page.get_by_text(f"me--large@{commit[:7]} is here")).to_be_visible(timeout=TIMEOUT_S * 1000)
    assert int(hub.ranges[-1].removeprefix("bytes=").removesuffix("-")) > 0


def test_the_token_is_neither_shown_nor_in_the_address_nor_kept(server_url: str, page: Page, hub: Hub) -> None:
    page.goto(f"{server_url}/models?model=mnist-cgan")
    token = page.get_by_role("textbox", name="Access token")
    token.fill("hf_not_a_token_of_anybody")
    assert token.get_attribute("type") == "password"
    page.get_by_role("textbox", name="Name on the Hub").fill("me/mine")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("does not accept the token", exact=False)).to_be_visible(timeout=TIMEOUT_S * 1000)
    assert "hf_not_a_token" not in page.url
    assert "hf_not_a_token" not in page.content()
    expect(page.get_by_role("textbox", name="Access token")).to_have_value("")

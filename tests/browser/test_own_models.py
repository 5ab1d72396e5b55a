"""Models of one's own in a browser: deleted and taken back, and the table of models on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gan_core.checkpoints import own
from gan_core.checkpoints.description import OwnModel
from tests import factories
from tests.browser.conftest import TIMEOUT_S, running_server
from tests.browser.screen import wait_for_image, wait_until_idle

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def server_url(tmp_path: Path) -> Iterator[str]:
    """A server with two models of one's own."""
    own.write_note(factories.checkpoint(tmp_path, "dcgan", "first"), OwnModel())
    own.write_note(factories.checkpoint(tmp_path, "dcgan", "my-flowers", seed=1), OwnModel(title="My Flowers!"))
    with running_server(GAN_CORE_CHECKPOINTS=str(tmp_path)) as address:
        yield address


def test_a_model_is_deleted_and_taken_back(server_url: str, page: Page) -> None:
    page.goto(f"{server_url}/models?model=my-flowers")
    row = page.get_by_role("rowheader", name="My Flowers! (my-flowers)")
    expect(row).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(row).to_have_count(0)
    expect(page.get_by_text("You can take it back for an hour")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(row).to_be_visible()
    wait_for_image(page, "Drawn by my-flowers from seed 0")
    assert "model=my-flowers" in page.url


def test_the_rows_of_the_table_fit_a_phone_and_name_their_columns(server_url: str, browser: Browser) -> None:
    phone = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    phone.set_default_timeout(TIMEOUT_S * 1000)
    page = phone.new_page()
    page.goto(f"{server_url}/models")
    table = page.get_by_role("table").first
    table.wait_for()
    wait_until_idle(page)
    assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    for cell in table.get_by_role("cell").all():
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
    label = "cell => getComputedStyle(cell, '::before').content"
    assert table.get_by_role("cell").first.evaluate(label) == '"Kind"'
    expect(table.get_by_role("rowheader", name="My Flowers! (my-flowers)")).to_be_visible()
    phone.close()

"""A model that is exported while a page is open."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import running_server


def test_an_open_page_offers_a_model_exported_since_at_its_next_change(page: Page, tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "dcgan", "first")
    with running_server(GAN_CORE_CHECKPOINTS=str(tmp_path)) as address:
        page.goto(f"{address}/samples")
        page.get_by_role("img", name="seed 0").first.wait_for()
        factories.checkpoint(tmp_path, "dcgan", "second", seed=1)
        page.get_by_role("button", name="Roll").click()
        expect(page.get_by_role("img", name="seed 0", exact=False)).to_have_count(0)
        page.get_by_role("combobox", name="Model", exact=True).click()
        expect(page.get_by_role("option", name="second", exact=True)).to_be_visible()

"""The details of a model, and its deletion."""

from pathlib import Path

from tests.hub.server import Hub
from tests.pages.conftest import OpenPage
from tests.pages.models.conftest import fetch, table_html
from tests.pages.queries import alt_texts, image_sources, page_text


def test_the_details_of_a_model_are_samples_facts_and_its_card(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("models", model="tiny-dcgan")
    assert alt_texts(app)[0] == "Drawn by tiny-dcgan from seed 0"
    assert len(image_sources(app)) == 8
    assert "free for any use" in page_text(app)
    assert "## Recipe" in page_text(app)
    app = open_page("models", model="tiny-x4")
    assert "The same, enlarged by tiny-x4" in alt_texts(app)


def test_damaged_weights_are_reported_in_a_sentence(open_page: OpenPage, with_upscalers: Path) -> None:
    (with_upscalers / "tiny-dcgan" / "model.safetensors").write_bytes(b"torn")
    app = open_page("models", model="tiny-dcgan")
    assert not app.exception
    assert "cannot be read as safetensors" in app.error[0].value


def test_a_fetched_card_makes_the_browser_load_nothing_and_holds_no_html(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    card = page_text(fetch(open_page("models"), "hub:me/faces"))
    assert "# Faces" in card
    assert "http://elsewhere" not in card
    assert "<script>" not in card


def test_a_deleted_model_can_be_fetched_again(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str
) -> None:
    app = fetch(open_page("models"), "hub:me/faces")
    app.button(key="delete").click().run()
    assert not app.exception
    assert faces_name not in table_html(app)
    assert "is deleted" in app.info[0].value
    next(button for button in app.button if button.label == "Bring it back").click().run()
    app.button(key="hub_fetch").click().run()
    assert faces_name in table_html(app)

"""The page Models as a whole: links, no models, and what a host does not offer."""

from pathlib import Path

import pytest

from pages.ui.limits import HOSTED_VARIABLE
from tests.hub.server import Hub
from tests.pages.conftest import OpenPage
from tests.pages.models.conftest import fetch, table_html
from tests.pages.queries import messages, page_text


def test_a_link_to_a_model_that_does_not_exist_shows_a_warning(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("models", model="<b>")
    assert "must be one of tiny-dcgan, tiny-x2, tiny-x4" in messages(app)[0]
    assert not app.exception


def test_without_models_the_page_says_so_and_still_fetches(
    open_page: OpenPage, no_models: Path, hub: Hub, faces_name: str
) -> None:
    app = open_page("models")
    assert "No model here yet" in [heading.value for heading in app.subheader]
    assert faces_name in table_html(fetch(app, "hub:me/faces"))


def test_on_a_host_nobody_fetches_deletes_or_publishes(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, faces_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(open_page("models"), "hub:me/faces")
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    app = open_page("models", model=faces_name)
    assert not app.exception
    assert not app.text_input
    assert not app.button
    assert not app.toggle
    assert "From the Hub" not in [heading.value for heading in app.header]
    assert "Look at" not in page_text(app)
    assert not [field for field in open_page("upscale").text_input if field.key == "upscale_hub_reference"]

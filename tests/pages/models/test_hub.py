"""Recommended models, and publishing to the Hub."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.hub.server import TOKEN, Hub
from tests.pages.conftest import OpenPage


def test_a_recommended_model_fills_the_field_and_is_previewed(
    open_page: OpenPage, with_upscalers: Path, hub: Hub
) -> None:
    app = open_page("models")
    app.button(key="hub_entry_2").click().run()
    assert app.text_input(key="hub_reference").value == "hub:Phips/4xNomos2_realplksr_dysample"
    assert hub.requests_for("Phips/4xNomos2_realplksr_dysample")


def publish(app: AppTest, token: str = TOKEN, name: str = "me/new", replace: bool = False) -> AppTest:
    app.selectbox(key="publish_model").select("tiny-dcgan").run()
    app.toggle(key="publish_replace").set_value(replace)
    app.text_input(key="publish_name").set_value(name)
    next(field for field in app.text_input if (field.key or "").startswith("publish_token")).set_value(token)
    next(button for button in app.button if button.label == "Publish").click()
    return app.run()


def test_a_model_is_published_and_the_token_is_not_kept(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    app = publish(open_page("models"))
    assert not app.exception
    assert f"tiny-dcgan is at {hub.address}/me/new/commit/" in app.success[0].value
    assert "model.safetensors" in hub.files("me/new")
    assert TOKEN not in str(app.session_state._state.filtered_state)
    assert TOKEN not in str(app.query_params)
    assert TOKEN not in caplog.text
    assert all(TOKEN not in str(field.value) for field in app.text_input)


@pytest.mark.parametrize(
    ("token", "name", "sentence"),
    [
        ("", "me/new", "An access token is needed"),
        ("hf_wrong", "me/new", "does not accept the token"),
        (TOKEN, "new", "is not a name on the Hub"),
    ],
)
def test_a_refused_publication_shows_one_sentence_without_the_token(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, token: str, name: str, sentence: str
) -> None:
    app = publish(open_page("models"), token, name)
    assert not app.exception
    assert sentence in app.error[0].value
    assert "hf_wrong" not in app.error[0].value


def test_this_machines_own_token_is_never_used_for_a_visitor(
    open_page: OpenPage, with_upscalers: Path, hub: Hub, signed_in: str
) -> None:
    app = publish(open_page("models"), "")
    assert "An access token is needed" in app.error[0].value
    assert not hub.repositories


def test_an_edited_card_on_the_hub_is_replaced_only_if_the_visitor_says_so(
    open_page: OpenPage, with_upscalers: Path, hub: Hub
) -> None:
    hub.add("me/new", {"README.md": b"# By hand\n"})
    app = publish(open_page("models"))
    assert "was edited by somebody and stays" in app.success[0].value
    assert hub.files("me/new")["README.md"] == b"# By hand\n"
    publish(app, replace=True)
    assert hub.files("me/new")["README.md"] != b"# By hand\n"

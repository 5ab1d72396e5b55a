"""Widgets that keep another text in the address than they show."""

from typing import Any

import pytest
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from pages.ui import address

    titles = {"Draw": "Draw", "Handwriting": "Same style"}
    view = address.titled_choice("View", titles, "view")
    text = address.text_input("Text", "text", "nothing")
    st.write(f"{view}: {text}")


def open_script(**query: str) -> AppTest:
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update(query)
    return app.run()


def shown(app: AppTest) -> str:
    assert not app.exception
    return app.markdown[0].value


def query_of(app: AppTest) -> dict[str, Any]:
    return dict(app.query_params)


def test_the_address_keeps_names_and_shows_titles() -> None:
    app = open_script()
    assert app.segmented_control(key="view").options == ["Draw", "Same style"]
    assert (shown(app), query_of(app)) == ("Draw: nothing", {})
    app.segmented_control(key="view").set_value("Handwriting").run()
    app.text_input(key="text").set_value("12:30").run()
    assert (shown(app), query_of(app)) == ("Handwriting: 12:30", {"view": "Handwriting", "text": "12:30"})


def test_a_value_once_written_stays_in_the_address_though_it_is_the_default() -> None:
    app = open_script(view="Handwriting", text="1")
    app.segmented_control(key="view").set_value("Draw").run()
    app.text_input(key="text").set_value("nothing").run()
    assert (shown(app), query_of(app)) == ("Draw: nothing", {"view": "Draw", "text": "nothing"})


def test_a_title_or_an_unknown_name_in_the_address_is_no_option() -> None:
    assert shown(open_script(view="Same style")) == "Draw: nothing"
    assert query_of(open_script(view="nope"))["view"] == "Draw"


def test_an_empty_text_is_a_text() -> None:
    app = open_script(text="5")
    app.text_input(key="text").set_value("").run()
    assert (shown(app), query_of(app)) == ("Draw:", {"text": ""})


def test_when_the_browser_goes_back_the_address_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_script(view="Handwriting", text="5")
    monkeypatch.setattr(ScriptRunContext, "is_history_navigation", property(lambda _: True, lambda *_: None))
    app.query_params.clear()
    assert shown(app.run()) == "Draw: nothing"
    app.query_params.update(view="Handwriting", text="7")
    assert shown(app.run()) == "Handwriting: 7"

"""The dropdown of models: titles on the page, technical names in the address."""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from gan_core.checkpoints.store import ALIASES
from tests import factories

TITLES = {"faces": "Faces (faces)", "mine": "mine", "new": "Flowers (new)"}


def picker_script() -> None:
    import streamlit as st

    from pages.ui import model_cache
    from pages.ui.model_picker import model_selectbox

    models = model_cache.generators()
    name = model_selectbox("Model", models, key="model", default="faces")
    other = model_selectbox("Compare with", models, key="against", default="none", none_option="none")
    st.write(f"{name} and {other}")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three generators: of faces, of flowers, and of the user's own data; the second has a former name."""
    for name, data in (("faces", "lfw-faces"), ("mine", "shapes"), ("new", "flowers102")):
        file = factories.checkpoint(tmp_path, "dcgan", name).folder / "config.json"
        config = json.loads(file.read_text())
        file.write_text(json.dumps(config | {"data": config["data"] | {"name": data}}))
    monkeypatch.setitem(ALIASES, "old", "new")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def open_picker(**query: str | list[str]) -> AppTest:
    app = AppTest.from_function(picker_script, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def shown(app: AppTest) -> str:
    assert not app.exception
    return app.markdown[0].value


def test_the_dropdown_shows_titles_and_returns_names(models: Path) -> None:
    app = open_picker()
    assert app.selectbox(key="model").options == list(TITLES.values())
    assert app.selectbox(key="against").options == ["none", *TITLES.values()]
    assert shown(app) == "faces and none"
    assert not app.query_params


def test_a_choice_puts_the_technical_name_into_the_address(models: Path) -> None:
    app = open_picker(seed="3")
    app.selectbox(key="model").select("new").run()
    assert shown(app) == "new and none"
    assert app.query_params == {"seed": "3", "model": "new"}
    app.selectbox(key="model").select("faces").run()  # the default by choice: the address goes on naming it
    assert app.query_params == {"seed": "3", "model": "faces"}


def test_no_second_model_is_an_address_without_one(models: Path) -> None:
    app = open_picker(against="new")
    assert shown(app) == "faces and new"
    app.selectbox(key="against").select("none").run()
    assert shown(app) == "faces and none"
    assert not app.query_params


@pytest.mark.parametrize(
    ("value", "name"),
    [("new", "new"), ("mine", "mine"), ("old", "new"), ("Faces (faces)", "faces"), ("gone", "faces"), ("", "faces")],
)
def test_an_address_selects_by_present_or_former_name_and_is_corrected(models: Path, value: str, name: str) -> None:
    app = open_picker(model=value)
    assert shown(app) == f"{name} and none"
    assert app.query_params["model"] == name


def test_of_several_names_in_an_address_the_last_is_selected_and_stays(models: Path) -> None:
    app = open_picker(model=["mine", "new"])
    assert shown(app) == "new and none"
    assert app.query_params["model"] == "new"


def test_a_model_that_was_deleted_meanwhile_gives_way_to_the_default(models: Path) -> None:
    app = open_picker(model="new")
    shutil.rmtree(models / "new")
    app.run()
    assert shown(app) == "faces and none"
    assert app.query_params["model"] == "faces"
    shutil.rmtree(models / "faces")  # the default itself
    assert shown(app.run()) == "mine and none"


def test_a_value_that_the_page_sets_beforehand_is_selected_and_in_the_address(models: Path) -> None:
    app = AppTest.from_function(picker_script, default_timeout=60)
    app.session_state["model"] = "mine"
    assert shown(app.run()) == "mine and none"
    assert app.query_params["model"] == "mine"


def test_when_the_browser_goes_back_the_address_decides(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_picker()
    app.selectbox(key="model").select("new").run()
    app.selectbox(key="against").select("mine").run()
    assert shown(app) == "new and mine"
    monkeypatch.setattr(ScriptRunContext, "is_history_navigation", property(lambda _: True, lambda *_: None))
    app.query_params["model"], app.query_params["against"] = ["mine"], []
    del app.query_params["against"]
    assert shown(app.run()) == "mine and none"
    del app.query_params["model"]
    assert shown(app.run()) == "faces and none"

"""Models of one's own: renamed, shown to strangers, deleted and taken back on the page Models."""

import json
import time
from pathlib import Path

import pytest

from gan_core import trash
from gan_core.checkpoints import own
from gan_core.checkpoints.description import OwnModel
from gan_core.runs import scoring
from pages.ui.limits import HOSTED_VARIABLE
from tests import factories
from tests.pages.conftest import OpenPage
from tests.pages.models.conftest import table_html
from tests.pages.queries import page_text


@pytest.fixture
def models(no_models: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model of one's own, and one of the project; no data sets."""
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path_factory.mktemp("data")))
    own.write_note(factories.checkpoint(no_models, "dcgan", "flowers"), OwnModel())
    factories.checkpoint(no_models, "dcgan", "mnist-cgan")
    return no_models


def test_a_deleted_model_is_taken_back(open_page: OpenPage, models: Path) -> None:
    app = open_page("models", model="flowers")
    app.button(key="delete").click().run()
    assert not app.exception
    assert "flowers" not in table_html(app)
    assert "flowers is deleted. You can take it back for an hour." in app.info[0].value
    app.button(key="undo").click().run()
    assert not app.exception
    assert "flowers" in table_html(app)
    assert app.selectbox(key="model").value == "flowers"
    assert "undo" not in [button.key for button in app.button]


def test_a_model_that_is_gone_for_good_is_not_offered_back(
    open_page: OpenPage, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("models", model="flowers")
    app.button(key="delete").click().run()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + trash.TRASH_TTL_S + 1)
    trash.empty_trash(models)
    app.run()
    assert "undo" not in [button.key for button in app.button]


def test_a_renamed_model_stays_selected_under_its_new_name(open_page: OpenPage, models: Path) -> None:
    app = open_page("models", model="flowers")
    app.text_input(key="rename_flowers").set_value("Roses of Mum").run()
    assert "its name is `roses-of-mum`" in page_text(app)
    app.button(key="rename").click().run()
    assert not app.exception
    assert app.selectbox(key="model").value == "roses-of-mum"
    assert "Roses of Mum (roses-of-mum)" in table_html(app)
    assert "flowers is Roses of Mum (roses-of-mum) now" in app.success[0].value


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "is no name"), ("a/b", "is no name"), ("mnist-cgan", "There is a model mnist-cgan already")],
)
def test_a_name_that_cannot_be_used_is_refused_in_a_sentence(
    open_page: OpenPage, models: Path, name: str, sentence: str
) -> None:
    app = open_page("models", model="flowers")
    app.text_input(key="rename_flowers").set_value(name).run()
    app.button(key="rename").click().run()
    assert not app.exception
    assert sentence in app.error[0].value
    assert app.selectbox(key="model").value == "flowers"


def test_a_toggle_shows_a_model_to_strangers(
    open_page: OpenPage, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("models", model="flowers")
    assert app.toggle(key="public_flowers").value is False
    app.toggle(key="public_flowers").set_value(True).run()
    assert not app.exception
    assert json.loads((models / "flowers" / "own.json").read_text())["public"] is True
    assert app.toggle(key="public_flowers").value is True
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    assert "flowers" in table_html(open_page("models"))


def test_a_model_of_the_project_has_no_such_buttons(open_page: OpenPage, models: Path) -> None:
    app = open_page("models", model="mnist-cgan")
    assert not {"delete", "rename"} & {button.key for button in app.button}
    assert not [toggle for toggle in app.toggle if (toggle.key or "").startswith("public")]


def test_a_stranger_has_no_such_buttons(open_page: OpenPage, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.set_public("flowers", True, models)
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    app = open_page("models", model="flowers")
    assert not app.exception
    assert not app.button
    assert not app.toggle


# Scores ---------------------------------------------------------------------------------------------------------------


def test_missing_scores_are_explained(open_page: OpenPage, models: Path) -> None:
    assert "No scores yet" in page_text(open_page("models", model="flowers"))


def test_the_progress_of_a_measurement_is_shown(open_page: OpenPage, models: Path) -> None:
    flowers = own.find_own("flowers", models)
    with scoring.report_scoring(flowers):
        scoring.write_note(flowers.folder / scoring.NOTE_FILE, {"began": time.time(), "done": 500, "total": 2000})
        app = open_page("models", model="flowers")
        assert not app.exception
        assert "500 of 2,000 pictures" in app.get("progress")[0].proto.text  # type: ignore[attr-defined]
        app.text_input(key="rename_flowers").set_value("other").run()
        app.button(key="rename").click().run()
        assert "are being measured: rename it when that is done" in app.error[0].value


def test_a_measurement_that_failed_can_be_repeated(
    open_page: OpenPage, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (models / "flowers" / scoring.NOTE_FILE).write_text(json.dumps({"began": 1.0, "reason": "The disk was full."}))
    (models / "judge-flowers102").mkdir()
    (models / "judge-flowers102" / "config.json").write_text("{}")
    config = json.loads((models / "flowers" / "config.json").read_text())
    config["data"]["pictures"] = 200
    (models / "flowers" / "config.json").write_text(json.dumps(config))
    (models / "pictures").mkdir()
    own.write_note(own.find_own("flowers", models), OwnModel(data=str(models / "pictures")))
    started: list[list[str]] = []
    monkeypatch.setattr(scoring, "start_detached", started.append)
    app = open_page("models", model="flowers")
    assert "The disk was full." in app.warning[0].value
    app.button(key="measure_flowers").click().run()
    assert not app.exception
    assert started[0][-2:] == ["--judge", "judge-flowers102"]
    assert not app.warning

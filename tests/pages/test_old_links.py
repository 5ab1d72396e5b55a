"""Links that version 0.1 gave away open the same page in the same state, without a warning."""

import json
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from gan_core.checkpoints.store import ALIASES
from tests import factories, small_upscalers
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, run_until_finished

LINKS_FILE = Path(__file__).parents[1] / "fixtures" / "version_0_1" / "links.json"
LINKS: dict[str, str] = json.loads(LINKS_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def with_renamed_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two text-to-image models and two upscalers, one of each with a former name."""
    for name in ("another-text", "new-text_conditional"):
        factories.checkpoint(tmp_path, "text_conditional", name)
    for name in ("another-srgan", "new-srgan"):
        small_upscalers.make_upscaler_checkpoint(tmp_path, name)
    monkeypatch.setitem(ALIASES, "old-text_conditional", "new-text_conditional")
    monkeypatch.setitem(ALIASES, "old-srgan", "new-srgan")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def with_present_names(link: str) -> list[tuple[str, str]]:
    """The query of a link, in its order, with the present names of renamed models."""
    return [(name, ALIASES.get(value, value)) for name, value in parse_qsl(urlsplit(link).query)]


@pytest.mark.parametrize("name", LINKS)
def test_a_link_of_version_0_1_opens_its_page_which_shares_the_same_link(
    open_page: OpenPage, weights_hashes: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("GAN_CORE_RUNS", str(tmp_path))
    link = urlsplit(LINKS[name])
    app = run_until_finished(open_page(link.path.strip("/") or "home", **parse_qs(link.query)))
    assert not app.exception
    assert not app.warning
    assert not app.error
    shared = urlsplit(app.code[0].value)
    assert shared.path == link.path
    assert parse_qsl(shared.query) == with_present_names(LINKS[name])


@pytest.mark.parametrize(("old", "new"), ALIASES.items())
@pytest.mark.parametrize(("page", "parameter"), [("samples", "model"), ("samples", "against"), ("models", "model")])
def test_a_former_name_of_a_model_selects_the_present_one(
    open_page: OpenPage, weights_hashes: dict[str, str], page: str, parameter: str, old: str, new: str
) -> None:
    app = open_page(page, **{parameter: old})
    assert not messages(app)
    assert app.selectbox(key=parameter).value == new
    app.run()
    assert not messages(app)
    assert app.selectbox(key=parameter).value == new


@pytest.mark.parametrize(("page", "task"), [("text", "text_conditional"), ("upscale", "srgan")])
def test_a_former_name_works_on_every_page_that_takes_a_model(
    open_page: OpenPage, with_renamed_models: Path, page: str, task: str
) -> None:
    app = run_until_finished(open_page(page, model=f"old-{task}"))
    assert not app.warning
    assert app.selectbox(key="model").value == f"new-{task}"


def test_a_model_that_has_the_former_name_goes_before_the_alias(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    for old, new in ALIASES.items():
        for name in (old, new):
            factories.checkpoint(tmp_path, "dcgan", name)
        app = open_page("samples", model=old)
        assert not app.warning
        assert app.selectbox(key="model").value == old


def test_a_name_that_was_never_a_models_is_answered_by_a_warning(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    assert "This link's model cannot be used" in messages(open_page("samples", model="faces-gan"))[0]

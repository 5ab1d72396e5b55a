"""The lists of generators and upscalers, and the pages that offer them."""

from pathlib import Path

import pytest

from gan_core.checkpoints import own
from gan_core.checkpoints.description import OwnModel
from gan_core.errors import UsageError
from pages.ui import model_cache
from pages.ui.limits import HOSTED_VARIABLE
from tests import factories
from tests.pages.conftest import OpenPage
from tests.pages.queries import page_text


def test_an_upscaler_is_not_listed_with_the_generators(with_upscalers: Path) -> None:
    assert set(model_cache.generators()) == {"tiny-dcgan"}
    assert set(model_cache.upscalers()) == {"tiny-x2", "tiny-x4"}
    assert set(model_cache.all_models()) == {"tiny-dcgan", "tiny-x2", "tiny-x4"}


def test_a_fragment_runs_its_page_anew_only_where_the_models_have_changed(
    with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reruns: list[bool] = []
    monkeypatch.setattr(model_cache.st, "rerun", lambda: reruns.append(True))
    models = model_cache.all_models()
    model_cache.rerun_page_if_changed(models)
    assert not reruns
    factories.checkpoint(with_upscalers, "dcgan", "another")
    model_cache.rerun_page_if_changed(models)
    assert reruns == [True]


def test_strangers_see_a_model_of_the_owners_own_only_where_it_is_marked_so(
    with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.write_note(model_cache.all_models()["tiny-dcgan"], OwnModel())
    assert set(model_cache.generators()) == {"tiny-dcgan"}  # to the owner
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    assert set(model_cache.all_models()) == {"tiny-x2", "tiny-x4"}  # which have no note, as those of earlier versions
    with pytest.raises(UsageError, match="is not on this machine any more"):
        model_cache.find_checkpoint("tiny-dcgan")
    own.set_public("tiny-dcgan", True, with_upscalers)
    assert set(model_cache.generators()) == {"tiny-dcgan"}


def test_to_a_stranger_a_link_to_a_hidden_model_is_one_to_no_model(
    open_page: OpenPage, with_upscalers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.checkpoint(with_upscalers, "dcgan", "seen")
    own.write_note(model_cache.all_models()["tiny-dcgan"], OwnModel(title="Secret!"))
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    for page in ("samples", "models"):
        hidden, unknown = (open_page(page, model=name) for name in ("tiny-dcgan", "nothing"))
        assert not hidden.exception
        assert [warning.value for warning in hidden.warning] == [warning.value for warning in unknown.warning]
        assert all("tiny-dcgan" not in str(dropdown.options) for dropdown in hidden.selectbox)
        assert "tiny-dcgan" not in page_text(hidden)
        assert "Secret" not in page_text(hidden)


def test_samples_offers_no_upscaler(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("samples")
    assert not app.exception
    assert app.selectbox(key="model").options == ["tiny-dcgan"]


def test_a_link_to_samples_with_an_upscaler_shows_a_warning(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("samples", model="tiny-x4")
    assert not app.exception
    assert "must be one of tiny-dcgan" in app.warning[0].value


def test_upscale_offers_upscalers_only(open_page: OpenPage, with_upscalers: Path) -> None:
    options = open_page("upscale").selectbox(key="model").options
    assert [option.split("(")[-1] for option in options] == ["tiny-x2)", "tiny-x4)"]


def test_home_shows_crops_by_an_upscaler(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("home")
    assert not app.exception
    assert sum("enlarged by tiny-x2" in element.value for element in app.html) == 1

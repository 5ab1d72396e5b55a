"""The lists of generators and upscalers, and the pages that offer them."""

from pathlib import Path

import pytest

from pages.ui import model_cache
from tests import factories
from tests.pages.conftest import OpenPage


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


def test_samples_offers_no_upscaler(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("samples")
    assert not app.exception
    assert app.selectbox(key="model").options == ["tiny-dcgan"]


def test_a_link_to_samples_with_an_upscaler_shows_a_warning(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("samples", model="tiny-x4")
    assert not app.exception
    assert "must be one of tiny-dcgan" in app.warning[0].value


def test_upscale_offers_upscalers_only(open_page: OpenPage, with_upscalers: Path) -> None:
    assert open_page("upscale").selectbox(key="model").options == ["tiny-x2", "tiny-x4"]


def test_home_shows_crops_by_an_upscaler(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("home")
    assert not app.exception
    assert sum("enlarged by tiny-x2" in element.value for element in app.html) == 1

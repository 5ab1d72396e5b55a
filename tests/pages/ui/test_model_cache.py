"""Models come in two lists: those that draw out of nothing, and those that enlarge what they are given."""

from pathlib import Path

from pages.ui import model_cache
from tests.pages.conftest import OpenPage


def test_a_model_that_enlarges_is_no_model_that_draws(with_upscalers: Path) -> None:
    assert set(model_cache.generators()) == {"tiny-dcgan"}
    assert set(model_cache.upscalers()) == {"tiny-x2", "tiny-x4"}
    assert set(model_cache.all_models()) == {"tiny-dcgan", "tiny-x2", "tiny-x4"}


def test_the_page_samples_offers_no_model_that_enlarges(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("samples")
    assert not app.exception
    assert app.selectbox(key="model").options == ["tiny-dcgan"]


def test_a_link_to_samples_with_a_model_that_enlarges_is_answered(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("samples", model="tiny-x4")
    assert not app.exception
    assert "must be one of tiny-dcgan" in app.warning[0].value


def test_the_page_upscale_offers_only_models_that_enlarge(open_page: OpenPage, with_upscalers: Path) -> None:
    assert open_page("upscale").selectbox(key="model").options == ["tiny-x2", "tiny-x4"]


def test_home_shows_what_an_upscaler_does(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("home")
    assert not app.exception
    assert sum("enlarged by tiny-x2" in element.value for element in app.html) == 1

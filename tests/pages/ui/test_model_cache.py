"""The lists of generators and upscalers, and the pages that offer them."""

from pathlib import Path

from pages.ui import model_cache
from tests.pages.conftest import OpenPage


def test_an_upscaler_is_not_listed_with_the_generators(with_upscalers: Path) -> None:
    assert set(model_cache.generators()) == {"tiny-dcgan"}
    assert set(model_cache.upscalers()) == {"tiny-x2", "tiny-x4"}
    assert set(model_cache.all_models()) == {"tiny-dcgan", "tiny-x2", "tiny-x4"}


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

"""The page Home: its example, its links, and its captions."""

from pathlib import Path

from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, image_sources, messages


def test_home_explains_gans_and_draws_todays_date(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("home")
    assert not app.exception
    assert "generative adversarial network" in " ".join(element.value for element in app.markdown).replace("*", "")
    assert len([text for text in alt_texts(app) if text.startswith("A generated ")]) == len("22112026")


def test_home_links_to_every_other_page(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert {link.label for link in open_page("home").page_link} == {
        "Draw digits", "Browse samples", "Type a prompt", "Upscale a picture", "Train a network", "Browse models",
        "Play the game",
    }  # fmt: skip


def test_home_names_the_device_it_runs_on(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert any("CPU" in caption.value or "GPU" in caption.value for caption in open_page("home").caption)


def test_home_works_without_any_model(open_page: OpenPage, no_models: Path) -> None:
    app = open_page("home")
    assert not app.exception
    assert not image_sources(app)
    assert "No model here yet" in [heading.value for heading in app.subheader]
    assert not messages(app)

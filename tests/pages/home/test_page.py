"""The page Home: its example, its links, and its captions."""

from pathlib import Path

import pytest

from pages.ui import navigation
from pages.ui.limits import HOSTED_VARIABLE
from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, image_sources, messages


def test_home_explains_gans_and_draws_todays_date(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("home")
    assert not app.exception
    assert "generative adversarial network" in " ".join(element.value for element in app.markdown).replace("*", "")
    assert len([text for text in alt_texts(app) if text.startswith("A generated ")]) == len("22112026")


def test_the_wall_shows_faces_flowers_digits_and_things(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    texts = alt_texts(open_page("home"))
    for model in ("faces-r3gan", "flowers-r3gan", "mnist-cgan"):
        assert len([text for text in texts if text.startswith(f"Drawn by {model} from seed")]) >= 6, model
    assert len([text for text in texts if text.endswith(", drawn")]) >= 6


def test_home_links_to_every_other_page(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert {link.label for link in open_page("home").page_link} == {
        "Draw faces", "Draw flowers", "Draw digits", "Type a prompt", "Upscale a picture", "Train a network",
        "Play the game", "Browse models",
    }  # fmt: skip


def test_a_panel_opens_samples_with_its_model(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    (faces,) = [link for link in open_page("home").page_link if link.label == "Draw faces"]
    assert "model=faces-r3gan" in faces.proto.query_string


def test_a_host_invites_to_nothing_that_is_off(
    open_page: OpenPage, weights_hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOSTED_VARIABLE, "1")
    app = open_page("home")
    assert "Train a network" not in {link.label for link in app.page_link}
    assert "Hugging Face" not in " ".join(element.value for element in app.markdown)
    assert not navigation.is_in_menu("train")
    assert navigation.is_in_menu("models")


def test_home_names_the_device_it_runs_on(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert any("CPU" in caption.value or "GPU" in caption.value for caption in open_page("home").caption)


def test_home_works_without_any_model(open_page: OpenPage, no_models: Path) -> None:
    app = open_page("home")
    assert not app.exception
    assert len(image_sources(app)) == 4  # the two moving pictures with their stills
    assert "No model here yet" in [heading.value for heading in app.subheader]
    assert not messages(app)

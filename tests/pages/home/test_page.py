"""Home: an example at once, and ways on."""

from pathlib import Path

from tests.pages.conftest import Open
from tests.pages.queries import pictures, said, words


def test_home_says_what_this_is_and_draws_todays_date(opened: Open, known: dict[str, str]) -> None:
    app = opened("home")
    assert not app.exception
    assert "generative adversarial network" in " ".join(each.value for each in app.markdown).replace("*", "")
    assert len([each for each in words(app) if each.startswith("A generated ")]) == len("22112026")


def test_home_links_to_the_pages_there_are(opened: Open, known: dict[str, str]) -> None:
    assert {each.label for each in opened("home").page_link} == {
        "Draw digits", "Browse samples", "Type a prompt", "Upscale a picture", "Train a network", "Browse models",
        "Play the game",
    }  # fmt: skip


def test_home_names_the_device_it_runs_on(opened: Open, known: dict[str, str]) -> None:
    assert any("CPU" in each.value or "GPU" in each.value for each in opened("home").caption)


def test_home_works_without_any_model(opened: Open, no_models: Path) -> None:
    app = opened("home")
    assert not app.exception
    assert not pictures(app)
    assert "No model here yet" in [each.value for each in app.subheader]
    assert not said(app)

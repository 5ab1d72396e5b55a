"""The page How it works: the toy game played, stepped, collapsed and recovered, and its links."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.how_it_works import lessons, playback
from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, image_sources, messages, press_button

PAGE_NAME = "how-it-works"


def step_count(app: AppTest) -> int:
    return int(next(metric.value for metric in app.metric if metric.label == "Steps").replace(",", ""))


def test_the_game_starts_paused_and_the_families_show_examples(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page(PAGE_NAME)
    assert not app.exception
    assert step_count(app) == 0
    assert next(metric.value for metric in app.metric if metric.label == "Covered").endswith(" of 8")
    assert any(alt.startswith("Drawn by mnist-dcgan") for alt in alt_texts(app))


def test_step_trains_one_step_and_play_continues_by_itself(
    open_page: OpenPage, weights_hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playback, "DEBOUNCE_S", 0.0)
    app = open_page(PAGE_NAME)
    app.button(key="step").click().run()
    assert step_count(app) == 1
    app.run()
    assert step_count(app) == 1
    app.button(key="play").click().run()
    assert 2 <= step_count(app) <= 6
    before = step_count(app)
    app.run()
    assert before < step_count(app) <= before + 5
    before = step_count(app)
    app.button(key="play").click().run()
    assert step_count(app) == before
    app.button(key="again").click().run()
    assert step_count(app) == 0


def test_a_click_just_after_play_has_become_pause_is_ignored(
    open_page: OpenPage, weights_hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playback, "DEBOUNCE_S", 0.0)
    app = open_page(PAGE_NAME)
    app.button(key="play").click().run()
    app.button(key="play").click().run()
    assert app.button(key="play").label == "Play"
    monkeypatch.setattr(playback, "DEBOUNCE_S", 3600.0)
    app.button(key="play").click().run()
    assert app.button(key="play").label == "Play"
    monkeypatch.setattr(playback, "DEBOUNCE_S", 0.0)
    app.button(key="play").click().run()
    assert app.button(key="play").label == "Pause"


def test_a_network_that_does_not_learn_has_no_loss(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page(PAGE_NAME, learner="Discriminator")
    app.button(key="step").click().run()
    losses = [metric.value for metric in app.metric if metric.label not in ("Steps", "Covered")]
    assert losses[1] == "–"
    assert float(losses[0]) > 0


def play_lesson(app: AppTest, title: str, max_frames: int = 300) -> str:
    """Clicks the lesson's button, and reruns until it has shown its point; the sentence that says so."""
    press_button(app, title)
    for _ in range(max_frames):
        if app.success:
            return app.success[0].value
        app.run()
    raise AssertionError(f"{title} shows nothing after {max_frames} frames: {[info.value for info in app.info]}")


@pytest.mark.parametrize("earlier", [{}, {"seed": "5", "objective": "hinge"}, {"target": "drawn"}])
def test_a_lesson_reaches_its_point_after_any_game_and_gives_that_game_back(
    earlier: dict[str, str], open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page(PAGE_NAME, **{"pace": "20"} | earlier)
    before = 0
    if earlier.get("target") == "drawn":
        app.selectbox(key="target").select("ring").run()
    else:
        app.button(key="play").click().run()
        before = step_count(app)
    shown = app.selectbox(key="objective").value, app.number_input(key="seed").value
    assert "All points sit on 1 of 8 modes" in play_lesson(app, "Collapse") or "gathered at 3" in app.success[0].value
    assert app.selectbox(key="objective").value == "minimax"
    assert (app.number_input(key="forger").value, app.number_input(key="seed").value) == (8, 0)
    collapsed_at = step_count(app)
    assert "8 of 8 modes are covered again" in play_lesson(app, "The cure")
    assert step_count(app) > collapsed_at
    assert app.selectbox(key="objective").value == "relativistic"
    assert app.button(key="play").label == "Play"  # it rests at its point
    press_button(app, "Back to my game")
    assert (app.selectbox(key="objective").value, app.number_input(key="seed").value) == shown
    assert step_count(app) == before
    assert not app.success
    assert not app.exception


def test_the_cure_alone_begins_with_the_collapse(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page(PAGE_NAME)
    press_button(app, "The cure")
    assert app.selectbox(key="objective").value == "minimax"
    assert "First the collapse" in app.info[0].value


def test_only_the_discriminator_learns_until_the_arrows_have_shrunk(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page(PAGE_NAME, target="grid")
    assert "greatest length" in play_lesson(app, "Vanishing gradient")
    assert app.selectbox(key="target").value == "ring"
    press_button(app, "Back to my game")
    assert app.selectbox(key="target").value == "grid"


def test_old_values_that_arrive_just_after_a_click_do_not_end_a_lesson(
    open_page: OpenPage, weights_hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "SETTLING_S", 3600.0)
    app = open_page(PAGE_NAME)
    press_button(app, "Collapse")
    app.number_input(key="forger").set_value(1).run()  # as a message that left the browser before the click
    assert app.number_input(key="forger").value == 8
    assert "modes" in (app.info or app.success)[0].value


def test_another_rule_ends_a_lesson_and_the_game_goes_on(
    open_page: OpenPage, weights_hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "SETTLING_S", 0.0)
    app = open_page(PAGE_NAME)
    press_button(app, "Collapse")
    steps = step_count(app)
    app.number_input(key="forger").set_value(2).run()
    assert not app.info
    assert not app.success
    assert step_count(app) >= steps
    assert any(button.label == "Back to my game" for button in app.button)


def test_a_lesson_needs_a_target_with_modes_to_lose(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page(PAGE_NAME, target="drawn")
    assert app.button(key="lesson_collapse").disabled
    assert not app.button(key="lesson_vanishing").disabled  # it brings its own target


def test_another_target_starts_a_new_game(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page(PAGE_NAME)
    app.button(key="step").click().run()
    app.selectbox(key="target").select("spiral").run()
    assert step_count(app) == 0
    assert next(metric.value for metric in app.metric if metric.label == "Covered").endswith(" of 24")


def test_the_shared_link_carries_the_rules(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page(PAGE_NAME, target="moons", objective="hinge", penalty="0.5", forger="2", seed="9")
    assert not messages(app)
    assert app.selectbox(key="target").value == "moons"
    assert app.number_input(key="forger").value == 2
    link = app.code[0].value
    for part in ("target=moons", "objective=hinge", "penalty=0.5", "forger=2", "teller=1", "seed=9"):
        assert part in link
    assert "weights" not in link


@pytest.mark.parametrize(
    "query", [{"target": "moon"}, {"objective": "restoration"}, {"penalty": "nan"}, {"forger": "99"}, {"seed": "abc"}]
)
def test_an_invalid_parameter_shows_one_warning_and_a_game(
    open_page: OpenPage, weights_hashes: dict[str, str], query
) -> None:
    app = open_page(PAGE_NAME, **query)
    assert not app.exception
    assert len(messages(app)) == 1
    app.button(key="step").click().run()
    assert step_count(app) == 1


def test_a_drawn_target_is_asked_for_before_the_game(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page(PAGE_NAME, target="drawn")
    assert not app.exception
    assert not app.metric
    assert any("Draw with the mouse" in caption.value for caption in app.caption)


def test_the_page_works_without_any_model(open_page: OpenPage, no_models: Path) -> None:
    app = open_page(PAGE_NAME)
    assert not app.exception
    assert not image_sources(app)
    assert step_count(app) == 0

"""Each lesson reaches its point, by real trainings, on every target that it is offered for."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_core import toy_lessons
from gan_core.toy import ToyConfig, ToyGan
from gan_core.toy_lessons import LESSONS, Learner, Lesson, LessonRun, measure_gathering, modes_to_cover
from gan_core.toy_targets import DRAWN_TARGET, TARGETS, parse_drawing, thin_out

ANGLES = np.linspace(0, 2 * np.pi, 60, endpoint=False)
DRAWINGS = {
    "line": [[x, 0.0] for x in np.linspace(-0.9, 0.9, 40)],
    "circle": [[0.7 * np.cos(angle), 0.7 * np.sin(angle)] for angle in ANGLES],
    "four": [[0.6, 0.6], [-0.6, 0.6], [0.6, -0.6], [-0.6, -0.6]],
}


def play(
    run: LessonRun, target: str, game: ToyGan | None = None, drawing: NDArray | None = None, pace: int = 0
) -> ToyGan:
    """Plays a lesson as the page does, `pace` steps a frame, until it has reached its point or given up."""
    game = game or ToyGan(run.config(ToyConfig(target=target)), drawing)
    while run.reached_at is None and not run.has_given_up(game):
        phase = run.phase
        game.set_config(run.config(game.config))
        game.train(
            pace or phase.steps_per_frame,
            discriminator=phase.learner != Learner.GENERATOR,
            generator=phase.learner != Learner.DISCRIMINATOR,
        )
        run.watch(game, game.snapshot())
    return game


def targets_of(lesson: Lesson) -> list[str]:
    return [lesson.target] if lesson.target else list(TARGETS)


@pytest.mark.parametrize(
    ("name", "target"), [(name, target) for name, lesson in LESSONS.items() for target in targets_of(lesson)]
)
def test_a_lesson_reaches_its_point_on_every_target(name: str, target: str) -> None:
    run = LessonRun(LESSONS[name])
    play(run, target)
    assert run.reached_at is not None, run.finding
    assert run.reached_at < 2000, "a busy machine would take more than a minute"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_does_not_owe_its_point_to_its_seed(name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_lessons, "LESSON_SEED", seed)
    run = LessonRun(LESSONS[name])
    play(run, "ring")
    assert run.reached_at is not None, run.finding


@pytest.mark.parametrize("drawing", DRAWINGS)
@pytest.mark.parametrize("name", [name for name, lesson in LESSONS.items() if not lesson.target])
def test_a_lesson_reaches_its_point_on_a_drawing(name: str, drawing: str) -> None:
    run = LessonRun(LESSONS[name])
    play(run, DRAWN_TARGET, drawing=parse_drawing(DRAWINGS[drawing]))
    assert run.reached_at is not None, run.finding


@pytest.mark.parametrize("pace", [1, 20])
def test_a_busy_machine_with_few_steps_a_frame_reaches_the_point_too(pace: int) -> None:
    for name in ("collapse", "vanishing"):
        run = LessonRun(LESSONS[name])
        play(run, "ring", pace=pace)
        assert run.reached_at is not None, run.finding


def test_a_collapsed_game_stays_collapsed_and_moves_from_mode_to_mode() -> None:
    game = play(LessonRun(LESSONS["collapse"]), "ring")
    gatherings = []
    for _ in range(20):
        game.train(20)
        gatherings.append(measure_gathering(game, game.snapshot()))
    assert np.median([gathering.mode_count for gathering in gatherings]) == 1
    assert len({gathering.fullest for gathering in gatherings}) >= 3
    assert game.snapshot().covered_count <= 2


@pytest.mark.parametrize("steps", [0, 100, 700])
def test_the_cure_continues_a_collapsed_game_however_long_it_was_collapsed(steps: int) -> None:
    collapse = LessonRun(LESSONS["collapse"])
    game = play(collapse, "ring")
    assert collapse.has_collapsed()
    game.train(steps)
    began_at = game.step
    cure = LessonRun(LESSONS["cure"], game, phase_index=1)
    play(cure, "ring", game)
    assert cure.reached_at is not None, cure.finding
    assert cure.reached_at > began_at
    assert game.snapshot().covered_count == game.snapshot().centre_count == 8


def test_the_arrows_have_vanished_when_the_lesson_says_so() -> None:
    run = LessonRun(LESSONS["vanishing"])
    game = ToyGan(run.config(ToyConfig()))
    game.train(50, generator=False)
    early = np.linalg.norm(game.snapshot().arrows, axis=1).mean()
    play(run, "ring", game)
    assert np.linalg.norm(game.snapshot().arrows, axis=1).mean() < 0.05 * early
    assert game.mean_probability_of_real() > 0.999
    before = game.snapshot().fake
    game.train(200)  # both: Adam makes large steps of small gradients, and the points leave the plane
    assert np.abs(game.snapshot().fake).max() > np.abs(before).max() + 1


def test_an_untrained_generator_has_not_collapsed() -> None:
    game = ToyGan(ToyConfig())
    assert not measure_gathering(game, game.snapshot()).is_collapse


def test_a_healthy_game_never_reaches_the_point_of_the_collapse() -> None:
    run = LessonRun(LESSONS["collapse"])
    game = ToyGan(ToyConfig())
    for _ in range(60):
        game.train(10)
        run.watch(game, game.snapshot())
    assert run.reached_at is None, run.finding


def test_a_lesson_gives_up_where_nothing_is_learned() -> None:
    run = LessonRun(LESSONS["cure"])
    game = ToyGan(run.config(ToyConfig()))
    game.step = run.phase.max_steps
    assert run.has_given_up(game)


def test_the_rules_of_a_lesson_are_settings_and_keep_the_target() -> None:
    for lesson in LESSONS.values():
        config = LessonRun(lesson).config(ToyConfig(target="moons", seed=9))
        assert config.seed == 0
        assert config.target == (lesson.target or "moons")
        assert replace(config, target="moons") == replace(ToyConfig(), **lesson.phases[0].rules, target="moons", seed=0)


def test_of_many_modes_the_cure_covers_most() -> None:
    assert modes_to_cover(len(thin_out(TARGETS["ring"]()))) == 8
    assert modes_to_cover(25) == 15

"""The lessons of a session: starting one, applying its rules to the widgets, ending it, and the way back."""

import time
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gan_core.toy import ToyConfig, ToyGan
from gan_core.toy_lessons import LESSONS, LessonRun
from pages.how_it_works import playback

RULE_KEYS = {  # settings of ToyConfig: the keys of their widgets
    "target": "target", "objective": "objective", "penalty": "penalty", "generator_steps": "forger",
    "discriminator_steps": "teller", "generator_rate": "forger_rate", "discriminator_rate": "teller_rate",
    "seed": "seed",
}  # fmt: skip
LEARNER_KEY, PACE_KEY = "learner", "pace"
SETTLING_S = 5.0  # after a phase began, in which the browser may still send the values that its widgets had before

LESSON_KEY = "lesson"
APPLIED_PHASE_KEY = "lesson_applied_phase"
PHASE_BEGAN_KEY = "lesson_phase_began"
OWN_GAME_KEY = "own_game"


@dataclass(frozen=True)
class OwnGame:
    """What was played before a lesson: the game, and the values of the widgets."""

    game: ToyGan | None
    widgets: dict[str, Any]


def current_lesson() -> LessonRun | None:
    return st.session_state.get(LESSON_KEY)


def start_lesson(name: str) -> None:
    """Begins a lesson with a game of its own, and plays. The cure continues a game that the first lesson collapsed."""
    present, game = current_lesson(), st.session_state.get(playback.GAME_KEY)
    if present is None:
        keys = (*RULE_KEYS.values(), LEARNER_KEY, PACE_KEY)
        widgets = {key: st.session_state[key] for key in keys if key in st.session_state}
        st.session_state[OWN_GAME_KEY] = OwnGame(game, widgets)
    if name == "cure" and game is not None and present is not None and present.has_collapsed():
        run = LessonRun(LESSONS[name], game, phase_index=1)
    else:
        run = LessonRun(LESSONS[name])
        playback.restart_game()
    begin_phase(run)
    playback.set_playing(True)


def begin_phase(run: LessonRun) -> None:
    """The next run of the page sets the widgets to the rules of the run's phase."""
    st.session_state[LESSON_KEY], st.session_state[PHASE_BEGAN_KEY] = run, time.monotonic()
    st.session_state.pop(APPLIED_PHASE_KEY, None)


def apply_rules_of_phase() -> None:
    """Sets the widgets to the rules of a phase that has just begun. Call it before the widgets are drawn."""
    run = current_lesson()
    if run is None or st.session_state.get(APPLIED_PHASE_KEY) == run.phase_index:
        return
    config = run.config(ToyConfig(target=st.session_state.get("target") or ToyConfig().target))
    st.session_state.update({key: getattr(config, setting) for setting, key in RULE_KEYS.items()})
    st.session_state[LEARNER_KEY], st.session_state[PACE_KEY] = run.phase.learner.value, run.phase.steps_per_frame
    st.session_state[APPLIED_PHASE_KEY] = run.phase_index


def end_lesson() -> None:
    """The present game goes on without a lesson."""
    st.session_state.pop(LESSON_KEY, None)


def on_rule_change() -> None:
    """The callback of all rules. A lesson ends, for what it promises holds no longer under other rules.

    In the first seconds of a phase the rules are applied again instead: a message that left the browser before it knew
    them brings back the old ones.
    """
    if time.monotonic() - st.session_state.get(PHASE_BEGAN_KEY, 0.0) < SETTLING_S:
        st.session_state.pop(APPLIED_PHASE_KEY, None)
    else:
        end_lesson()


def follows_rules(run: LessonRun, config: ToyConfig, learner: str | None) -> bool:
    """Whether a frame was drawn under the rules of the present phase; one that a click overtook was not."""
    return run.config(config) == config and learner == run.phase.learner


def has_own_game() -> bool:
    return OWN_GAME_KEY in st.session_state


def return_to_own_game() -> None:
    """Brings back the game and the rules from before the lesson, paused."""
    own: OwnGame = st.session_state.pop(OWN_GAME_KEY)
    end_lesson()
    st.session_state.update(own.widgets)
    st.session_state[playback.GAME_KEY] = own.game
    playback.set_playing(False)


def restart() -> None:
    """Begins the game anew: a lesson with its first phase."""
    run = current_lesson()
    if run is not None:
        begin_phase(LessonRun(run.lesson))
    playback.restart_game()


def watch(game: ToyGan, run: LessonRun, snapshot: Any) -> None:
    """Measures a frame of a lesson; reruns the page where a phase ends, its point is reached or it gives up."""
    if run.reached_at is None and game.step == run.began_at:
        return
    if run.watch(game, snapshot):
        if run.reached_at is None:
            begin_phase(run)
        elif run.phase.pauses:
            playback.set_playing(False)
        st.rerun()
    elif run.has_given_up(game) and playback.is_playing():
        playback.set_playing(False)
        st.rerun()


def show_lesson(run: LessonRun, game: ToyGan) -> None:
    """The title of the lesson, what the game shows, and whether that is its point."""
    finding = f"**{run.lesson.title}.** {run.finding}"
    if run.reached_at is not None:
        st.success(f"**Reached at step {run.reached_at:,}.** {finding}", icon=":material/flag:")
    elif run.has_given_up(game):
        st.warning(
            f"{finding} Not reached within {run.phase.max_steps:,} steps: try **Restart**.", icon=":material/flag:"
        )
    else:
        st.info(finding, icon=":material/school:")

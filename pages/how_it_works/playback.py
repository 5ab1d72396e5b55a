"""The toy game of a session: which game is running, Play and Pause, and how many steps a frame takes."""

import time
from threading import Lock

import streamlit as st

from gan_core.toy import ToyConfig, ToyGan
from gan_core.toy_lessons import Learner
from gan_core.toy_targets import DRAWN_TARGET, TARGETS, parse_drawing, thin_out

LEARNERS = tuple(learner.value for learner in Learner)
STEPS_PER_FRAME = (1, 5, 20)
FRAME_S = 0.08  # interval between two frames while playing
LATE_FRAME_S = 0.09  # a frame that comes later than this shortens the compute budget
MAX_COMPUTE_BUDGET_S = 0.06  # training time per frame
MIN_COMPUTE_BUDGET_S = 0.004
LESSON_COMPUTE_BUDGET_S = 0.04  # at least, while a lesson has not reached its point: a busy machine must get there too
BUDGET_CUT, BUDGET_GROWTH = 0.8, 1.1  # factors of the budget after a late frame and after one in time
PLAYBACK_GAP_S = 1.0  # frames further apart than this do not follow each other
AUTO_PAUSE_S = 300  # playing stops after this time: the visitor may have left
DEBOUNCE_S = 0.5  # clicks on Play and Pause that come sooner after the button has changed are ignored

GAME_KEY = "game"
TRAINING_LOCK_KEY = "training_lock"
DRAWING_KEY = "drawing"
PLAYING_KEY = "playing"
PLAYING_SINCE_KEY = "playing_since"
SHOWN_STATE_KEY = "shown_playing_state"
STEP_REQUESTED_KEY = "step_requested"
FRAME_TIMING_KEY = "frame_timing"


def current_game(config: ToyConfig) -> ToyGan | None:
    """The session's game with these rules, a new one where a fixed setting differs; None while no target is drawn."""
    game: ToyGan | None = st.session_state.get(GAME_KEY)
    if game is not None and game.config.fixed_settings() == config.fixed_settings():
        game.set_config(config)
        return game
    restart_game()
    centres = None
    if config.target == DRAWN_TARGET:
        if not has_drawing():
            st.session_state[PLAYING_KEY] = False
            return None
        centres = parse_drawing(st.session_state[DRAWING_KEY])
    game = st.session_state[GAME_KEY] = ToyGan(config, centres)
    return game


def restart_game() -> None:
    """Forgets the game, so that the next frame starts a new one."""
    st.session_state.pop(GAME_KEY, None)


def has_drawing() -> bool:
    return st.session_state.get(DRAWING_KEY) is not None


def mode_count(target: str) -> int:
    """How many modes of a target are counted; 0 of one that is still to be drawn."""
    if target != DRAWN_TARGET:
        return len(thin_out(TARGETS[target]()))
    return len(thin_out(parse_drawing(st.session_state[DRAWING_KEY]))) if has_drawing() else 0


def set_drawing(drawing: list[list[float]]) -> None:
    """Keeps a drawing as the target. Raises UsageError where `parse_drawing` does."""
    parse_drawing(drawing)
    st.session_state[DRAWING_KEY] = drawing


def redraw_target() -> None:
    restart_game()
    st.session_state.pop(DRAWING_KEY, None)


# Play and Pause ------------------------------------------------------------------------------------------------------


def is_playing() -> bool:
    return st.session_state.get(PLAYING_KEY, False)


def toggle_play(playing: bool) -> None:
    """The callback of the button that is both Play and Pause.

    On a busy machine a click may arrive twice, or after the button has changed. It is ignored where it asks for the
    state that is shown, or comes within DEBOUNCE_S of a change.
    """
    was_playing, shown_since = st.session_state[SHOWN_STATE_KEY]
    if was_playing != playing and time.monotonic() - shown_since > DEBOUNCE_S:
        set_playing(playing)


def set_playing(playing: bool) -> None:
    st.session_state[PLAYING_KEY] = playing
    st.session_state[PLAYING_SINCE_KEY] = time.monotonic()


def record_shown_state(playing: bool) -> None:
    """Records which state the button shows, and since when."""
    if st.session_state.setdefault(SHOWN_STATE_KEY, (playing, -DEBOUNCE_S))[0] != playing:
        st.session_state[SHOWN_STATE_KEY] = (playing, time.monotonic())


def is_play_time_over() -> bool:
    return time.monotonic() - st.session_state.get(PLAYING_SINCE_KEY, 0.0) > AUTO_PAUSE_S


def request_step() -> None:
    st.session_state[PLAYING_KEY] = False
    st.session_state[STEP_REQUESTED_KEY] = True


# Steps ---------------------------------------------------------------------------------------------------------------


def steps_of_frame(steps_per_frame: int | None) -> int:
    """How many steps the next frame trains: as chosen while playing, 1 after a click on Step, else 0."""
    if is_playing():
        return steps_per_frame if steps_per_frame in STEPS_PER_FRAME else STEPS_PER_FRAME[1]
    return int(st.session_state.pop(STEP_REQUESTED_KEY, False))


def advance(game: ToyGan, steps: int, learner: str | None, min_budget: float = 0.0) -> None:
    """Trains `steps` steps, fewer when the compute budget is used up. Raises UsageError when training diverges."""
    with training_lock():
        deadline = time.monotonic() + max(compute_budget(), min_budget)
        for _ in range(steps):
            game.train(discriminator=learner != Learner.GENERATOR, generator=learner != Learner.DISCRIMINATOR)
            if time.monotonic() > deadline:
                break


def training_lock() -> Lock:
    """Held while networks are trained or drawn: after a click, a frame begins before the one it overtakes has ended."""
    return st.session_state.setdefault(TRAINING_LOCK_KEY, Lock())


def compute_budget() -> float:
    """Training time for this frame in seconds: shrinks after a late frame and grows after one in time."""
    now = time.monotonic()
    previous, budget = st.session_state.get(FRAME_TIMING_KEY, (0.0, MAX_COMPUTE_BUDGET_S / 2))
    elapsed = now - previous
    if elapsed < PLAYBACK_GAP_S:
        budget *= BUDGET_CUT if elapsed > LATE_FRAME_S else BUDGET_GROWTH
        budget = min(max(budget, MIN_COMPUTE_BUDGET_S), MAX_COMPUTE_BUDGET_S)
    st.session_state[FRAME_TIMING_KEY] = now, budget
    return budget

"""The toy game on the page: its buttons, the plane and the numbers, redrawn frame by frame while it plays."""

import streamlit as st

from gan_core.errors import UsageError
from gan_core.toy import Snapshot, ToyConfig
from gan_core.toy_lessons import Learner
from pages.how_it_works import lessons, plane, playback


def game_fragment(config: ToyConfig) -> None:
    """Draws the game; while it plays, it reruns by itself, one frame each time."""
    st.fragment(render_frame, run_every=playback.FRAME_S if playback.is_playing() else None)(config)


def render_frame(config: ToyConfig) -> None:
    """Draws the controls, trains for one frame, and shows the result: the plane, and beside it all else."""
    lesson = (
        lessons.current_lesson()
    )  # before the game: a frame that is overtaken by a click must not watch the new one
    game = playback.current_game(config)
    if game is None:
        draw_target()
        return
    playing = playback.is_playing()
    plane_column, side_column = st.columns([5, 3], gap="medium")  # on a phone the plane comes first, Play below it
    with side_column:
        play_buttons(playing)
        metrics_area, lesson_area = st.container(), st.container()
        learner, steps_per_frame = pace_controls()
    if playing and playback.is_play_time_over():
        playback.set_playing(False)
        st.rerun()
    if lesson and not lessons.follows_rules(lesson, config, learner):
        lessons.on_rule_change()
        st.rerun()
    try:
        min_budget = playback.LESSON_COMPUTE_BUDGET_S if lesson and lesson.reached_at is None else 0.0
        playback.advance(game, playback.steps_of_frame(steps_per_frame), learner, min_budget)
    except UsageError as error:
        playback.set_playing(False)
        lesson_area.error(str(error), icon=":material/local_fire_department:")
    with playback.training_lock():
        snapshot = game.snapshot()
    with plane_column:
        plane.show_snapshot(snapshot)
    with metrics_area:
        show_metrics(snapshot)
    playback.record_shown_state(playing)
    if lesson:
        lessons.watch(game, lesson, snapshot)
        with lesson_area:
            lessons.show_lesson(lesson, game)


def play_buttons(playing: bool) -> None:
    """Play and Pause, Step, Restart."""
    with st.container(horizontal=True, gap="xsmall"):
        if st.button(  # one button: with two, the keyboard would lose its focus at each click
            "Pause" if playing else "Play", icon=":material/pause:" if playing else ":material/play_arrow:",
            type="primary", key="play", on_click=playback.toggle_play, args=(not playing,),
        ):  # fmt: skip
            st.rerun()
        st.button("Step", icon=":material/skip_next:", key="step", on_click=playback.request_step, disabled=playing)
        if st.button("Restart", icon=":material/restart_alt:", key="again", on_click=lessons.restart):
            st.rerun()  # the form shows the rules of a lesson's first phase


def pace_controls() -> tuple[str | None, int | None]:
    """Which network learns, and the steps per frame."""
    learner = st.segmented_control(
        "Who learns", playback.LEARNERS, default=Learner.BOTH.value, key=lessons.LEARNER_KEY, bind="query-params",
        required=True, on_change=lessons.on_rule_change,
    )  # fmt: skip
    steps_per_frame = st.segmented_control(
        "Steps per frame", playback.STEPS_PER_FRAME, default=playback.STEPS_PER_FRAME[1], key=lessons.PACE_KEY,
        bind="query-params", required=True, help="A busy machine takes fewer.",
    )  # fmt: skip
    return learner, steps_per_frame


def draw_target() -> None:
    """Asks for a target drawn by hand, and starts the game with it."""
    drawing = plane.drawing_input()
    st.caption("Draw with the mouse or a finger, then press the button below the drawing. The other targets need none.")
    if not drawing:
        return
    try:
        playback.set_drawing(drawing)
    except UsageError as error:
        st.error(str(error))
        return
    st.rerun()


def show_metrics(snapshot: Snapshot) -> None:
    """Shows the step, the covered modes and both losses; a network that does not learn has no loss."""
    losses = {
        "Loss of D": snapshot.discriminator_loss,
        "Loss of G": snapshot.generator_loss,
    }
    with st.grid(2, min_column_width=110):
        st.metric("Steps", f"{snapshot.step:,}")
        st.metric(
            "Covered", f"{snapshot.covered_count} of {snapshot.centre_count}",
            help="Modes of the target that get at least a quarter of their share of the generated points.",
        )  # fmt: skip
        for name, loss in losses.items():
            st.metric(
                name, "–" if loss is None else f"{loss:.2f}",
                help="Of the discriminator." if name.endswith("D") else "Of the generator.",
            )  # fmt: skip

"""The toy game on the page: its buttons, the plane and the numbers, redrawn frame by frame while it plays."""

import streamlit as st

from gan_core.errors import UsageError
from gan_core.toy import Snapshot, ToyConfig
from pages.how_it_works import plane, playback


def game_fragment(config: ToyConfig) -> None:
    """Draws the game; while it plays, it reruns by itself, one frame each time."""
    st.fragment(render_frame, run_every=playback.FRAME_S if playback.is_playing() else None)(config)


def render_frame(config: ToyConfig) -> None:
    """Draws the controls, trains for one frame, and shows the result."""
    game = playback.current_game(config)
    if game is None:
        draw_target()
        return
    playing = playback.is_playing()
    learner, steps_per_frame = playback_controls(playing)
    if playing and playback.is_play_time_over():
        playback.set_playing(False)
        st.rerun()
    try:
        playback.advance(game, playback.steps_of_frame(steps_per_frame), learner)
    except UsageError as error:
        playback.set_playing(False)
        st.error(str(error), icon=":material/local_fire_department:")
    snapshot = game.snapshot()
    plane.show_snapshot(snapshot)
    show_metrics(snapshot)
    playback.record_shown_state(playing)


def playback_controls(playing: bool) -> tuple[str | None, int | None]:
    """Draws the controls; returns which network learns, and the steps per frame."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        if st.button(  # one button: with two, the keyboard would lose its focus at each click
            "Pause" if playing else "Play", icon=":material/pause:" if playing else ":material/play_arrow:",
            type="primary", key="play", on_click=playback.toggle_play, args=(not playing,),
        ):  # fmt: skip
            st.rerun()
        st.button("Step", icon=":material/skip_next:", key="step", on_click=playback.request_step, disabled=playing)
        st.button("Restart", icon=":material/restart_alt:", key="again", on_click=playback.restart_game)
        learner = st.segmented_control(
            "Who learns", playback.LEARNERS, default=playback.BOTH_NETWORKS, key="learner", bind="query-params",
            required=True,
        )  # fmt: skip
        steps_per_frame = st.segmented_control(
            "Steps per frame", playback.STEPS_PER_FRAME, default=playback.STEPS_PER_FRAME[1], key="pace",
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
        "Loss of the discriminator": snapshot.discriminator_loss,
        "… of the generator": snapshot.generator_loss,
    }
    with st.container(horizontal=True):
        st.metric("Steps", f"{snapshot.step:,}")
        st.metric(
            "Covered", f"{snapshot.covered_count} of {snapshot.centre_count}",
            help="Modes of the target that get at least a quarter of their share of the generated points.",
        )  # fmt: skip
        for name, loss in losses.items():
            st.metric(name, "–" if loss is None else f"{loss:.2f}")

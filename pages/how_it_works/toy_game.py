"""The game on How it works: its rules in the link, its state in the visit, its plane on a canvas."""

import json
import time
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.components.v2 import component

from gan_core.configuration import MAX_SEED
from gan_core.errors import UsageError
from gan_core.toy import (
    DRAWN_TARGET,
    FIELD_EXTENT,
    FIELD_SIDE,
    TARGETS,
    TOY_OBJECTIVES,
    Snapshot,
    ToyConfig,
    ToyGan,
    parse_drawing,
)
from pages.ui import url_rules, widgets

DEFAULT_CONFIG = ToyConfig()
COLLAPSE_RULES = {"objective": "minimax", "penalty": 0.0, "forger": 3, "teller": 1}
RELATIVISTIC_R1R2 = {"objective": "relativistic", "penalty": 1.0, "forger": 1, "teller": 1}
TARGET_NAMES = (*TARGETS, DRAWN_TARGET)
BOTH_NETWORKS, DISCRIMINATOR, GENERATOR = "Both", "Discriminator", "Generator"
STEPS_PER_FRAME = (1, 5, 20)
FRAME_S = 0.08  # seconds from one picture to the next while playing
LATE_FRAME_S = 0.09  # seconds from one to the next from which on the networks are to learn less between them
COMPUTE_BUDGET_S = (
    0.06,
    0.004,
)  # seconds a picture in which the networks learn, at most about, and where pictures come late
AUTO_PAUSE_S = 300  # seconds of playing until it rests: somebody may have left
DEBOUNCE_S = 0.5  # seconds in which nobody answers what has just been shown
INT16_SCALE = 32767 / 2

ASSETS = Path(__file__).parent / "assets"
PLANE_COMPONENT = component(
    "atelier_game",
    html=(ASSETS / "game.html").read_text(encoding="utf-8"),
    css=(ASSETS / "game.css").read_text(encoding="utf-8"),
    js=(ASSETS / "game.js").read_text(encoding="utf-8"),
)


# Rules ---------------------------------------------------------------------------------------------------------------


def link_rules() -> dict[str, url_rules.Rule]:
    """The rules of URL parameters whose choices are this page's."""
    return {
        "target": url_rules.choice(TARGET_NAMES),
        "objective": url_rules.choice(TOY_OBJECTIVES),
        "pace": url_rules.choice([str(steps) for steps in STEPS_PER_FRAME]),
        "learner": url_rules.choice((BOTH_NETWORKS, DISCRIMINATOR, GENERATOR)),
    }


def apply_rules(rules: dict[str, object]) -> None:
    """A button's recipe: into the widgets, and the game plays on under it."""
    st.session_state.update(rules)
    set_playing(True)


def rules_form() -> ToyConfig:
    """The widgets. What each may be is checked again: a widget's limits hold in the browser only."""
    target = st.selectbox(
        "Target", TARGET_NAMES, key="target", bind="query-params",
        help="What the generator must learn: eight places on a ring, a grid of twenty-five, two moons, a spiral, or"
        " what you draw.",
    )  # fmt: skip
    objective = st.selectbox(
        "Objective", TOY_OBJECTIVES, TOY_OBJECTIVES.index(DEFAULT_CONFIG.objective), key="objective", bind="query-params",
        help="What both networks are paid for.",
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button(
            "Collapse", icon=":material/trending_down:", on_click=apply_rules, args=(COLLAPSE_RULES,),
            help="The first paper's minimax loss without a penalty, the generator learning three times a step.",
        )  # fmt: skip
        st.button(
            "The cure", icon=":material/healing:", on_click=apply_rules, args=(RELATIVISTIC_R1R2,),
            help="Relativistic pairing with R1 and R2, each network learning once a step. The game goes on.",
        )  # fmt: skip
    with st.expander("More rules"):
        penalty = st.number_input(
            "Penalty (R1 and R2)", 0.0, 10.0, DEFAULT_CONFIG.penalty, 0.1, key="penalty", bind="query-params",
            help="Gamma: how much the discriminator pays for being steep.",
        )  # fmt: skip
        generator_steps = st.number_input(
            "Generator learns … times a step",
            1,
            8,
            DEFAULT_CONFIG.generator_steps,
            1,
            key="forger",
            bind="query-params",
        )
        discriminator_steps = st.number_input(
            "Discriminator learns … times a step", 1, 8, DEFAULT_CONFIG.discriminator_steps, 1, key="teller",
            bind="query-params",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, MAX_SEED, 0, 1, key="seed", bind="query-params")
    return ToyConfig(
        target=target if target in TARGET_NAMES else DEFAULT_CONFIG.target,
        objective=objective if objective in TOY_OBJECTIVES else DEFAULT_CONFIG.objective,
        penalty=widgets.in_range_or_default(penalty, 0.0, 10.0, DEFAULT_CONFIG.penalty),
        generator_steps=widgets.in_range_or_default(generator_steps, 1, 8, DEFAULT_CONFIG.generator_steps),
        discriminator_steps=widgets.in_range_or_default(discriminator_steps, 1, 8, DEFAULT_CONFIG.discriminator_steps),
        seed=widgets.in_range_or_default(seed, 0, MAX_SEED, 0),
    )


# The game of this visit ----------------------------------------------------------------------------------------------


def current_game(config: ToyConfig) -> ToyGan | None:
    """The visit's game under these rules: the one that goes on, or a new one; None while its target is being drawn."""
    game: ToyGan | None = st.session_state.get("game")
    if game is not None and game.config.fixed_settings() == config.fixed_settings():
        game.set_config(config)
        return game
    st.session_state.pop("game", None)
    centres = None
    if config.target == DRAWN_TARGET:
        drawing = st.session_state.get("drawing")
        if drawing is None:
            st.session_state["playing"] = False
            return None
        centres = parse_drawing(drawing)
    game = st.session_state["game"] = ToyGan(config, centres)
    return game


def restart_game() -> None:
    st.session_state.pop("game", None)


def redraw_target() -> None:
    st.session_state.pop("game", None)
    st.session_state.pop("drawing", None)


def toggle_play(playing: bool) -> None:
    """The one button that is Play and then Pause (two would lose the keyboard's place). On a busy machine a click may
    be heard twice, or when the button has already become the other: what nobody can have meant is passed over."""
    was_playing, since = st.session_state["shown"]
    if was_playing != playing and time.monotonic() - since > DEBOUNCE_S:
        set_playing(playing)


def set_playing(playing: bool) -> None:
    st.session_state["playing"] = playing
    st.session_state["since"] = time.monotonic()


def record_shown_state(playing: bool) -> None:
    """Which of its two states the game now shows, and since when."""
    if st.session_state.setdefault("shown", (playing, -DEBOUNCE_S))[0] != playing:
        st.session_state["shown"] = (playing, time.monotonic())


def request_step() -> None:
    st.session_state["playing"] = False
    st.session_state["owed"] = True


def game_fragment(config: ToyConfig) -> None:
    """Buttons, plane and numbers; while playing it runs by itself, a picture each time."""
    playing = st.session_state.get("playing", False)
    st.fragment(render_frame, run_every=FRAME_S if playing else None)(config)


def render_frame(config: ToyConfig) -> None:
    game = current_game(config)
    if game is None:
        drawing_input()
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        playing = st.session_state.get("playing", False)
        if st.button("Pause" if playing else "Play", icon=f":material/{'pause' if playing else 'play_arrow'}:",
                     type="primary", key="play", on_click=toggle_play, args=(not playing,)):  # fmt: skip
            st.rerun()
        st.button("Step", icon=":material/skip_next:", key="step", on_click=request_step, disabled=playing)
        st.button("Begin again", icon=":material/restart_alt:", key="again", on_click=restart_game)
        learner = st.segmented_control(
            "Who learns",
            (BOTH_NETWORKS, DISCRIMINATOR, GENERATOR),
            default=BOTH_NETWORKS,
            key="learner",
            bind="query-params",
            required=True,
        )
        steps_per_frame = st.segmented_control(
            "Steps a picture",
            STEPS_PER_FRAME,
            default=STEPS_PER_FRAME[1],
            key="pace",
            bind="query-params",
            required=True,
            help="Fewer where the machine is busy.",
        )
    if playing and time.monotonic() - st.session_state.get("since", 0.0) > AUTO_PAUSE_S:
        st.session_state["playing"] = False
        st.rerun()
    steps = (
        (steps_per_frame if steps_per_frame in STEPS_PER_FRAME else STEPS_PER_FRAME[1])
        if playing
        else int(st.session_state.pop("owed", False))
    )
    try:
        advance(game, steps, learner)
    except UsageError as error:
        st.session_state["playing"] = False
        st.error(str(error), icon=":material/local_fire_department:")
    snapshot = game.snapshot()
    show_snapshot(snapshot)
    show_metrics(snapshot)
    record_shown_state(playing)


def advance(game: ToyGan, steps: int, learner: str | None) -> None:
    """So many steps, fewer on a machine that is busy: pictures must keep coming. Raises InputError at divergence."""
    deadline = time.monotonic() + compute_budget()
    for _ in range(steps):
        game.train(discriminator=learner != GENERATOR, generator=learner != DISCRIMINATOR)
        if time.monotonic() > deadline:
            break


def compute_budget() -> float:
    """Seconds in which the networks may learn for this picture: less after each that came late, then more again."""
    now, (max_budget, min_budget) = time.monotonic(), COMPUTE_BUDGET_S
    previous, budget = st.session_state.get("rhythm", (0.0, max_budget / 2))
    elapsed = now - previous
    if elapsed < 1.0:  # it has been playing
        budget = min(max(budget * (0.8 if elapsed > LATE_FRAME_S else 1.1), min_budget), max_budget)
    st.session_state["rhythm"] = now, budget
    return budget


def drawing_input() -> None:
    header = {"drawing": True, "about": "Draw here what the generator shall learn.", "points": 0, "step": 0}
    result = PLANE_COMPONENT(key="plane", data=encode_message(header), on_drawing_change=lambda: None)
    st.caption("Draw with the mouse or a finger, then press the button below the drawing. The other targets need none.")
    if drawing := getattr(result, "drawing", None):
        try:
            parse_drawing(drawing)
        except UsageError as error:
            st.error(str(error))
            return
        st.session_state["drawing"] = drawing
        st.rerun()


def show_snapshot(snapshot: Snapshot) -> None:
    alt_text = (
        f"The plane after {snapshot.step} steps: generated points cover {snapshot.covered_count} of {snapshot.centre_count} places of the"
        " target."
    )
    point_arrays = [snapshot.real, snapshot.fake, snapshot.arrows]
    packed = [(points.clip(-1.99, 1.99) * INT16_SCALE).astype("<i2").tobytes() for points in point_arrays]
    header = {
        "drawing": False,
        "about": alt_text,
        "points": len(snapshot.real),
        "side": FIELD_SIDE,
        "step": snapshot.step,
    }
    PLANE_COMPONENT(
        key="plane", data=encode_message(header, *packed, (snapshot.field * 255).astype(np.uint8).tobytes())
    )


def encode_message(header: dict[str, object], *parts: bytes) -> bytes:
    header_bytes = json.dumps(header | {"edge": FIELD_EXTENT}).encode()
    return b"".join((len(header_bytes).to_bytes(4, "little"), header_bytes, *parts))


def show_metrics(snapshot: Snapshot) -> None:
    with st.container(horizontal=True):
        st.metric("Steps", f"{snapshot.step:,}")
        st.metric(
            "Covered",
            f"{snapshot.covered_count} of {snapshot.centre_count}",
            help="Places that get a quarter of their due or more.",
        )
        for name, loss in (
            ("Loss of the discriminator", snapshot.discriminator_loss),
            ("… of the generator", snapshot.generator_loss),
        ):
            st.metric(name, "–" if loss is None else f"{loss:.2f}")


def link_parameters(config: ToyConfig) -> dict[str, object]:
    """What a link to this game carries."""
    return {
        "target": config.target, "objective": config.objective, "penalty": config.penalty,
        "forger": config.generator_steps, "teller": config.discriminator_steps, "seed": config.seed,
    }  # fmt: skip

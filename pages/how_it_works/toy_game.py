"""The game on How it works: its rules in the link, its state in the visit, its plane on a canvas."""

import json
import time
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.components.v2 import component

from gan_core.errors import InputError
from gan_core.toy import DRAWN, EDGE, FIELD, PLAYABLE, TARGETS, Game, GameConfig, View, places_from
from pages.ui import url_params, widgets

DEFAULT = GameConfig()
COLLAPSE = {"objective": "minimax", "penalty": 0.0, "forger": 3, "teller": 1}
CURE = {"objective": "relativistic", "penalty": 1.0, "forger": 1, "teller": 1}
TARGET_NAMES = (*TARGETS, DRAWN)
BOTH, TELLER, FORGER = "Both", "Discriminator", "Generator"
PACES = (1, 5, 20)
PICTURE = 0.08  # seconds from one picture to the next while playing
LATE = 0.09  # seconds from one to the next from which on the networks are to learn less between them
LABOUR = 0.06, 0.004  # seconds a picture in which the networks learn, at most about, and where pictures come late
LONGEST = 300  # seconds of playing until it rests: somebody may have left
TOO_SOON = 0.5  # seconds in which nobody answers what has just been shown
UNIT = 32767 / 2

ASSETS = Path(__file__).parent / "assets"
PLANE = component(
    "atelier_game",
    html=(ASSETS / "game.html").read_text(encoding="utf-8"),
    css=(ASSETS / "game.css").read_text(encoding="utf-8"),
    js=(ASSETS / "game.js").read_text(encoding="utf-8"),
)


# Rules ---------------------------------------------------------------------------------------------------------------


def checks() -> dict[str, tuple[url_params.Check, str]]:
    return {
        "target": url_params.one_of(TARGET_NAMES),
        "objective": url_params.one_of(PLAYABLE),
        "penalty": url_params.number(0, 10),
        "forger": url_params.whole(1, 8),
        "teller": url_params.whole(1, 8),
        "seed": url_params.whole(0, 2**31 - 1),
        "pace": url_params.one_of([str(each) for each in PACES]),
        "learner": url_params.one_of((BOTH, TELLER, FORGER)),
    }


def change(rules: dict[str, object]) -> None:
    """A button's recipe: into the widgets, and the game plays on under it."""
    st.session_state.update(rules)
    set_playing(True)


def choose() -> GameConfig:
    """The widgets. What each may be is checked again: a widget's limits hold in the browser only."""
    target = st.selectbox(
        "Target", TARGET_NAMES, key="target", bind="query-params",
        help="What the generator must learn: eight places on a ring, a grid of twenty-five, two moons, a spiral, or"
        " what you draw.",
    )  # fmt: skip
    objective = st.selectbox(
        "Objective", PLAYABLE, PLAYABLE.index(DEFAULT.objective), key="objective", bind="query-params",
        help="What both networks are paid for.",
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button(
            "Collapse", icon=":material/trending_down:", on_click=change, args=(COLLAPSE,),
            help="The first paper's minimax loss without a penalty, the generator learning three times a step.",
        )  # fmt: skip
        st.button(
            "The cure", icon=":material/healing:", on_click=change, args=(CURE,),
            help="Relativistic pairing with R1 and R2, each network learning once a step. The game goes on.",
        )  # fmt: skip
    with st.expander("More rules"):
        penalty = st.number_input(
            "Penalty (R1 and R2)", 0.0, 10.0, DEFAULT.penalty, 0.1, key="penalty", bind="query-params",
            help="Gamma: how much the discriminator pays for being steep.",
        )  # fmt: skip
        forger = st.number_input(
            "Generator learns … times a step", 1, 8, DEFAULT.generator_steps, 1, key="forger", bind="query-params"
        )
        teller = st.number_input(
            "Discriminator learns … times a step", 1, 8, DEFAULT.discriminator_steps, 1, key="teller",
            bind="query-params",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, 1, key="seed", bind="query-params")
    return GameConfig(
        target=target if target in TARGET_NAMES else DEFAULT.target,
        objective=objective if objective in PLAYABLE else DEFAULT.objective,
        penalty=widgets.within(penalty, 0.0, 10.0, DEFAULT.penalty),
        generator_steps=widgets.within(forger, 1, 8, DEFAULT.generator_steps),
        discriminator_steps=widgets.within(teller, 1, 8, DEFAULT.discriminator_steps),
        seed=widgets.within(seed, 0, 2**31 - 1, 0),
    )


# The game of this visit ----------------------------------------------------------------------------------------------


def current(config: GameConfig) -> Game | None:
    """The visit's game under these rules: the one that goes on, or a new one; None while its target is being drawn."""
    game: Game | None = st.session_state.get("game")
    if game is not None and game.config.same_game() == config.same_game():
        game.rule(config)
        return game
    st.session_state.pop("game", None)
    places = None
    if config.target == DRAWN:
        drawing = st.session_state.get("drawing")
        if drawing is None:
            st.session_state["playing"] = False
            return None
        places = places_from(drawing)
    game = st.session_state["game"] = Game(config, places)
    return game


def begin_again() -> None:
    st.session_state.pop("game", None)


def draw_anew() -> None:
    st.session_state.pop("game", None)
    st.session_state.pop("drawing", None)


def press(wanted: bool) -> None:
    """The one button that is Play and then Pause (two would lose the keyboard's place). On a busy machine a click may
    be heard twice, or when the button has already become the other: what nobody can have meant is passed over."""
    shown, since = st.session_state["shown"]
    if shown != wanted and time.monotonic() - since > TOO_SOON:
        set_playing(wanted)


def set_playing(wanted: bool) -> None:
    st.session_state["playing"] = wanted
    st.session_state["since"] = time.monotonic()


def remember_shown(playing: bool) -> None:
    """Which of its two states the game now shows, and since when."""
    if st.session_state.setdefault("shown", (playing, -TOO_SOON))[0] != playing:
        st.session_state["shown"] = (playing, time.monotonic())


def one_step() -> None:
    st.session_state["playing"] = False
    st.session_state["owed"] = True


def board(config: GameConfig) -> None:
    """Buttons, plane and numbers; while playing it runs by itself, a picture each time."""
    playing = st.session_state.get("playing", False)
    st.fragment(turn, run_every=PICTURE if playing else None)(config)


def turn(config: GameConfig) -> None:
    game = current(config)
    if game is None:
        ask_for_drawing()
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        playing = st.session_state.get("playing", False)
        if st.button("Pause" if playing else "Play", icon=f":material/{'pause' if playing else 'play_arrow'}:",
                     type="primary", key="play", on_click=press, args=(not playing,)):  # fmt: skip
            st.rerun()
        st.button("Step", icon=":material/skip_next:", key="step", on_click=one_step, disabled=playing)
        st.button("Begin again", icon=":material/restart_alt:", key="again", on_click=begin_again)
        learner = st.segmented_control(
            "Who learns", (BOTH, TELLER, FORGER), default=BOTH, key="learner", bind="query-params", required=True
        )
        pace = st.segmented_control(
            "Steps a picture",
            PACES,
            default=PACES[1],
            key="pace",
            bind="query-params",
            required=True,
            help="Fewer where the machine is busy.",
        )
    if playing and time.monotonic() - st.session_state.get("since", 0.0) > LONGEST:
        st.session_state["playing"] = False
        st.rerun()
    steps = (pace if pace in PACES else PACES[1]) if playing else int(st.session_state.pop("owed", False))
    try:
        play(game, steps, learner)
    except InputError as error:
        st.session_state["playing"] = False
        st.error(str(error), icon=":material/local_fire_department:")
    view = game.look()
    show(view)
    numbers(view)
    remember_shown(playing)


def play(game: Game, steps: int, learner: str | None) -> None:
    """So many steps, fewer on a machine that is busy: pictures must keep coming. Raises InputError at divergence."""
    until = time.monotonic() + labour()
    for _ in range(steps):
        game.play(discriminator=learner != FORGER, generator=learner != TELLER)
        if time.monotonic() > until:
            break


def labour() -> float:
    """Seconds in which the networks may learn for this picture: less after each that came late, then more again."""
    now, (most, least) = time.monotonic(), LABOUR
    before, allowed = st.session_state.get("rhythm", (0.0, most / 2))
    since = now - before
    if since < 1.0:  # it has been playing
        allowed = min(max(allowed * (0.8 if since > LATE else 1.1), least), most)
    st.session_state["rhythm"] = now, allowed
    return allowed


def ask_for_drawing() -> None:
    header = {"drawing": True, "about": "Draw here what the generator shall learn.", "points": 0, "step": 0}
    result = PLANE(key="plane", data=message(header), on_drawing_change=lambda: None)
    st.caption("Draw with the mouse or a finger, then press the button below the drawing. The other targets need none.")
    if drawing := getattr(result, "drawing", None):
        try:
            places_from(drawing)
        except InputError as error:
            st.error(str(error))
            return
        st.session_state["drawing"] = drawing
        st.rerun()


def show(view: View) -> None:
    about = (
        f"The plane after {view.step} steps: generated points cover {view.covered} of {view.places} places of the"
        " target."
    )
    body = [view.real, view.fake, view.arrows]
    packed = [(each.clip(-1.99, 1.99) * UNIT).astype("<i2").tobytes() for each in body]
    header = {"drawing": False, "about": about, "points": len(view.real), "side": FIELD, "step": view.step}
    PLANE(key="plane", data=message(header, *packed, (view.field * 255).astype(np.uint8).tobytes()))


def message(header: dict[str, object], *parts: bytes) -> bytes:
    text = json.dumps(header | {"edge": EDGE}).encode()
    return b"".join((len(text).to_bytes(4, "little"), text, *parts))


def numbers(view: View) -> None:
    with st.container(horizontal=True):
        st.metric("Steps", f"{view.step:,}")
        st.metric("Covered", f"{view.covered} of {view.places}", help="Places that get a quarter of their due or more.")
        for name, loss in (("Loss of the discriminator", view.discriminator), ("… of the generator", view.generator)):
            st.metric(name, "–" if loss is None else f"{loss:.2f}")


def state(config: GameConfig) -> dict[str, object]:
    """What a link to this game carries."""
    return {
        "target": config.target, "objective": config.objective, "penalty": config.penalty,
        "forger": config.generator_steps, "teller": config.discriminator_steps, "seed": config.seed,
    }  # fmt: skip

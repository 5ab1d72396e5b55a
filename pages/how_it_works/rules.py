"""The rules of the toy game: the target, the objective, and how both networks train, as a form and as a link."""

from dataclasses import fields

import streamlit as st

from gan_core.toy import TOY_OBJECTIVES, ToyConfig
from gan_core.toy_targets import DRAWN_TARGET, TARGETS
from pages.how_it_works.playback import LEARNERS, STEPS_PER_FRAME, set_playing
from pages.ui import url_rules, widgets

DEFAULT_CONFIG = ToyConfig()
TARGET_NAMES = (*TARGETS, DRAWN_TARGET)
COLLAPSE_RULES = {"objective": "minimax", "penalty": 0.0, "forger": 3, "teller": 1}  # by the keys of the widgets
RELATIVISTIC_R1R2_RULES = {"objective": "relativistic", "penalty": 1.0, "forger": 1, "teller": 1}
RANGES = {setting.name: (setting.metadata["low"], setting.metadata["high"]) for setting in fields(ToyConfig)}


def link_rules() -> dict[str, url_rules.Rule]:
    """The rules of the page's URL parameters, with the ranges of ToyConfig."""
    return {
        "target": url_rules.choice(TARGET_NAMES),
        "objective": url_rules.choice(TOY_OBJECTIVES),
        "penalty": url_rules.number(*RANGES["penalty"]),
        "forger": url_rules.integer(*RANGES["generator_steps"]),
        "teller": url_rules.integer(*RANGES["discriminator_steps"]),
        "pace": url_rules.choice([str(steps) for steps in STEPS_PER_FRAME]),
        "learner": url_rules.choice(LEARNERS),
    }


def link_parameters(config: ToyConfig) -> dict[str, object]:
    """The URL parameters that open the game with these rules."""
    return {
        "target": config.target, "objective": config.objective, "penalty": config.penalty,
        "forger": config.generator_steps, "teller": config.discriminator_steps, "seed": config.seed,
    }  # fmt: skip


def rules_form() -> ToyConfig:
    """Draws the form. The browser alone enforces a widget's limits, so values out of range become the defaults."""
    target = st.selectbox(
        "Target", TARGET_NAMES, key="target", bind="query-params",
        help="The distribution that the generator must learn: eight clusters on a ring, a grid of twenty-five, two"
        " moons, a spiral, or what you draw.",
    )  # fmt: skip
    objective = st.selectbox(
        "Objective", TOY_OBJECTIVES, TOY_OBJECTIVES.index(DEFAULT_CONFIG.objective), key="objective",
        bind="query-params", help="The loss functions of both networks.",
    )  # fmt: skip
    recipe_buttons()
    with st.expander("More rules"):
        penalty = setting_input(
            "Penalty (R1 and R2)", "penalty", "penalty",
            "Gamma, the weight of the penalty on the discriminator's squared gradient.",
        )  # fmt: skip
        generator_steps = setting_input("Generator updates per step", "generator_steps", "forger")
        discriminator_steps = setting_input("Discriminator updates per step", "discriminator_steps", "teller")
        seed = setting_input("Seed", "seed", "seed")
    return ToyConfig(
        target=target if target in TARGET_NAMES else DEFAULT_CONFIG.target,
        objective=objective if objective in TOY_OBJECTIVES else DEFAULT_CONFIG.objective,
        penalty=float(penalty),
        generator_steps=int(generator_steps),
        discriminator_steps=int(discriminator_steps),
        seed=int(seed),
    )


def recipe_buttons() -> None:
    """The two buttons that set several rules at once."""
    with st.container(horizontal=True):
        st.button(
            "Collapse", icon=":material/trending_down:", on_click=apply_rules, args=(COLLAPSE_RULES,),
            help="The minimax loss of the first paper without a penalty, and three generator updates per step.",
        )  # fmt: skip
        st.button(
            "The cure", icon=":material/healing:", on_click=apply_rules, args=(RELATIVISTIC_R1R2_RULES,),
            help="The relativistic pairing loss with R1 and R2, one update of each network per step. The game goes on.",
        )  # fmt: skip


def apply_rules(rules: dict[str, object]) -> None:
    """Sets the widgets to the rules and lets the game play on."""
    st.session_state.update(rules)
    set_playing(True)


def setting_input(label: str, name: str, key: str, help_text: str | None = None) -> float:
    """A number input for a setting of ToyConfig, with its range and default."""
    low, high = RANGES[name]
    default = getattr(DEFAULT_CONFIG, name)
    if isinstance(default, float):
        low, high, step = float(low), float(high), 0.1
    else:
        step = 1
    value = st.number_input(label, low, high, default, step, key=key, bind="query-params", help=help_text)
    return widgets.in_range_or_default(value, low, high, default)

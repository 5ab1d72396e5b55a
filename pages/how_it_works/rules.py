"""The rules of the toy game: the target, the objective, and how both networks train, as a form and as a link."""

from dataclasses import fields

import streamlit as st

from gan_core.toy import TOY_OBJECTIVES, ToyConfig
from gan_core.toy_lessons import LESSONS, MIN_MODES
from gan_core.toy_targets import DRAWN_TARGET, TARGETS
from pages.how_it_works import lessons, playback
from pages.how_it_works.playback import LEARNERS, STEPS_PER_FRAME
from pages.ui import url_rules, widgets

DEFAULT_CONFIG = ToyConfig()
TARGET_NAMES = (*TARGETS, DRAWN_TARGET)
LESSON_ICONS = {"collapse": "trending_down", "cure": "healing", "vanishing": "blur_off", "alone": "person"}
RANGES = {setting.name: (setting.metadata["low"], setting.metadata["high"]) for setting in fields(ToyConfig)}


def link_rules() -> dict[str, url_rules.Rule]:
    """The rules of the page's URL parameters, with the ranges of ToyConfig."""
    return {
        "target": url_rules.choice(TARGET_NAMES),
        "objective": url_rules.choice(TOY_OBJECTIVES),
        "penalty": url_rules.number(*RANGES["penalty"]),
        "forger": url_rules.integer(*RANGES["generator_steps"]),
        "teller": url_rules.integer(*RANGES["discriminator_steps"]),
        "forger_rate": url_rules.number(*RANGES["generator_rate"]),
        "teller_rate": url_rules.number(*RANGES["discriminator_rate"]),
        "pace": url_rules.choice([str(steps) for steps in STEPS_PER_FRAME]),
        "learner": url_rules.choice(LEARNERS),
    }


def link_parameters(config: ToyConfig) -> dict[str, object]:
    """The URL parameters that open the game with these rules."""
    rates = {"forger_rate": config.generator_rate, "teller_rate": config.discriminator_rate}
    default_rates = {"forger_rate": DEFAULT_CONFIG.generator_rate, "teller_rate": DEFAULT_CONFIG.discriminator_rate}
    return {
        "target": config.target, "objective": config.objective, "penalty": config.penalty,
        "forger": config.generator_steps, "teller": config.discriminator_steps,
        **(rates if rates != default_rates else {}), "seed": config.seed,
    }  # fmt: skip


def rules_form() -> ToyConfig:
    """Draws the form. The browser alone enforces a widget's limits, so values out of range become the defaults."""
    lessons.apply_rules_of_phase()
    target = st.selectbox(
        "Target", TARGET_NAMES, key="target", bind="query-params", on_change=lessons.on_rule_change,
        help="The distribution that the generator must learn: eight clusters on a ring, a grid of twenty-five, two"
        " moons, a spiral, or what you draw.",
    )  # fmt: skip
    objective = st.selectbox(
        "Objective", TOY_OBJECTIVES, TOY_OBJECTIVES.index(DEFAULT_CONFIG.objective), key="objective",
        bind="query-params", on_change=lessons.on_rule_change, help="The loss functions of both networks.",
    )  # fmt: skip
    lesson_buttons(target)
    with st.expander("More rules"):
        penalty = setting_input(
            "Penalty (R1 and R2)", "penalty", "penalty",
            "Gamma, the weight of the penalty on the discriminator's squared gradient.",
        )  # fmt: skip
        generator_steps = setting_input("Generator updates per step", "generator_steps", "forger")
        discriminator_steps = setting_input("Discriminator updates per step", "discriminator_steps", "teller")
        generator_rate = setting_input("Learning rate of the generator", "generator_rate", "forger_rate")
        discriminator_rate = setting_input("Learning rate of the discriminator", "discriminator_rate", "teller_rate")
        seed = setting_input("Seed", "seed", "seed")
    return ToyConfig(
        target=target if target in TARGET_NAMES else DEFAULT_CONFIG.target,
        objective=objective if objective in TOY_OBJECTIVES else DEFAULT_CONFIG.objective,
        penalty=float(penalty),
        generator_steps=int(generator_steps),
        discriminator_steps=int(discriminator_steps),
        generator_rate=float(generator_rate),
        discriminator_rate=float(discriminator_rate),
        seed=int(seed),
    )


def lesson_buttons(target: str) -> None:
    """A button for each lesson, disabled where the target has too few modes to lose any."""
    mode_count = playback.mode_count(target)
    st.markdown("**Lessons** play by themselves, from a fixed start, and say when they have shown their point.")
    with st.container(horizontal=True, gap="xsmall"):
        for name, lesson in LESSONS.items():
            is_offered = bool(lesson.target) or mode_count >= MIN_MODES
            st.button(
                lesson.title, key=f"lesson_{name}", icon=f":material/{LESSON_ICONS[name]}:", disabled=not is_offered,
                on_click=lessons.start_lesson, args=(name,),
                help=lesson.about if is_offered else f"It needs a target with {MIN_MODES} modes at least: draw more.",
            )  # fmt: skip
    if lessons.has_own_game():
        st.button("Back to my game", icon=":material/undo:", key="own_game_back", on_click=lessons.return_to_own_game)


def setting_input(label: str, name: str, key: str, help_text: str | None = None) -> float:
    """A number input for a setting of ToyConfig, with its range and default."""
    low, high = RANGES[name]
    default = getattr(DEFAULT_CONFIG, name)
    step, number_format = 1, None
    if isinstance(default, float):
        low, high = float(low), float(high)
        step, number_format = (0.1, None) if high > 1 else (0.0005, "%.5g")
    value = st.number_input(
        label,
        low,
        high,
        default,
        step,
        format=number_format,
        key=key,
        bind="query-params",
        help=help_text,
        on_change=lessons.on_rule_change,
    )
    return widgets.in_range_or_default(value, low, high, default)

"""Widgets that several pages have, bound to the same URL parameters on each, and helpers for their values."""

import random
from collections.abc import Collection, Sequence
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gan_core.configuration import MAX_SEED
from gan_core.sampling import MAX_TRUNCATION
from pages.ui.limits import current_limits

DEFAULT_COUNT = 16
MAX_ROLLED_SEED = 999_999  # short enough to be read out
Number = TypeVar("Number", int, float)


def seed_input() -> int:
    """The seed, with a button that rolls another one."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False):
        help_text = "The number a picture starts from: the same seed is the same picture, always and for everyone."
        seed = st.number_input("Seed", 0, MAX_SEED, step=1, key="seed", bind="query-params", help=help_text)
        st.button("Roll", icon=":material/casino:", key="dice", on_click=roll_seed, help="Draw another seed.")
    return in_range_or_default(seed, 0, MAX_SEED, 0)


def roll_seed() -> None:
    st.session_state["seed"] = random.randint(0, MAX_ROLLED_SEED)


def count_input(max_count: int | None = None, default: int = DEFAULT_COUNT) -> int:
    """The number of images, up to `max_count` and the limit of the host."""
    max_count = min(max_count or current_limits().images, current_limits().images)
    value = st.number_input("How many", 1, max_count, default, 1, key="count", bind="query-params")
    return in_range_or_default(value, 1, max_count, default)


def truncation_slider() -> float:
    help_text = "Below 1 the pictures become more typical and more alike, above 1 stranger."
    value = st.slider(
        "Truncation", 0.0, MAX_TRUNCATION, 1.0, 0.05, key="truncation", bind="query-params", help=help_text
    )
    return in_range_or_default(value, 0.0, MAX_TRUNCATION, 1.0)


def blend_slider(help_text: str) -> float:
    """The weight of the second of two ends, in [0, 1]."""
    value = st.slider("Blend", 0.0, 1.0, 0.5, 0.05, key="blend", bind="query-params", help=help_text)
    return in_range_or_default(value, 0.0, 1.0, 0.5)


def segmented_choice(label: str, options: Sequence[str], key: str) -> str:
    """One of a few options side by side; the first where the value is none of them."""
    drop_stale_value(key, options)
    selected = st.segmented_control(
        label, options, default=options[0], key=key, required=True, bind="query-params", label_visibility="collapsed"
    )
    return selected if selected and selected in options else options[0]


# Values ---------------------------------------------------------------------------------------------------------------


def seeds_from(seed: int, count: int) -> tuple[int, ...]:
    """`count` seeds from `seed` on, fewer where MAX_SEED is reached."""
    return tuple(range(seed, min(seed + count, MAX_SEED + 1)))


def in_range_or_default(value: Number | None, low: Number, high: Number, default: Number) -> Number:
    """The value where it lies in [low, high]: a widget enforces its limits in the browser only."""
    return value if value is not None and low <= value <= high else default


def drop_stale_value(key: str, options: Collection[object]) -> None:
    """Delete a value from the session that is no option any more. Call it before its widget, which would raise."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]


def is_history_navigation() -> bool:
    """Whether the browser went back or forward to this address, so that the address decides over the session."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation

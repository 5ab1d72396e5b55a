"""The widgets that pages have in common: seed, count and truncation, with the same names in every link."""

import random
from collections.abc import Sequence

import streamlit as st

from gan_core.sampling import MAX_SEED, MAX_TRUNCATION
from pages.ui import url_params
from pages.ui.limits import limits

COUNT = 16
FRIENDLY_SEED = 999_999  # the dice stays within what can be read out over a telephone


def checks() -> dict[str, tuple[url_params.Check, str]]:
    """What a link may say about them."""
    return {
        "seed": url_params.whole(0, MAX_SEED),
        "count": url_params.whole(1, limits().pictures),
        "truncation": url_params.number(0, MAX_TRUNCATION),
    }


def roll() -> None:
    st.session_state["seed"] = random.randint(0, FRIENDLY_SEED)


def seed_with_dice() -> int:
    """The seed, with a button that draws another one."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False):
        about = "The number a picture starts from: the same seed is the same picture, always and for everyone."
        seed = st.number_input("Seed", 0, MAX_SEED, 0, 1, key="seed", bind="query-params", help=about)
        st.button("Roll", icon=":material/casino:", key="dice", on_click=roll, help="Draw another seed.")
    return within(seed, 0, MAX_SEED, 0)


def count(most: int | None = None, opening: int = COUNT) -> int:
    most = min(most or limits().pictures, limits().pictures)
    value = st.number_input("How many", 1, most, opening, 1, key="count", bind="query-params")
    return within(value, 1, most, opening)


def truncation() -> float:
    about = "Below 1 the pictures become more typical and more alike, above 1 stranger."
    value = st.slider("Truncation", 0.0, MAX_TRUNCATION, 1.0, 0.05, key="truncation", bind="query-params", help=about)
    return within(value, 0.0, MAX_TRUNCATION, 1.0)


def switch(about: str, options: Sequence[str], key: str) -> str:
    """One of a few, side by side: the first, unless another is chosen that is still an option."""
    keep_valid(key, options)
    chosen = st.segmented_control(
        about, options, default=options[0], key=key, required=True, bind="query-params", label_visibility="collapsed"
    )
    return chosen if chosen and chosen in options else options[0]


def blend_share(about: str) -> float:
    """How far from one end to the other."""
    value = st.slider("Blend", 0.0, 1.0, 0.5, 0.05, key="blend", bind="query-params", help=about)
    return within(value, 0.0, 1.0, 0.5)


def seeds_from(seed: int, count: int) -> tuple[int, ...]:
    """The seed and those that follow it, as far as there are any."""
    return tuple(range(seed, min(seed + count, MAX_SEED + 1)))


def within(value, low, high, default):
    """The value where it lies in range: a widget's limits hold in the browser only."""
    return value if value is not None and low <= value <= high else default


def keep_valid(key: str, options) -> None:
    """Forget a widget's value that is no option any more, before the widget meets it."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]

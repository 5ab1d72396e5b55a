"""The two selected images of the page Samples, by their numbers on the images or in pills bound to the URL."""

import streamlit as st

from pages.ui import url_rules, widgets
from pages.ui.limits import current_limits

MAX_DIGITS = 2  # of a number in a link


def selection_rule() -> url_rules.Rule:
    """Accepts the numbers of the images that the same link shows."""
    text = st.query_params.get("count", str(widgets.DEFAULT_COUNT))
    count_rule = url_rules.integer(1, current_limits().images)
    image_count = int(float(text)) if count_rule.accepts(text) else widgets.DEFAULT_COUNT
    rule = url_rules.integer(1, image_count)
    return url_rules.Rule(rule.accepts, f"{rule.expected}, the number of a picture")


def selected(count: int) -> list[int]:
    """The last two selected numbers, of those in 1 ... count."""
    is_in_session = "pick" in st.session_state and not widgets.is_history_navigation()
    selection = (st.session_state["pick"] or []) if is_in_session else selection_from_url()
    return [number for number in selection if 1 <= number <= count][-2:]


def selection_from_url() -> list[int]:
    """The numbers in the link, before the widget has read them: on the first run, and when the browser went back."""
    texts = st.query_params.get_all("pick")
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS]


def keep_last_two() -> None:
    st.session_state["pick"] = st.session_state["pick"][-2:]


def select_numbers(numbers: list[int]) -> None:
    """Select the images with these numbers, when they were picked on the images."""
    st.session_state["pick"] = numbers[-2:]


def selection_pills(count: int) -> None:
    if "pick" in st.session_state:
        st.session_state["pick"] = selected(count)
    st.pills(
        "Pictures to interpolate between",
        range(1, count + 1),
        selection_mode="multi",
        key="pick",
        on_change=keep_last_two,
        bind="query-params",
    )

"""A request that cannot be served: the reason, and what would fit, by a button."""

import streamlit as st

from gan_core.errors import UsageError
from pages.ui.markdown import escape_markdown
from pages.upscale.inputs import SCALE_OPTIONS, set_scale
from pages.upscale.request import ResultTooLarge


def show_refusal(error: UsageError) -> None:
    """Shows an error; where the result would be too large, with a button for the largest scale that fits."""
    if not isinstance(error, ResultTooLarge):
        st.error(escape_markdown(str(error)), icon=":material/broken_image:")
        return
    scale = fitting_option(error.fitting_scale)
    if scale is None:
        st.error(f"{escape_markdown(str(error))} Reduce the picture first.", icon=":material/broken_image:")
        return
    st.error(f"{escape_markdown(str(error))} × {scale:g} fits.", icon=":material/broken_image:")
    st.button(
        f"Use × {scale:g}", type="primary", icon=":material/check:", key="use_scale", on_click=set_scale, args=(scale,)
    )


def fitting_option(largest: float) -> float | None:
    """The largest scale that the page offers up to `largest`; None where none is above 1."""
    offered = [float(option) for option in SCALE_OPTIONS if option.isdecimal() and float(option) <= largest]
    return max(offered, default=largest if largest > 1 else None)

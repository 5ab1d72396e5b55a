"""What was measured of the picture, which model that suggests, and why."""

from collections.abc import Mapping

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.upscaling.recommendation import Recommendation, recommend
from pages.ui import hub_fetch, upscaler_cache
from pages.ui.markdown import escape_markdown
from pages.upscale import custom_model, model_selection
from pages.upscale.request import SourceImage


def recommend_for(
    source: SourceImage | None, checkpoints: Mapping[str, Checkpoint], benchmark: bool
) -> Recommendation | None:
    """The model for a picture; None for a clean one, and to measure quality, which reduces the picture first."""
    if source is None or benchmark or not checkpoints:
        return None
    return recommend(source.quality, checkpoints, upscaler_cache.default_model([*checkpoints]))


def show_advice(recommendation: Recommendation | None, selected: str) -> None:
    """Says what was measured of the picture and which model that suggests, with a button where another is selected."""
    if recommendation is None:
        return
    icon = ":material/auto_awesome:" if recommendation.gains else ":material/info:"
    with st.container(key="advice"):
        st.caption(f"{icon} {escape_markdown(recommendation.reason)}")
        if not recommendation.gains and recommendation.is_degraded and hub_fetch.can_manage_models():
            custom_model.offer_restorer()
        if selected != recommendation.model:
            st.button(
                f"Use {escape_markdown(recommendation.model)}", key="use_recommended", type="tertiary",
                icon=":material/check:", on_click=model_selection.follow_recommendation,
            )  # fmt: skip

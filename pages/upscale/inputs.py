"""The widgets of the page Upscale besides its source image and model: scale, and whether quality is measured."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.ui import upscaler_cache, url_rules, widgets
from pages.ui.sample_images import SAMPLE_NAMES
from pages.ui.upscaler_cache import LoadedUpscaler

SCALE_OPTIONS = ("native", "2", "3", "4", "other")
MAX_FACTOR, DEFAULT_FACTOR = 8.0, 2.5
MIN_ANNOUNCED_MB = 10.0  # of a network whose loading is worth a message


@dataclass(frozen=True)
class ModelChoice:
    """The models to choose from: the checkpoints on this machine, and those of the session."""

    checkpoints: dict[str, Checkpoint]
    session_models: dict[str, LoadedUpscaler]

    @property
    def names(self) -> list[str]:
        return [*self.checkpoints, *self.session_models]

    @property
    def default(self) -> str:
        """The model that the page selects where nothing speaks for another."""
        return upscaler_cache.default_model(self.names)

    def loading_message(self, name: str) -> AbstractContextManager[Any]:
        """Says in the block that a large network is being loaded; a small one is there at once."""
        megabytes = self.checkpoints[name].weights_bytes / 1e6 if name in self.checkpoints else 0.0
        if megabytes < MIN_ANNOUNCED_MB:
            return nullcontext()
        return st.spinner(f"Loading the network, {megabytes:.0f} MB …")

    def load(self, name: str) -> LoadedUpscaler:
        """Raises UsageError where the model cannot be loaded."""
        return self.session_models.get(name) or upscaler_cache.load_upscaler(name, self.weights_hash(name))

    def load_comparison(self, model: LoadedUpscaler) -> tuple[LoadedUpscaler, ...]:
        """The other models of the same scale. Raises UsageError where one cannot be loaded."""
        others = [self.load(name) for name in self.names if name != model.name]
        return tuple(other for other in others if other.upscaler.scale == model.upscaler.scale)

    def weights_hash(self, name: str) -> str:
        """The hash of a checkpoint's weights; "" for a model of the session, which no link can name."""
        return self.checkpoints[name].weights_hash if name in self.checkpoints else ""


def link_rules(names: list[str]) -> dict[str, url_rules.Rule]:
    """The rules of URL parameters that depend on this page and on the models at hand."""
    return {
        "sample": url_rules.choice(SAMPLE_NAMES),
        "scale": url_rules.choice(SCALE_OPTIONS),
        "times": url_rules.number(1, MAX_FACTOR),
    } | ({"model": url_rules.choice(names)} if names else {})


def scale_input() -> float | None:
    """The scale of the result, or None for the model's own."""
    option = st.selectbox(
        "Scale", SCALE_OPTIONS, key="scale", bind="query-params", width=110,
        help="Native is the scale of the network; the others are resized from it by a Lanczos filter. Quality is"
        " measured at the native scale.",
    )  # fmt: skip
    if option == "other":
        factor = st.number_input(
            "Times", 1.0, MAX_FACTOR, DEFAULT_FACTOR, 0.1, key="times", bind="query-params", width=110
        )
        return widgets.in_range_or_default(factor, 1.0, MAX_FACTOR, DEFAULT_FACTOR)
    return float(option) if option in SCALE_OPTIONS[1:] else None


def set_scale(scale: float) -> None:
    """Selects a scale. Call it in a callback."""
    if f"{scale:g}" in SCALE_OPTIONS:
        st.session_state["scale"] = f"{scale:g}"
    else:
        st.session_state.update({"scale": "other", "times": scale})


def benchmark_toggle() -> bool:
    return st.toggle(
        "Measure quality", key="proof", bind="query-params",
        help="Downscales the picture, lets each network restore it, and compares the results with the original.",
    )  # fmt: skip


def link_parameters(model_name: str, scale: float | None, benchmark: bool) -> dict[str, object]:
    """The URL parameters that show the page with these settings."""
    parameters: dict[str, object] = {
        "model": model_name, "sample": st.session_state.get("sample"), "proof": "true" if benchmark else None,
    }  # fmt: skip
    if scale is None:
        return parameters
    option = st.session_state["scale"]
    return parameters | {"scale": option} | ({"times": scale} if option == "other" else {})

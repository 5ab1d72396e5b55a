"""Upscalers, loaded once for all visitors, each with its speed on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from gan_core.upscaling import DEFAULT_UPSCALER
from gan_core.upscaling.speed import SpeedLog, measure_trials
from gan_core.upscaling.upscaler import Upscaler, load_native_upscaler
from pages.ui import model_cache


@dataclass(frozen=True)
class LoadedUpscaler:
    """An upscaler that is ready for use, a key that is unique to its weights, and its speed on this machine."""

    upscaler: Upscaler
    key: str
    speed: SpeedLog = field(default_factory=SpeedLog, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.upscaler.name

    def refresh_speed(self) -> None:
        """Measures anew where the last measure is old: another program may have started or ended since."""
        if self.speed.is_old():
            self.speed.add_trials(measure_trials(self.upscaler))


def default_model(names: Sequence[str]) -> str:
    """The upscaler that pages select at first."""
    return DEFAULT_UPSCALER if DEFAULT_UPSCALER in names else names[0]


@st.cache_resource(max_entries=8, show_spinner=False)
def load_upscaler(name: str, weights_hash: str) -> LoadedUpscaler:
    """A model on this machine. Raises UsageError where it cannot be loaded."""
    loaded = with_measured_speed(load_native_upscaler(model_cache.find_checkpoint(name)), f"{name} {weights_hash}")
    model_cache.freeze_gc()
    return loaded


def with_measured_speed(upscaler: Upscaler, key: str) -> LoadedUpscaler:
    """The upscaler with the speed of its first tiles."""
    loaded = LoadedUpscaler(upscaler, key)
    loaded.speed.add_trials(measure_trials(upscaler))
    return loaded

"""Upscalers, loaded once for all visitors."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from gan_core.devices import supports_bfloat16
from gan_core.upscaling.upscaler import Upscaler, load_native_upscaler, upscale_window
from pages.ui import model_cache

DEFAULT_UPSCALER = "photo-srgan-x4"


TRIAL_SIDE_PX = 64  # side of the tile that tells how fast a network is


@dataclass(frozen=True)
class LoadedUpscaler:
    """A network that is ready, with a key that no other weights have, and its pace on this machine."""

    upscaler: Upscaler
    key: str
    seconds_per_pixel: float  # of the small picture

    @property
    def name(self) -> str:
        return self.upscaler.name


def default_model(names: Sequence[str]) -> str:
    """The model that is taken unasked: the sharp one where it is there."""
    return DEFAULT_UPSCALER if DEFAULT_UPSCALER in names else names[0]


@st.cache_resource(max_entries=8, show_spinner=False)
def load_upscaler(name: str, weights_hash: str) -> LoadedUpscaler:
    """A model on this machine, loaded once for all visitors. Raises InputError where it cannot be loaded."""
    loaded = with_measured_speed(load_native_upscaler(model_cache.find_checkpoint(name)), f"{name} {weights_hash}")
    model_cache.freeze_gc()
    return loaded


def with_measured_speed(upscaler: Upscaler, key: str) -> LoadedUpscaler:
    """With its pace: a tile is drawn twice, the second time with a watch."""
    tile = np.random.default_rng(0).integers(0, 256, (TRIAL_SIDE_PX, TRIAL_SIDE_PX, upscaler.channels), np.uint8)
    bfloat16 = upscaler.supports_bfloat16 and supports_bfloat16(upscaler.device.type == "cpu")
    upscale_window(upscaler, tile, use_bfloat16=bfloat16)
    start = time.perf_counter()
    upscale_window(upscaler, tile, use_bfloat16=bfloat16)
    return LoadedUpscaler(upscaler, key, (time.perf_counter() - start) / TRIAL_SIDE_PX**2)

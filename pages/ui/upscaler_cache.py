"""Upscalers, loaded once for all visitors."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from gan_core.devices import computes_bfloat16
from gan_core.upscaling.upscaler import Upscaler, draw, load_checkpoint
from pages.ui import model_cache

OPENING = "photo-srgan-x4"


TRIAL = 64  # side of the tile that tells how fast a network is


@dataclass(frozen=True)
class Tool:
    """A network that is ready, with a key that no other weights have, and its pace on this machine."""

    upscaler: Upscaler
    key: str
    seconds_per_pixel: float  # of the small picture

    @property
    def name(self) -> str:
        return self.upscaler.name


def opening(names: Sequence[str]) -> str:
    """The model that is taken unasked: the sharp one where it is there."""
    return OPENING if OPENING in names else names[0]


@st.cache_resource(max_entries=8, show_spinner=False)
def tool(name: str, weights: str) -> Tool:
    """A model on this machine, loaded once for all visitors. Raises InputError where it cannot be loaded."""
    made = ready(load_checkpoint(model_cache.checkpoint_of(name)), f"{name} {weights}")
    model_cache.settle()
    return made


def ready(upscaler: Upscaler, key: str) -> Tool:
    """With its pace: a tile is drawn twice, the second time with a watch."""
    tile = np.random.default_rng(0).integers(0, 256, (TRIAL, TRIAL, upscaler.channels), np.uint8)
    half = upscaler.bfloat16 and computes_bfloat16(upscaler.device.type == "cpu")
    draw(upscaler, tile, half=half)
    start = time.perf_counter()
    draw(upscaler, tile, half=half)
    return Tool(upscaler, key, (time.perf_counter() - start) / TRIAL**2)

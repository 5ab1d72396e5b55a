"""A taste of what the upscalers do, for the card on Home: a bit of each sample, small and enlarged."""

import numpy as np
import streamlit as st

from gan_core.errors import InputError
from gan_core.images import reading, tensors
from gan_core.upscaling.upscaler import draw, to_array
from pages.ui import model_cache
from pages.ui.gallery import Picture
from pages.upscale import request, upload

SIDE = 32
CORNERS = {"window": (124, 36), "sails": (38, 4), "lighthouse": (64, 28)}  # left and top, of the shrunk sample


def taste() -> list[Picture]:
    """None where no model is there, or it cannot be loaded."""
    known = model_cache.upscalers()
    if not known:
        return []
    name = request.opening([*known])
    try:
        return bits(name, known[name].weights_hash)
    except InputError:  # its own page says why
        return []


def bits(name: str, weights: str) -> list[Picture]:
    """What a network makes of a bit of each sample. Raises InputError where it cannot be loaded."""
    pngs = pairs(name, weights)
    words = [(f"A bit of the sample {each}", f"The same, enlarged by {name}") for each in CORNERS]
    return [Picture(png, alt, "") for png, alt in zip(pngs, (each for pair in words for each in pair), strict=True)]


@st.cache_data(max_entries=4, show_spinner=False)
def pairs(name: str, weights: str) -> list[bytes]:
    """PNG files: of each sample a bit as it is, then enlarged."""
    network, pngs = request.tool(name, weights).upscaler, []
    for sample, (left, top) in CORNERS.items():
        small = reading.read(upload.sample_file(sample, proof=False)).pixels[top : top + SIDE, left : left + SIDE]
        large = to_array(draw(network, small, half=False), np.uint8)
        pngs += [tensors.png_bytes(tensors.to_pil(each)) for each in (small, large)]
    return pngs

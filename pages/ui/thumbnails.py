"""A taste of what the upscalers do, for the card on Home: a bit of each sample, small and enlarged."""

import numpy as np
import streamlit as st

from gan_core.errors import InputError
from gan_core.images import reading, tensors
from gan_core.upscaling.upscaler import draw, to_array
from pages.ui import model_cache, sample_images, upscaler_cache
from pages.ui.example_prompts import examples
from pages.ui.gallery import Picture

SIDE = 32
CROP_CORNERS = {"window": (124, 36), "sails": (38, 4), "lighthouse": (64, 28)}  # left and top, of the shrunk sample


def upscale_thumbnails() -> list[Picture]:
    """None where no model is there, or it cannot be loaded."""
    known = model_cache.upscalers()
    if not known:
        return []
    name = upscaler_cache.opening([*known])
    try:
        return sample_crops(name, known[name].weights_hash)
    except InputError:  # its own page says why
        return []


def sample_crops(name: str, weights: str) -> list[Picture]:
    """What a network makes of a bit of each sample. Raises InputError where it cannot be loaded."""
    pngs = crop_pairs(name, weights)
    words = [(f"A bit of the sample {each}", f"The same, enlarged by {name}") for each in CROP_CORNERS]
    return [Picture(png, alt, "") for png, alt in zip(pngs, (each for pair in words for each in pair), strict=True)]


@st.cache_data(max_entries=4, show_spinner=False)
def crop_pairs(name: str, weights: str) -> list[bytes]:
    """PNG files: of each sample a bit as it is, then enlarged."""
    network, pngs = upscaler_cache.tool(name, weights).upscaler, []
    for sample, (left, top) in CROP_CORNERS.items():
        small = reading.read(sample_images.sample_file(sample, proof=False)).pixels[
            top : top + SIDE, left : left + SIDE
        ]
        large = to_array(draw(network, small, half=False), np.uint8)
        pngs += [tensors.png_bytes(tensors.to_pil(each)) for each in (small, large)]
    return pngs


def prompt_thumbnails(seeds: tuple[int, ...]) -> list[Picture]:
    """A few pictures for the card on Home; none where no model draws sentences."""
    known = model_cache.painters()
    if not known:
        return []
    checkpoint = known.get("fashion-text", next(iter(known.values())))
    told = examples(checkpoint)
    prompts = tuple(told[place % len(told)] for place in range(len(seeds)))
    pngs = model_cache.pictures(checkpoint.name, checkpoint.weights_hash, seeds, None, 0.8, prompts=prompts)
    return [Picture(png, f"{prompt}, drawn", "") for png, prompt in zip(pngs, prompts, strict=True)]

"""A taste of what the upscalers do, for the card on Home: a bit of each sample, small and enlarged."""

import numpy as np
import streamlit as st

from gan_core.errors import UsageError
from gan_core.images import reading, tensors
from gan_core.upscaling.upscaler import tensor_to_pixels, upscale_window
from pages.ui import model_cache, sample_images, upscaler_cache
from pages.ui.example_prompts import example_prompts
from pages.ui.gallery import GalleryImage

CROP_SIDE_PX = 32
CROP_CORNERS = {"window": (124, 36), "sails": (38, 4), "lighthouse": (64, 28)}  # left and top, of the shrunk sample


def upscale_thumbnails() -> list[GalleryImage]:
    """None where no model is there, or it cannot be loaded."""
    models = model_cache.upscalers()
    if not models:
        return []
    name = upscaler_cache.default_model([*models])
    try:
        return sample_crops(name, models[name].weights_hash)
    except UsageError:  # its own page says why
        return []


def sample_crops(name: str, weights_hash: str) -> list[GalleryImage]:
    """What a network makes of a bit of each sample. Raises InputError where it cannot be loaded."""
    pngs = crop_pairs(name, weights_hash)
    alt_pairs = [(f"A bit of the sample {sample}", f"The same, enlarged by {name}") for sample in CROP_CORNERS]
    return [
        GalleryImage(png, alt, "") for png, alt in zip(pngs, (text for pair in alt_pairs for text in pair), strict=True)
    ]


@st.cache_data(max_entries=4, show_spinner=False)
def crop_pairs(name: str, weights_hash: str) -> list[bytes]:
    """PNG files: of each sample a bit as it is, then enlarged."""
    upscaler, pngs = upscaler_cache.load_upscaler(name, weights_hash).upscaler, []
    for sample, (left, top) in CROP_CORNERS.items():
        crop = reading.read_image(sample_images.load_sample(sample, full_size=False)).pixels[
            top : top + CROP_SIDE_PX, left : left + CROP_SIDE_PX
        ]
        upscaled = tensor_to_pixels(upscale_window(upscaler, crop, use_bfloat16=False), np.uint8)
        pngs += [tensors.encode_png(tensors.to_pil(pixels)) for pixels in (crop, upscaled)]
    return pngs


def prompt_thumbnails(seeds: tuple[int, ...]) -> list[GalleryImage]:
    """A few pictures for the card on Home; none where no model draws sentences."""
    models = model_cache.text_to_image_models()
    if not models:
        return []
    checkpoint = models.get("fashion-text", next(iter(models.values())))
    candidates = example_prompts(checkpoint)
    prompts = tuple(candidates[index % len(candidates)] for index in range(len(seeds)))
    pngs = model_cache.sample_pngs(checkpoint.name, checkpoint.weights_hash, seeds, None, 0.8, prompts=prompts)
    return [GalleryImage(png, f"{prompt}, drawn", "") for png, prompt in zip(pngs, prompts, strict=True)]

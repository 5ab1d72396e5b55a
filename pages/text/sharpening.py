"""Small pictures of ours through an upscaler of ours, in place: what the page Text shows larger than it was drawn."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.images import reading, tensors
from gan_core.upscaling import pipeline
from pages.ui import model_cache, upscaler_cache

PREFERRED_MODELS = ("photo-srgan-x4", "photo-sr-x4")


def find_upscaler() -> Checkpoint | None:
    """The network that enlarges: one of ours four times, else whichever there is."""
    checkpoints = model_cache.upscalers()
    return next((checkpoints[name] for name in (*PREFERRED_MODELS, *checkpoints) if name in checkpoints), None)


def sharpen(png: bytes, checkpoint: Checkpoint) -> bytes:
    return upscale_png(png, checkpoint.name, checkpoint.weights_hash)


@st.cache_data(max_entries=256, show_spinner=False)
def upscale_png(png: bytes, name: str, weights_hash: str) -> bytes:
    """A PNG as the network redraws it; grey ones stay grey."""
    pixels = np.atleast_3d(np.array(Image.open(io.BytesIO(png), formats=("PNG",))))
    for event in pipeline.upscale(
        upscaler_cache.load_upscaler(name, weights_hash).upscaler, reading.DecodedImage(pixels)
    ):
        if isinstance(event, pipeline.Finished):
            return tensors.encode_png(tensors.to_pil(event.image.pixels))
    raise RuntimeError("an upscaling that nobody stopped ended without a picture")

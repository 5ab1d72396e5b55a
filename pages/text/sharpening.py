"""Enlarges generated images with an upscaler, for the toggle Sharpen of the page Text."""

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.images import encoding, tensors
from gan_core.images.reading import DecodedImage
from gan_core.upscaling import DEFAULT_UPSCALER, pipeline
from pages.ui import model_cache, upscaler_cache

PREFERRED_MODELS = (DEFAULT_UPSCALER, "photo-sr-x4")


def find_upscaler() -> Checkpoint | None:
    """The first preferred model that is there, else any upscaler; None without one."""
    checkpoints = model_cache.upscalers()
    return next((checkpoints[name] for name in (*PREFERRED_MODELS, *checkpoints) if name in checkpoints), None)


def sharpen(png: bytes, checkpoint: Checkpoint) -> bytes:
    """A PNG file, upscaled. Raises UsageError where the upscaler cannot be loaded."""
    return upscale_png(png, checkpoint.name, checkpoint.weights_hash)


@st.cache_data(max_entries=256, show_spinner=False)
def upscale_png(png: bytes, name: str, weights_hash: str) -> bytes:
    upscaler = upscaler_cache.load_upscaler(name, weights_hash).upscaler
    large = pipeline.upscale_image(upscaler, DecodedImage(encoding.decode_png(png)))
    return encoding.encode_png(tensors.to_pil(large.pixels))

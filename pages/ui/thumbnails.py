"""Thumbnails: a few images of a model, for cards and lists, without seed captions or downloads."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import UsageError
from gan_core.images import encoding, reading, tensors
from gan_core.upscaling.windows import tensor_to_pixels, upscale_window
from pages.ui import model_cache, sample_images, upscaler_cache
from pages.ui.example_prompts import example_prompts
from pages.ui.gallery import GalleryImage

TRUNCATION = 0.8  # more typical images than at 1
CROP_SIDE_PX = 32
CROP_CORNERS = {"window": (124, 36), "sails": (38, 4), "lighthouse": (64, 28)}  # left and top, in the downscaled sample


def to_thumbnails(
    pngs: Sequence[bytes], alts: Sequence[str], captions: Sequence[tuple[str, ...]] | None = None
) -> list[GalleryImage]:
    """PNG files with their alt texts and, where given, the lines of their captions."""
    all_captions = captions if captions is not None else [()] * len(pngs)
    return [
        GalleryImage(png, alt, stem="", caption=caption)
        for png, alt, caption in zip(pngs, alts, all_captions, strict=True)
    ]


def model_thumbnails(name: str, seeds: tuple[int, ...], labels: tuple[int, ...] | None = None) -> list[GalleryImage]:
    """An image of each seed by a generator without prompts; none where no model has this name."""
    checkpoint = model_cache.generators().get(name)
    return [] if checkpoint is None else sample_thumbnails(checkpoint, seeds, labels)


def sample_thumbnails(
    checkpoint: Checkpoint,
    seeds: tuple[int, ...],
    labels: tuple[int, ...] | None = None,
    truncation: float = TRUNCATION,
    prompts: tuple[str, ...] | None = None,
) -> list[GalleryImage]:
    """An image of each seed. Raises UsageError where the model cannot be loaded."""
    pngs = model_cache.sample_pngs(checkpoint.name, checkpoint.weights_hash, seeds, labels, truncation, prompts=prompts)
    return to_thumbnails(pngs, [f"Drawn by {checkpoint.name} from seed {seed}" for seed in seeds])


def prompt_thumbnails(seeds: tuple[int, ...]) -> list[GalleryImage]:
    """An image of each seed, the example prompts in turn; none where no text-to-image model is there."""
    models = model_cache.text_to_image_models()
    if not models:
        return []
    checkpoint = models.get(model_cache.DEFAULT_TEXT_MODEL, next(iter(models.values())))
    candidates = example_prompts(checkpoint)
    prompts = tuple(candidates[index % len(candidates)] for index in range(len(seeds)))
    pngs = model_cache.sample_pngs(checkpoint.name, checkpoint.weights_hash, seeds, None, TRUNCATION, prompts=prompts)
    return to_thumbnails(pngs, [f"{prompt}, drawn" for prompt in prompts])


# The wall of Home -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WallPanel:
    """Images of one model for the wall of Home: the first is shown large. Without labels and prompts by seed alone."""

    model: str
    seeds: tuple[int, ...]
    labels: tuple[int, ...] | None = None
    has_prompts: bool = False


WALL_PANELS = {  # by what they show; the seeds were chosen among the first 64
    "faces": WallPanel("faces-r3gan", (22, 61, 49, 5, 31, 14)),
    "flowers": WallPanel("flowers-r3gan", (8, 37, 45, 10, 54, 36)),
    "digits": WallPanel("mnist-cgan", (4, 5, 6, 7, 8, 9), (7, 3, 8, 2, 5, 0)),
    "things": WallPanel(model_cache.DEFAULT_TEXT_MODEL, (0, 1, 2, 3, 4, 5), has_prompts=True),
}


def wall_images(subject: str) -> list[GalleryImage]:
    """The images of a panel; none where its model is missing or cannot be loaded, which its own page explains."""
    panel, images = WALL_PANELS[subject], []
    with suppress(UsageError):
        if panel.has_prompts:
            images = prompt_thumbnails(panel.seeds)
        else:
            images = model_thumbnails(panel.model, panel.seeds, panel.labels)
    return images


# Upscalers ------------------------------------------------------------------------------------------------------------


def upscale_thumbnails() -> list[GalleryImage]:
    """Crops of the samples by the default upscaler; none where there is no model, or it cannot be loaded."""
    models = model_cache.upscalers()
    if not models:
        return []
    name = upscaler_cache.default_model([*models])
    try:
        return sample_crops(name, models[name].weights_hash)
    except UsageError:  # its own page says why
        return []


def sample_crops(name: str, weights_hash: str) -> list[GalleryImage]:
    """A crop of each sample, before and after upscaling. Raises UsageError where the model cannot be loaded."""
    alt_pairs = [(f"A bit of the sample {sample}", f"The same, enlarged by {name}") for sample in CROP_CORNERS]
    return to_thumbnails(crop_pairs(name, weights_hash), [alt for pair in alt_pairs for alt in pair])


@st.cache_data(max_entries=4, show_spinner=False)
def crop_pairs(name: str, weights_hash: str) -> list[bytes]:
    """PNG files: of each sample a crop as it is, then upscaled."""
    upscaler, pngs = upscaler_cache.load_upscaler(name, weights_hash).upscaler, []
    for sample, (left, top) in CROP_CORNERS.items():
        image = reading.read_image(sample_images.load_sample(sample, full_size=False))
        crop = image.pixels[top : top + CROP_SIDE_PX, left : left + CROP_SIDE_PX]
        upscaled = tensor_to_pixels(upscale_window(upscaler, crop, use_bfloat16=False), np.uint8)
        pngs += [encoding.encode_png(tensors.to_pil(pixels)) for pixels in (crop, upscaled)]
    return pngs

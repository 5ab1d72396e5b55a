"""The images of each view of the page Text."""

import re

from pages.text import sharpening
from pages.text.request import PromptRequest
from pages.ui import model_cache
from pages.ui.gallery import GalleryImage
from pages.ui.model_cache import INTERPOLATION_STEPS

MAX_STEM_CHARACTERS = 40
MAX_ALT_CHARACTERS = 100


def make_gallery_image(
    request: PromptRequest, png: bytes, prompt: str, seed: int, caption: tuple[str, ...] = ()
) -> GalleryImage:
    """A generated image, sharpened if that is asked for, with its alternative text and the metadata of its download."""
    name, metadata = request.checkpoint.name, request.png_metadata(seed, prompt=prompt)
    if request.upscaler:
        png, metadata["sharpened_by"] = sharpening.sharpen(png, request.upscaler), request.upscaler.name
    stem = re.sub(r"[^a-z0-9]+", "-", prompt.lower())[:MAX_STEM_CHARACTERS].strip("-") or name
    description = prompt[:MAX_ALT_CHARACTERS] or "No prompt"
    alt = f"{description}, drawn by {name} from seed {seed}"
    return GalleryImage(png, alt, f"{stem}-seed{seed}", caption, metadata)


def sample_images(request: PromptRequest) -> list[GalleryImage]:
    """One prompt, one image a seed."""
    return sample_prompt(request, request.prompt, with_captions=True)


def compare_prompts(request: PromptRequest) -> list[tuple[str, list[GalleryImage]]]:
    """Each prompt with its images, all from the same seeds."""
    return [(prompt, sample_prompt(request, prompt)) for prompt in request.prompts]


def sample_prompt(request: PromptRequest, prompt: str, with_captions: bool = False) -> list[GalleryImage]:
    pngs = model_cache.sample_pngs(*request.model_key, request.seeds, None, request.truncation, prompts=(prompt,))
    return [
        make_gallery_image(request, png, prompt, seed, (f"seed {seed}",) if with_captions else ())
        for png, seed in zip(pngs, request.seeds, strict=True)
    ]


def blend_prompts(request: PromptRequest) -> list[GalleryImage]:
    """A blend of two prompts, one image a seed."""
    ends, weight = (request.prompt, request.second_prompt), request.blend_weight
    pngs = model_cache.blend_pngs(*request.model_key, request.seeds, ends, weight, request.truncation)
    description = describe_blend(request, weight)
    return [
        make_gallery_image(request, png, description, seed, (f"seed {seed}",))
        for png, seed in zip(pngs, request.seeds, strict=True)
    ]


def interpolate_prompts(request: PromptRequest) -> list[GalleryImage]:
    """The first seed in even steps from one prompt to the other."""
    ends, seeds = (request.prompt, request.second_prompt), (request.seed,) * INTERPOLATION_STEPS
    weights = tuple(step / (INTERPOLATION_STEPS - 1) for step in range(INTERPOLATION_STEPS))
    pngs = model_cache.blend_pngs(*request.model_key, seeds, ends, weights, request.truncation)
    return [
        make_gallery_image(request, png, describe_blend(request, weight), request.seed)
        for png, weight in zip(pngs, weights, strict=True)
    ]


def describe_blend(request: PromptRequest, weight: float) -> str:
    return f"{request.prompt} → {request.second_prompt} at {weight:g}"


def model_caption(request: PromptRequest) -> str:
    """A line about the model: its name, the side of its images, the size of its data."""
    data = request.checkpoint.description.data
    side_px = request.checkpoint.description.model.get("image_size")
    return (
        f"`{request.checkpoint.name}` draws {side_px} × {side_px} pixels. It was trained on"
        f" {data.get('pictures', 0):,} pictures and their captions, and knows nothing else."
    )

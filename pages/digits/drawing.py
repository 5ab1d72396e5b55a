"""The images of each view of the page Digits."""

import re

from gan_core.configuration import MAX_SEED
from pages.digits import glyphs
from pages.digits.request import DigitsRequest
from pages.ui import model_cache
from pages.ui.gallery import GalleryImage
from pages.ui.model_cache import INTERPOLATION_STEPS

MAX_STEM_CHARACTERS = 60
ROW_IMAGES = range(6, 13)  # the numbers that side by side are neither huge nor tiny


def make_gallery_image(
    request: DigitsRequest, png: bytes, description: str, seed: int, caption: tuple[str, ...] = (), stem: str = ""
) -> GalleryImage:
    """A generated image with its alternative text, its file stem and the metadata of its download."""
    name = re.sub(r"[^\w.+-]+", "-", description)[:MAX_STEM_CHARACTERS]  # that of any class
    stem = stem or f"{name}-seed{seed}"
    metadata = request.png_metadata(seed, label=description)
    return GalleryImage(png, f"A generated {description}, seed {seed}", stem, caption, metadata)


def sample_images(request: DigitsRequest) -> list[GalleryImage]:
    """One class, one image a seed."""
    pngs = model_cache.sample_pngs(*request.model_key, request.seeds, (request.label,), request.truncation)
    class_name = request.classes[request.label]
    return [
        make_gallery_image(request, png, class_name, seed, (f"seed {seed}",))
        for png, seed in zip(pngs, request.seeds, strict=True)
    ]


def same_style_rows(request: DigitsRequest) -> list[list[GalleryImage]]:
    """A row for each seed: every class from the same latent vector."""
    labels = tuple(range(len(request.classes)))
    rows = []
    for seed in request.seeds:
        pngs = model_cache.sample_pngs(*request.model_key, (seed,) * len(labels), labels, request.truncation)
        rows.append(
            [
                make_gallery_image(request, png, class_name, seed)
                for png, class_name in zip(pngs, request.classes, strict=True)
            ]
        )
    return rows


def row_layout(request: DigitsRequest) -> str:
    """The layout of all classes of one seed: side by side, or in a grid where there are few or many."""
    return f"row {request.layout}" if len(request.classes) in ROW_IMAGES else request.layout


def write_number(request: DigitsRequest) -> list[GalleryImage]:
    """An image for each character of the text; digits count the seed up. Raises UsageError as `parse_line` does."""
    characters = glyphs.parse_line(request.text)
    labels = tuple(int(character) for character in characters if character in glyphs.DIGITS)
    seeds = tuple((request.seed + index) % (MAX_SEED + 1) for index in range(len(labels)))
    pngs = model_cache.sample_pngs(*request.model_key, seeds, labels, request.truncation)
    samples = iter(zip(pngs, seeds, strict=True))
    images = []
    for position, character in enumerate(characters, 1):
        if character in glyphs.DIGITS:
            png, seed = next(samples)
            stem = f"{position:02}-{character}-seed{seed}"
            images.append(make_gallery_image(request, png, character, seed, stem=stem))
        else:
            name = glyphs.SEPARATORS.get(character, "gap")
            images.append(GalleryImage(glyphs.separator_png(character), name, f"{position:02}-mark"))
    return images


def blend_classes(request: DigitsRequest) -> list[GalleryImage]:
    """A blend of two classes, one image a seed."""
    labels = (request.label, request.second_label)
    pngs = model_cache.blend_pngs(*request.model_key, request.seeds, labels, request.blend_weight, request.truncation)
    description = f"{request.classes[request.label]}-{request.classes[request.second_label]} blend"
    return [
        make_gallery_image(request, png, description, seed, (f"seed {seed}",))
        for png, seed in zip(pngs, request.seeds, strict=True)
    ]


def interpolate_classes(request: DigitsRequest) -> list[GalleryImage]:
    """The first seed in even steps from one class to the other."""
    labels = (request.label, request.second_label)
    ends = f"from {request.classes[request.label]} to {request.classes[request.second_label]}"
    images = []
    for step in range(INTERPOLATION_STEPS):
        weight = step / (INTERPOLATION_STEPS - 1)
        pngs = model_cache.blend_pngs(*request.model_key, (request.seed,), labels, weight, request.truncation)
        images.append(make_gallery_image(request, pngs[0], f"step {step + 1} {ends}", request.seed))
    return images

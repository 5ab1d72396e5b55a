"""What the page Digits chooses and draws: one class, one handwriting for all, a written line, a blend."""

from dataclasses import dataclass

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.configuration import MAX_SEED
from pages.digits import glyphs
from pages.ui import gallery, model_cache, url_rules, widgets
from pages.ui.gallery import GalleryImage

MODEL_NAMES = {"Digits": "mnist-cgan", "Garments": "fashion-cgan"}
CLASS_NOUNS = {"Digits": "Digit", "Garments": "Garment"}
DATASET_NOTES = {
    "Digits": "It learned from MNIST, 60,000 digits written by hand.",
    "Garments": "It learned from Fashion-MNIST, 60,000 small photos of clothes.",
}
VIEWS = {"Digits": ("Draw", "Handwriting", "Write", "Blend"), "Garments": ("Draw", "Handwriting", "Blend")}
DEFAULT_TEXT = "2026-11-22"
INTERPOLATION_STEPS = 9


@dataclass
class DigitsRequest:
    """What the visitor asks for, filled by the widgets of the view that is open."""

    checkpoint: Checkpoint
    dataset: str
    label: int = 0
    second_label: int = 0
    blend_weight: float = 0.5
    text: str = ""
    seed: int = 0
    count: int = widgets.DEFAULT_COUNT
    truncation: float = 1.0
    link: str = ""

    @property
    def model_key(self) -> tuple[str, str]:
        return self.checkpoint.name, self.checkpoint.weights_hash

    @property
    def classes(self) -> tuple[str, ...]:
        return self.checkpoint.description.classes

    @property
    def seeds(self) -> tuple[int, ...]:
        return widgets.seeds_from(self.seed, self.count)


def available_datasets(checkpoints: dict[str, Checkpoint]) -> list[str]:
    return [dataset for dataset, name in MODEL_NAMES.items() if name in checkpoints]


def link_rules(datasets: list[str], checkpoints: dict[str, Checkpoint]) -> dict[str, url_rules.Rule]:
    """The rules of URL parameters that depend on the models at hand."""
    names = [MODEL_NAMES[dataset] for dataset in datasets]
    garments = checkpoints[MODEL_NAMES["Garments"]].description.classes if "Garments" in datasets else ()
    is_digit = url_rules.integer(0, 9).accepts
    return {
        "set": url_rules.choice(datasets),
        "model": url_rules.Rule(lambda text: text in checkpoints, f"one of {', '.join(names)}"),
        "view": url_rules.choice(VIEWS["Digits"]),
        "garment": url_rules.choice(garments),
        "into": url_rules.Rule(lambda text: text in garments or is_digit(text), "a digit or a garment"),
    }


# Widgets -------------------------------------------------------------------------------------------------------------


def dataset_picker(datasets: list[str]) -> str:
    """Digits or garments; a link may also name the model that draws them."""
    if "set" not in st.session_state and "set" not in st.query_params:
        requested = [dataset for dataset in datasets if MODEL_NAMES[dataset] == st.query_params.get("model")]
        if requested:
            st.session_state["set"] = requested[0]
    return widgets.segmented_choice("What to draw", datasets, "set")


def view_picker(dataset: str) -> str:
    return widgets.segmented_choice("How to draw it", VIEWS[dataset], "view")


def class_picker(key: str, label: str, classes: tuple[str, ...], default_index: int = 0) -> int:
    """A dropdown of classes: its number."""
    widgets.drop_stale_value(key, classes)
    selected = st.selectbox(label, classes, min(default_index, len(classes) - 1), key=key, bind="query-params")
    return classes.index(selected) if selected in classes else default_index


def link_parameters(request: DigitsRequest, view: str) -> dict[str, object]:
    """What a link needs to show this view again."""
    parameters: dict[str, object] = {"set": request.dataset, "view": view}
    if view in ("Draw", "Blend"):
        parameters["digit" if request.dataset == "Digits" else "garment"] = request.classes[request.label]
    if view == "Blend":
        parameters |= {"into": request.classes[request.second_label], "blend": request.blend_weight}
    if view == "Write":
        parameters["text"] = request.text
    parameters["seed"] = request.seed
    if view != "Write":
        parameters["rows" if view == "Handwriting" else "count"] = request.count
    return parameters | {"truncation": request.truncation}


# Pictures ------------------------------------------------------------------------------------------------------------


def make_gallery_image(
    request: DigitsRequest, png: bytes, description: str, seed: int, caption: tuple[str, ...] = (), stem: str = ""
) -> GalleryImage:
    """A picture with its words and the facts of its download."""
    metadata = gallery.png_metadata(request.model_key, seed, request.truncation, request.link, label=description)
    stem = stem or f"{description.replace(' ', '-')}-seed{seed}"
    return GalleryImage(png, f"A generated {description}, seed {seed}", stem, caption, metadata)


def sample_images(request: DigitsRequest) -> list[GalleryImage]:
    """One class, a picture a seed."""
    pngs = model_cache.sample_pngs(*request.model_key, request.seeds, (request.label,), request.truncation)
    class_name = request.classes[request.label]
    return [
        make_gallery_image(request, png, class_name, seed, (f"seed {seed}",))
        for png, seed in zip(pngs, request.seeds, strict=True)
    ]


def same_style_rows(request: DigitsRequest) -> list[GalleryImage]:
    """Every class from the same latent, a row a seed."""
    images = []
    for seed in request.seeds:
        labels = tuple(range(len(request.classes)))
        pngs = model_cache.sample_pngs(*request.model_key, (seed,) * len(labels), labels, request.truncation)
        images += [
            make_gallery_image(request, png, class_name, seed)
            for png, class_name in zip(pngs, request.classes, strict=True)
        ]
    return images


def write_number(request: DigitsRequest) -> list[GalleryImage]:
    """The text, a picture a character. Raises InputError where it cannot be written."""
    characters = glyphs.parse_line(request.text)
    labels = tuple(int(character) for character in characters if character in glyphs.DIGITS)
    seeds = tuple((request.seed + index) % (MAX_SEED + 1) for index in range(len(labels)))
    samples = iter(
        zip(model_cache.sample_pngs(*request.model_key, seeds, labels, request.truncation), seeds, strict=True)
    )
    images = []
    for position, character in enumerate(characters, 1):
        if character in glyphs.DIGITS:
            png, seed = next(samples)
            images.append(
                make_gallery_image(request, png, character, seed, stem=f"{position:02}-{character}-seed{seed}")
            )
        else:
            images.append(
                GalleryImage(
                    glyphs.separator_png(character), glyphs.SEPARATORS.get(character, "gap"), f"{position:02}-mark"
                )
            )
    return images


def blend_classes(request: DigitsRequest) -> list[GalleryImage]:
    """Between two classes, a picture a seed."""
    labels = (request.label, request.second_label)
    pngs = model_cache.blend_pngs(*request.model_key, request.seeds, labels, request.blend_weight, request.truncation)
    description = f"{request.classes[request.label]}-{request.classes[request.second_label]} blend"
    return [
        make_gallery_image(request, png, description, seed, (f"seed {seed}",))
        for png, seed in zip(pngs, request.seeds, strict=True)
    ]


def interpolate_classes(request: DigitsRequest) -> list[GalleryImage]:
    """The first seed all the way from the one class to the other."""
    labels, blend_weights = (
        (request.label, request.second_label),
        [step / (INTERPOLATION_STEPS - 1) for step in range(INTERPOLATION_STEPS)],
    )
    pngs = [
        model_cache.blend_pngs(*request.model_key, (request.seed,), labels, blend_weight, request.truncation)[0]
        for blend_weight in blend_weights
    ]
    ends = f"from {request.classes[request.label]} to {request.classes[request.second_label]}"
    return [
        make_gallery_image(request, png, f"step {number} {ends}", request.seed) for number, png in enumerate(pngs, 1)
    ]

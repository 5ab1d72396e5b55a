"""The images of the page Samples: samples with their scores, and the interpolation between two of them."""

from dataclasses import dataclass, replace

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.samples.request import SampleRequest, class_index, class_names
from pages.ui import model_cache
from pages.ui.gallery import GalleryImage
from pages.ui.model_cache import INTERPOLATION_STEPS

ANIMATION_FRAMES = 36
DATASET_TITLES = {"mnist": "handwritten digits", "fashion-mnist": "garments"}


@dataclass(frozen=True)
class DiscriminatorScores:
    """The discriminator's raw score (logit) of each image, and a summary in words."""

    scores: tuple[float, ...]
    summary: str

    def rank_text(self, index: int) -> str:
        """The rank of an image, 1 for the highest score, and its score."""
        rank = 1 + sum(score > self.scores[index] for score in self.scores)
        return f"rank {rank} of {len(self.scores)} ({self.scores[index]:+.2f})"


def model_caption(checkpoint: Checkpoint) -> str:
    """One line about a model: its family, its data, its size."""
    description = checkpoint.description
    data = DATASET_TITLES.get(description.data.get("name", ""), description.data.get("title", "pictures"))
    megabytes = checkpoint.weights_bytes / 1e6
    return f"{checkpoint.family.title}, trained on {data}. {checkpoint.family.about} {megabytes:.1f} MB of weights."


def sample_images(request: SampleRequest, scores: DiscriminatorScores | None = None) -> list[GalleryImage]:
    """One image a seed, with its number, its seed and, where there are scores, its rank."""
    pngs = model_cache.sample_pngs(*request.model_key, request.seeds, request.labels, request.truncation)
    labels = model_cache.labels_for(*request.model_key, request.seeds, request.labels)
    name = request.checkpoint.name
    images = []
    for index, (png, seed) in enumerate(zip(pngs, request.seeds, strict=True)):
        label = request.checkpoint.description.classes[labels[index]] if labels else ""
        alt = f"Picture {index + 1}: {f'{label}, ' if label else ''}drawn by {name} from seed {seed}"
        caption = (f"{index + 1}", f"seed {seed}", *((scores.rank_text(index),) if scores else ()))
        images.append(GalleryImage(png, alt, f"{name}-seed{seed}", caption, request.png_metadata(seed, label=label)))
    return images


def same_seeds_of(request: SampleRequest, other: Checkpoint) -> SampleRequest:
    """The request to another model: the same seeds, and the same label where that model has it."""
    label = None if request.label is None else request.checkpoint.description.classes[request.label]
    return replace(request, checkpoint=other, label=None if label is None else class_index(class_names(other), label))


def score_samples(request: SampleRequest) -> DiscriminatorScores | None:
    """The scores of the model's own discriminator; None, and a message, where the model has none."""
    if not request.checkpoint.has_discriminator:
        st.info(f"{request.checkpoint.name} was published without its discriminator, so there are no scores.")
        return None
    scores = tuple(
        model_cache.discriminator_scores(*request.model_key, request.seeds, request.labels, request.truncation)
    )
    summary = "The discriminator scored the only picture."
    if len(scores) > 1:
        best, worst = scores.index(max(scores)) + 1, scores.index(min(scores)) + 1
        summary = (
            "The discriminator, which was trained to tell real pictures from generated ones, finds"
            f" picture {best} the most real and picture {worst} the least."
        )
    return DiscriminatorScores(scores, f"{summary} Scores have no unit: higher means more like the training pictures.")


def interpolate_samples(request: SampleRequest, selection: list[int]) -> tuple[list[GalleryImage], list[bytes]]:
    """The interpolation between two selected images as a row of images, and as PNG frames of an animation."""
    end_seeds = (request.seeds[selection[0] - 1], request.seeds[selection[1] - 1])
    labels = model_cache.labels_for(*request.model_key, end_seeds, request.labels)
    end_labels = (labels[0], labels[1]) if labels else None

    def interpolation_pngs(steps: int) -> list[bytes]:
        return model_cache.interpolation_pngs(*request.model_key, end_seeds, steps, end_labels, request.truncation)

    ends = f"from seed {end_seeds[0]} to seed {end_seeds[1]}"
    images = [
        GalleryImage(png, f"Step {step} of {INTERPOLATION_STEPS} {ends}", f"step{step}")
        for step, png in enumerate(interpolation_pngs(INTERPOLATION_STEPS), 1)
    ]
    return images, interpolation_pngs(ANIMATION_FRAMES)

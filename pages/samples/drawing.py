"""What the page Samples says and draws: an order for pictures, their captions, the critic's verdict, the picks."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.tasks import Task
from pages.ui import model_cache, url_rules, widgets
from pages.ui.gallery import GalleryImage, png_metadata
from pages.ui.limits import current_limits

ANIMATION_FRAMES = 36
DATASET_TITLES = {"mnist": "handwritten digits", "fashion-mnist": "garments"}


@dataclass(frozen=True)
class SampleRequest:
    """Which pictures are asked for, of which model, and the link that shows them."""

    checkpoint: Checkpoint
    seeds: tuple[int, ...]
    label: int | None
    truncation: float
    link: str

    @property
    def labels(self) -> tuple[int, ...] | None:
        return None if self.label is None else (self.label,)

    @property
    def model_key(self) -> tuple[str, str]:
        return self.checkpoint.name, self.checkpoint.weights_hash


@dataclass(frozen=True)
class CriticScores:
    """The critic's raw scores, and what they come to in words."""

    scores: tuple[float, ...]
    summary: str

    def rank(self, index: int) -> str:
        rank = 1 + sum(score > self.scores[index] for score in self.scores)
        return f"{rank} of {len(self.scores)} ({self.scores[index]:+.2f})"


def model_caption(checkpoint: Checkpoint) -> str:
    """One line about a model: its kind, its data, its size."""
    description = checkpoint.description
    data = DATASET_TITLES.get(description.data.get("name", ""), description.data.get("title", "pictures"))
    megabytes = checkpoint.weights_bytes / 1e6
    return f"{checkpoint.family.title}, trained on {data}: {checkpoint.family.about} {megabytes:.1f} MB of weights."


def class_index(classes: Sequence[str], label: str) -> int | None:
    return classes.index(label) if label in classes else None


def matching_label(checkpoint: Checkpoint, label: str) -> int | None:
    """The label in another model, where that model takes labels and knows it."""
    is_labelled = checkpoint.family.task == Task.CLASS_CONDITIONAL
    return class_index(checkpoint.description.classes, label) if is_labelled else None


def sample_images(request: SampleRequest, critic_scores: CriticScores | None = None) -> list[GalleryImage]:
    """The pictures of an order with all that is said about each."""
    name, weights_hash = request.model_key
    pngs = model_cache.sample_pngs(name, weights_hash, request.seeds, request.labels, request.truncation)
    labels = model_cache.labels_for(name, weights_hash, request.seeds, request.labels)
    images = []
    for index, (png, seed) in enumerate(zip(pngs, request.seeds, strict=True)):
        label = request.checkpoint.description.classes[labels[index]] if labels else None
        score_caption = (f"critic: {critic_scores.rank(index)}",) if critic_scores else ()
        alt = f"Picture {index + 1}: {f'{label}, ' if label else ''}drawn by {name} from seed {seed}"
        caption = (f"{index + 1}", f"seed {seed}", *score_caption)
        metadata = png_metadata(request.model_key, seed, request.truncation, request.link, label=label or "")
        images.append(GalleryImage(png, alt, f"{name}-seed{seed}", caption, metadata))
    return images


def score_samples(request: SampleRequest) -> CriticScores | None:
    """What the model's own critic thinks of each picture; None, and a sentence, where it has none."""
    if not request.checkpoint.has_discriminator:
        st.info(f"{request.checkpoint.name} was published without its critic, so nobody can be asked.")
        return None
    name, weights_hash = request.model_key
    scores = tuple(model_cache.critic_scores(name, weights_hash, request.seeds, request.labels, request.truncation))
    best, worst = scores.index(max(scores)) + 1, scores.index(min(scores)) + 1
    summary = "The critic finds the only picture as real as its score says." if len(scores) == 1 else (
        f"Asked which of these are real, the critic that trained this network believes in picture {best} the most and"
        f" in picture {worst} the least."
    )  # fmt: skip
    return CriticScores(scores, f"{summary} Scores have no unit: higher means more like the training pictures.")


# Picks ---------------------------------------------------------------------------------------------------------------


def selection_rule() -> url_rules.Rule:
    """Picks are numbers of pictures that the same link shows."""
    text = st.query_params.get("count", str(widgets.DEFAULT_COUNT))
    count_rule = url_rules.integer(1, current_limits().images)
    image_count = int(float(text)) if count_rule.accepts(text) else widgets.DEFAULT_COUNT
    rule = url_rules.integer(1, image_count)
    return url_rules.Rule(rule.accepts, f"{rule.expected}, the number of a picture")


def selected(count: int) -> list[int]:
    """The last two numbers picked, of those that exist."""
    selection = st.session_state.get("pick") or selection_from_url()
    return [number for number in selection if 1 <= number <= count][-2:]


def selection_from_url() -> list[int]:
    """On the first run of a link, before the widget has read it."""
    if "pick" in st.session_state:
        return []
    return [
        int(text) for text in st.query_params.get_all("pick") if text.isascii() and text.isdigit() and len(text) < 3
    ]


def keep_last_two() -> None:
    st.session_state["pick"] = st.session_state["pick"][-2:]


def selection_pills(count: int) -> None:
    if "pick" in st.session_state:
        st.session_state["pick"] = selected(count)
    st.pills(
        "Pictures to walk between", range(1, count + 1), selection_mode="multi", key="pick", on_change=keep_last_two,
        bind="query-params",
    )  # fmt: skip


def interpolate_samples(
    request: SampleRequest, selection: list[int], steps: int
) -> tuple[list[GalleryImage], list[bytes]]:
    """The strip between two picked pictures, and more frames of the same way, for an animation."""
    name, weights_hash = request.model_key
    end_seeds = (request.seeds[selection[0] - 1], request.seeds[selection[1] - 1])
    labels = model_cache.labels_for(name, weights_hash, end_seeds, request.labels)
    end_labels = (labels[0], labels[1]) if labels else None
    pngs = model_cache.interpolation_pngs(name, weights_hash, end_seeds, steps, end_labels, request.truncation)
    images = [
        GalleryImage(png, f"Step {step} of {steps} from seed {end_seeds[0]} to seed {end_seeds[1]}", f"step{step}")
        for step, png in enumerate(pngs, 1)
    ]
    return images, model_cache.interpolation_pngs(
        name, weights_hash, end_seeds, ANIMATION_FRAMES, end_labels, request.truncation
    )

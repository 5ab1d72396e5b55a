"""The images of the page Samples: samples with their scores, and the interpolation between two of them."""

from dataclasses import dataclass, replace

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.samples.request import SampleRequest, class_index, class_names
from pages.ui import model_cache
from pages.ui.gallery import GalleryImage
from pages.ui.model_cache import INTERPOLATION_STEPS

ANIMATION_FRAMES = 36
DATASET_TITLES = {"mnist": "handwritten digits", "fashion-mnist": "garments"}


@dataclass(frozen=True)
class DiscriminatorScores:
    """The score (logit) that a model's own discriminator gives each of its images; none where it has none."""

    scores: tuple[float, ...] = ()

    def rank_text(self, index: int) -> str:
        """The rank of an image in words: "most real of the 16", "3rd most real of 16"."""
        if not self.scores:
            return "not scored"
        count = len(self.scores)
        rank = 1 + sum(score > self.scores[index] for score in self.scores)
        if count == 1:
            return "the only picture"
        if rank == 1:
            return f"most real of the {count}"
        return f"least real of the {count}" if rank == count else f"{ordinal(rank)} most real of {count}"

    def details(self, index: int) -> str:
        """The rank, and the score itself for whoever wants the number."""
        return f"Discriminator: {self.rank_text(index)}, score {self.scores[index]:+.2f}." if self.scores else ""


def model_caption(checkpoint: Checkpoint) -> str:
    """One line about a model: its family, its data, its size."""
    description = checkpoint.description
    data = DATASET_TITLES.get(description.data.get("name", ""), description.data.get("title", "pictures"))
    megabytes = checkpoint.weights_bytes / 1e6
    return f"{checkpoint.family.title}, trained on {data}. {checkpoint.family.about} {megabytes:.1f} MB of weights."


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    suffix = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def sample_images(request: SampleRequest, scores: DiscriminatorScores | None = None) -> list[GalleryImage]:
    """One image a seed, with its seed and, where scores are asked for, its rank."""
    pngs = model_cache.sample_pngs(*request.model_key, request.seeds, request.labels, request.truncation)
    labels = model_cache.labels_for(*request.model_key, request.seeds, request.labels)
    name = request.checkpoint.name
    images = []
    for index, (png, seed) in enumerate(zip(pngs, request.seeds, strict=True)):
        label = request.checkpoint.description.classes[labels[index]] if labels else ""
        alt = f"Picture {index + 1}: {f'{label}, ' if label else ''}drawn by {name} from seed {seed}"
        metadata = request.png_metadata(seed, label=label)
        rank, details = (scores.rank_text(index), scores.details(index)) if scores else ("", "")
        images.append(
            GalleryImage(png, alt, f"{name}-seed{seed}", (f"seed {seed}",), metadata, rank=rank, details=details)
        )
    return images


def same_seeds_of(request: SampleRequest, other: Checkpoint) -> SampleRequest:
    """The request to another model: the same seeds, and the same label where that model has it."""
    label = None if request.label is None else request.checkpoint.description.classes[request.label]
    return replace(request, checkpoint=other, label=None if label is None else class_index(class_names(other), label))


def score_samples(request: SampleRequest) -> DiscriminatorScores:
    """The scores of the model's own discriminator; none where it has none or it cannot be read."""
    if not request.checkpoint.has_discriminator:
        return DiscriminatorScores()
    return DiscriminatorScores(
        tuple(model_cache.discriminator_scores(*request.model_key, request.seeds, request.labels, request.truncation))
    )


def score_summary(request: SampleRequest, scores: DiscriminatorScores) -> str:
    """What the discriminator finds most and least real, in a sentence that names the model."""
    name, values = request.checkpoint.name, scores.scores
    if not values:
        return f"{name} was published without its discriminator, so there are no scores."
    if len(values) == 1:
        return f"The discriminator of {name} scored the only picture."
    best, worst = values.index(max(values)) + 1, values.index(min(values)) + 1
    return f"The discriminator of {name} finds picture {best} the most real and picture {worst} the least."


def interpolate_samples(request: SampleRequest, selection: list[int]) -> tuple[list[GalleryImage], list[bytes]]:
    """The interpolation between two selected images as a row of images, and as PNG frames of an animation."""
    name = request.checkpoint.name
    end_seeds = (request.seeds[selection[0] - 1], request.seeds[selection[1] - 1])
    labels = model_cache.labels_for(*request.model_key, end_seeds, request.labels)
    end_labels = (labels[0], labels[1]) if labels else None

    def interpolation_pngs(steps: int) -> list[bytes]:
        return model_cache.interpolation_pngs(*request.model_key, end_seeds, steps, end_labels, request.truncation)

    ends = f"from seed {end_seeds[0]} to seed {end_seeds[1]}"
    images = [
        GalleryImage(png, f"Step {step} of {INTERPOLATION_STEPS} {ends}", f"{name}-walk-{step}")
        for step, png in enumerate(interpolation_pngs(INTERPOLATION_STEPS), 1)
    ]
    return images, interpolation_pngs(ANIMATION_FRAMES)

"""Sampling: seeds -> latents -> images, the same image for a seed in any batch, on any page and on the command line.

The low bits of a network's output can depend on the batch size, so every image is computed in a batch of exactly
BATCH_SIZE, padded where there are fewer. Each seed has a random generator of its own; torch's global random state is
never used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, one_hot

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.store import find_checkpoint
from gan_core.configuration import MAX_SEED
from gan_core.data.class_names import list_names
from gan_core.devices import default_device
from gan_core.errors import UsageError
from gan_core.images import tensors
from gan_core.images.tensors import Pixels
from gan_core.models import Task, cluster_count, sample_latents
from gan_core.text.encoder import TextEncoder

BATCH_SIZE = 16
MAX_TRUNCATION = 2.0  # factor of the latents


@dataclass(frozen=True)
class Model:
    """A checkpoint with its generator, and its text encoder if it has one, loaded for sampling."""

    checkpoint: Checkpoint
    generator: nn.Module
    device: torch.device
    text_encoder: TextEncoder | None = None  # of a text-to-image model

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; empty without labels."""
        return self.checkpoint.description.classes

    @property
    def is_class_conditional(self) -> bool:
        """Whether the model takes labels."""
        return self.checkpoint.family.task == Task.CLASS_CONDITIONAL


def load_model(reference: str, root: Path, device: str | None = None) -> Model:
    """The model of a reference, on the GPU where there is one. Raises UsageError as `find_checkpoint` does."""
    checkpoint = find_checkpoint(reference, root)
    if checkpoint.family.task == Task.SUPER_RESOLUTION:
        raise UsageError(f"{checkpoint.name} upscales images and generates none from seeds: use it with `upscale`.")
    return model_from_checkpoint(checkpoint, device)


def model_from_checkpoint(checkpoint: Checkpoint, device: str | None = None) -> Model:
    """The model of a generator's checkpoint. Raises UsageError where its weights cannot be loaded."""
    target_device = torch.device(device or default_device())
    return Model(checkpoint, checkpoint.load_generator(target_device), target_device, checkpoint.load_text_encoder())


def sample(
    model: Model,
    seeds: Sequence[int],
    labels: Sequence[int] | None = None,
    truncation: float = 1.0,
    prompts: Sequence[str] | None = None,
) -> Pixels:
    """One image for each seed: uint8 (N, H, W, C).

    `labels`, or the `prompts` of a text-to-image model, are assigned to the seeds in turn, by position; without labels
    a class-conditional model takes seed modulo classes. `truncation` multiplies the latents: below 1 images are more
    typical, above 1 more unusual. Raises UsageError on a seed, label or truncation out of range.
    """
    latents = latents_for(model, seeds, truncation)
    if prompts:
        return generate_images(model, latents, prompt_embeddings(model, len(seeds), prompts))
    return generate_images(model, latents, one_hot_labels(model, labels_for(model, seeds, labels)))


def interpolate(
    model: Model,
    first: int,
    last: int,
    steps: int,
    labels: tuple[int, int] | None = None,
    truncation: float = 1.0,
    prompts: tuple[str, str] | None = None,
) -> Pixels:
    """`steps` images from one seed to another by spherical interpolation (Shoemake 1985): uint8 (steps, H, W, C).

    The condition is interpolated as well: linearly from `labels[0]` to `labels[1]` or between the clusters of both
    ends, spherically between the embeddings of `prompts`.
    """
    if steps < 2:
        raise UsageError(f"An interpolation takes at least 2 steps, its two ends, not {steps}.")
    start, end = latents_for(model, [first, last], truncation)
    weights = torch.linspace(0, 1, steps)  # (steps,)
    latents = torch.stack([slerp(start, end, weight.item()) for weight in weights])
    if prompts:
        embeddings = prompt_embeddings(model, 2, prompts)
        conditions = [interpolate_embeddings(embeddings, weight) for weight in weights.tolist()]
        return generate_images(model, latents, torch.cat(conditions))
    ends = one_hot_labels(model, labels_for(model, [first, last], labels))
    if cluster_count(model.checkpoint.config):  # interpolated, or it would change at a jump
        ends = cast(Any, model.generator).sample_cluster(torch.stack([start, end]).to(model.device)).cpu()
    return generate_images(model, latents, None if ends is None else lerp(ends, weights))


def blend(
    model: Model,
    seeds: Sequence[int],
    ends: tuple[int, int] | tuple[str, str],
    weight: float | Sequence[float],
    truncation: float = 1.0,
) -> Pixels:
    """One image for each seed, conditioned between two labels or two prompts: uint8 (N, H, W, C).

    `weight` 0 is the first end, 1 the second; one weight for all images, or one for each. Raises UsageError on a
    weight out of range.
    """
    weights = list(weight) if isinstance(weight, Sequence) else [weight] * len(seeds)
    if len(weights) != len(seeds):
        raise UsageError(f"A blend takes one weight, or one for each of its {len(seeds)} seeds, not {len(weights)}.")
    bad = [value for value in weights if not 0 <= value <= 1]
    if bad:
        raise UsageError(f"The weight of a blend must lie between 0 and 1, not be {bad[0]}.")
    first, second = ends
    if isinstance(first, str) and isinstance(second, str):
        embeddings = prompt_embeddings(model, 2, (first, second))
        condition = torch.cat([embeddings[:0], *(interpolate_embeddings(embeddings, value) for value in weights)])
    else:
        rows = one_hot_labels(model, labels_for(model, [0, 0], cast(Sequence[int], ends)))
        if rows is None:
            raise UsageError(f"{model.checkpoint.name} has no labels to blend.")
        condition = lerp(rows, torch.tensor([float(value) for value in weights]))
    return generate_images(model, latents_for(model, seeds, truncation), condition)


def discriminator_scores(
    discriminator: nn.Module, model: Model, pixels: Pixels, labels: Sequence[int] | None = None
) -> list[float]:
    """The discriminator's raw score of each image (N, H, W, C): higher is more realistic, without a unit."""
    images = tensors.to_float(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous())
    condition = one_hot_labels(model, None if labels is None else labels_for(model, range(len(pixels)), labels))
    if condition is None and model.text_encoder is not None:
        condition = torch.zeros(len(pixels), model.text_encoder.dim)
    return in_fixed_batches(discriminator, model.device, images, condition).tolist()


# Seeds, labels and batches -------------------------------------------------------------------------------------------


def latents_for(model: Model, seeds: Sequence[int], truncation: float = 1.0) -> Tensor:
    """Latents (N, latent_size), each from its seed alone, times the truncation. Raises UsageError out of range."""
    if not 0 <= truncation <= MAX_TRUNCATION:
        raise UsageError(f"Truncation must lie between 0 and {MAX_TRUNCATION:g}, not be {truncation}.")
    bad = [seed for seed in seeds if not isinstance(seed, Integral) or not 0 <= seed <= MAX_SEED]
    if bad:
        raise UsageError(f"A seed must be a whole number between 0 and {MAX_SEED}, not {bad[0]!r}.")
    config = model.checkpoint.config
    rows = [sample_latents(config, 1, torch.Generator().manual_seed(int(seed))) for seed in seeds]
    return torch.cat(rows) * truncation if rows else torch.empty(0, config.latent_size)


def labels_for(model: Model, seeds: Sequence[int], labels: Sequence[int] | None) -> list[int] | None:
    """A label for each seed: the given ones in turn, by position, or seed modulo classes; None without classes.

    Labels are indices of classes, whatever these are named; names are resolved by `find_class`.

    Raises UsageError on an unknown label, or where the model takes none.
    """
    name, classes = model.checkpoint.name, len(model.classes)
    if not model.is_class_conditional:
        if labels:
            raise UsageError(f"{name} takes no label: it is not class-conditional.")
        return None
    bad = [label for label in labels or () if not isinstance(label, Integral) or not 0 <= label < classes]
    if bad:
        raise UsageError(f"{name} has the labels 0 to {classes - 1} ({list_names(model.classes)}), not {bad[0]!r}.")
    if not labels:
        return [seed % classes for seed in seeds]
    return [labels[index % len(labels)] for index in range(len(seeds))]


def prompt_embeddings(model: Model, count: int, prompts: Sequence[str]) -> Tensor:
    """The text embeddings (count, D) of the prompts in turn. Raises UsageError where the model takes none."""
    if model.text_encoder is None:
        raise UsageError(f"{model.checkpoint.name} takes no prompt: it is no text-to-image model.")
    embeddings = model.text_encoder.encode(list(prompts))
    return embeddings[torch.arange(count) % len(prompts)]


def interpolate_embeddings(ends: Tensor, weight: float) -> Tensor:
    """The text embedding (1, D) at `weight` of the way between two, `ends` (2, D).

    Spherical, as embeddings have length 1; linear where one of them is zero, the embedding of no text.
    """
    if (ends.abs().sum(dim=1) == 0).any():
        return lerp(ends, torch.tensor([float(weight)]))
    return slerp(ends[0], ends[1], weight)[None]


def one_hot_labels(model: Model, labels: list[int] | None) -> Tensor | None:
    """Labels as the condition (N, classes) of a class-conditional family; None stays None."""
    return None if labels is None else one_hot(torch.tensor(labels, dtype=torch.int64), len(model.classes)).float()


def lerp(ends: Tensor, weights: Tensor) -> Tensor:
    """Linear interpolation between two `ends` (2, K) at `weights` (N,): (N, K)."""
    return torch.lerp(ends[:1], ends[1:], weights[:, None])


def slerp(start: Tensor, end: Tensor, weight: float) -> Tensor:
    """Spherical interpolation from `start` (Z,) to `end` (Z,) at `weight`, exact at both ends.

    Linear where the two are parallel, as the great circle is undefined there.
    """
    angle = cosine_similarity(start, end, dim=0).clamp(-1, 1).acos()
    if weight in (0, 1) or angle.sin().abs() < 1e-4:
        return torch.lerp(start, end, weight)
    return (((1 - weight) * angle).sin() * start + (weight * angle).sin() * end) / angle.sin()


def generate_images(model: Model, latents: Tensor, condition: Tensor | None) -> Pixels:
    """Latents (N, Z) and their condition -> images, uint8 (N, H, W, C)."""
    if condition is None and model.text_encoder is not None:  # as images without a caption in training
        condition = torch.zeros(len(latents), model.text_encoder.dim)
    return tensors.to_pixels(in_fixed_batches(model.generator, model.device, latents, condition))


@torch.inference_mode()
def in_fixed_batches(network: nn.Module, device: torch.device, inputs: Tensor, condition: Tensor | None) -> Tensor:
    """The network's outputs for all rows of its inputs, in batches of BATCH_SIZE, the last one padded with zeros."""
    outputs = []
    for first in range(0, max(len(inputs), 1), BATCH_SIZE):
        batches = [
            None if tensor is None else pad_batch(tensor[first : first + BATCH_SIZE]) for tensor in (inputs, condition)
        ]
        on_device = [None if batch is None else batch.to(device) for batch in batches]
        outputs.append(network(*on_device).float().cpu())
    return torch.cat(outputs)[: len(inputs)]


def pad_batch(rows: Tensor) -> Tensor:
    """Exactly BATCH_SIZE rows: those given, then zeros."""
    missing = BATCH_SIZE - len(rows)
    return torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])]) if missing else rows

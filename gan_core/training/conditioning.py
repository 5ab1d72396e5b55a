"""Conditions of a batch, and the discriminator with its condition bound, as objectives call it."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from gan_core.data.datasets import Batch
from gan_core.images import tensors
from gan_core.models import find_family
from gan_core.training.config import Run

SAME_CONDITION_COSINE = 0.9  # cosine similarity of two conditions at and above which they count as the same


def encode_condition(batch: Batch, run: Run) -> Tensor | None:
    """What both networks are conditioned on.

    Text embeddings (N, D), low-resolution images (N, C, h, w) in [-1, 1], one-hot classes (N, classes), or None for an
    unconditional family.
    """
    if batch.text_embeddings is not None:
        return batch.text_embeddings
    if batch.low_res is not None:
        return tensors.to_float(batch.low_res).contiguous(memory_format=torch.channels_last)
    return find_family(run.family).encode_labels(batch.labels, run.model)


class ConditionedDiscriminator:
    """The discriminator with its condition bound: images (N, C, H, W) -> scores (N,).

    The features of the images `anchor` are computed once and scored against any number of conditions, for the losses on
    mismatched conditions.
    """

    def __init__(self, discriminator: Any, condition: Tensor | None, anchor: Tensor | None = None) -> None:
        self.discriminator, self.condition, self.anchor = discriminator, condition, anchor
        self.anchor_features = None if anchor is None else discriminator.trunk(anchor)
        self.cached_scores: list[tuple[Tensor, Tensor]] = []  # of the first two calls: images and detached scores

    def __call__(self, images: Tensor) -> Tensor:
        is_anchor = self.anchor is not None and images is self.anchor
        scores = self.score_anchor(self.condition) if is_anchor else self.discriminator(images, self.condition)
        if len(self.cached_scores) < 2:
            self.cached_scores.append((images, scores.detach()))
        return scores

    def score_any(self, images: Tensor, condition: Tensor | None) -> Tensor:
        """Scores (N,) of any images under any condition."""
        return self.discriminator(images, condition)

    def cached_scores_of(self, images: Tensor) -> Tensor:
        """The detached scores that an objective got for this very tensor: logging costs no forward pass."""
        return next(scores for scored_images, scores in self.cached_scores if scored_images is images)

    def score_anchor(self, condition: Tensor | None) -> Tensor:
        """Scores (N,) of the anchor images under another condition."""
        return self.discriminator.score_features(self.anchor_features, condition)

    def score_negatives(self, count: int) -> tuple[Tensor, Tensor]:
        """Scores of the anchor images under the conditions of `count` other images of the batch.

        Returns the scores (M, N), where M is at most N - 1, and a mask (M, N) of the pairs whose conditions differ.
        Raises ValueError for an unconditional discriminator.
        """
        condition = self.condition
        if condition is None:
            raise ValueError("An unconditional discriminator has no mismatched conditions.")
        negatives = [mismatched_conditions(condition, shift) for shift in range(1, min(count, len(condition) - 1) + 1)]
        scores, differs = zip(*[(self.score_anchor(negative), differs) for negative, differs in negatives], strict=True)
        return torch.stack(scores), torch.stack(differs)

    def features(self, images: Tensor) -> list[Tensor]:
        return self.discriminator.features(images)


def mismatched_conditions(condition: Tensor, shift: int = 1) -> tuple[Tensor, Tensor]:
    """For each row (N, D), the row of another image of the batch, and a mask (N,) of those that differ.

    A row of zeros is an empty caption, which contradicts nothing: it differs from no other.
    """
    shifted = condition.roll(shift, dims=0)
    is_set = condition.abs().sum(dim=1) > 0
    return shifted, (cosine_similarity(condition, shifted, dim=1) < SAME_CONDITION_COSINE) & is_set & is_set.roll(shift)

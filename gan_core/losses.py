"""Loss functions and gradient norms on a discriminator's raw scores, and the protocols of what computes such scores.

A critic here is a discriminator with its condition bound: a function from images (N, C, H, W) in [-1, 1] to raw
scores. Sigmoids are part of the losses (`softplus`, `logsigmoid`), where they are numerically stable.
"""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import softplus


class Critic(Protocol):
    """Images (N, C, H, W) -> raw scores (N,), or a score for each patch (N, H', W')."""

    def __call__(self, images: Tensor, /) -> Tensor: ...


class FeatureCritic(Critic, Protocol):
    """A critic that also returns the features of its levels; the last entry is the scores."""

    def features(self, images: Tensor, /) -> list[Tensor]: ...


class ConditionalCritic(Critic, Protocol):
    """A critic that exposes its condition, (N, K) or None, and scores images under any other condition."""

    condition: Tensor | None

    def score_any(self, images: Tensor, condition: Tensor | None, /) -> Tensor: ...


def binary_cross_entropy(scores: Tensor, target: float) -> Tensor:
    """Mean binary cross-entropy of raw scores (N,) against one target probability."""
    return (target * softplus(-scores) + (1 - target) * softplus(scores)).mean()


def condition_cross_entropy(matched_scores: Tensor, mismatched_scores: Tensor, differs: Tensor) -> Tensor:
    """Cross-entropy of identifying each image's own condition among others.

    `matched_scores` (N,) are the scores under the own condition, `mismatched_scores` (rivals, N) those under the
    conditions of other images; entries where `differs` (rivals, N) is False are left out. Mean over the images that
    have any entry left. With one rival this is softplus(mismatched - matched).
    """
    rivals = mismatched_scores.masked_fill(~differs, -torch.inf)
    scores = torch.cat([matched_scores[None], rivals]).float()  # (1 + rivals, N)
    has_rival = differs.any(dim=0)
    return ((scores.logsumexp(dim=0) - matched_scores) * has_rival).sum() / has_rival.sum().clamp(min=1)


def squared_gradient_norm(critic: Critic, images: Tensor) -> Tensor:
    """||dD(x)/dx||^2 of each image (N,), differentiable once more."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))


def joint_squared_gradient_norm(critic: ConditionalCritic, images: Tensor) -> Tensor:
    """||dD(x, c)/d(x, c)||^2 of each image and its condition (N,), in float32, differentiable once more.

    Without a condition only the gradient with respect to the image counts.
    """
    inputs = [images] if critic.condition is None else [images, critic.condition]
    inputs = [tensor.detach().float().requires_grad_() for tensor in inputs]
    scores = critic.score_any(inputs[0], inputs[1] if len(inputs) > 1 else None)
    gradients = torch.autograd.grad(scores.sum(), inputs, create_graph=True)
    return torch.stack([gradient.flatten(1).square().sum(dim=1) for gradient in gradients]).sum(dim=0)

"""Loss functions and gradient norms against values computed by hand."""

from math import exp, log

import pytest
import torch
from torch import Tensor

from gan_core.losses import (
    binary_cross_entropy,
    condition_cross_entropy,
    joint_squared_gradient_norm,
    squared_gradient_norm,
)

pytestmark = pytest.mark.core


def quadratic_critic(images: Tensor) -> Tensor:
    """D(x) = 3/2 ||x||^2, whose gradient is 3 x."""
    return 1.5 * images.square().sum(dim=(1, 2, 3))


class BilinearCritic:
    """D(x, c) = c ||x||_1 of positive images; its gradients are c by each pixel and ||x||_1 by the condition."""

    def __init__(self, condition: Tensor | None) -> None:
        self.condition = condition

    def __call__(self, images: Tensor) -> Tensor:
        return self.score_any(images, self.condition)

    def score_any(self, images: Tensor, condition: Tensor | None) -> Tensor:
        total = images.sum(dim=(1, 2, 3))
        return 5 * total if condition is None else total * condition[:, 0]


def test_the_squared_gradient_norm_is_that_of_each_image() -> None:
    images = torch.zeros(2, 2, 2, 2)
    images[0, 0, 0, 0], images[1, 1, 1, 1] = 1, -2
    assert squared_gradient_norm(quadratic_critic, images).tolist() == [9, 36]


def test_the_joint_gradient_norm_is_that_of_image_and_condition() -> None:
    images, condition = torch.ones(1, 1, 1, 2), torch.tensor([[3.0]])
    assert joint_squared_gradient_norm(BilinearCritic(condition), images).tolist() == [9 + 9 + 4]
    assert joint_squared_gradient_norm(BilinearCritic(None), images).tolist() == [25 + 25]


@pytest.mark.parametrize("target", [0.0, 0.9, 1.0])
def test_binary_cross_entropy_equals_its_definition(target: float) -> None:
    probability = 1 / (1 + exp(-0.7))
    by_hand = -target * log(probability) - (1 - target) * log(1 - probability)
    assert binary_cross_entropy(torch.tensor([0.7]), target).item() == pytest.approx(by_hand, rel=1e-5)


def test_condition_cross_entropy_leaves_out_equal_conditions_and_images_without_a_rival() -> None:
    matched, mismatched = torch.tensor([2.0, 0.0]), torch.tensor([[1.0, 3.0], [5.0, 4.0]])
    differs = torch.tensor([[True, False], [False, False]])
    by_hand = log(exp(2) + exp(1)) - 2
    assert condition_cross_entropy(matched, mismatched, differs).item() == pytest.approx(by_hand, rel=1e-5)
    assert condition_cross_entropy(matched, mismatched, torch.zeros_like(differs)).item() == 0

"""Objectives: each loss and penalty against a value computed by hand, and the direction of its gradient."""

from math import exp, log
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.models import Task
from gan_core.objectives import (
    OBJECTIVES,
    Hinge,
    LeastSquares,
    MatchingAware,
    Minimax,
    NonSaturating,
    Objective,
    Relativistic,
    Restoration,
    WassersteinGP,
    objective_name,
)

pytestmark = pytest.mark.core

REAL, FAKE = (1.0, -2.0), (0.5, 3.0)  # scores of two real and two generated images


def one_pixel_images(*values: float) -> Tensor:
    """Images of one pixel each; `identity` scores an image by that pixel."""
    return torch.tensor(values).reshape(-1, 1, 1, 1)


class IdentityCritic:
    """The score is the pixel; the features of its only level are twice the pixel."""

    def __call__(self, images: Tensor) -> Tensor:
        return images.flatten(1).sum(dim=1)

    def features(self, images: Tensor) -> list[Tensor]:
        return [2 * images, self(images)]


identity = IdentityCritic()


def sigmoid(score: float) -> float:
    return 1 / (1 + exp(-score))


def mean(*values: float) -> float:
    return sum(values) / len(values)


def binary_cross_entropy(target: float, score: float) -> float:
    """Cross-entropy of one score against a target, from its definition."""
    return -target * log(sigmoid(score)) - (1 - target) * log(1 - sigmoid(score))


DISCRIMINATOR_LOSS = mean(binary_cross_entropy(1, 1), binary_cross_entropy(1, -2)) + mean(
    binary_cross_entropy(0, 0.5), binary_cross_entropy(0, 3)
)
SMOOTHED_DISCRIMINATOR_LOSS = mean(binary_cross_entropy(0.9, 1), binary_cross_entropy(0.9, -2)) + mean(
    binary_cross_entropy(0, 0.5), binary_cross_entropy(0, 3)
)

BY_HAND = [
    (Minimax(), DISCRIMINATOR_LOSS, mean(log(1 - sigmoid(0.5)), log(1 - sigmoid(3)))),
    (NonSaturating(), DISCRIMINATOR_LOSS, mean(-log(sigmoid(0.5)), -log(sigmoid(3)))),
    (Minimax(real_label=0.9), SMOOTHED_DISCRIMINATOR_LOSS, mean(log(1 - sigmoid(0.5)), log(1 - sigmoid(3)))),
    (NonSaturating(real_label=0.9), SMOOTHED_DISCRIMINATOR_LOSS, mean(-log(sigmoid(0.5)), -log(sigmoid(3)))),
    (LeastSquares(), mean(0, 9) / 2 + mean(0.25, 9) / 2, mean(0.25, 4) / 2),
    (LeastSquares(real_label=0.9), mean(0.01, 8.41) / 2 + mean(0.25, 9) / 2, mean(0.25, 4) / 2),
    (Hinge(), mean(0, 3) + mean(1.5, 4), -1.75),
    (MatchingAware(), mean(0, 3) + 0.5 * mean(1.5, 4), -1.75),
    (WassersteinGP(), 1.75 - -0.5, -1.75),
    (
        Restoration(pixel=3.0, adversarial=0.5, feature=0.25),
        mean(-log(sigmoid(0.5)), -log(sigmoid(-5))),
        3 * mean(0.5, 5) + 0.5 * mean(-log(sigmoid(-0.5)), -log(sigmoid(5))) + 0.25 * 2 * mean(0.5, 5),
    ),
    (Relativistic(), mean(-log(sigmoid(0.5)), -log(sigmoid(-5))), mean(-log(sigmoid(-0.5)), -log(sigmoid(5)))),
]


@pytest.mark.parametrize(("objective", "discriminator_loss", "generator_loss"), BY_HAND)
def test_losses_equal_those_of_the_papers(
    objective: Objective, discriminator_loss: float, generator_loss: float
) -> None:
    real, fake = one_pixel_images(*REAL), one_pixel_images(*FAKE)
    assert objective.discriminator_loss(identity, real, fake).item() == pytest.approx(discriminator_loss, rel=1e-5)
    assert objective.generator_loss(identity, real, fake).item() == pytest.approx(generator_loss, rel=1e-5)


def test_every_objective_is_among_those_computed_by_hand() -> None:
    assert {type(objective) for objective, _, _ in BY_HAND} == set(OBJECTIVES.values())
    assert all(objective_name(objective_class()) == name for name, objective_class in OBJECTIVES.items())


@pytest.mark.parametrize("score", [-500.0, 500.0])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_stay_finite_at_extreme_scores(name: str, score: float) -> None:
    objective, images = OBJECTIVES[name](), one_pixel_images(score, score).requires_grad_()
    loss = objective.discriminator_loss(identity, images, -images) + objective.generator_loss(identity, -images, images)
    loss.backward()
    assert loss.isfinite()
    assert images.grad is not None
    assert images.grad.isfinite().all()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_drive_real_and_generated_scores_apart_and_the_generator_to_higher_scores(name: str) -> None:
    objective = OBJECTIVES[name]() if name != "restoration" else Restoration(pixel=0.0, feature=0.0)
    real, fake = one_pixel_images(0.0, 0.1).requires_grad_(), one_pixel_images(0.2, 0.1).requires_grad_()
    objective.discriminator_loss(identity, real, fake).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()
    fake.grad = None
    objective.generator_loss(identity, real, fake).backward()
    assert (fake.grad < 0).all()  # type: ignore[operator]


def test_restoration_without_adversarial_terms_minimises_the_absolute_error_alone() -> None:
    faithful = Restoration(adversarial=0.0, feature=0.0)
    assert not faithful.needs_discriminator()
    assert Restoration().needs_discriminator()
    fake = one_pixel_images(0.5, 3.0).requires_grad_()
    faithful.generator_loss(identity, one_pixel_images(1.0, -2.0), fake).backward()
    assert fake.grad is not None
    assert fake.grad.flatten().tolist() == [-0.5, 0.5]


def test_minimax_saturates_where_non_saturating_does_not() -> None:
    """Against a winning discriminator only the non-saturating loss has a gradient."""
    gradients = []
    for objective in (Minimax(), NonSaturating()):
        fake = one_pixel_images(-10.0).requires_grad_()
        objective.generator_loss(identity, one_pixel_images(10.0), fake).backward()
        assert fake.grad is not None
        gradients.append(fake.grad.abs().item())
    assert gradients[0] < 1e-4
    assert gradients[1] > 0.99


# Penalties -----------------------------------------------------------------------------------------------------------


def quadratic_critic(images: Tensor) -> Tensor:
    """D(x) = 3/2 ||x||^2, whose gradient is 3 x."""
    return 1.5 * images.square().sum(dim=(1, 2, 3))


def without_penalties(name: str) -> dict[str, Any]:
    """The settings that switch all penalties of an objective off."""
    own_penalty = {"wgan-gp": {"gradient_penalty": 0.0}, "matching-aware": {"matching_penalty": 0.0}}
    return {"r1": 0.0, "r2": 0.0} | own_penalty.get(name, {})


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    """Real images with ||x||^2 = 1 and 4, generated ones with 9 and 16."""
    real, fake = torch.zeros(2, 2, 2, 2, 2)
    real[0, 0, 0, 0], real[1, 1, 1, 1] = 1, -2
    fake[0, 0, 1, 0], fake[1, 1, 0, 1] = 3, 4
    return real, fake


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize(
    ("gammas", "expected"),
    [
        ({"r1": 2.0}, 2 / 2 * (9 + 36) / 2),
        ({"r2": 0.5}, 0.5 / 2 * (81 + 144) / 2),
        ({"r1": 2, "r2": 0.5}, 22.5 + 28.125),
    ],
)
def test_r1_is_computed_at_real_and_r2_at_generated_images(
    name: str, gammas: dict[str, Any], expected: float, pair: tuple[Tensor, Tensor]
) -> None:
    objective = OBJECTIVES[name].from_dict(without_penalties(name) | gammas)
    assert objective.has_penalty()
    assert objective.penalty(quadratic_critic, *pair).item() == pytest.approx(expected)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_without_gammas_there_is_no_penalty(name: str, pair: tuple[Tensor, Tensor]) -> None:
    objective = OBJECTIVES[name].from_dict(without_penalties(name))
    assert not objective.has_penalty()
    assert objective.penalty(quadratic_critic, *pair).item() == 0


def test_wgan_gp_penalises_the_distance_of_the_gradient_norm_from_one(pair: tuple[Tensor, Tensor]) -> None:
    weight = torch.zeros(2, 2, 2)
    weight[0, 0, 0], weight[1, 1, 1] = 3, 4  # a linear critic whose gradient has norm 5 everywhere
    linear = lambda images: (images * weight).sum(dim=(1, 2, 3))  # noqa: E731
    assert WassersteinGP().penalty(linear, *pair).item() == pytest.approx(10 * (5 - 1) ** 2)
    assert WassersteinGP(gradient_penalty=2.0, r1=1.0).penalty(linear, *pair).item() == pytest.approx(2 * 16 + 25 / 2)


def test_wgan_gp_is_computed_between_real_and_generated_images() -> None:
    seen: list[Tensor] = []

    def recording_critic(images: Tensor) -> Tensor:
        seen.append(images.detach())
        return identity(images)

    torch.manual_seed(0)
    WassersteinGP().penalty(recording_critic, one_pixel_images(*[0.0] * 64), one_pixel_images(*[1.0] * 64))
    between = torch.cat(seen).flatten()
    assert between.min() >= 0
    assert between.max() <= 1
    assert between.std() > 0.1  # another point for each image


@pytest.mark.parametrize("objective", [Relativistic(), WassersteinGP(), NonSaturating(r1=1.0)], ids=objective_name)
def test_penalties_have_a_gradient_for_the_discriminator(objective: Objective) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.LeakyReLU(), nn.Linear(8, 1))
    real, fake = torch.rand(2, 3, 1, 2, 2).requires_grad_().unbind()
    objective.penalty(lambda images: network(images).squeeze(1), real, fake).backward()
    gradients = [parameter.grad for parameter in network.parameters() if parameter.dim() > 1]
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)


class ConditionalCriticStub:
    """D(x, c) = x c1 + 2 c2 of images of one pixel: its gradients are c1 by the image, x and 2 by the condition."""

    def __init__(self, condition: Tensor | None) -> None:
        self.condition = condition

    def __call__(self, images: Tensor) -> Tensor:
        return self.score_any(images, self.condition)

    def score_any(self, images: Tensor, condition: Tensor | None) -> Tensor:
        pixel = images.flatten(1).sum(dim=1)
        return 3 * pixel if condition is None else pixel * condition[:, 0] + 2 * condition[:, 1]


def test_the_matching_aware_penalty_is_twice_the_sixth_power_of_the_joint_gradient() -> None:
    critic, real, fake = (
        ConditionalCriticStub(torch.tensor([[1.0, 7.0], [0.0, 7.0]])),
        one_pixel_images(1.0, -2.0),
        one_pixel_images(9.0, 9.0),
    )
    by_hand = mean((1 + 1 + 4) ** 3, (0 + 4 + 4) ** 3)  # at real images under their own conditions
    assert MatchingAware().has_penalty()
    assert MatchingAware().penalty(critic, real, fake).item() == pytest.approx(2 * by_hand)
    both = MatchingAware(matching_penalty=0.5, r1=2.0).penalty(critic, real, fake).item()
    assert both == pytest.approx(0.5 * by_hand + 2 / 2 * mean(1, 0))
    assert MatchingAware().penalty(ConditionalCriticStub(None), real, fake).item() == pytest.approx(2 * 3**6)


def test_the_matching_aware_penalty_has_a_finite_gradient_at_a_constant_discriminator() -> None:
    weight = torch.zeros(1, requires_grad=True)

    class ConstantCritic(ConditionalCriticStub):
        def score_any(self, images: Tensor, condition: Tensor | None) -> Tensor:
            return weight * super().score_any(images, condition)

    critic = ConstantCritic(torch.ones(2, 2))
    MatchingAware().penalty(critic, one_pixel_images(1.0, 2.0), one_pixel_images(0.0, 0.0)).backward()
    assert weight.grad is not None
    assert weight.grad.item() == 0  # a square root would have made it NaN


# Mismatched conditions -----------------------------------------------------------------------------------------------


def test_mismatch_loss_compares_both_scores_where_the_conditions_differ() -> None:
    matched, mismatched = torch.tensor([2.0, 0.0, 1.0]), torch.tensor([[1.0, 3.0, 5.0]])
    differs = torch.tensor([[True, True, False]])
    by_hand = 0.5 * mean(-log(sigmoid(1)), -log(sigmoid(-3)))
    loss = Relativistic(mismatch=0.5).mismatch_loss(matched, mismatched, differs)
    assert loss.item() == pytest.approx(by_hand, rel=1e-5)
    assert (
        Relativistic(mismatch=0.5).mismatch_loss(matched, mismatched, torch.zeros(1, 3, dtype=torch.bool)).item() == 0
    )
    assert Hinge().mismatch_loss(matched, mismatched, differs).item() == 0


def test_mismatch_and_matching_loss_are_a_cross_entropy_over_all_rivals() -> None:
    matched, mismatched = torch.tensor([2.0, 0.0, 1.0]), torch.tensor([[1.0, 3.0, 5.0], [0.0, -1.0, 9.0]])
    differs = torch.tensor([[True, True, False], [True, False, False]])
    first = log(exp(2) + exp(1) + exp(0)) - 2
    second = log(exp(0) + exp(3))  # its second rival has the same condition; the third image has no rival
    for loss in (Relativistic(mismatch=0.5).mismatch_loss, Hinge(match=0.5).matching_loss):
        assert loss(matched, mismatched, differs).item() == pytest.approx(0.5 * mean(first, second), rel=1e-5)
    assert Relativistic(mismatch=0.5).matching_loss(matched, mismatched, differs).item() == 0


def test_diversity_loss_rewards_images_that_differ_as_their_noises_do() -> None:
    objective = Relativistic(variety=4.0)
    real = torch.stack([torch.zeros(3, 2, 2), torch.ones(3, 2, 2)])
    noises = (torch.zeros(2, 5), torch.tensor([[0.5] * 5, [2.0] * 5]))
    fake, again = torch.zeros(2, 3, 2, 2), torch.full((2, 3, 2, 2), 0.25).requires_grad_()
    loss = objective.diversity_loss(fake, again, noises, real)
    assert loss.item() == pytest.approx(-4 * (0.25 / 0.5 + 0.25 / 2) / 2)
    loss.backward()
    assert (again.grad < 0).all()  # type: ignore[operator]  # descent drives the two apart


def test_diversity_loss_rewards_no_more_than_the_distance_of_real_images() -> None:
    real = torch.stack([torch.zeros(3, 2, 2), torch.full((3, 2, 2), 0.1)])
    noises = (torch.zeros(2, 5), torch.ones(2, 5))
    again = torch.full((2, 3, 2, 2), 0.9).requires_grad_()
    loss = Relativistic(variety=1.0).diversity_loss(torch.zeros(2, 3, 2, 2), again, noises, real)
    assert loss.item() == pytest.approx(-0.1)
    loss.backward()
    assert not again.grad.any()  # type: ignore[union-attr]


def test_diversity_loss_of_equal_noises_is_zero_and_finite() -> None:
    same = torch.zeros(2, 3, 2, 2).requires_grad_()
    loss = Relativistic(variety=1.0).diversity_loss(
        same, same * 1, (torch.ones(2, 5), torch.ones(2, 5)), torch.rand(2, 3, 2, 2)
    )
    loss.backward()
    assert loss.item() == 0
    assert same.grad.isfinite().all()  # type: ignore[union-attr]


def test_mismatched_real_images_are_half_of_the_fakes_of_df_gan() -> None:
    matched, mismatched = torch.tensor([2.0, 0.0, 1.0]), torch.tensor([[1.0, -3.0, 5.0]])
    differs = torch.tensor([[True, True, False]])
    assert MatchingAware().mismatch_loss(matched, mismatched, differs).item() == pytest.approx(0.5 * mean(2, 0))
    assert MatchingAware(mismatch=0.0).discriminator_loss(
        identity, one_pixel_images(*REAL), one_pixel_images(*FAKE)
    ).item() == pytest.approx(
        Hinge().discriminator_loss(identity, one_pixel_images(*REAL), one_pixel_images(*FAKE)).item()
    )


def test_each_objective_states_the_tasks_that_it_supports() -> None:
    supported = {
        task: {name for name, objective_class in OBJECTIVES.items() if objective_class.supports(task)} for task in Task
    }
    assert supported[Task.TEXT_TO_IMAGE] == supported[Task.CLASS_CONDITIONAL] == set(OBJECTIVES) - {"restoration"}
    assert supported[Task.SUPER_RESOLUTION] == set(OBJECTIVES) - {"matching-aware"}
    assert supported[Task.UNCONDITIONAL] == set(OBJECTIVES) - {"restoration", "matching-aware"}

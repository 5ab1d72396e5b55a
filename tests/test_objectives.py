"""Each loss and each penalty against a value computed by hand, and the way that each of them pulls."""

from math import exp, log
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.losses import squared_gradient_norm
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

REAL, FAKE = (1.0, -2.0), (0.5, 3.0)  # scores of two real and two generated pictures


def one_pixel_images(*values: float) -> Tensor:
    """Pictures of one pixel each, which `identity` scores by that pixel."""
    return torch.tensor(values).reshape(-1, 1, 1, 1)


class IdentityCritic:
    """The score is the pixel; its one level sees twice the pixel."""

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


GAN_CRITIC = mean(binary_cross_entropy(1, 1), binary_cross_entropy(1, -2)) + mean(
    binary_cross_entropy(0, 0.5), binary_cross_entropy(0, 3)
)
SMOOTH_CRITIC = mean(binary_cross_entropy(0.9, 1), binary_cross_entropy(0.9, -2)) + mean(
    binary_cross_entropy(0, 0.5), binary_cross_entropy(0, 3)
)

BY_HAND = [
    (Minimax(), GAN_CRITIC, mean(log(1 - sigmoid(0.5)), log(1 - sigmoid(3)))),
    (NonSaturating(), GAN_CRITIC, mean(-log(sigmoid(0.5)), -log(sigmoid(3)))),
    (Minimax(real_label=0.9), SMOOTH_CRITIC, mean(log(1 - sigmoid(0.5)), log(1 - sigmoid(3)))),
    (NonSaturating(real_label=0.9), SMOOTH_CRITIC, mean(-log(sigmoid(0.5)), -log(sigmoid(3)))),
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


@pytest.mark.parametrize(("objective", "critic_loss", "generator_loss"), BY_HAND)
def test_losses_are_those_of_the_papers(objective: Objective, critic_loss: float, generator_loss: float) -> None:
    real, fake = one_pixel_images(*REAL), one_pixel_images(*FAKE)
    assert objective.discriminator_loss(identity, real, fake).item() == pytest.approx(critic_loss, rel=1e-5)
    assert objective.generator_loss(identity, real, fake).item() == pytest.approx(generator_loss, rel=1e-5)


def test_every_objective_is_computed_by_hand_here() -> None:
    assert {type(objective) for objective, _, _ in BY_HAND} == set(OBJECTIVES.values())
    assert all(objective_name(kind()) == name for name, kind in OBJECTIVES.items())


@pytest.mark.parametrize("score", [-500.0, 500.0])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_stay_finite_at_extreme_scores(name: str, score: float) -> None:
    objective, pictures = OBJECTIVES[name](), one_pixel_images(score, score).requires_grad_()
    loss = objective.discriminator_loss(identity, pictures, -pictures) + objective.generator_loss(
        identity, -pictures, pictures
    )
    loss.backward()
    assert loss.isfinite()
    assert pictures.grad is not None
    assert pictures.grad.isfinite().all()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_critic_gains_by_telling_apart_and_the_generator_by_fooling(name: str) -> None:
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


def test_a_restored_picture_is_drawn_to_its_original_and_needs_no_critic_for_that() -> None:
    faithful = Restoration(adversarial=0.0, feature=0.0)
    assert not faithful.needs_discriminator()
    assert Restoration().needs_discriminator()
    fake = one_pixel_images(0.5, 3.0).requires_grad_()
    faithful.generator_loss(identity, one_pixel_images(1.0, -2.0), fake).backward()
    assert fake.grad is not None
    assert fake.grad.flatten().tolist() == [-0.5, 0.5]


def test_minimax_saturates_where_non_saturating_does_not() -> None:
    """The reason for the second loss: with a winning critic, only one of them still pulls."""
    pulls = []
    for objective in (Minimax(), NonSaturating()):
        fake = one_pixel_images(-10.0).requires_grad_()
        objective.generator_loss(identity, one_pixel_images(10.0), fake).backward()
        assert fake.grad is not None
        pulls.append(fake.grad.abs().item())
    assert pulls[0] < 1e-4
    assert pulls[1] > 0.99


# Penalties -----------------------------------------------------------------------------------------------------------


def quadratic_critic(images: Tensor) -> Tensor:
    """D(x) = 3/2 ||x||^2, whose gradient is 3 x."""
    return 1.5 * images.square().sum(dim=(1, 2, 3))


def without_penalties(name: str) -> dict[str, Any]:
    """What makes an objective do without any penalty."""
    own = {"wgan-gp": {"gradient_penalty": 0.0}, "matching-aware": {"matching_penalty": 0.0}}
    return {"r1": 0.0, "r2": 0.0} | own.get(name, {})


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    """Real pictures with ||x||^2 = 1 and 4, generated ones with 9 and 16."""
    real, fake = torch.zeros(2, 2, 2, 2, 2)
    real[0, 0, 0, 0], real[1, 1, 1, 1] = 1, -2
    fake[0, 0, 1, 0], fake[1, 1, 0, 1] = 3, 4
    return real, fake


def test_the_squared_gradient_is_taken_picture_by_picture(pair: tuple[Tensor, Tensor]) -> None:
    assert squared_gradient_norm(quadratic_critic, pair[0]).tolist() == [9, 36]


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize(
    ("gammas", "expected"),
    [
        ({"r1": 2.0}, 2 / 2 * (9 + 36) / 2),
        ({"r2": 0.5}, 0.5 / 2 * (81 + 144) / 2),
        ({"r1": 2, "r2": 0.5}, 22.5 + 28.125),
    ],
)
def test_r1_is_priced_at_real_and_r2_at_generated_pictures(
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


def test_wgan_gp_draws_the_gradients_norm_to_one(pair: tuple[Tensor, Tensor]) -> None:
    weight = torch.zeros(2, 2, 2)
    weight[0, 0, 0], weight[1, 1, 1] = 3, 4  # a linear critic whose gradient has norm 5 everywhere
    linear = lambda pictures: (pictures * weight).sum(dim=(1, 2, 3))  # noqa: E731
    assert WassersteinGP().penalty(linear, *pair).item() == pytest.approx(10 * (5 - 1) ** 2)
    assert WassersteinGP(gradient_penalty=2.0, r1=1.0).penalty(linear, *pair).item() == pytest.approx(2 * 16 + 25 / 2)


def test_wgan_gp_looks_between_real_and_generated_pictures() -> None:
    seen: list[Tensor] = []

    def watching(images: Tensor) -> Tensor:
        seen.append(images.detach())
        return identity(images)

    torch.manual_seed(0)
    WassersteinGP().penalty(watching, one_pixel_images(*[0.0] * 64), one_pixel_images(*[1.0] * 64))
    between = torch.cat(seen).flatten()
    assert between.min() >= 0
    assert between.max() <= 1
    assert between.std() > 0.1  # a share of its own for each picture


@pytest.mark.parametrize("objective", [Relativistic(), WassersteinGP(), NonSaturating(r1=1.0)], ids=objective_name)
def test_penalties_teach_the_critic_and_leave_the_pictures_alone(objective: Objective) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.LeakyReLU(), nn.Linear(8, 1))
    real, fake = torch.rand(2, 3, 1, 2, 2).requires_grad_().unbind()
    objective.penalty(lambda pictures: network(pictures).squeeze(1), real, fake).backward()
    gradients = [parameter.grad for parameter in network.parameters() if parameter.dim() > 1]
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)


class ConditionalCriticStub:
    """D(x, e) = x e1 + 2 e2 of pictures of one pixel: its gradients are e1 by the picture, x and 2 by what is told."""

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
    by_hand = mean((1 + 1 + 4) ** 3, (0 + 4 + 4) ** 3)  # of real pictures beside their own sentences alone
    assert MatchingAware().has_penalty()
    assert MatchingAware().penalty(critic, real, fake).item() == pytest.approx(2 * by_hand)
    both = MatchingAware(matching_penalty=0.5, r1=2.0).penalty(critic, real, fake).item()
    assert both == pytest.approx(0.5 * by_hand + 2 / 2 * mean(1, 0))
    assert MatchingAware().penalty(ConditionalCriticStub(None), real, fake).item() == pytest.approx(2 * 3**6)


def test_the_matching_aware_penalty_leaves_a_critic_that_is_flat_alone() -> None:
    weight = torch.zeros(1, requires_grad=True)

    class Flat(ConditionalCriticStub):
        def score_any(self, images: Tensor, condition: Tensor | None) -> Tensor:
            return weight * super().score_any(images, condition)

    critic = Flat(torch.ones(2, 2))
    MatchingAware().penalty(critic, one_pixel_images(1.0, 2.0), one_pixel_images(0.0, 0.0)).backward()
    assert weight.grad is not None
    assert weight.grad.item() == 0  # where a square root would have made it no number


# Mismatched conditions -----------------------------------------------------------------------------------------------


def test_a_wrong_condition_is_priced_beside_the_right_one_where_they_differ() -> None:
    right, wrong = torch.tensor([2.0, 0.0, 1.0]), torch.tensor([[1.0, 3.0, 5.0]])
    differs = torch.tensor([[True, True, False]])
    by_hand = 0.5 * mean(-log(sigmoid(1)), -log(sigmoid(-3)))
    loss = Relativistic(mismatch=0.5).mismatch_loss(right, wrong, differs)
    assert loss.item() == pytest.approx(by_hand, rel=1e-5)
    assert Relativistic(mismatch=0.5).mismatch_loss(right, wrong, torch.zeros(1, 3, dtype=torch.bool)).item() == 0
    assert Hinge().mismatch_loss(right, wrong, differs).item() == 0


def test_a_picture_is_to_be_found_by_its_own_condition_among_all_its_rivals() -> None:
    right, wrong = torch.tensor([2.0, 0.0, 1.0]), torch.tensor([[1.0, 3.0, 5.0], [0.0, -1.0, 9.0]])
    differs = torch.tensor([[True, True, False], [True, False, False]])
    first = log(exp(2) + exp(1) + exp(0)) - 2
    second = log(exp(0) + exp(3))  # its second rival says the same as it does; the third picture has no rival at all
    for loss in (Relativistic(mismatch=0.5).mismatch_loss, Hinge(match=0.5).matching_loss):
        assert loss(right, wrong, differs).item() == pytest.approx(0.5 * mean(first, second), rel=1e-5)
    assert Relativistic(mismatch=0.5).matching_loss(right, wrong, differs).item() == 0


def test_pictures_that_differ_as_their_noises_do_are_paid_for() -> None:
    objective = Relativistic(variety=4.0)
    real = torch.stack([torch.zeros(3, 2, 2), torch.ones(3, 2, 2)])
    noises = (torch.zeros(2, 5), torch.tensor([[0.5] * 5, [2.0] * 5]))
    fake, again = torch.zeros(2, 3, 2, 2), torch.full((2, 3, 2, 2), 0.25).requires_grad_()
    loss = objective.diversity_loss(fake, again, noises, real)
    assert loss.item() == pytest.approx(-4 * (0.25 / 0.5 + 0.25 / 2) / 2)
    loss.backward()
    assert (again.grad < 0).all()  # type: ignore[operator]  # a step downhill drives the two further apart


def test_nothing_is_paid_for_differing_more_than_real_pictures_do() -> None:
    real = torch.stack([torch.zeros(3, 2, 2), torch.full((3, 2, 2), 0.1)])
    noises = (torch.zeros(2, 5), torch.ones(2, 5))
    again = torch.full((2, 3, 2, 2), 0.9).requires_grad_()
    loss = Relativistic(variety=1.0).diversity_loss(torch.zeros(2, 3, 2, 2), again, noises, real)
    assert loss.item() == pytest.approx(-0.1)
    loss.backward()
    assert not again.grad.any()  # type: ignore[union-attr]


def test_noises_that_are_the_same_cost_nothing_and_break_nothing() -> None:
    same = torch.zeros(2, 3, 2, 2).requires_grad_()
    loss = Relativistic(variety=1.0).diversity_loss(
        same, same * 1, (torch.ones(2, 5), torch.ones(2, 5)), torch.rand(2, 3, 2, 2)
    )
    loss.backward()
    assert loss.item() == 0
    assert same.grad.isfinite().all()  # type: ignore[union-attr]


def test_to_df_gan_a_real_picture_under_anothers_sentence_is_half_of_the_fakes() -> None:
    right, wrong = torch.tensor([2.0, 0.0, 1.0]), torch.tensor([[1.0, -3.0, 5.0]])
    differs = torch.tensor([[True, True, False]])
    assert MatchingAware().mismatch_loss(right, wrong, differs).item() == pytest.approx(0.5 * mean(2, 0))
    assert MatchingAware(mismatch=0.0).discriminator_loss(
        identity, one_pixel_images(*REAL), one_pixel_images(*FAKE)
    ).item() == pytest.approx(
        Hinge().discriminator_loss(identity, one_pixel_images(*REAL), one_pixel_images(*FAKE)).item()
    )


def test_objectives_say_whom_they_can_pay() -> None:
    suited = {condition: {name for name, kind in OBJECTIVES.items() if kind.supports(condition)}
              for condition in Task}  # fmt: skip
    assert suited[Task.TEXT_TO_IMAGE] == suited[Task.CLASS_CONDITIONAL] == set(OBJECTIVES) - {"restoration"}
    assert suited[Task.SUPER_RESOLUTION] == set(OBJECTIVES) - {"matching-aware"}
    assert suited[Task.UNCONDITIONAL] == set(OBJECTIVES) - {"restoration", "matching-aware"}

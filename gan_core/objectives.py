"""What generator and discriminator are paid for: adversarial losses, R1/R2 gradient penalties, and restoration.

An objective prices, it never steps: it owns no optimizer and calls no `backward`. A critic is a function from images
(N, C, H, W) in [-1, 1] to raw scores (N,), the condition already bound; sigmoids live inside the losses, where they
are stable. `critic_loss` expects fakes without history, `generator_loss` fakes with it.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu, softplus

from gan_core.configuration import Configuration, option
from gan_core.tasks import Task


class Critic(Protocol):
    """Images (N, C, H, W) -> raw scores (N,), or a score for each patch (N, H', W')."""

    def __call__(self, images: Tensor, /) -> Tensor: ...


class FeatureCritic(Critic, Protocol):
    """A critic that shows what its levels see; the scores come last."""

    def features(self, images: Tensor, /) -> list[Tensor]: ...


class ConditionalCritic(Critic, Protocol):
    """A critic that says what it was told, (N, K) or nothing, and scores images beside anything else as well."""

    condition: Tensor | None

    def score_any(self, images: Tensor, condition: Tensor | None, /) -> Tensor: ...


REAL_LABEL_HELP = "target for real pictures; 0.9 is one-sided label smoothing (Salimans et al. 2016, section 3.4)"


@dataclass(frozen=True)
class Objective(Configuration):
    """Base of all: the penalties every loss can carry, applied lazily (Karras et al. 2020, appendix B)."""

    r1: float = option(0.0, "gamma of the R1 penalty: gradient at real pictures", low=0, high=1e4)
    r2: float = option(0.0, "gamma of the R2 penalty: gradient at generated pictures", low=0, high=1e4)
    penalty_every: int = option(1, "apply the penalties each so many steps, as many times stronger", low=1, high=64)
    mismatch: float = option(0.0, "weight of telling real pictures' own conditions from others'", low=0, high=1e4)
    match: float = option(0.0, "the same of generated pictures, which the generator is paid for", low=0, high=1e4)
    rivals: int = option(1, "others' conditions that each picture is held against for the two", low=1, high=64)
    variety: float = option(0.0, "weight of other noise giving other pictures, against mode collapse", low=0, high=1e4)

    @classmethod
    def supports(cls, task: Task) -> bool:
        """Whether it can pay a family whose condition is "none", "label", "picture" or "text"."""
        return True

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """The discriminator's loss, a scalar."""
        raise NotImplementedError

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """The generator's loss, a scalar."""
        raise NotImplementedError

    def mismatch_loss(self, matched_scores: Tensor, mismatched_scores: Tensor, differs: Tensor) -> Tensor:
        """What the critic pays for real pictures whose scores under others' conditions (rivals, N) come near those
        under their own (N,): a real picture wrongly described is a fake (Reed et al. 2016, algorithm 1), here relative
        to the same picture rightly described. Only where the conditions differ (rivals, N) do they count."""
        return self.mismatch * condition_cross_entropy(matched_scores, mismatched_scores, differs)

    def matching_loss(self, matched_scores: Tensor, mismatched_scores: Tensor, differs: Tensor) -> Tensor:
        """What the generator pays where its pictures' scores under others' conditions come near those under the
        conditions they were drawn for (Zhang et al. 2021, XMC-GAN, section 4.1). Shapes as in `mismatch_loss`."""
        return self.match * condition_cross_entropy(matched_scores, mismatched_scores, differs)

    def diversity_loss(
        self, fake: Tensor, other_fake: Tensor, noise_pair: tuple[Tensor, Tensor], real: Tensor
    ) -> Tensor:
        """What the generator is paid, below zero, for how far its pictures of the same conditions from two noises lie
        apart, measured by how far the noises (N, D) do (Yang et al. 2019, equation 2). Past the distance of one real
        picture to the next of the batch nothing more is paid: the bound that the paper has as a constant."""
        pixel_dims = tuple(range(1, fake.dim()))
        max_distance = (real - real.roll(1, dims=0)).abs().mean(dim=pixel_dims)  # (N,)
        distance = (fake - other_fake).abs().mean(dim=pixel_dims).minimum(max_distance)
        noise_distance = (noise_pair[0] - noise_pair[1]).abs().mean(dim=1)
        return -self.variety * (distance / noise_distance.clamp(min=1e-6)).mean()

    def has_penalty(self) -> bool:
        return self.r1 > 0 or self.r2 > 0

    def needs_discriminator(self) -> bool:
        """Whether there is a discriminator to train at all."""
        return True

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """gamma/2 E||grad D||^2 at real (R1) and at fake (R2): Mescheder et al. 2018, equations 9 and 10."""
        loss = real.new_zeros(())
        if self.r1:
            loss = loss + self.r1 / 2 * squared_gradient_norm(critic, real).mean()
        if self.r2:
            loss = loss + self.r2 / 2 * squared_gradient_norm(critic, fake).mean()
        return loss


@dataclass(frozen=True)
class Minimax(Objective):
    """The original game (Goodfellow et al. 2014, equation 1). The generator minimises log(1 - D(G(z))), which
    saturates as soon as the discriminator wins: kept because a learner must see it fail."""

    real_label: float = option(1.0, REAL_LABEL_HELP, low=0.5, high=1)

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return binary_cross_entropy(critic(real), self.real_label) + binary_cross_entropy(critic(fake), 0.0)

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return logsigmoid(-critic(fake)).mean()


@dataclass(frozen=True)
class NonSaturating(Minimax):
    """The remedy of the same paper (Goodfellow et al. 2014, section 3): the generator maximises log D(G(z))."""

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(-critic(fake)).mean()


@dataclass(frozen=True)
class LeastSquares(Objective):
    """LSGAN with targets 0, 1, 1 (Mao et al. 2017, equation 9)."""

    real_label: float = option(1.0, REAL_LABEL_HELP, low=0.5, high=1)

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return ((critic(real) - self.real_label).square().mean() + critic(fake).square().mean()) / 2

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return (critic(fake) - 1).square().mean() / 2


@dataclass(frozen=True)
class Hinge(Objective):
    """The hinge loss (Lim and Ye 2017, Miyato et al. 2018, equations 16 and 17)."""

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return relu(1 - critic(real)).mean() + relu(1 + critic(fake)).mean()

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return -critic(fake).mean()


@dataclass(frozen=True)
class MatchingAware(Hinge):
    """DF-GAN's hinge (Tao et al. 2022, section 3.3): real pictures under another's sentence are fakes too, and the
    discriminator is flat about each real picture beside its own sentence, 2 ||grad D(x, e)||^6 over both.

    The norm is that of one vector, the gradients by picture and by sentence joined, as in the authors' code: no square
    root has to be taken, whose own gradient would be endless at zero. Without a sentence only the picture's counts.
    """

    mismatch: float = option(0.5, "share of mismatched real pictures among the fakes", low=0, high=0.9)
    matching_penalty: float = option(2.0, "k of the matching-aware gradient penalty", low=0, high=1e4)

    @classmethod
    def supports(cls, task: Task) -> bool:
        return task in (Task.CLASS_CONDITIONAL, Task.TEXT_TO_IMAGE)

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return relu(1 - critic(real)).mean() + (1 - self.mismatch) * relu(1 + critic(fake)).mean()

    def mismatch_loss(self, matched_scores: Tensor, mismatched_scores: Tensor, differs: Tensor) -> Tensor:
        return self.mismatch * (relu(1 + mismatched_scores) * differs).sum() / differs.sum().clamp(min=1)

    def has_penalty(self) -> bool:
        return self.matching_penalty > 0 or super().has_penalty()

    def penalty(self, critic: ConditionalCritic, real: Tensor, fake: Tensor) -> Tensor:
        loss = super().penalty(critic, real, fake)
        if self.matching_penalty:
            squared_norm = joint_squared_gradient_norm(critic, real)  # (N,)
            loss = loss + self.matching_penalty * squared_norm.pow(3).mean()
        return loss


@dataclass(frozen=True)
class WassersteinGP(Objective):
    """WGAN-GP (Gulrajani et al. 2017, equation 3): the gradient's norm is drawn to 1 between real and fake."""

    gradient_penalty: float = option(10.0, "lambda of the WGAN-GP penalty", low=0, high=1e4)

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return critic(fake).mean() - critic(real).mean()

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return -critic(fake).mean()

    def has_penalty(self) -> bool:
        return self.gradient_penalty > 0 or super().has_penalty()

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        epsilon = torch.rand(len(real), 1, 1, 1, device=real.device)  # the epsilon of algorithm 1, one a picture
        norm = (squared_gradient_norm(critic, epsilon * real + (1 - epsilon) * fake) + 1e-12).sqrt()  # (N,)
        return self.gradient_penalty * (norm - 1).square().mean() + super().penalty(critic, real, fake)


@dataclass(frozen=True)
class Relativistic(Objective):
    """Relativistic pairing with zero-centred R1 and R2 (R3GAN, Huang et al. 2024, equations 2 and 3): each fake is
    judged against a real picture, so that dropping a mode never pays."""

    r1: float = option(1.0, "gamma of the R1 penalty: gradient at real pictures", low=0, high=1e4)
    r2: float = option(1.0, "gamma of the R2 penalty: gradient at generated pictures", low=0, high=1e4)
    penalty_every: int = option(4, "apply the penalties each so many steps, as many times stronger", low=1, high=64)

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(critic(fake) - critic(real)).mean()

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(critic(real) - critic(fake)).mean()


@dataclass(frozen=True)
class Restoration(Relativistic):
    """What a restored picture is paid for: nearness to the one true answer, and passing for real beside it.

    Absolute error (Lim et al. 2017), the relativistic loss pairing each restored picture with its own original, and
    the distance of what the discriminator's levels see of the two (Wang et al. 2018, pix2pixHD, equation 4). With both
    of the latter at 0 no discriminator is trained: SRGAN's first stage (Ledig et al. 2017, section 3.2).
    """

    r1: float = option(0.0, "gamma of the R1 penalty: gradient at real pictures", low=0, high=1e4)
    r2: float = option(0.0, "gamma of the R2 penalty: gradient at generated pictures", low=0, high=1e4)
    pixel: float = option(1.0, "weight of the absolute error", low=0, high=1e4)
    adversarial: float = option(0.05, "weight of the adversarial loss", low=0, high=1e4)
    feature: float = option(0.5, "weight of the distance in the discriminator's features", low=0, high=1e4)

    @classmethod
    def supports(cls, task: Task) -> bool:
        return task == Task.SUPER_RESOLUTION

    def needs_discriminator(self) -> bool:
        return self.adversarial > 0 or self.feature > 0

    def generator_loss(self, critic: FeatureCritic, real: Tensor, fake: Tensor) -> Tensor:
        loss = self.pixel * (fake - real).abs().mean()
        if not self.needs_discriminator():
            return loss
        *real_features, real_scores = critic.features(real)
        *fake_features, fake_scores = critic.features(fake)
        distances = [
            (fake_level - real_level.detach()).abs().mean()
            for fake_level, real_level in zip(fake_features, real_features, strict=True)
        ]
        return loss + self.adversarial * softplus(real_scores - fake_scores).mean() + self.feature * sum(distances)


def binary_cross_entropy(scores: Tensor, target: float) -> Tensor:
    """Binary cross-entropy of raw scores (N,) against one target probability."""
    return (target * softplus(-scores) + (1 - target) * softplus(scores)).mean()


def condition_cross_entropy(matched_scores: Tensor, mismatched_scores: Tensor, differs: Tensor) -> Tensor:
    """Cross-entropy of finding each picture's own condition, scored `right` (N,), among others scored `wrong`
    (rivals, N), those left out that do not differ; the mean of pictures with any. (With one rival a softplus.)"""
    scores = torch.cat(
        [matched_scores[None], mismatched_scores.masked_fill(~differs, -torch.inf)]
    ).float()  # (1 + rivals, N)
    has_negative = differs.any(dim=0)
    return ((scores.logsumexp(dim=0) - matched_scores) * has_negative).sum() / has_negative.sum().clamp(min=1)


def squared_gradient_norm(critic: Critic, images: Tensor) -> Tensor:
    """||dD(x)/dx||^2 for each picture (N,), differentiable once more."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))


def joint_squared_gradient_norm(critic: ConditionalCritic, images: Tensor) -> Tensor:
    """||dD(x, e)/d(x, e)||^2 for each picture with what is told of it (N,), in float32, differentiable once more."""
    inputs = [images] if critic.condition is None else [images, critic.condition]
    inputs = [tensor.detach().float().requires_grad_() for tensor in inputs]
    scores = critic.score_any(inputs[0], inputs[1] if len(inputs) > 1 else None)
    gradients = torch.autograd.grad(scores.sum(), inputs, create_graph=True)
    return torch.stack([gradient.flatten(1).square().sum(dim=1) for gradient in gradients]).sum(dim=0)


OBJECTIVES: dict[str, type[Objective]] = {
    "minimax": Minimax,
    "non-saturating": NonSaturating,
    "least-squares": LeastSquares,
    "hinge": Hinge,
    "matching-aware": MatchingAware,
    "wgan-gp": WassersteinGP,
    "relativistic": Relativistic,
    "restoration": Restoration,
}


def objective_name(objective: Objective) -> str:
    return next(name for name, objective_class in OBJECTIVES.items() if objective_class is type(objective))

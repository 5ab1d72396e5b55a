"""GAN objectives: adversarial losses, gradient penalties and restoration losses.

An objective only computes losses; the trainer calls `backward` and steps the optimizers. Its fields are the weights of
its terms. A critic is a discriminator with its condition bound, a function from images (N, C, H, W) in [-1, 1] to raw
scores (see `losses.Critic`). `discriminator_loss` expects generated images without gradient history,
`generator_loss` generated images with it. To add an objective, write a subclass of `Objective` and list it in
`OBJECTIVES`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu, softplus

from gan_core.configuration import Configuration, option
from gan_core.losses import (
    ConditionalCritic,
    Critic,
    FeatureCritic,
    binary_cross_entropy,
    condition_cross_entropy,
    joint_squared_gradient_norm,
    squared_gradient_norm,
)
from gan_core.tasks import Task

REAL_LABEL_HELP = "target for real images; 0.9 is one-sided label smoothing (Salimans et al. 2016, section 3.4)"


@dataclass(frozen=True)
class Objective(Configuration):
    """Base class: the penalties and auxiliary losses that every objective can have, each off by default.

    Penalties are regularised lazily: every `penalty_every` steps, that much stronger (Karras et al. 2020, appendix B).
    """

    r1: float = option(0.0, "gamma of the R1 penalty: gradient at real images", low=0, high=1e4)
    r2: float = option(0.0, "gamma of the R2 penalty: gradient at generated images", low=0, high=1e4)
    penalty_every: int = option(1, "steps from one penalty to the next, each that many times stronger", low=1, high=64)
    mismatch: float = option(
        0.0, "weight of the discriminator's loss on real images under conditions of others", low=0, high=1e4
    )
    match: float = option(
        0.0, "weight of the generator's loss on its images under conditions of others", low=0, high=1e4
    )
    rivals: int = option(1, "conditions of others that mismatch and match compare each image with", low=1, high=64)
    variety: float = option(
        0.0, "weight of the diversity loss: other noise, another image (against mode collapse)", low=0, high=1e4
    )

    @classmethod
    def supports(cls, task: Task) -> bool:
        """Whether families of this task can be trained with the objective."""
        return True

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """The discriminator's loss, a scalar, without penalties."""
        raise NotImplementedError

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """The generator's loss, a scalar."""
        raise NotImplementedError

    def needs_discriminator(self) -> bool:
        """Whether a discriminator is trained at all."""
        return True

    # Penalties -------------------------------------------------------------------------------------------------------

    def has_penalty(self) -> bool:
        """Whether `penalty` can be other than zero."""
        return self.r1 > 0 or self.r2 > 0

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """gamma/2 E||grad D||^2 at real (R1) and at generated images (R2): Mescheder et al. 2018, equations 9, 10."""
        loss = real.new_zeros(())
        if self.r1:
            loss = loss + self.r1 / 2 * squared_gradient_norm(critic, real).mean()
        if self.r2:
            loss = loss + self.r2 / 2 * squared_gradient_norm(critic, fake).mean()
        return loss

    # Auxiliary losses of conditional and of stochastic generators ----------------------------------------------------

    def mismatch_loss(self, matched_scores: Tensor, mismatched_scores: Tensor, differs: Tensor) -> Tensor:
        """The discriminator's loss on real images under mismatched conditions, times `mismatch`.

        A real image with a wrong description counts as fake (Reed et al. 2016, algorithm 1); here its score is
        compared with that of the same image under its own condition. `matched_scores` (N,), `mismatched_scores`
        (rivals, N); only entries where the conditions differ, `differs` (rivals, N), count.
        """
        return self.mismatch * condition_cross_entropy(matched_scores, mismatched_scores, differs)

    def matching_loss(self, matched_scores: Tensor, mismatched_scores: Tensor, differs: Tensor) -> Tensor:
        """The generator's loss on its images under mismatched conditions, times `match`.

        The contrastive loss of Zhang et al. 2021 (XMC-GAN, section 4.1). Shapes as in `mismatch_loss`.
        """
        return self.match * condition_cross_entropy(matched_scores, mismatched_scores, differs)

    def diversity_loss(
        self, fake: Tensor, other_fake: Tensor, noise_pair: tuple[Tensor, Tensor], real: Tensor
    ) -> Tensor:
        """Minus the distance of images of the same conditions from two noises (N, D), over that of the noises.

        Yang et al. 2019, equation 2, times `variety`. The distance of two images counts up to that of a real image to
        the next of the batch: the bound that is a constant in the paper.
        """
        pixel_dims = tuple(range(1, fake.dim()))
        max_distance = (real - real.roll(1, dims=0)).abs().mean(dim=pixel_dims)  # (N,)
        distance = (fake - other_fake).abs().mean(dim=pixel_dims).minimum(max_distance)
        noise_distance = (noise_pair[0] - noise_pair[1]).abs().mean(dim=1)
        return -self.variety * (distance / noise_distance.clamp(min=1e-6)).mean()


@dataclass(frozen=True)
class Minimax(Objective):
    """The original GAN loss (Goodfellow et al. 2014, equation 1); the generator minimises log(1 - D(G(z))).

    The generator's gradient vanishes once the discriminator wins. Kept to demonstrate that.
    """

    real_label: float = option(1.0, REAL_LABEL_HELP, low=0.5, high=1)

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return binary_cross_entropy(critic(real), self.real_label) + binary_cross_entropy(critic(fake), 0.0)

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return logsigmoid(-critic(fake)).mean()


@dataclass(frozen=True)
class NonSaturating(Minimax):
    """The non-saturating loss (Goodfellow et al. 2014, section 3): the generator maximises log D(G(z))."""

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
    """The hinge loss (Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17)."""

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return relu(1 - critic(real)).mean() + relu(1 + critic(fake)).mean()

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return -critic(fake).mean()


@dataclass(frozen=True)
class MatchingAware(Hinge):
    """DF-GAN's hinge loss with its matching-aware gradient penalty (Tao et al. 2022, section 3.3).

    Real images under another image's condition count as fakes. The penalty k ||grad D(x, c)||^6 is taken at real
    images beside their own conditions, over the joint gradient of image and condition, as in the authors' code: the
    sixth power needs no square root, whose gradient is infinite at zero.
    """

    mismatch: float = option(0.5, "share of mismatched real images among the fakes", low=0, high=0.9)
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
    """WGAN-GP (Gulrajani et al. 2017, equation 3): a penalty keeps the critic's gradient norm near 1."""

    gradient_penalty: float = option(10.0, "lambda of the WGAN-GP penalty", low=0, high=1e4)

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return critic(fake).mean() - critic(real).mean()

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return -critic(fake).mean()

    def has_penalty(self) -> bool:
        return self.gradient_penalty > 0 or super().has_penalty()

    def penalty(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """lambda E(||grad D|| - 1)^2 at random points between real and generated images."""
        epsilon = torch.rand(len(real), 1, 1, 1, device=real.device)  # of algorithm 1, one for each image
        norm = (squared_gradient_norm(critic, epsilon * real + (1 - epsilon) * fake) + 1e-12).sqrt()  # (N,)
        return self.gradient_penalty * (norm - 1).square().mean() + super().penalty(critic, real, fake)


@dataclass(frozen=True)
class Relativistic(Objective):
    """Relativistic pairing loss with zero-centred R1 and R2 penalties (R3GAN, Huang et al. 2024, equations 2 and 3).

    Each generated image is scored relative to a real one, so the generator gains nothing by dropping a mode.
    """

    r1: float = option(1.0, "gamma of the R1 penalty: gradient at real images", low=0, high=1e4)
    r2: float = option(1.0, "gamma of the R2 penalty: gradient at generated images", low=0, high=1e4)
    penalty_every: int = option(4, "steps from one penalty to the next, each that many times stronger", low=1, high=64)

    def discriminator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(critic(fake) - critic(real)).mean()

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(critic(real) - critic(fake)).mean()


@dataclass(frozen=True)
class Restoration(Relativistic):
    """Losses of super-resolution: absolute error, relativistic adversarial loss and feature matching.

    Absolute error (Lim et al. 2017); the relativistic loss, which pairs each restored image with its own original; and
    the distance of the two in the discriminator's features (Wang et al. 2018, pix2pixHD, equation 4). With the weights
    of the latter two at 0 no discriminator is trained: SRGAN's first stage (Ledig et al. 2017, section 3.2).
    """

    r1: float = option(0.0, "gamma of the R1 penalty: gradient at real images", low=0, high=1e4)
    r2: float = option(0.0, "gamma of the R2 penalty: gradient at generated images", low=0, high=1e4)
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
    """The name of an objective's class in `OBJECTIVES`."""
    return next(name for name, objective_class in OBJECTIVES.items() if objective_class is type(objective))

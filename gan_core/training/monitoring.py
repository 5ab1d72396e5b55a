"""What a training tells of itself besides its losses: how well real and fake are told apart, how strong the gradients
are, how different the previews are from one another and how near they come to single training pictures.

All of it is taken where a line is logged or a preview is drawn anyway. It draws no randomness and changes no network:
a run that is watched equals one that is not, bit for bit.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from gan_core.data.datasets import Dataset, InMemoryImages
from gan_core.images.tensors import to_float
from gan_core.metrics import DISTANCE_CHUNK_ROWS, nearest_distances

REAL = 256  # real pictures that previews are compared with
SHOWN = 64  # of them on the sheet beside the previews
SIDE = 14  # pixels of the versions in which distances are measured: small shifts count little
MOST = 25_000_000  # values of small versions that are held for the search of neighbours; larger sets go without


def score_facts(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Means of the discriminator's raw scores of a batch of real and of fake pictures, and the probability that it
    scores a real one higher than a fake one: 0.5 is chance, 1 is certainty, whatever the objective."""
    real, fake = (each.detach().float().flatten(1).mean(dim=1) if each.dim() > 1 else each.detach().float()
                  for each in (real, fake))  # fmt: skip
    apart = (real[:, None] > fake).float().mean() + (real[:, None] == fake).float().mean() / 2
    return {"real_score": real.mean().item(), "fake_score": fake.mean().item(), "told_apart": apart.item()}


def gradient_norm(network: nn.Module) -> Tensor:
    """The Euclidean norm of all gradients of a network together."""
    gradients = [each.grad for each in network.parameters() if each.grad is not None]
    return torch.nn.utils.get_total_norm(gradients).detach()


class Onlooker:
    """Compares previews with real pictures. `known` says whether the networks are told the pictures' labels: then
    pictures are compared within each label, for a model that draws one picture a label has collapsed as well."""

    def __init__(self, data: Dataset, *, known: bool) -> None:
        taken = data.get_batch(torch.arange(min(REAL, len(data))) * len(data) // min(REAL, len(data)))
        self.real = taken.images  # uint8 (R, C, S, S)
        self.labels = taken.labels if known else None
        held: Any = getattr(data, "pictures", data)
        self.all = small_versions(held.images) if fits(held) else None  # (N, C SIDE^2)
        rows = small(self.real)
        self.spread = spread(rows, self.labels)
        self.usual = 0.0  # distance from a real picture to its nearest neighbour
        if self.all is not None and len(self.all) > 1:
            self.usual = nearest_distances(rows, self.all, rank=2).median().item()

    def facts(self, drawn: Tensor, labels: Tensor | None, discriminator: Any) -> dict[str, float]:
        """Of previews (N, C, S, S) in [-1, 1]: `diversity` in small pixels, `diversity_seen` in what the discriminator
        sees, both against real pictures' (1 is as diverse), and `nearest`, the distance to the nearest training picture
        against that between real pictures."""
        shown = small(drawn)
        found = {"diversity": ratio(spread(shown, labels), self.spread)}
        trunk = getattr(discriminator, "trunk", None)
        if trunk is not None:
            real = seen(discriminator, to_float(self.real))
            found["diversity_seen"] = ratio(spread(seen(discriminator, drawn), labels), spread(real, self.labels))
        if self.all is not None and self.usual:
            found["nearest"] = nearest_distances(shown, self.all).median().item() / self.usual
        return found


@torch.no_grad()
def seen(discriminator: Any, pictures: Tensor) -> Tensor:
    """The features (N, F) that the discriminator decides by. In evaluation mode: spectral normalisation and batch
    statistics must not notice."""
    place = next(discriminator.parameters()).device
    training = discriminator.training
    discriminator.eval()
    features = discriminator.trunk(pictures.to(place)).flatten(1).float().cpu()
    discriminator.train(training)
    return features


def spread(features: Tensor, labels: Tensor | None = None) -> float:
    """The usual distance of features (N, F) from their mean, or from the mean of those with the same label."""
    groups = [features] if labels is None else [features[labels == each] for each in labels.unique()]
    deviations = sum((group - group.mean(dim=0)).square().sum().item() for group in groups)
    return (deviations / max(len(features) - len(groups), 1)) ** 0.5


def ratio(first: float, second: float) -> float:
    return first / second if second else 1.0


def small(pictures: Tensor) -> Tensor:
    """Pictures, uint8 or in [-1, 1], as rows of a few values (N, C SIDE^2)."""
    pictures = to_float(pictures) if pictures.dtype == torch.uint8 else pictures.float()
    return adaptive_avg_pool2d(pictures, SIDE).flatten(1)


def small_versions(pictures: Tensor) -> Tensor:
    return torch.cat([small(part) for part in pictures.split(DISTANCE_CHUNK_ROWS)])


def fits(data: Any) -> bool:
    """Whether the set is in memory and small enough for its small versions to be so too."""
    return isinstance(data, InMemoryImages) and len(data) * data.channels * SIDE**2 <= MOST

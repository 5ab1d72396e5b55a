"""The text-conditional GAN: text embeddings condition both networks, and the networks are small."""

from typing import Any

import pytest
import torch
from torch import nn

from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from gan_core.training.config import Run
from tests import factories

FAMILY = FAMILIES["text_conditional"]


def build_network(kind: str, **changes: Any) -> nn.Module:
    torch.manual_seed(0)
    built = getattr(FAMILY, kind)(factories.run("text_conditional", **changes).model)
    factories.strengthen(built.parameters())
    return built.eval()


def embeddings(count: int) -> torch.Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(1))


def test_the_image_depends_on_the_embedding_and_changes_little_for_a_similar_one() -> None:
    generator, latents = build_network("generator"), torch.randn(1, 4)
    first, second = embeddings(2).split(1)
    similar = first + 0.05 * (second - first)
    image, other_image, similar_image = (generator(latents, embedding) for embedding in (first, second, similar))
    assert (image - other_image).abs().mean() > 0.02
    assert (image - similar_image).norm() < 0.3 * (image - other_image).norm()


def test_the_image_depends_on_the_latent() -> None:
    images = build_network("generator")(torch.randn(2, 4), embeddings(1).expand(2, -1))
    assert (images[0] - images[1]).abs().mean() > 0.01


def test_embeddings_get_noise_in_training_mode_only() -> None:
    generator, latents = build_network("generator", smoothing=0.5), torch.randn(4, 4)
    assert generator(latents, embeddings(4)).equal(generator(latents, embeddings(4)))
    generator.train()
    assert not generator(latents, embeddings(4)).equal(generator(latents, embeddings(4)))
    plain = build_network("generator", smoothing=0.0).train()
    assert plain(latents, embeddings(4)).equal(plain(latents, embeddings(4)))


def test_the_score_depends_on_the_embedding_and_features_can_be_scored_again() -> None:
    discriminator, images = build_network("discriminator"), torch.rand(2, 1, 28, 28)
    first, second = embeddings(4).split(2)
    assert (discriminator(images, first) - discriminator(images, second)).abs().min() > 1e-3
    features = discriminator.trunk(images)  # type: ignore[operator]
    assert discriminator.score_features(features, second).equal(discriminator(images, second))  # type: ignore[operator]


def test_the_default_generator_fits_a_small_checkpoint() -> None:
    generator = FAMILY.generator(Run.from_preset("text_conditional", "any").model)
    assert 4e6 < sum(4 * value.numel() for value in generator.state_dict().values()) < 10e6


@pytest.mark.parametrize("kind", ["generator", "discriminator"])
def test_a_missing_embedding_is_rejected(kind: str) -> None:
    inputs = torch.zeros(1, 4) if kind == "generator" else torch.zeros(1, 1, 28, 28)
    with pytest.raises(UsageError, match="needs a text embedding"):
        build_network(kind)(inputs)

"""A sentence drives the picture, near sentences draw near pictures, and the light networks stay light."""

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


def test_one_noise_under_two_sentences_draws_two_pictures_and_near_sentences_near_ones() -> None:
    generator, latents = build_network("generator"), torch.randn(1, 4)
    first, second = embeddings(2).split(1)
    here, there, near = (
        generator(latents, embedding) for embedding in (first, second, first + 0.05 * (second - first))
    )
    assert (here - there).abs().mean() > 0.02
    assert (here - near).norm() < 0.3 * (here - there).norm()


def test_one_sentence_under_two_noises_draws_two_pictures() -> None:
    drawn = build_network("generator")(torch.randn(2, 4), embeddings(1).expand(2, -1))
    assert (drawn[0] - drawn[1]).abs().mean() > 0.01


def test_sentences_are_smoothed_in_training_alone() -> None:
    generator, latents = build_network("generator", smoothing=0.5), torch.randn(4, 4)
    assert generator(latents, embeddings(4)).equal(generator(latents, embeddings(4)))
    generator.train()
    assert not generator(latents, embeddings(4)).equal(generator(latents, embeddings(4)))
    plain = build_network("generator", smoothing=0.0).train()
    assert plain(latents, embeddings(4)).equal(plain(latents, embeddings(4)))


def test_the_discriminator_judges_a_picture_by_its_sentence_and_looks_at_it_once() -> None:
    discriminator, pictures = build_network("discriminator"), torch.rand(2, 1, 28, 28)
    first, second = embeddings(4).split(2)
    assert (discriminator(pictures, first) - discriminator(pictures, second)).abs().min() > 1e-3
    seen = discriminator.trunk(pictures)  # type: ignore[operator]
    assert discriminator.score_features(seen, second).equal(discriminator(pictures, second))  # type: ignore[operator]


def test_the_default_generator_fits_a_small_checkpoint() -> None:
    generator = FAMILY.generator(Run.from_preset("text_conditional", "any").model)
    assert 4e6 < sum(4 * value.numel() for value in generator.state_dict().values()) < 10e6


@pytest.mark.parametrize("kind", ["generator", "discriminator"])
def test_a_missing_sentence_is_named(kind: str) -> None:
    inputs = torch.zeros(1, 4) if kind == "generator" else torch.zeros(1, 1, 28, 28)
    with pytest.raises(UsageError, match="needs a text embedding"):
        build_network(kind)(inputs)

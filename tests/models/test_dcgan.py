"""DCGAN: the architecture of Radford et al. 2016, and the clusters of a self-conditioned GAN."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import UsageError
from gan_core.models import FAMILIES, sample_latents
from gan_core.training.config import Run
from tests import factories

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
PRESETS = list(FAMILIES["dcgan"].presets)


def build_layers(run: Run) -> tuple[list[nn.Module], list[nn.Module]]:
    family = FAMILIES[run.family]
    generator, discriminator = family.generator(run.model), family.discriminator(run.model)
    return list(generator.modules()), list(discriminator.modules())


def count_layers(layers: list[nn.Module], *kinds: type[nn.Module]) -> int:
    return sum(isinstance(layer, kinds) for layer in layers)


@pytest.mark.parametrize("size", [28, 32, 64, 128])
@pytest.mark.parametrize("preset", PRESETS)
def test_networks_resample_by_strides_without_pooling_and_have_one_dense_layer(preset: str, size: int) -> None:
    generator, discriminator = build_layers(factories.run("dcgan", preset, image_size=size))
    pooling = [
        layer for layer in generator + discriminator if "Pool" in type(layer).__name__ or "Upsample" in str(layer)
    ]
    assert pooling == []
    assert count_layers(generator, nn.Linear) == 1
    assert isinstance(next(layer for layer in generator if not list(layer.children())), nn.Linear)
    assert count_layers(discriminator, nn.Linear) == 1
    assert any(isinstance(layer, nn.ConvTranspose2d) and layer.stride == (2, 2) for layer in generator)
    assert any(isinstance(layer, nn.Conv2d) and layer.stride == (2, 2) for layer in discriminator)


@pytest.mark.parametrize("family", ["dcgan", "conditional"])
def test_only_the_classic_discriminator_has_batch_normalisation(family: str) -> None:
    for preset in FAMILIES[family].presets:
        generator, discriminator = build_layers(factories.run(family, preset))
        assert count_layers(generator, *NORMS) > 0
        assert (count_layers(discriminator, *NORMS) > 0) == (preset == "classic")


def test_the_generators_last_and_the_discriminators_first_level_have_no_normalisation() -> None:
    generator, discriminator = build_layers(factories.run("dcgan", "classic", image_size=64))
    # one before the first transposed convolution, none after the last
    assert count_layers(generator, nn.ConvTranspose2d) == count_layers(generator, *NORMS)
    first_norm = next(index for index, layer in enumerate(discriminator) if isinstance(layer, NORMS))
    assert count_layers(discriminator[:first_norm], nn.Conv2d) == 2


@pytest.mark.parametrize("size", [28, 32, 64, 128])
def test_channels_double_at_each_level_up_to_the_maximum(size: int) -> None:
    config = FAMILIES["dcgan"].config(image_size=size, width=16, critic_width=8, max_width=32)  # type: ignore[call-arg]
    widths, critic_widths = config.generator_widths(), config.discriminator_widths()  # type: ignore[attr-defined]
    assert widths[-1] == 16
    assert critic_widths[0] == 8
    assert max(widths + critic_widths) <= 32
    assert config.base_resolution() * 2 ** len(widths) == size  # type: ignore[attr-defined]


def test_depth_adds_3x3_convolutions() -> None:
    flat, deep = (build_layers(factories.run("dcgan", depth=depth, critic_depth=depth)) for depth in (0, 2))
    # the generator has one level between 7 pixels and the last step to 28
    assert count_layers(deep[0], nn.Conv2d) == count_layers(flat[0], nn.Conv2d) + 2
    assert count_layers(deep[1], nn.Conv2d) == count_layers(flat[1], nn.Conv2d) + 2 * count_layers(flat[1], nn.Conv2d)


# Clusters ------------------------------------------------------------------------------------------------------------


def self_conditioned_pair(distribution: str = "normal") -> tuple[Run, Any, Any]:
    """A tiny generator and discriminator with three clusters in uneven shares."""
    run = factories.run("dcgan", modes=3, latent_size=8, latent_distribution=distribution)
    torch.manual_seed(0)
    generator, discriminator = FAMILIES["dcgan"].generator(run.model), FAMILIES["dcgan"].discriminator(run.model)
    for network in (generator, discriminator):
        factories.strengthen(network.parameters())
        network.eval()
        network.modes.shares.copy_(torch.tensor([0.7, 0.2, 0.1]))  # type: ignore[operator, union-attr]
    return run, generator, discriminator


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_each_cluster_is_sampled_in_its_share_of_the_data(distribution: str) -> None:
    run, generator, _ = self_conditioned_pair(distribution)
    latents = sample_latents(run.model, 20_000, torch.Generator().manual_seed(1))
    assert generator.sample_cluster(latents).mean(dim=0).tolist() == pytest.approx([0.7, 0.2, 0.1], abs=0.015)


def test_a_given_cluster_overrides_the_one_that_the_latents_choose() -> None:
    run, generator, _ = self_conditioned_pair()
    latents = sample_latents(run.model, 6, torch.Generator().manual_seed(2))
    chosen = generator.sample_cluster(latents)
    assert torch.equal(generator(latents), generator(latents, chosen))
    other = chosen.roll(1, dims=1)
    assert (generator(latents) - generator(latents, other)).abs().amax(dim=(1, 2, 3)).min() > 1e-3


def test_the_values_that_choose_the_cluster_have_no_other_effect() -> None:
    run, generator, _ = self_conditioned_pair()
    first, second = sample_latents(run.model, 2, torch.Generator().manual_seed(3))
    moved = torch.cat([second[:3], first[3:]])
    cluster = torch.eye(3)[:1]
    assert torch.equal(generator(first[None], cluster), generator(moved[None], cluster))


def test_without_a_cluster_the_discriminator_weights_the_scores_of_all() -> None:
    _, _, discriminator = self_conditioned_pair()
    images = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(4)) * 2 - 1
    scores: list[Tensor] = [discriminator(images, torch.eye(3)[cluster].expand(4, -1)) for cluster in range(3)]
    terms = [score.exp() * share for score, share in zip(scores, (0.7, 0.2, 0.1), strict=True)]
    weighed = torch.stack(terms).sum(dim=0)
    assert torch.allclose(discriminator(images), weighed.log(), atol=1e-4)


def test_clusters_must_be_at_least_two_and_fewer_than_the_latents_values() -> None:
    for modes in (1, 8, 20):
        with pytest.raises(UsageError, match="--modes"):
            factories.run("dcgan", modes=modes, latent_size=8)

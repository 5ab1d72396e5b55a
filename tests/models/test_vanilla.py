"""The original GAN of dense layers."""

import torch
from torch import nn

from gan_core.models import FAMILIES
from tests import factories


def test_the_networks_are_dense_with_mirrored_sizes() -> None:
    config = factories.run("vanilla", width=8, layers=3).model
    networks = FAMILIES["vanilla"].generator(config), FAMILIES["vanilla"].discriminator(config)
    sizes = [[layer.in_features for layer in network.modules() if isinstance(layer, nn.Linear)] for network in networks]
    assert sizes == [[4, 8, 16, 32], [784, 32, 16, 8]]
    assert not any(isinstance(layer, nn.Conv2d) for network in networks for layer in network.modules())


def test_the_default_latent_has_100_uniform_values() -> None:
    config = FAMILIES["vanilla"].config()
    assert (config.latent_size, config.latent_distribution) == (100, "uniform")


def test_the_discriminator_gives_raw_scores_without_a_sigmoid() -> None:
    """The sigmoid is part of the losses."""
    discriminator = FAMILIES["vanilla"].discriminator(factories.run("vanilla").model)
    scores = discriminator(1000 * torch.ones(2, 1, 28, 28))
    assert scores.abs().max() > 1

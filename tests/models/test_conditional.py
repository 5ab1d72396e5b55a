"""The class-conditional GAN: labels condition both networks by either method, and can be blended."""

import pytest
import torch
from torch import Tensor, nn

from gan_core.errors import UsageError
from gan_core.models import FAMILIES, sample_latents
from tests import factories

FAMILY = FAMILIES["conditional"]
EACH_METHOD = pytest.mark.parametrize("method", ["modern", "classic"])


def build_network(kind: str, method: str) -> nn.Module:
    torch.manual_seed(0)
    built = getattr(FAMILY, kind)(factories.run("conditional", method=method).model)
    factories.strengthen(built.parameters())
    return built.eval()


def class_weights(*weights: float) -> Tensor:
    return torch.tensor([weights], dtype=torch.float32)


FIRST, SECOND, HALF = class_weights(1, 0, 0), class_weights(0, 1, 0), class_weights(0.5, 0.5, 0)


@EACH_METHOD
def test_a_label_changes_the_image_and_a_blend_lies_between_two_labels(method: str) -> None:
    generator = build_network("generator", method)
    latents = sample_latents(factories.run("conditional").model, 1, torch.Generator().manual_seed(0))
    first, second, half = (generator(latents, label) for label in (FIRST, SECOND, HALF))
    assert (first - second).abs().mean() > 0.02
    assert 0 < (half - first).norm() < (second - first).norm()
    assert 0 < (half - second).norm() < (second - first).norm()


@EACH_METHOD
def test_the_score_of_an_image_depends_on_its_label(method: str) -> None:
    discriminator = build_network("discriminator", method)
    image = torch.rand(1, 1, 28, 28) * 2 - 1
    assert (discriminator(image, FIRST) - discriminator(image, SECOND)).abs() > 1e-3


def test_the_score_of_the_projection_discriminator_is_linear_in_the_label() -> None:
    discriminator, image = build_network("discriminator", "modern"), torch.rand(1, 1, 28, 28)
    first, second, half = (discriminator(image, label).item() for label in (FIRST, SECOND, HALF))
    assert half == pytest.approx((first + second) / 2, abs=1e-4)


def test_the_classic_discriminator_has_one_more_dense_layer_which_takes_the_label() -> None:
    layers = [layer for layer in build_network("discriminator", "classic").modules() if isinstance(layer, nn.Linear)]
    assert len(layers) == 2
    plain = [layer for layer in build_network("discriminator", "modern").modules() if isinstance(layer, nn.Linear)]
    assert layers[0].in_features == plain[0].in_features + 3


def test_every_normalisation_of_the_modern_generator_is_conditional() -> None:
    generator = build_network("generator", "modern")
    norms = [layer for layer in generator.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert norms
    assert not any(norm.affine for norm in norms)


@EACH_METHOD
@pytest.mark.parametrize("kind", ["generator", "discriminator"])
def test_a_missing_label_is_rejected(kind: str, method: str) -> None:
    inputs = torch.zeros(1, 4) if kind == "generator" else torch.zeros(1, 1, 28, 28)
    with pytest.raises(UsageError, match="needs a label"):
        build_network(kind, method)(inputs)

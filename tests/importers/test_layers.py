"""Layers reconstructed from the names and shapes of their tensors."""

import pytest
import torch
from torch import nn

from gan_core.importers.layers import (
    UnsupportedLayout,
    batchnorm_epsilon,
    group_by_layer,
    has_activation_between,
    infer_layer_types,
    split_label_embedding,
    summarise_layers,
)
from tests.imported_models import ConditionalPerceptron, Perceptron, TutorialDCGAN

pytestmark = pytest.mark.core


def test_layers_are_ordered_by_the_numbers_in_their_names() -> None:
    tensors = {f"main.{index}.weight": torch.zeros(1) for index in (10, 2, 0)}
    assert [layer.position for layer in group_by_layer(tensors)] == [("main", 0), ("main", 2), ("main", 10)]


def test_types_are_inferred_from_shapes() -> None:
    dcgan = group_by_layer(TutorialDCGAN(2, 8, 1, 2).state_dict())
    assert infer_layer_types(dcgan) == ["up", "norm", "up", "norm", "up"]
    network = nn.Sequential(nn.ConvTranspose2d(9, 4, 4), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 3, 1))
    assert infer_layer_types(group_by_layer(network.state_dict())) == ["up", "conv", "conv"]
    assert infer_layer_types(group_by_layer(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5)).state_dict())) == [
        "dense",
        "dense",
    ]


def test_layers_that_do_not_fit_each_other_are_refused() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 6))
    with pytest.raises(UnsupportedLayout, match=r"1 \(6x5\) does not take 4 channels"):
        infer_layer_types(group_by_layer(network.state_dict()))
    with pytest.raises(UnsupportedLayout, match="none of its tensors"):
        infer_layer_types([])


def test_an_activation_lies_where_the_indices_have_a_gap() -> None:
    layers = group_by_layer(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)).state_dict())
    assert not has_activation_between(layers[0], layers[1], "dense")
    assert has_activation_between(layers[1], layers[2], "dense")


def test_only_pytorch_gans_perceptron_has_the_unusual_epsilon() -> None:
    for hidden, epsilon in (((128, 256, 512, 1024), 0.8), ((64, 96), 1e-5)):
        layers = group_by_layer(Perceptron(hidden).state_dict())
        assert batchnorm_epsilon(layers, infer_layer_types(layers)) == epsilon


def test_a_label_embedding_is_split_off() -> None:
    layers = group_by_layer(ConditionalPerceptron().state_dict())
    embedding, others = split_label_embedding(layers)
    assert embedding is not None
    assert embedding.shape == (10, 10)
    assert len(others) == len(layers) - 1
    assert split_label_embedding(others)[0] is None


def test_a_summary_names_the_first_four_layers() -> None:
    layers = group_by_layer(nn.Sequential(*[nn.Linear(2, 3) for _ in range(6)]).state_dict())
    assert summarise_layers(layers) == "6 layers (0 3x2, 1 3x2, 2 3x2, 3 3x2, ...)"
    assert summarise_layers([]) == "no layers"

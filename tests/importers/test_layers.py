"""Layers reconstructed from the names and shapes of their tensors."""

import pytest
import torch
from torch import nn

from gan_core.importers.layers import (
    group_by_layer,
    layer_orders,
    normalisation_kind,
    split_label_embedding,
    summarise_layers,
)
from tests.imported_models import ConditionalPerceptron

pytestmark = pytest.mark.core


def test_layers_are_ordered_by_the_numbers_in_their_names() -> None:
    tensors = {f"main.{index}.weight": torch.zeros(1) for index in (10, 2, 0)}
    assert [layer.position for layer in group_by_layer(tensors)] == [("main", 0), ("main", 2), ("main", 10)]


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (nn.BatchNorm2d(4), "batch"),
        (nn.BatchNorm2d(4, affine=False), "batch"),
        (nn.InstanceNorm2d(4, affine=True, track_running_stats=True), "batch"),
        (nn.InstanceNorm2d(4, affine=True), "plain"),
        (nn.GroupNorm(2, 4), "plain"),
        (nn.BatchNorm2d(4, track_running_stats=False), "plain"),
        (nn.LayerNorm([4, 8, 8]), "layer"),
        (nn.PReLU(4), None),
        (nn.Conv2d(4, 4, 3), None),
    ],
)
def test_normalisations_are_told_by_their_tensors(layer: nn.Module, kind: str | None) -> None:
    assert normalisation_kind(group_by_layer(nn.Sequential(layer).state_dict())[0]) == kind


def test_layers_are_tried_in_the_orders_that_names_and_files_suggest() -> None:
    tensors = {f"{name}.weight": torch.zeros(1) for name in ("l1.0", "conv_blocks.0", "conv_blocks.1")}
    orders = [[layer.name for layer in order] for order in layer_orders(tensors)]
    assert orders[0] == ["conv_blocks.0", "conv_blocks.1", "l1.0"]
    assert orders[1] == ["l1.0", "conv_blocks.0", "conv_blocks.1"]
    named = {f"{name}.weight": torch.zeros(1) for name in ("bn1", "bn2", "conv1", "conv2")}
    assert len(list(layer_orders(named))) > 2


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

"""Metrics against values worked out by hand."""

import pytest
import torch

from gan_core.metrics import confusion_matrix, frechet_distance, precision_recall


def test_frechet_distance_of_equal_sets_is_zero() -> None:
    features = torch.randn(500, 8, generator=torch.Generator().manual_seed(1))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_of_a_shift_is_its_square() -> None:
    features = torch.randn(500, 4, generator=torch.Generator().manual_seed(1))
    assert frechet_distance(features, features + 2) == pytest.approx(4 * 2**2, rel=1e-4)


def test_frechet_distance_of_a_stretch_follows_the_formula_in_one_dimension() -> None:
    """(m1 - m2)^2 + (s1 - s2)^2 for one-dimensional Gaussians."""
    features = torch.tensor([[-1.0], [1.0]] * 50)
    deviation = features.std().item()
    assert frechet_distance(features, 3 * features + 1) == pytest.approx(1 + (2 * deviation) ** 2, rel=1e-4)


def test_equal_sets_have_full_precision_and_recall() -> None:
    features = torch.randn(100, 3, generator=torch.Generator().manual_seed(2))
    assert precision_recall(features, features) == (1.0, 1.0)


def test_a_collapsed_generator_is_precise_and_recalls_nothing() -> None:
    real = torch.arange(100.0)[:, None]
    fake = torch.full((100, 1), 50.0) + torch.arange(100.0)[:, None] * 1e-6
    precision, recall = precision_recall(real, fake)
    assert precision == 1.0
    assert recall <= 0.02


def test_what_lies_far_from_the_data_is_not_precise() -> None:
    real = torch.randn(100, 3, generator=torch.Generator().manual_seed(2))
    assert precision_recall(real, real + 100) == (0.0, 0.0)


def test_the_confusion_matrix_has_a_row_for_what_was_asked() -> None:
    asked, seen = torch.tensor([0, 0, 1, 2]), torch.tensor([0, 1, 1, 0])
    assert confusion_matrix(asked, seen, 3).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]

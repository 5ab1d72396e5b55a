"""Metrics against values worked out by hand."""

import pytest
import torch

from gan_core.metrics import (
    confusion_matrix,
    frechet_distance,
    nearest_distances,
    nearest_neighbours,
    nn_summary,
    precision_recall,
)


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


def test_samples_far_from_the_data_are_not_precise() -> None:
    real = torch.randn(100, 3, generator=torch.Generator().manual_seed(2))
    assert precision_recall(real, real + 100) == (0.0, 0.0)


def test_the_confusion_matrix_has_a_row_for_each_requested_label() -> None:
    requested, predicted = torch.tensor([0, 0, 1, 2]), torch.tensor([0, 1, 1, 0])
    assert confusion_matrix(requested, predicted, 3).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_rank_two_skips_the_row_itself() -> None:
    rows = torch.tensor([[0.0], [1.0], [3.0]])
    assert [column.tolist() for column in nearest_neighbours(rows, rows)] == [[0, 0, 0], [0, 1, 2]]
    assert [column.tolist() for column in nearest_neighbours(rows, rows, rank=2)] == [[1, 1, 2], [1, 0, 1]]


def test_neighbours_are_found_across_chunks_and_by_rank() -> None:
    reference = torch.ones(50_000, 4)
    reference[49_000], reference[3] = 0.0, 0.1
    assert nearest_distances(torch.zeros(1, 4), reference).item() == pytest.approx(0, abs=1e-3)
    assert nearest_distances(torch.zeros(1, 4), reference, rank=2).item() == pytest.approx(0.2, abs=1e-3)
    assert nearest_distances(torch.zeros(1, 4), reference, rank=3).item() == pytest.approx(2, abs=1e-3)


def test_distances_agree_with_and_without_indices() -> None:
    generator = torch.Generator().manual_seed(0)
    features, reference = torch.randn(1_200, 8, generator=generator), torch.randn(700, 8, generator=generator)
    for rank in (1, 2):
        distances, _ = nearest_neighbours(features, reference, rank)
        assert torch.allclose(nearest_distances(features, reference, rank), distances, atol=1e-3)


def test_copies_of_the_reference_have_distances_of_zero() -> None:
    reference = torch.randn(50, 8, generator=torch.Generator().manual_seed(0))
    assert nn_summary(nearest_distances(reference[:10], reference))["median"] == pytest.approx(0, abs=1e-3)
    assert nn_summary(nearest_distances(reference[:10] + 1, reference))["closest"] > 0.5


def test_the_summary_is_the_median_and_the_closest_hundredth() -> None:
    assert nn_summary(torch.arange(101.0)) == {"median": 50.0, "closest": 1.0}

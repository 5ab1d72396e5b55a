"""Mismatched conditions, and the discriminator with its condition bound."""

import torch

from gan_core.training.conditioning import ConditionedDiscriminator, mismatched_conditions


def test_a_mismatched_condition_is_that_of_another_image_where_the_two_differ() -> None:
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.05], [0.0, 1.0]])
    wrong, differs = mismatched_conditions(rows)
    assert wrong.tolist() == [rows[2].tolist(), rows[0].tolist(), rows[1].tolist()]
    assert differs.tolist() == [True, False, True]
    assert mismatched_conditions(torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]))[1].tolist() == [
        True,
        False,
        False,
    ]


class SummingDiscriminator:
    """A discriminator that adds up what it sees and what it is told."""

    def trunk(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).sum(dim=1)

    def score_features(self, features: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        return features + condition.sum(dim=1)


def test_negatives_are_at_most_all_other_conditions_of_the_batch() -> None:
    conditioned = ConditionedDiscriminator(SummingDiscriminator(), torch.eye(4), torch.zeros(4, 1, 2, 2))
    scores, differs = conditioned.score_negatives(2)
    assert scores.shape == differs.shape == (2, 4)
    assert conditioned.score_negatives(64)[0].shape == (3, 4)

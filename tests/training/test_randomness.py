"""Randomness as a function of seed, process and step."""

import torch

from gan_core.training.randomness import seeded_rng


def test_randomness_is_a_function_of_seed_process_and_step() -> None:
    def random_number(*key: int) -> float:
        with seeded_rng(*key):
            return torch.rand(1).item()

    keys = [(seed, rank, step) for seed in (0, 1, 2**31 - 1) for rank in (0, 1) for step in (0, 1, 2, 10**8)]
    assert len({random_number(*key) for key in keys}) == len(keys)
    assert random_number(5, 0, 3) == random_number(5, 0, 3)

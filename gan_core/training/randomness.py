"""Randomness as a function of seed, process and step, so that a resumed training needs no stored generator state."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from gan_core.data.sampler import mix_seed


@contextmanager
def seeded_rng(seed: int, rank: int, step: int) -> Iterator[None]:
    """Seeds torch's global generators by (seed, rank, step) and restores their state afterwards."""
    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(process_seed(seed, rank, step))
        yield


def process_seed(seed: int, rank: int, step: int) -> int:
    """A different seed for each seed, process and step."""
    return mix_seed(seed, step) * 4_099 + rank

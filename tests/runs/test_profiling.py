"""Cost estimates from real steps of the trainer, without side effects."""

import time
from pathlib import Path

import pytest
import torch

from gan_core.models import FAMILIES
from gan_core.runs.profiling import SingleProcessAccelerator, estimate_cost, saved_tensor_bytes
from gan_core.training.trainer import train
from tests import factories


@pytest.mark.parametrize("name", FAMILIES)
def test_the_cost_of_every_family_is_estimated_and_nothing_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    found = estimate_cost(factories.run(name))
    assert 0 < found.step_seconds < 60
    assert found.memory_bytes > 1e8
    assert torch.equal(torch.get_rng_state(), before)
    assert not list(tmp_path.iterdir())


def test_the_estimate_is_near_the_time_of_a_training(tmp_path: Path) -> None:
    run = factories.run(
        "dcgan", steps=30, batch_size=64, width=16, critic_width=16, preview_every=1000, save_every=1000
    )
    estimates = [estimate_cost(run).step_seconds for _ in range(3)]
    started_at = time.monotonic()
    list(train(run, factories.labelled_images(64), tmp_path / "run"))
    step_seconds = (time.monotonic() - started_at) / 30
    assert min(estimates) / 5 < step_seconds < max(estimates) * 5  # within a machine's moods


def test_a_larger_batch_takes_more_memory() -> None:
    small, large = (estimate_cost(factories.run("dcgan", batch_size=size, width=32)).memory_bytes for size in (8, 512))
    assert large > small + 10_000_000


def test_tensors_that_autograd_saves_are_counted_until_they_are_freed() -> None:
    leaf = torch.ones(1000, requires_grad=True)
    with saved_tensor_bytes() as most:
        leaf.exp().sum().backward()
        leaf.exp().sum().backward()
    assert most[0] == 4000


def test_an_estimate_does_not_initialise_accelerate() -> None:
    from accelerate.state import AcceleratorState

    estimate_cost(factories.run("vanilla"))
    assert not AcceleratorState._shared_state
    assert SingleProcessAccelerator(factories.run("vanilla").training).device.type == "cpu"

"""Metrics of a training, which do not change it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.images import tensors
from gan_core.models import FAMILIES
from gan_core.training import previews, trainer
from gan_core.training.monitoring import (
    PreviewMetrics,
    discriminator_features,
    dispersion,
    gradient_norm,
    score_statistics,
)
from gan_core.training.run_folder import RunFolder, read_log
from gan_core.training.trainer import train
from tests import factories
from tests.training.short_runs import equal, resumable_state


def test_score_statistics_are_means_and_the_auc() -> None:
    high, low = torch.tensor([3.0, 4.0]), torch.tensor([-1.0, -2.0])
    assert score_statistics(high, low) == {"real_score": 3.5, "fake_score": -1.5, "told_apart": 1.0}
    assert score_statistics(low, high)["told_apart"] == 0
    assert score_statistics(low, low)["told_apart"] == pytest.approx(0.5)
    assert score_statistics(torch.ones(2, 3, 3), torch.zeros(2, 3, 3))["told_apart"] == 1  # a score a patch


def test_the_gradient_norm_is_that_of_all_gradients_together() -> None:
    network = nn.Linear(2, 1)
    network.weight.grad, network.bias.grad = torch.tensor([[3.0, 0.0]]), torch.tensor([4.0])
    assert gradient_norm(network).item() == pytest.approx(5)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_run_with_monitoring_equals_one_without(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes: dict[str, Any] = {"log_every": 1, "preview_every": 2} | (
        {} if name == "srgan" else {"spectral_norm": True}
    )
    run = factories.run(name, **changes)
    list(train(run, factories.dataset_for(run), tmp_path / "watched"))
    monkeypatch.setattr(trainer, "score_statistics", lambda *_: {})
    monkeypatch.setattr(trainer, "gradient_norm", lambda _: 0.0)
    monkeypatch.setattr(previews.PreviewWriter, "record_metrics", lambda *_: None)
    list(train(run, factories.dataset_for(run), tmp_path / "unwatched"))
    assert equal(resumable_state(tmp_path / "watched"), resumable_state(tmp_path / "unwatched"))


@pytest.mark.parametrize("name", factories.NOISE_FAMILIES)
def test_log_and_preview_metrics_have_all_columns(name: str, tmp_path: Path) -> None:
    run = factories.run(name, log_every=2, preview_every=2)
    list(train(run, factories.dataset_for(run), tmp_path / "run"))
    files = RunFolder(tmp_path / "run")
    log_keys = {"real_score", "fake_score", "told_apart", "generator_gradient", "discriminator_gradient"}
    log, preview_lines = read_log(files.log_file), read_log(files.preview_metrics_file)
    assert all(log_keys <= line.keys() for line in log)
    assert all(line["generator_gradient"] > 0 for line in log)
    assert [line["step"] for line in preview_lines] == [0, 2, 4]
    assert all({"diversity", "diversity_seen", "nearest"} <= line.keys() for line in preview_lines)
    assert files.real_sheet_file.is_file()
    list(
        train(factories.run(name, steps=6, preview_every=2), factories.dataset_for(run), tmp_path / "run", resume=True)
    )
    assert [line["step"] for line in read_log(files.preview_metrics_file)] == [0, 2, 4, 6]


def as_generated(*pictures: Tensor) -> Tensor:
    return tensors.to_float(torch.stack(pictures))


def test_copies_of_training_images_are_at_distance_zero_and_as_diverse() -> None:
    data = factories.labelled_images(count=60)
    metrics = PreviewMetrics(data, class_conditional=False)
    copies = metrics.measure(tensors.to_float(data.images), None, None)
    assert copies["nearest"] == pytest.approx(0, abs=1e-3)
    assert copies["diversity"] == pytest.approx(1, abs=0.02)
    others = metrics.measure(tensors.to_float(torch.randint(0, 256, (60, 1, 28, 28), dtype=torch.uint8)), None, None)
    assert others["nearest"] == pytest.approx(1, abs=0.15)


def test_a_single_image_has_no_diversity_nor_has_one_image_a_label() -> None:
    data = factories.labelled_images(count=60)
    assert data.labels is not None
    one = tensors.to_float(data.images[:1].expand(60, -1, -1, -1))
    assert PreviewMetrics(data, class_conditional=False).measure(one, None, None)["diversity"] == pytest.approx(
        0, abs=1e-4
    )
    one_per_label = tensors.to_float(data.images[:3][data.labels])
    found = PreviewMetrics(data, class_conditional=True).measure(
        one_per_label, data.labels, FAMILIES["vanilla"].discriminator(factories.run("vanilla").model)
    )
    assert found["diversity"] == pytest.approx(0, abs=1e-4)
    assert found["diversity_seen"] == pytest.approx(0, abs=1e-4)


def test_dispersion_is_measured_within_each_label() -> None:
    rows = torch.tensor([[0.0], [0.0], [10.0], [10.0]])
    assert dispersion(rows) > 5
    assert dispersion(rows, torch.tensor([0, 0, 1, 1])) == 0


def test_computing_features_leaves_the_discriminator_unchanged() -> None:
    run = factories.run("dcgan", spectral_norm=True)
    discriminator = FAMILIES["dcgan"].discriminator(run.model)
    before = {name: value.clone() for name, value in discriminator.state_dict().items()}
    assert discriminator_features(discriminator, torch.zeros(3, 1, 28, 28)).shape[0] == 3
    assert discriminator.training
    assert equal(before, dict(discriminator.state_dict()))

"""Data that cannot train a model are refused before anything is built."""

from dataclasses import replace
from pathlib import Path

import pytest

from gan_core.data.datasets import InMemoryImages
from gan_core.errors import UsageError
from gan_core.training.trainer import train
from tests import factories


def test_data_that_cannot_train_the_model_are_refused(tmp_path: Path) -> None:
    unlabelled = InMemoryImages("heaps", factories.labelled_images().images)
    two = replace(factories.labelled_images(), classes=("a", "b"))
    for name, data, words in (
        ("conditional", unlabelled, "heaps has no labels: put each class into a sub-folder"),
        ("conditional", two, "shapes has 2 classes, the model 3"),
        ("vanilla", factories.labelled_images(channels=3), "have 3 channels, the model 1"),
    ):
        with pytest.raises(UsageError, match=words):
            next(train(factories.run(name), data, tmp_path / "run"))
    assert not (tmp_path / "run").exists()

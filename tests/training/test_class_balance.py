"""Oversampling of rare classes, the same at every start."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from gan_core.data.datasets import InMemoryImages
from gan_core.data.sampler import iterate_batches
from gan_core.errors import UsageError
from gan_core.text.captions import CaptionedDataset
from gan_core.training import class_balance
from gan_core.training.class_balance import balanced_indices, repeat_factors
from gan_core.training.trainer import train
from tests import factories


def imbalanced(common: int = 90, rare: int = 10) -> InMemoryImages:
    """Images of one pixel whose value is their index; the last ones are of a rare class."""
    count = common + rare
    labels = (torch.arange(count) >= common).long()
    return InMemoryImages("numbers", torch.arange(count, dtype=torch.uint8).reshape(-1, 1, 1, 1), labels, ("a", "b"))


def test_repeat_factors_are_powers_of_rarity_averaged_over_the_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(class_balance, "MIN_CLASS_SIZE", 1)
    kinds = {"article": ["cap", "cap", "cap", "cap", "tie"], "colour": ["red", "blue", "red", "red", "blue"]}
    half = repeat_factors(kinds, 0.5)
    assert half.tolist() == pytest.approx([1, (1 + 1.5**0.5) / 2, 1, 1, (2 + 1.5**0.5) / 2])
    assert repeat_factors(kinds, 1.0)[-1].item() == pytest.approx((4 + 1.5) / 2)
    assert repeat_factors(kinds, 0.0).tolist() == [1] * 5


def test_a_class_of_a_few_images_is_not_repeated_without_limit() -> None:
    kinds = {"label": [0] * 5000 + [1] * 50 + [2]}
    assert repeat_factors(kinds, 1.0)[5000:].tolist() == pytest.approx([100] * 51)
    assert repeat_factors({"label": [0] * 20 + [1]}, 1.0).tolist() == [1] * 21


def test_an_epoch_has_each_image_at_least_once_and_rare_ones_as_often_as_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(class_balance, "MIN_CLASS_SIZE", 1)
    data = imbalanced()
    shown = balanced_indices(data, 1.0, seed=0)
    assert shown is not None
    assert shown.bincount().tolist() == [1] * 90 + [9] * 10
    stream = iterate_batches(data, 30, 0, epoch_indices=shown)
    seen = torch.cat([batch.images.flatten() for batch in islice(stream, len(shown) // 30)])
    assert seen.bincount().tolist() == [1] * 90 + [9] * 10
    half = balanced_indices(data, 0.5, seed=0)
    assert half is not None
    assert half.equal(balanced_indices(data, 0.5, seed=0))  # type: ignore[arg-type]
    assert half.bincount().tolist() == [1] * 90 + [3] * 10
    assert balanced_indices(data, 0.0, seed=0) is None


def test_captioned_images_are_balanced_by_their_attributes() -> None:
    captioned = factories.captioned_dataset(count=5)
    pictures = factories.labelled_images(2)
    assert captioned.attribute_values() == {"text": ["circle", "square", "star", "circle", "square"]}
    rows = [{"file_name": "a.png", "article": "Caps", "colour": "Red", "text": "a cap"}, {"file_name": "b.png"}]
    pair = CaptionedDataset(replace(pictures, rows=rows, labels=None, classes=()), captioned.encoder)
    assert pair.attribute_values() == {"article": ["Caps", ""], "colour": ["Red", ""]}
    assert class_balance.attribute_columns(pair) == pair.attribute_values() | {"together": [("Caps", "Red"), ("", "")]}
    assert class_balance.attribute_columns(captioned) == captioned.attribute_values()


def test_data_without_labels_or_attributes_cannot_be_balanced(tmp_path: Path) -> None:
    plain = replace(factories.labelled_images(), labels=None, classes=())
    with pytest.raises(UsageError, match="--balance must be 0"):
        list(train(factories.run("vanilla", balance=0.5, steps=2), plain, tmp_path / "run", resume=False))

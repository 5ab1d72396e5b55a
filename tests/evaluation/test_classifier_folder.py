from pathlib import Path

import pytest

from gan_core import sampling
from gan_core.errors import UsageError
from gan_core.evaluation.classifier import load_feature_classifier, save_feature_classifier
from gan_core.evaluation.classifier_training import Epoch
from tests.evaluation.image_sets import bar_images, bar_network

ODD_CONFIGS = [
    "", "[]", "{}", '{"classes": 3}', '{"classes": ["a"], "channels": -5}', '{"classes": ["a"], "channels": 33554432}',
    '{"classes": ["a"], "channels": "x", "accuracy": 1}', "[" * 100_000, '{"channels": ' + "9" * 5_000 + "}",
]  # fmt: skip


@pytest.mark.parametrize("config", ODD_CONFIGS, ids=range(len(ODD_CONFIGS)))
def test_a_broken_or_missing_classifier_is_refused_with_a_reason(config: str, tmp_path: Path) -> None:
    (tmp_path / "judge").mkdir()
    (tmp_path / "judge" / "config.json").write_text(config)
    with pytest.raises(UsageError, match="no classifier's config"):
        load_feature_classifier("judge", tmp_path)
    with pytest.raises(UsageError, match="There is no classifier nowhere"):
        load_feature_classifier("nowhere", tmp_path)


def test_a_classifier_is_not_loaded_as_a_generator(tmp_path: Path) -> None:
    save_feature_classifier(tmp_path / "judge-bars", bar_network(), bar_images(9), Epoch(1, 1.0, 0.5))
    with pytest.raises(UsageError, match="is a judge, not a generator"):
        sampling.load_model("judge-bars", tmp_path)


def test_what_a_config_lacks_is_named(tmp_path: Path) -> None:
    (tmp_path / "judge").mkdir()
    (tmp_path / "judge" / "config.json").write_text('{"channels": 1}')
    with pytest.raises(UsageError, match="it lacks classes"):
        load_feature_classifier("judge", tmp_path)

"""The classifier that evaluates a model made from a run."""

import json
from pathlib import Path

import pytest

from gan_core.runs.promotion import classifier_for
from tests import factories


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models with a classifier of the data set `shapes` at 28 pixels."""
    (tmp_path / "data" / "shapes").mkdir(parents=True)
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path / "data"))
    root = tmp_path / "models"
    (root / "judge-shapes").mkdir(parents=True)
    (root / "judge-shapes" / "config.json").write_text(json.dumps({"kind": "instance-judge", "size": 28}))
    return root


@pytest.mark.parametrize("family", ["residual", "conditional"])
def test_a_model_of_a_data_set_in_the_data_folder_is_evaluated_by_its_classifier(family: str, root: Path) -> None:
    assert classifier_for(factories.checkpoint(root, family), root) == "judge-shapes"


def test_no_classifier_evaluates_images_of_another_size_text_to_image_or_missing_data(root: Path) -> None:
    assert classifier_for(factories.checkpoint(root, "residual", "large", image_size=32), root) is None
    assert classifier_for(factories.checkpoint(root, "text_conditional", "words"), root) is None
    made = factories.checkpoint(root, "residual", "made")
    (root.parent / "data" / "shapes").rmdir()
    assert classifier_for(made, root) is None


def test_a_damaged_classifier_evaluates_nothing(root: Path) -> None:
    (root / "judge-shapes" / "config.json").write_text("torn")
    assert classifier_for(factories.checkpoint(root, "residual"), root) is None

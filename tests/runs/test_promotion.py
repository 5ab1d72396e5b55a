"""Which judge scores a model that was just made of a run."""

import json
from pathlib import Path

import pytest

from gan_core.runs.promotion import classifier_for
from tests import factories


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where models lie, beside data named shapes and a judge of its pictures at 28 pixels."""
    (tmp_path / "data" / "shapes").mkdir(parents=True)
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path / "data"))
    root = tmp_path / "models"
    (root / "judge-shapes").mkdir(parents=True)
    (root / "judge-shapes" / "config.json").write_text(json.dumps({"kind": "instance-judge", "size": 28}))
    return root


@pytest.mark.parametrize("family", ["residual", "conditional"])
def test_pictures_that_lie_in_the_data_folder_are_scored_by_their_judge(family: str, root: Path) -> None:
    assert classifier_for(factories.checkpoint(root, family), root) == "judge-shapes"


def test_nobody_scores_pictures_of_another_size_or_that_are_gone_or_drawn_after_a_sentence(root: Path) -> None:
    assert classifier_for(factories.checkpoint(root, "residual", "large", image_size=32), root) is None
    assert classifier_for(factories.checkpoint(root, "text_conditional", "words"), root) is None
    made = factories.checkpoint(root, "residual", "made")
    (root.parent / "data" / "shapes").rmdir()
    assert classifier_for(made, root) is None


def test_without_a_judge_there_are_no_scores(root: Path) -> None:
    (root / "judge-shapes" / "config.json").write_text("torn")
    assert classifier_for(factories.checkpoint(root, "residual"), root) is None

"""The classifier that evaluates a model made from a run."""

import json
from pathlib import Path

import pytest

from gan_core.checkpoints import own, store
from gan_core.checkpoints.description import OwnModel
from gan_core.runs.promotion import classifier_for, is_torchvision
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


@pytest.mark.parametrize(
    ("model", "judge", "expected"),
    [
        ("a1", "a1", "judge-shapes"),
        ("a1", None, "judge-shapes"),
        (None, "a1", "judge-shapes"),
        ("b2", "a1", None),
        ("b2b2b2ff", "a1", "judge-shapes-b2b2b2"),
    ],
)
def test_a_classifier_of_another_data_set_of_the_same_name_is_left_out(
    model: str | None, judge: str | None, expected: str | None, root: Path
) -> None:
    if expected == "judge-shapes-b2b2b2":
        (root / expected).mkdir()
        config = {"kind": "instance-judge", "size": 28, "data": {"fingerprint": model}}
        (root / expected / "config.json").write_text(json.dumps(config))
    config = {"kind": "instance-judge", "size": 28, "data": {"fingerprint": judge} if judge else {}}
    (root / "judge-shapes" / "config.json").write_text(json.dumps(config))
    checkpoint = factories.checkpoint(root, "residual")
    if model:
        description = json.loads((checkpoint.folder / "config.json").read_text())
        description["data"]["fingerprint"] = model
        (checkpoint.folder / "config.json").write_text(json.dumps(description))
    assert classifier_for(store.open_checkpoint(checkpoint.folder), root) == expected


def test_a_folder_called_like_a_data_set_of_torchvision_is_none_of_them(root: Path) -> None:
    checkpoint = factories.checkpoint(root, "conditional")
    description = json.loads((checkpoint.folder / "config.json").read_text())
    description["data"]["name"] = "mnist"
    (checkpoint.folder / "config.json").write_text(json.dumps(description))
    assert is_torchvision(store.open_checkpoint(checkpoint.folder))
    noted = own.write_note(store.open_checkpoint(checkpoint.folder), OwnModel(data="/somewhere/mnist"))
    assert not is_torchvision(noted)

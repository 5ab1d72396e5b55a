"""The command `judge`, and `evaluate` with what it trains."""

import json
from pathlib import Path

import pytest
from PIL import Image

from gan_core.cli import main
from tests import factories
from tests.commands.output import error_line
from tests.evaluation.image_sets import quilt_images


@pytest.mark.parametrize("epochs", ["0", "1001"])
def test_a_number_of_epochs_out_of_range_is_refused(
    epochs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", "mnist", "--epochs", epochs, "--checkpoints", str(tmp_path)]) == 2
    assert "--epochs must lie between 1 and 1000" in error_line(capsys)


def test_a_classifier_is_overwritten_only_with_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "judge-pets").mkdir()
    for data in ("pets", "pets.zip"):
        assert main(["judge", data, "--checkpoints", str(tmp_path)]) == 2
        assert "judge-pets exists: overwrite it by --force." in error_line(capsys)


def test_a_folder_of_unlabelled_images_gets_a_classifier_that_evaluates_its_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, root = tmp_path / "data" / "shapes", tmp_path / "models"
    save_shapes(folder, 110)
    folders = ["--data-dir", str(tmp_path / "data"), "--checkpoints", str(root)]
    assert main(["judge", "shapes", "--epochs", "1", *folders]) == 0
    assert "judge-shapes: " in capsys.readouterr().out
    factories.checkpoint(root, "residual", "mine", image_size=64, image_channels=3)
    sheet = tmp_path / "closest.png"
    assert main(["evaluate", "mine", "--save", "--neighbours", str(sheet), *folders]) == 0
    assert "frechet / floor" in capsys.readouterr().out
    assert sheet.is_file()
    card = (root / "mine" / "README.md").read_text()
    assert all(words in card for words in ("55 samples", "judge-shapes", "nearest training"))
    assert main(["evaluate", "mine", "--neighbours", "closest.jpg", *folders]) == 2


def save_shapes(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for index, image in enumerate(quilt_images(count).images):
        Image.fromarray(image.permute(1, 2, 0).numpy()).resize((64, 64)).save(folder / f"{index}.png")


def test_two_data_sets_of_one_name_share_no_classifier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, root = tmp_path / "a" / "shapes", tmp_path / "b" / "shapes", tmp_path / "models"
    save_shapes(first, 100)
    save_shapes(second, 102)
    folder = ["--checkpoints", str(root)]
    factories.checkpoint(root, "residual", "mine", image_size=64, image_channels=3)
    assert main(["judge", str(first), "--epochs", "1", *folder]) == 0
    assert main(["judge", str(first), "--epochs", "1", *folder]) == 2
    assert "judge-shapes exists: overwrite it by --force." in error_line(capsys)
    call = ["evaluate", "mine", "--count", "50", *folder, "--data"]
    assert main([*call, str(second)]) == 2
    assert "no classifier of this data set (102 images)" in error_line(capsys)
    assert main([*call, str(second), "--judge", "judge-shapes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["judge_of_other_data"] is True
    assert main(["judge", str(second), "--epochs", "1", *folder]) == 0
    output = capsys.readouterr()
    assert "judge-shapes is of another data set of this name: this one is judge-shapes-" in output.err
    found = []
    for data in (first, second):
        assert main([*call, str(data), "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["judge"] == "judge-shapes"
    assert found[1]["judge"].startswith("judge-shapes-")
    assert all("judge_of_other_data" not in scores and scores["features"] == 192 for scores in found)

"""The command `judge`, and `evaluate` with what it trains."""

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
    folder.mkdir(parents=True)
    for index, image in enumerate(quilt_images(110).images):
        Image.fromarray(image.permute(1, 2, 0).numpy()).resize((64, 64)).save(folder / f"{index}.png")
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

"""`judge` and `evaluate`, one after the other as their users run them."""

from pathlib import Path

import pytest
from PIL import Image

from gan_core.cli import main
from tests import factories
from tests.evaluation.image_sets import quilt_images


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

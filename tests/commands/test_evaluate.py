"""The command `evaluate`: scores as text and JSON."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.checkpoints import store
from gan_core.cli import main
from gan_core.commands.evaluate import score_lines
from tests import small_upscalers
from tests.commands.output import error_line


@pytest.mark.parametrize(
    ("name", "first", "others"),
    [
        (
            "mnist-cgan",
            "mnist-cgan: 10000 samples, 10000 test images",
            ["accuracy", "confusion matrix", "share of each"],
        ),
        ("mnist-dcgan", "mnist-dcgan: 10000 samples, 10000 test images", ["frechet", "share of each class"]),
        ("faces-r3gan", "faces-r3gan: ", ["frechet / floor", "nearest, closer"]),
        ("fashion-text", "fashion-text: 2000 captions held out", ["R-precision", "diversity", "nearest, median"]),
        ("photo-sr-x4", "photo-sr-x4, on luma; bicubic in brackets", ["set5, 5 images: PSNR"]),
    ],
)
def test_the_scores_of_each_task_are_printed_beside_those_of_real_images(
    name: str, first: str, others: list[str]
) -> None:
    text = score_lines(name, store.open_checkpoint(store.DEFAULT_ROOT / name).description.scores)
    assert text.startswith(first)
    assert "real" in text or "bicubic" in text
    assert [title for title in others if title not in text] == []


def test_a_distance_of_too_few_images_is_warned_of() -> None:
    scores = store.open_checkpoint(store.DEFAULT_ROOT / "mnist-cgan").description.scores
    assert "warning" not in score_lines("mnist-cgan", scores)
    assert "  warning: The Fréchet distance says nothing here: 10 images" in score_lines("x", scores | {"count": 10})
    assert "warning: The Fréchet distance is too high, as 422" in score_lines(
        "flowers-text", store.open_checkpoint(store.DEFAULT_ROOT / "flowers-text").description.scores
    )


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with one photo, beside a folder with one super-resolution model."""
    small_upscalers.make_upscaler_checkpoint(tmp_path / "models")
    (tmp_path / "photos").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photos" / "a.png")
    return tmp_path / "photos"


def test_scores_on_one_folder_are_printed_as_json_and_stored_under_its_name(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = photos.parent / "models"
    call = ["evaluate", "tiny-sr", "--data", str(photos), "--checkpoints", str(models)]
    assert main([*call, "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["pictures"] == 1
    assert {"psnr", "ssim", "sharpness", "bicubic", "each"} <= scores.keys()
    assert main([*call, "--save"]) == 0
    assert f"{photos}, 1 images: PSNR {scores['psnr']:.3f}" in capsys.readouterr().out
    stored = store.open_checkpoint(models / "tiny-sr").description.scores["benchmarks"][str(photos)]
    assert stored == {key: value for key, value in scores.items() if key != "each"}


def test_a_sheet_of_neighbours_is_a_png(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["evaluate", "tiny-sr", "--checkpoints", str(photos.parent / "models"), "--neighbours", "x.jpg"]
    assert main(call) == 2
    assert "x.jpg must end in .png" in error_line(capsys)


@pytest.mark.parametrize("text", ["", "not json\n", '["crimson purse"]\n', '{"articles": ["Handbags"]}\n'])
def test_a_file_of_prompts_that_cannot_be_read_is_refused_before_anything_is_generated(
    text: str, words_model: Path, capsys: pytest.CaptureFixture
) -> None:
    file = words_model / "cases.jsonl"
    file.write_text(text)
    assert main(["evaluate", "words", "--try", str(file)]) == 2
    assert "cases.jsonl" in capsys.readouterr().err
    assert main(["evaluate", "words", "--try", str(words_model / "none.jsonl")]) == 2

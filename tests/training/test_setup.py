"""A run and its data from a family, a data set and settings, as the command and the library ask for them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gan_core.errors import UsageError
from gan_core.text import encoder_training
from gan_core.text.encoder import TextEncoder
from gan_core.training.run_folder import RunFolder
from gan_core.training.setup import prepare_run, stored_data_name
from gan_core.training.trainer import train
from tests import factories
from tests.training.short_runs import write_images

SMALL: dict[str, Any] = {"width": 8, "batch_size": 4, "latent_size": 4, "steps": 2, "device": "cpu", "log_every": 1}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of two classes of grey images."""
    write_images(tmp_path / "pets" / "cats", 4)
    write_images(tmp_path / "pets" / "dogs", 4)
    return tmp_path / "pets"


def train_small(images: Path, folder: Path, **changes: Any) -> None:
    settings: dict[str, Any] = SMALL | changes
    run, data = prepare_run("vanilla", images, folder, **settings)
    list(train(run, data, folder))


def test_channels_and_classes_come_from_the_data(images: Path, tmp_path: Path) -> None:
    run, data = prepare_run("conditional", images, tmp_path / "run", **SMALL)
    assert (run.model.image_channels, run.model.classes, data.classes) == (1, 2, ("cats", "dogs"))
    assert not (tmp_path / "run").exists()


def test_channels_that_are_set_win_over_those_of_the_data(images: Path, tmp_path: Path) -> None:
    run, data = prepare_run("vanilla", images, tmp_path / "run", image_channels=3, **SMALL)
    assert run.model.image_channels == data.channels == 3


def test_the_path_of_the_data_is_stored_absolutely(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run, _ = prepare_run("vanilla", "pets", "run", **SMALL)
    assert run.data == str(images)
    assert stored_data_name("mnist") == "mnist"
    assert stored_data_name("a-name-in-the-data-folder") == "a-name-in-the-data-folder"


def test_data_are_looked_for_by_name_in_the_data_folder(images: Path, tmp_path: Path) -> None:
    run, data = prepare_run("vanilla", "pets", tmp_path / "run", data_dir=images.parent, **SMALL)
    assert (run.data, len(data)) == ("pets", 8)


def test_a_resumed_run_needs_neither_data_nor_settings(images: Path, tmp_path: Path) -> None:
    train_small(images, tmp_path / "run")
    run, data = prepare_run("vanilla", None, tmp_path / "run", resume=True, steps=3)
    assert (run.training.steps, run.training.batch_size, len(data)) == (3, 4, 8)
    list(train(run, data, tmp_path / "run", resume=True))
    assert RunFolder(tmp_path / "run").read_state()["step"] == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 8}, "started with batch size 4"),
        ({"preset": "minimax"}, "started with preset classic"),
        ({"objective": "hinge"}, "started with objective non-saturating"),
        ({"sparkle": 1}, "started with sparkle no such setting"),
        ({"start": "elsewhere"}, "started with start nothing"),
        ({"encoder": "mine.safetensors"}, "no text encoder"),
    ],
)
def test_a_resumed_run_keeps_its_recipe(changes: dict[str, Any], message: str, images: Path, tmp_path: Path) -> None:
    train_small(images, tmp_path / "run", preset="classic")
    with pytest.raises(UsageError, match=message):
        prepare_run("vanilla", None, tmp_path / "run", resume=True, **changes)


def test_the_settings_of_a_resumed_run_may_be_repeated(images: Path, tmp_path: Path) -> None:
    train_small(images, tmp_path / "run")
    repeated: dict[str, Any] = SMALL | {"steps": 5, "log_every": 5}
    run, _ = prepare_run("vanilla", images, tmp_path / "run", resume=True, **repeated)
    assert (run.training.steps, run.training.log_every) == (5, 5)


def test_a_run_that_starts_from_another_takes_its_model(images: Path, tmp_path: Path) -> None:
    train_small(images, tmp_path / "first", width=12)
    run, _ = prepare_run("vanilla", images, tmp_path / "second", start=tmp_path / "first", steps=1)
    assert run.model == RunFolder(tmp_path / "first").read_config().model
    assert run.start == str(tmp_path / "first")


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--data is missing"):
        prepare_run("vanilla", None, tmp_path / "run")


@pytest.fixture
def captioned(images: Path) -> Path:
    """The images with captions."""
    names = [f"{kind}/{number}.png" for kind in ("cats", "dogs") for number in range(4)]
    lines = [json.dumps({"file_name": name, "text": "a red circle"}) for name in names]
    (images / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return images


def test_a_text_encoder_is_trained_with_progress_unless_one_is_stored(
    captioned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_training, "STEPS", 3)
    monkeypatch.chdir(tmp_path)
    factories.tiny_encoder(6).save(tmp_path / "text.safetensors")  # of no run: the working directory is none
    taken: list[int] = []

    @contextmanager
    def progress(total: int) -> Iterator[Callable[[int], Any]]:
        assert total == 3
        yield taken.append

    settings: dict[str, Any] = SMALL | {"image_size": 28, "critic_width": 8, "sentence_size": 6, "steps": 1}
    run, data = prepare_run("text_conditional", captioned, "run", progress=progress, **settings)
    assert sum(taken) == 3
    list(train(run, data, Path("run")))
    taken.clear()
    prepare_run("text_conditional", None, "run", resume=True, progress=progress)
    prepare_run("text_conditional", captioned, "other", start="run", progress=progress, steps=1)
    assert not taken
    assert TextEncoder.load(RunFolder(Path("run")).encoder_file).dim == 6

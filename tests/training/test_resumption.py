"""A run goes on with its data set wherever that lies, and with no other one."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.data.datasets import InMemoryImages
from gan_core.errors import UsageError
from gan_core.training import setup
from gan_core.training.events import Notice
from gan_core.training.run_folder import RunFolder
from gan_core.training.setup import prepare_run
from gan_core.training.trainer import train
from tests.training.short_runs import equal, resumable_state, write_images

SMALL: dict[str, Any] = {"width": 8, "batch_size": 4, "latent_size": 4, "device": "cpu", "image_size": 28}
CLASSES = ("2", "10", "cat")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of three classes of images that all differ."""
    for number, name in enumerate(CLASSES):
        write_images(tmp_path / "set" / name, 4, side=28 + number)
    return tmp_path / "set"


def start_run(data: Path, folder: Path, steps: int = 2, family: str = "conditional") -> None:
    run, dataset = prepare_run(family, data, folder, precision="float32", steps=steps, **SMALL)
    list(train(run, dataset, folder))


def resume_run(folder: Path, data: Path | str | None = None, steps: int = 4, family: str = "conditional") -> list[str]:
    """Resumes a run; returns the texts of its notices."""
    run, dataset = prepare_run(family, data, folder, resume=True, steps=steps)
    return [event.text for event in train(run, dataset, folder, resume=True) if isinstance(event, Notice)]


def edit_config(folder: Path, edit: Callable[[dict[str, Any]], Any]) -> None:
    config = json.loads((folder / "run.json").read_text())
    edit(config)
    (folder / "run.json").write_text(json.dumps(config))


def forget_fingerprint(folder: Path) -> None:
    """Makes the run one of version 0.1."""
    edit_config(folder, lambda config: config.pop("fingerprint"))


def test_a_run_whose_images_have_moved_goes_on_exactly_and_knows_the_new_place(images: Path, tmp_path: Path) -> None:
    start_run(images, tmp_path / "whole", steps=4)
    start_run(images, tmp_path / "run")
    shutil.make_archive(str(tmp_path / "packed"), "zip", images.parent, images.name)
    shutil.rmtree(images)
    assert any("packed.zip now" in text for text in resume_run(tmp_path / "run", tmp_path / "packed.zip"))
    assert equal(resumable_state(tmp_path / "run"), resumable_state(tmp_path / "whole"))
    assert RunFolder(tmp_path / "run").read_config().data == str(tmp_path / "packed.zip")
    assert resume_run(tmp_path / "run", steps=5) == []


@pytest.mark.parametrize("family", ["vanilla", "srgan"])
def test_each_task_goes_on_from_another_place(family: str, images: Path, tmp_path: Path) -> None:
    upscaler = {"image_size": 16, "scale": 2, "features": 4, "blocks": 1, "batch_size": 4, "device": "cpu"}
    settings: dict[str, Any] = upscaler if family == "srgan" else SMALL
    run, dataset = prepare_run(family, images, tmp_path / "run", steps=1, **settings)
    list(train(run, dataset, tmp_path / "run"))
    images.rename(tmp_path / "moved")
    assert len(resume_run(tmp_path / "run", tmp_path / "moved", 2, family)) == 1
    (tmp_path / "moved" / "cat" / "0.png").unlink()
    with pytest.raises(UsageError, match="it had 12 images and has 11 now"):
        resume_run(tmp_path / "run", None, 3, family)


def test_images_that_are_not_there_any_more_are_named_with_the_way_to_go_on(images: Path, tmp_path: Path) -> None:
    start_run(images, tmp_path / "run")
    images.rename(tmp_path / "moved")
    with pytest.raises(UsageError, match=r"were in .*set, which is not there any more: .*`--resume --data NEW`"):
        resume_run(tmp_path / "run")
    edit_config(tmp_path / "run", lambda config: config.update(data="a-name"))
    with pytest.raises(UsageError, match=r"data set a-name, which is not in .*`--resume --data NEW`"):
        resume_run(tmp_path / "run")
    assert resume_run(tmp_path / "run", tmp_path / "moved")


def rename_class(folder: Path) -> None:
    (folder / "cat").rename(folder / "cot")


def change_image(folder: Path) -> None:
    shutil.copy(folder / "cat" / "0.png", folder / "cat" / "1.png")


@pytest.mark.parametrize(
    ("change", "difference"),
    [(rename_class, "its classes were .*cat and are .*cot now"), (change_image, "some images have changed")],
)
@pytest.mark.parametrize("is_moved", [False, True])
def test_another_data_set_is_refused_with_what_differs_and_what_to_do(
    change: Callable[[Path], None], difference: str, is_moved: bool, images: Path, tmp_path: Path
) -> None:
    start_run(images, tmp_path / "run")
    change(images)
    before = (tmp_path / "run" / "run.json").read_text()
    place = images.rename(tmp_path / "moved") if is_moved else images
    with pytest.raises(UsageError, match=rf"not the data set of the run: {difference}.*--start .*run --run NEW"):
        resume_run(tmp_path / "run", place if is_moved else None)
    assert (tmp_path / "run" / "run.json").read_text() == before
    options: dict[str, Any] = {"steps": 1, "batch_size": 4, "precision": "float32", "device": "cpu"}
    run, dataset = prepare_run("conditional", place, tmp_path / "new", start=tmp_path / "run", **options)
    list(train(run, dataset, tmp_path / "new"))  # what the message offers


def test_a_run_keeps_the_order_of_its_classes_when_folders_are_sorted_otherwise(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_run(images, tmp_path / "whole", steps=4)
    start_run(images, tmp_path / "run")
    order = RunFolder(tmp_path / "run").read_state()["classes"]
    load = setup.registry.load_dataset

    def load_reversed(*arguments: Any, **options: Any) -> Any:
        """The data set as a version reads it that sorts classes the other way round."""
        found = load(*arguments, **options)
        assert isinstance(found, InMemoryImages)
        assert found.labels is not None
        return replace(found, classes=found.classes[::-1], labels=len(found.classes) - 1 - found.labels)

    monkeypatch.setattr(setup.registry, "load_dataset", load_reversed)
    for is_old in (False, True):
        folder = Path(shutil.copytree(tmp_path / "run", tmp_path / f"run-{is_old}"))
        if is_old:
            forget_fingerprint(folder)
        resume_run(folder)
        assert equal(resumable_state(folder), resumable_state(tmp_path / "whole"))
        kept = RunFolder(folder).read_config().fingerprint
        assert kept is not None
        assert list(kept.classes) == order
    _, started = prepare_run("conditional", images, tmp_path / "new", start=tmp_path / "run", steps=1)
    assert list(started.classes) == order


def test_a_run_of_an_earlier_version_goes_on_and_gets_a_fingerprint(images: Path, tmp_path: Path) -> None:
    start_run(images, tmp_path / "whole", steps=4)
    start_run(images, tmp_path / "run")
    forget_fingerprint(tmp_path / "run")
    (text,) = resume_run(tmp_path / "run")
    assert "kept no fingerprint" in text
    assert equal(resumable_state(tmp_path / "run"), resumable_state(tmp_path / "whole"))
    assert resume_run(tmp_path / "run", steps=5) == []
    change_image(images)
    with pytest.raises(UsageError, match="some images have changed"):
        resume_run(tmp_path / "run", steps=6)


def test_a_run_of_an_earlier_version_is_moved_where_number_and_classes_agree(images: Path, tmp_path: Path) -> None:
    start_run(images, tmp_path / "run")
    forget_fingerprint(tmp_path / "run")
    moved = images.rename(tmp_path / "moved")
    shutil.copytree(moved, tmp_path / "fewer")
    (tmp_path / "fewer" / "cat" / "0.png").unlink()
    with pytest.raises(UsageError, match="it had 12 images and has 11 now"):
        resume_run(tmp_path / "run", tmp_path / "fewer")
    shutil.copytree(moved, tmp_path / "others")
    rename_class(tmp_path / "others")
    with pytest.raises(UsageError, match="its classes were"):
        resume_run(tmp_path / "run", tmp_path / "others")
    assert "kept no fingerprint" in resume_run(tmp_path / "run", moved)[0]


def test_a_run_of_an_earlier_version_whose_images_have_changed_says_that_it_is_not_exact(
    images: Path, tmp_path: Path
) -> None:
    start_run(images, tmp_path / "run")
    forget_fingerprint(tmp_path / "run")
    (images / "cat" / "0.png").unlink()
    assert "trained on 12 images before: it does not go on exactly" in resume_run(tmp_path / "run")[1]
    shutil.rmtree(images / "cat")
    forget_fingerprint(tmp_path / "run")
    with pytest.raises(UsageError, match="its classes were"):
        resume_run(tmp_path / "run", steps=6)


def test_a_run_that_saved_nothing_before_it_was_killed_begins_with_the_moved_images(
    images: Path, tmp_path: Path
) -> None:
    run, dataset = prepare_run("conditional", images, tmp_path / "run", steps=2, **SMALL)
    next(train(run, dataset, tmp_path / "run"))
    resume_run(tmp_path / "run", images.rename(tmp_path / "moved"))
    assert resumable_state(tmp_path / "run")["step"] == 4

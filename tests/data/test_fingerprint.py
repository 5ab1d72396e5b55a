"""The fingerprint of a data set: the same for the same set anywhere, another for another set."""

import json
import shutil
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gan_core.data.datasets import Dataset
from gan_core.data.fingerprint import Fingerprint, tensor_fingerprint
from gan_core.data.image_folder import load_image_folder
from gan_core.data.super_resolution import load_photos
from tests.training.short_runs import write_images


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A folder of two classes of images that all differ."""
    write_images(tmp_path / "shapes" / "circle", 3, side=8)
    write_images(tmp_path / "shapes" / "square", 3, side=9)
    return tmp_path / "shapes"


def fingerprint_of(path: Path, size: int = 8) -> Fingerprint:
    found = load_image_folder(path, size=size).fingerprint
    assert found is not None
    return found


def move(folder: Path) -> Path:
    (folder.parent / "elsewhere").mkdir()
    return Path(shutil.move(folder, folder.parent / "elsewhere" / "renamed"))


def wrap(folder: Path) -> Path:
    """The folder inside of another one."""
    shutil.move(folder, folder.parent / "wrapped" / "inner")
    return folder.parent / "wrapped"


def pack(folder: Path) -> Path:
    """A zip of the folder, its members in another order than their names."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.*"), reverse=True):
            archive.write(file, file.relative_to(folder).as_posix())
    return folder.with_suffix(".zip")


def pack_in_a_folder(folder: Path) -> Path:
    shutil.make_archive(str(folder.parent / "outer"), "zip", folder.parent, folder.name)
    return folder.parent / "outer.zip"


def add_a_broken_image(folder: Path) -> Path:
    (folder / "circle" / "broken.png").write_bytes(b"no image")
    return folder


SAME: list[Callable[[Path], Path]] = [move, wrap, pack, pack_in_a_folder, add_a_broken_image]


@pytest.mark.parametrize("change", SAME, ids=lambda change: change.__name__)
def test_the_same_set_anywhere_has_the_same_fingerprint(change: Callable[[Path], Path], shapes: Path) -> None:
    before = fingerprint_of(shapes)
    after = fingerprint_of(change(shapes))
    assert after == before
    assert after.difference_from(before) == ""


def test_neither_size_nor_channels_of_the_training_count(shapes: Path) -> None:
    assert load_image_folder(shapes, size=12, channels=3).fingerprint == fingerprint_of(shapes)


def rename_class(folder: Path) -> None:
    (folder / "square").rename(folder / "triangle")


def remove_image(folder: Path) -> None:
    (folder / "square" / "1.png").unlink()


def change_image(folder: Path) -> None:
    shutil.copy(folder / "circle" / "0.png", folder / "circle" / "1.png")


def swap_images(folder: Path) -> None:
    first, second = folder / "circle" / "0.png", folder / "circle" / "1.png"
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])


def move_to_the_other_class(folder: Path) -> None:
    (folder / "circle" / "2.png").rename(folder / "square" / "-.png")  # it stays the third


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (rename_class, "its classes were circle, square and are circle, triangle now"),
        (remove_image, "it had 6 images and has 5 now"),
        (change_image, "some images have changed"),
        (swap_images, "the images are in another order (that of their names)"),
        (move_to_the_other_class, "some images have another label"),
    ],
)
def test_another_set_has_another_fingerprint_and_says_what_differs(
    change: Callable[[Path], None], difference: str, shapes: Path
) -> None:
    before = fingerprint_of(shapes)
    change(shapes)
    after = fingerprint_of(shapes)
    assert after.difference_from(before) == difference
    assert after.short != before.short


def captioned(folder: Path, texts: list[str]) -> Fingerprint:
    lines = [json.dumps({"file_name": f"{number}.png", "text": text}) for number, text in enumerate(texts)]
    (folder / "metadata.jsonl").write_text("\n".join(lines))
    return fingerprint_of(folder)


def test_captions_belong_to_the_fingerprint(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "set", 2, side=8)
    before = captioned(folder, ["a red circle", "a star"])
    assert captioned(folder, ["a red circle", "a star"]) == before
    difference = captioned(folder, ["a red circle", "a sun"]).difference_from(before)
    assert difference == "some captions or attributes have changed"


def test_a_name_of_a_class_with_its_accents_apart_is_the_same(tmp_path: Path) -> None:
    found = []
    for form in ("NFC", "NFD"):
        names = ["cat", unicodedata.normalize(form, "\N{LATIN SMALL LETTER E WITH ACUTE}tude")]
        images = torch.arange(8, dtype=torch.uint8).reshape(2, 1, 2, 2)
        found.append(tensor_fingerprint(images, torch.tensor([0, 1]), tuple(names)))
    assert found[0].short == found[1].short
    assert found[1].difference_from(found[0]) == ""


def test_the_order_of_the_classes_does_not_count(tmp_path: Path) -> None:
    images = torch.arange(8, dtype=torch.uint8).reshape(2, 1, 2, 2)
    first = tensor_fingerprint(images, torch.tensor([0, 1]), ("10", "2"))
    second = tensor_fingerprint(images, torch.tensor([1, 0]), ("2", "10"))
    assert second.difference_from(first) == ""
    assert first.short == second.short


def test_photos_have_a_fingerprint_too(tmp_path: Path) -> None:
    def load(name: str) -> Dataset:
        return load_photos(name, tmp_path, patch_size=8, scale=2, channels=3, degradation="bicubic")

    write_images(tmp_path / "photos", 3, side=16)
    before = load("photos").fingerprint
    (tmp_path / "photos").rename(tmp_path / "moved")
    assert before is not None
    assert load("moved").fingerprint == before


def test_a_fingerprint_is_written_as_json_and_read_again(shapes: Path) -> None:
    found = fingerprint_of(shapes)
    assert Fingerprint.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    for other in (None, {}, {"count": 1}, "text", found.to_dict() | {"count": "x"}):
        assert Fingerprint.from_dict(other) is None

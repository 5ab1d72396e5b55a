"""Labels of data sets: from sub-folders, from metadata, or none, with the reason."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.cli import main
from gan_core.data.datasets import Dataset
from gan_core.models import conditional
from gan_core.runs.dataset_inspection import inspect_dataset
from tests.data.image_sets import load_images, metadata_lines, png, write_dataset


def labels_of(dataset: Dataset) -> list[str]:
    """The class of each image, by its value: the images of these tests are of one grey each, 0, 1, 2, ..."""
    batch = dataset.get_batch(torch.arange(len(dataset)))
    if batch.labels is None:
        return []
    values = batch.images[:, 0, 0, 0].tolist()
    names = dict(zip(values, (dataset.classes[label] for label in batch.labels.tolist()), strict=True))
    return [names[value] for value in sorted(names)]


def numbered(names: list[str]) -> dict[str, bytes]:
    """An image file for each name, of the grey of its position."""
    return {name: png(index) for index, name in enumerate(names)}


# Sub-folders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "shapes/", "a/b/"])
def test_sub_folders_are_labels_also_inside_a_wrapping_folder(prefix: str, storage: str, tmp_path: Path) -> None:
    files = numbered([f"{prefix}star/0.png", f"{prefix}circle/1.png", f"{prefix}star/2.png"])
    images = load_images(write_dataset(tmp_path, files, storage))
    assert images.classes == ("circle", "star")
    assert labels_of(images) == ["star", "circle", "star"]
    assert images.warnings == []


def test_images_beside_the_sub_folders_or_one_folder_alone_make_no_labels(tmp_path: Path) -> None:
    loose = load_images(write_dataset(tmp_path, numbered(["star/0.png", "circle/1.png", "2.png"]), "folder"))
    assert loose.classes == ()
    assert "1 of 3 images lies in no class's folder, such as 2.png" in loose.warnings[0]
    assert load_images(write_dataset(tmp_path, numbered(["star/0.png", "star/1.png"]), "zip")).classes == ()


def test_splits_are_no_classes_and_the_first_level_that_differs_is(storage: str, tmp_path: Path) -> None:
    splits = load_images(write_dataset(tmp_path / "a", numbered(["train/1.png", "test/3.png"]), storage))
    assert (splits.classes, len(splits)) == ((), 2)
    assert splits.warnings == ["The folders test, train are splits, not classes: all images are used, without"
                               " labels."]  # fmt: skip
    years = load_images(write_dataset(tmp_path / "b", numbered(["cat/2020/1.png", "dog/2020/3.png"]), storage))
    assert years.classes == ("cat", "dog")


def test_classes_that_are_named_by_numbers_are_in_their_order(storage: str, tmp_path: Path) -> None:
    files = numbered([f"{number}/{number}.png" for number in range(1, 12)])
    images = load_images(write_dataset(tmp_path, files, storage))
    assert images.classes == tuple(str(number) for number in range(1, 12))
    assert labels_of(images) == list(images.classes)


# Metadata ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "classes", "labels"),
    [
        (("dog", "cat", "dog"), ("cat", "dog"), ["dog", "cat", "dog"]),
        ((10, 9, 10), ("9", "10"), ["10", "9", "10"]),
        ((1.0, 0.0, 1), ("0", "1"), ["1", "0", "1"]),
        (("1", 1, 0), ("0", "1"), ["1", "1", "0"]),
        ((True, False, True), ("False", "True"), ["True", "False", "True"]),
        ((" dog", "dog", "cat"), ("cat", "dog"), ["dog", "dog", "cat"]),
        (("e\u0301", "\u00e9", "a"), ("a", "\u00e9"), ["\u00e9", "\u00e9", "a"]),
        (("\ud800", "b", "b"), ("\\ud800", "b"), ["\\ud800", "b", "b"]),
    ],
)
def test_metadata_names_or_numbers_the_labels(
    values: tuple[Any, ...], classes: tuple[str, ...], labels: list[str], storage: str, tmp_path: Path
) -> None:
    rows = [{"file_name": f"images/{index}.png", "label": label} for index, label in enumerate(values)]
    files = numbered([f"in/images/{index}.png" for index in range(3)])
    images = load_images(
        write_dataset(tmp_path, files | {"in/metadata.jsonl": metadata_lines(*rows) + b"\n\n"}, storage)
    )
    assert images.classes == tuple(sorted(classes)) or images.classes == classes
    assert labels_of(images) == labels
    assert images.warnings == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((None, None), "The labels in metadata.jsonl are all empty."),
        ((float("nan"), ""), "The labels in metadata.jsonl are all empty."),
        (
            ("a", None),
            "1 of 2 images has no label in metadata.jsonl, the first is 1.png, so that the data set is used",
        ),
        (("a", "a"), "All images have the label a: one class alone is no class."),
    ],
)
def test_labels_that_are_missing_or_all_the_same_are_none_and_that_is_said(
    values: tuple[Any, ...], says: str, tmp_path: Path
) -> None:
    rows = [{"file_name": f"{index}.png", "label": label} for index, label in enumerate(values)]
    files = numbered(["0.png", "1.png"]) | {"metadata.jsonl": metadata_lines(*rows)}
    images = load_images(write_dataset(tmp_path, files, "zip"))
    assert images.classes == ()
    assert says in images.warnings[0]


def test_metadata_wins_over_sub_folders_and_where_it_lacks_labels_there_are_none(storage: str, tmp_path: Path) -> None:
    files = numbered(["x/0.png", "y/1.png"])
    rows = [{"file_name": "x/0.png", "label": "a"}, {"file_name": "y/1.png", "text": "no label here"}]
    images = load_images(write_dataset(tmp_path, files | {"metadata.jsonl": metadata_lines(*rows)}, storage))
    assert (images.classes, len(images)) == ((), 2)
    captions = [{"file_name": name, "text": "a thing"} for name in files]
    images = load_images(write_dataset(tmp_path / "2", files | {"metadata.jsonl": metadata_lines(*captions)}, storage))
    assert images.classes == ()
    assert images.warnings == ["metadata.jsonl gives the images no labels, and so their folders are no classes either."]


def test_more_classes_than_can_be_learnt_are_none(tmp_path: Path) -> None:
    images = load_images(write_dataset(tmp_path, {f"p{number}/1.png": png() for number in range(1001)}, "zip"))
    assert images.classes == ()
    assert "There are 1,001 classes (p0, p1, p2, ...), and at most 1,000 can be learnt" in images.warnings[0]
    assert dataclasses.replace(conditional.Config(), classes=1000).classes == 1000


# Where it is said ----------------------------------------------------------------------------------------------------


def test_the_page_and_the_command_line_say_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {f"{split}/{index}.png": png(index, (28, 28)) for split in ("train", "test") for index in range(8)}
    path = write_dataset(tmp_path, files, "folder")
    warning = "The folders test, train are splits, not classes: all images are used, without labels."
    assert warning in inspect_dataset(path).warnings
    arguments = ["--data", str(path), "--run", str(tmp_path / "run"), "--device", "cpu", "--steps", "1"]
    assert main(["train", "conditional", *arguments]) == 2
    assert warning in capsys.readouterr().err
    assert main(["train", "vanilla", *arguments, "--batch-size", "4"]) == 0
    assert warning in capsys.readouterr().err

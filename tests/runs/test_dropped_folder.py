"""A dropped folder: kinds from folders and metadata, and captions that reach the training."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from gan_core.data.registry import load_dataset
from gan_core.runs.collection import Collection, NewFile, read_dropped_folder
from tests.data.image_sets import metadata_lines
from tests.data.test_labels import labels_of
from tests.runs.test_dataset_inspection import image_bytes


def dropped(*names: str, **others: bytes) -> list[tuple[str, bytes]]:
    """Files of a dropped folder: pictures of these names, and others, in whose names `__` stands for a dot."""
    files = [(name, image_bytes(number)) for number, name in enumerate(names)]
    return files + [(f"pets/{name.replace('__', '.')}", data) for name, data in others.items()]


def kinds_and_warnings(files: list[tuple[str, bytes]]) -> tuple[list[str], str]:
    new_files, warnings = read_dropped_folder(files)
    return [file.kind for file in new_files], " ".join(warnings)


@pytest.mark.parametrize(
    ("names", "kinds", "says"),
    [
        (["pets/cats/1.png", "pets/dogs/2.png"], ["cats", "dogs"], ""),
        (["pets/train/cats/1.png", "pets/test/dogs/2.png"], ["cats", "dogs"], "splits, not classes"),
        (["pets/train/1.png", "pets/test/2.png"], ["", ""], "splits, not classes"),
        (["pets/cats/2020/1.png", "pets/dogs/2020/2.png"], ["cats", "dogs"], ""),
        (["sg/00000/img00000000.png", "sg/00001/img00001000.png"], ["", ""], "numbered parts"),
        (["pets/cats/1.png"], ["cats"], ""),
        (["pets/1.png"], [""], ""),
        (["pets/cats/1.png", "pets/@eaDir/2.png", "pets/cats/Thumbs.db"], ["cats"], ""),
        (["pets\\cats\\1.png", "pets\\dogs\\2.png"], ["cats", "dogs"], ""),
    ],
)
def test_kinds_are_the_classes_of_the_folders(names: list[str], kinds: list[str], says: str) -> None:
    found, warnings = kinds_and_warnings(dropped(*names))
    assert found == kinds
    assert says in warnings
    assert bool(says) == bool(warnings)


def test_a_text_beside_the_folders_of_kinds_does_no_harm() -> None:
    files, _ = read_dropped_folder(dropped("pets/cats/1.png", "pets/dogs/2.png", read__txt=b"hello"))
    assert [(Path(file.name).name, file.kind) for file in files] == [
        ("1.png", "cats"), ("2.png", "dogs"), ("read.txt", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("table", ["metadata__jsonl", "metadata__csv"])
def test_labels_of_metadata_are_kinds(table: str) -> None:
    rows = [{"file_name": "1.png", "label": "cat"}, {"file_name": "x\\2.png", "label": 3}]
    text = b"file_name,label\n1.png,cat\nx/2.png,3\n" if "csv" in table else metadata_lines(*rows)
    assert kinds_and_warnings(dropped("pets/1.png", "pets/x/2.png", **{table: text})) == (["cat", "3"], "")


def test_metadata_that_cannot_be_read_are_named_and_the_pictures_taken() -> None:
    kinds, warnings = kinds_and_warnings(dropped("pets/a/1.png", "pets/b/2.png", metadata__jsonl=b"{broken"))
    assert kinds == ["a", "b"]
    assert "metadata.jsonl, line 1" in warnings
    assert "left out" in warnings


def test_captions_of_a_dropped_folder_reach_the_training(tmp_path: Path) -> None:
    accent = unicodedata.normalize("NFD", "\u00e9")
    rows = [{"file_name": f"{name}.png", "text": f"a {name}", "label": f"{name}s"} for name in ("cat", "\u00e9")]
    collection = Collection(tmp_path)
    files, warnings = read_dropped_folder(
        dropped("pets/cat.png", f"pets/{accent}.png", metadata__jsonl=metadata_lines(*rows))
    )
    assert warnings == []
    assert collection.add(files).rejections == ()
    collection.add([NewFile("later.png", image_bytes(9), "cats")])
    loaded: Any = load_dataset(str(collection.seal("pets")), tmp_path, size=28)
    assert loaded.warnings == []
    assert sorted(row.get("text", "") for row in loaded.rows) == ["", "a cat", "a \u00e9"]
    assert loaded.classes == ("cats", "\u00e9s")
    collection.undo()
    collection.undo()
    assert collection.pictures() == []


def test_kinds_that_are_named_like_splits_stay_kinds(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    collection.add([NewFile("1.png", image_bytes(1), "test"), NewFile("2.png", image_bytes(2), "control")])
    loaded = load_dataset(str(collection.seal("trial")), tmp_path, size=28)
    assert (loaded.classes, loaded.warnings) == (("control", "test"), [])
    assert len(labels_of(loaded)) == 2


def test_rows_that_another_program_has_changed_are_left_out(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    collection.add([NewFile("1.png", image_bytes(1), "", {"text": "a cat"})])
    (file,) = collection.folder.glob("*/.rows.json")
    assert json.loads(file.read_text()) == {"_/1.png": {"text": "a cat"}}
    file.write_text("{broken")
    assert [picture.row for picture in collection.pictures()] == [{}]

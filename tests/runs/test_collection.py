"""Pictures that are gathered into a data set: what is taken, what is named as left out, undo, and the sealed zip."""

import io
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from gan_core import trash
from gan_core.errors import UsageError
from gan_core.runs import collection as collection_module
from gan_core.runs.collection import Collection, NewFile, clean_kind, read_dropped_folder
from gan_core.runs.dataset_inspection import inspect_dataset
from gan_core.runs.queue import REQUEST_FILE, write_note
from tests.runs.test_dataset_inspection import image_bytes


def new_files(count: int, kind: str = "", first: int = 0) -> list[NewFile]:
    return [NewFile(f"{number}.png", image_bytes(number), kind) for number in range(first, first + count)]


def test_pictures_of_two_kinds_become_a_labelled_data_set(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    assert collection.add(new_files(9, "cats")).added_count == 9
    collection.add(new_files(8, "dogs", first=20))
    assert collection.counts() == {"cats": 9, "dogs": 8}
    path = collection.seal("My pets!")
    assert path.parent == tmp_path / ".uploads"
    assert path.name.startswith("My-pets-")
    report = inspect_dataset(path)
    assert (report.image_count, report.classes) == (17, ("cats", "dogs"))


def test_every_file_that_is_no_picture_is_named_with_its_reason_and_all_others_are_taken(tmp_path: Path) -> None:
    files = [
        NewFile("notes.txt", b"hello"),
        NewFile("torn.png", image_bytes(1)[:60]),
        NewFile("empty.jpg", b""),
        NewFile(".DS_Store", b"x"),
        NewFile("good.png", image_bytes(2)),
    ]
    counts: list[int] = []
    result = Collection(tmp_path).add(files, counts.append)
    assert result.added_count == 1
    assert [text.split()[0] for text in result.rejections] == ["notes.txt", "torn.png", "empty.jpg"]
    assert "is text" in result.rejections[0]
    assert "damaged" in result.rejections[1]
    assert "an empty file" in result.rejections[2]
    assert counts == [1, 2, 3, 4]


def test_a_picture_is_kept_as_it_is_and_one_of_a_phone_is_made_readable_for_a_training(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(buffer, "HEIF")
    collection = Collection(tmp_path)
    collection.add([NewFile("IMG_1.HEIC", buffer.getvalue()), NewFile("b.png", image_bytes(3))])
    paths = {picture.path.name: picture.path for picture in collection.pictures()}
    assert paths["b.png"].read_bytes() == image_bytes(3)
    with Image.open(paths["IMG_1.jpg"]) as image:
        assert (image.format, image.size) == ("JPEG", (64, 48))


@pytest.mark.parametrize(
    ("name", "format", "stored"),
    [("a.jfif", "JPEG", "a.jfif"), ("a.png", "JPEG", "a.png"), ("a", "PNG", "a.png"), ("a.JPG_large", "JPEG", "a.jpg"),
     ("a.avif", "AVIF", "a.jpg"), ("a.heic", "AVIF", "a.jpg"), ("a.webp", "AVIF", "a.jpg"), ("a.dat", "TIFF", "a.tif")],
)  # fmt: skip
def test_a_picture_is_taken_under_any_name(name: str, format: str, stored: str, tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    collection.add([NewFile(name, image_bytes(1, format=format)), *new_files(7, first=10)])
    assert collection.pictures()[-1].path.name == stored
    report = inspect_dataset(collection.seal("mine"))
    assert (report.image_count, report.warnings) == (8, ())


def test_transparency_of_a_converted_picture_is_white(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(buffer, "AVIF")
    collection = Collection(tmp_path)
    collection.add([NewFile("a.avif", buffer.getvalue())])
    with Image.open(collection.pictures()[0].path) as image:
        assert image.getpixel((20, 20)) == (255, 255, 255)


def test_names_that_are_taken_get_a_number_within_one_addition_and_across(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    collection.add([NewFile("a/1.png", image_bytes(1)), NewFile("b/1.png", image_bytes(2))])
    collection.add([NewFile("1.png", image_bytes(3))])
    with zipfile.ZipFile(collection.seal("x")) as archive:
        assert len(set(archive.namelist())) == 3


def test_the_last_addition_is_taken_back_and_all_can_be_restored_after_removal(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    collection.add(new_files(3))
    collection.add(new_files(2, first=10))
    assert collection.undo() == 2
    assert len(collection.pictures()) == 3
    trash_path = collection.empty()
    assert trash_path is not None
    assert not collection.pictures()
    assert collection.empty() is None
    assert collection.undo() == 0
    trash.undo_delete(trash_path, "collection")
    assert len(Collection(tmp_path).pictures()) == 3


def test_the_same_pictures_give_the_same_zip_and_a_larger_set_replaces_it_unless_a_run_needs_it(tmp_path: Path) -> None:
    collection = Collection(tmp_path)
    collection.add(new_files(8))
    first = collection.seal("mine")
    content = first.read_bytes()
    modified = first.stat().st_mtime_ns
    assert collection.seal("mine") == first
    assert first.stat().st_mtime_ns == modified
    collection.add(new_files(1, first=30))
    second = collection.seal("mine")
    assert not first.exists()
    (tmp_path / "run").mkdir()
    write_note(tmp_path / "run" / REQUEST_FILE, {"title": "Cats", "asked": time.time(), "plan": {"data": str(second)}})
    collection.undo()
    assert collection.seal("mine").read_bytes() == content
    assert second.exists()


def test_more_pictures_than_the_limit_are_refused_before_any_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection_module, "MAX_PICTURES", 4)
    collection = Collection(tmp_path)
    collection.add(new_files(3))
    with pytest.raises(UsageError, match="3 pictures and 2 more are too many: at most 4"):
        collection.add(new_files(2, first=10))
    assert len(collection.pictures()) == 3


def test_the_folders_of_a_dropped_folder_are_the_kinds() -> None:
    def kinds(*files: tuple[str, bytes]) -> list[str]:
        return [file.kind for file in read_dropped_folder(files)[0]]

    assert kinds(("pets/cats/1.png", b"a"), ("pets/dogs/old/2.png", b"b"), ("pets/3.png", b"c")) == ["cats", "old", ""]
    assert kinds(("cats/1.png", b"a"), ("dogs/2.png", b"b")) == ["cats", "dogs"]
    assert kinds(("1.png", b"a")) == [""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("cats", "cats"), (" big  cats ", "big cats"), ("../../etc", "etc"), ("_x/y", "x y"), ("...", ""), ("猫", "猫")],
)
def test_a_kind_is_a_safe_name_of_a_folder(text: str, expected: str) -> None:
    assert clean_kind(text) == expected

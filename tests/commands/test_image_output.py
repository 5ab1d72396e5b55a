"""The three forms in which images are written."""

from pathlib import Path

import numpy as np
import pytest

from gan_core.commands import image_output
from gan_core.errors import UsageError

PIXELS = np.zeros((2, 4, 4, 1), np.uint8)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.jpg", "must end in .png"),
        ("folder.png", "is a folder; give it a name without suffix"),
        ("file", "is a file; end the name in .png or .npz"),
    ],
)
def test_a_path_that_is_none_of_the_forms_is_refused(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=message):
        image_output.validate_output(tmp_path / name)


@pytest.mark.parametrize("name", ["x.png", "x.PNG", "x.npz", "new", "folder.with.dots"])
def test_a_grid_arrays_and_folders_are_accepted(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.with.dots").mkdir()
    image_output.validate_output(tmp_path / name)


@pytest.mark.parametrize("name", ["x.png", "x.npz"])
def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(b"old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="the disk is full"):
        image_output.write_images(tmp_path / name, PIXELS, [0, 1], {})
    assert (tmp_path / name).read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_files_in_a_folder_are_named_by_position_seed_and_label(tmp_path: Path) -> None:
    image_output.write_images(tmp_path / "a", PIXELS, [7, 3], {}, labels=[0, 2])
    image_output.write_images(tmp_path / "b", PIXELS, [7, 3], {}, prompts=["red", "blue"])
    assert sorted(file.name for file in (tmp_path / "a").iterdir()) == [
        "00000-seed-7-label-0.png", "00001-seed-3-label-2.png",
    ]  # fmt: skip
    image_output.write_images(tmp_path / "c", PIXELS, [7, 3], {}, labels=[0, 2], classes=("10", "", "cat / dog"))
    assert sorted(file.name for file in (tmp_path / "c").iterdir()) == [
        "00000-seed-7-label-10.png", "00001-seed-3-label-cat-dog.png",
    ]  # fmt: skip
    assert sorted(file.name for file in (tmp_path / "b").iterdir()) == ["00000-seed-7.png", "00001-seed-3.png"]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("cat", "cat"), ("-1", "-1"), ("", "5"), ("...", "5"), ("../../evil", "-..-evil"), ("a:b*c", "a-b-c"),
        ("\u00e9t\u00e9", "\u00e9t\u00e9"), ("x" * 300, "x" * 40), ("\n\0", "-"),
    ],
)  # fmt: skip
def test_the_name_of_any_class_becomes_part_of_a_file_name(name: str, part: str) -> None:
    assert image_output.name_part(5, (*"01234", name)) == part

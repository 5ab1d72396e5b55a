"""Folders are deleted by moving them, and restored within an hour."""

import time
from pathlib import Path

import pytest

from gan_core import trash
from gan_core.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, whose name has dashes."""
    folder = tmp_path / "my-first-one"
    folder.mkdir()
    (folder / "file").write_text("content")
    return folder


def test_a_deleted_folder_is_restored_with_its_files(folder: Path) -> None:
    trash_path = trash.move_to_trash(folder)
    assert not folder.exists()
    assert trash.find_deleted(folder.parent, "my-first-one") == trash_path
    assert trash.undo_delete(trash_path, "model") == folder
    assert (folder / "file").read_text() == "content"
    assert trash.find_deleted(folder.parent, "my-first-one") is None


def test_of_several_with_one_name_the_last_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trash.move_to_trash(folder)
    folder.mkdir()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 5)
    assert trash.find_deleted(folder.parent, folder.name) != trash.move_to_trash(folder)
    found = trash.find_deleted(folder.parent, folder.name)
    assert found is not None
    assert not (found / "file").exists()


def test_a_name_that_is_taken_again_or_a_folder_that_is_gone_cannot_be_restored(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trash_path = trash.move_to_trash(folder)
    folder.mkdir()
    with pytest.raises(UsageError, match="another model my-first-one now"):
        trash.undo_delete(trash_path, "model")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + trash.TRASH_TTL_S + 1)
    assert trash.find_deleted(folder.parent, folder.name) is None
    with pytest.raises(UsageError, match="deleted for good"):
        trash.undo_delete(trash_path, "model")


def test_files_that_the_trash_did_not_put_there_stay(folder: Path) -> None:
    other = folder.parent / trash.TRASH_FOLDER / "some-other"
    other.mkdir(parents=True)
    trash.move_to_trash(folder)
    assert other.is_dir()
    assert trash.find_deleted(folder.parent, "other") is None

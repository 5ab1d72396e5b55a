"""Folders are listed with what they link to, and links that lead back, nowhere or twice to a folder are counted."""

import os
import socket
from pathlib import Path

import pytest

from gan_core.data.archives import open_archive, visible_files
from gan_core.data.folders import list_folder
from gan_core.errors import UsageError
from tests.data.image_sets import load_images, png, write_dataset


def write_kinds(root: Path) -> Path:
    """A folder `real` of two classes with two images each."""
    files = {f"real/{kind}/{number}.png": png(number) for kind in ("cat", "dog") for number in range(2)}
    return write_dataset(root, files, "folder") / "real"


def link(path: Path, target: Path | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def test_linked_class_folders_are_classes_like_any_other(tmp_path: Path) -> None:
    real = write_kinds(tmp_path)
    for kind in ("cat", "dog"):
        link(tmp_path / "linked" / kind, real / kind)
    images = load_images(tmp_path / "linked")
    assert (len(images), images.classes, images.warnings) == (4, ("cat", "dog"), [])


def test_a_folder_of_linked_files_is_read(tmp_path: Path) -> None:
    real = write_kinds(tmp_path)
    for number in range(2):
        link(tmp_path / "linked" / f"{number}.png", real / "cat" / f"{number}.png")
    images = load_images(tmp_path / "linked")
    assert (len(images), images.warnings) == (2, [])


@pytest.mark.parametrize("target", [".", "..", "../..", "/", "cat", "cat/again"])
def test_a_link_that_leads_back_ends_and_is_named(target: str, tmp_path: Path) -> None:
    real = write_kinds(tmp_path)
    (real / "cat" / "again").mkdir()
    link(real / "loop", target)
    link(real / "cat" / "again" / "loop", "..")
    images = load_images(real)
    assert len(images) == 4
    (warning,) = images.warnings
    assert warning.startswith("2 links lead to folders that are read already, or back into themselves, and were left")
    assert "cat/again/loop, loop" in warning


def test_links_that_lead_to_each_other_end(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / "all" / one).mkdir(parents=True)
        (tmp_path / "all" / one / "1.png").write_bytes(png())
        link(tmp_path / "all" / one / other, f"../{other}")
    link(tmp_path / "set" / "first", "../all/a")
    assert list_folder(tmp_path / "set").files == ["first/1.png", "first/b/1.png"]


def test_of_two_links_to_one_folder_the_first_counts_and_a_folder_counts_under_its_own_name(tmp_path: Path) -> None:
    real = write_kinds(tmp_path)
    link(tmp_path / "linked" / "b", real / "cat")
    link(tmp_path / "linked" / "a", real / "cat")
    listing = list_folder(tmp_path / "linked")
    assert sorted(listing.files) == ["a/0.png", "a/1.png"]
    assert listing.repeated_links == ["b"]
    link(real / "ant", "cat")  # before it in the alphabet
    assert [name for name in sorted(list_folder(real).files) if "0" in name] == ["cat/0.png", "dog/0.png"]


def test_a_link_that_leads_nowhere_is_counted_and_named_unless_it_is_hidden(tmp_path: Path) -> None:
    real = write_kinds(tmp_path)
    link(real / "cat" / "gone.png", "nowhere.png")
    link(real / "self", "self")
    link(real / ".#lock", "user@host.1234")  # as editors leave beside an open file
    images = load_images(real)
    assert len(images) == 4
    assert images.warnings == ["2 links lead nowhere and were left out: cat/gone.png, self."]


def test_pipes_and_sockets_are_not_opened(tmp_path: Path) -> None:
    real = write_kinds(tmp_path)
    os.mkfifo(real / "pipe.png")
    link(real / "linked-pipe.png", "pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(real / "s.png"))
        assert len(load_images(real)) == 4


def test_a_folder_that_may_not_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, scandir = write_kinds(tmp_path), os.scandir

    def refuse(folder: str) -> object:
        if str(folder).endswith(("dog", ".hidden")):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    (real / ".hidden").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    archive = open_archive(real)
    assert visible_files(archive) == ["cat/0.png", "cat/1.png"]
    assert archive.faults() == ["1 folder may not be opened and was left out: dog."]
    with pytest.raises(UsageError, match=r"dog cannot be opened: Permission denied\."):
        list_folder(real / "dog")

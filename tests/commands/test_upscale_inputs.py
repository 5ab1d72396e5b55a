"""The pictures that `upscale` finds: in folders, with and without their sub-folders."""

import os
from pathlib import Path

import pytest
from PIL import Image

from gan_core.commands.upscale_inputs import find_pictures
from gan_core.errors import UsageError
from tests.images.animation.animated_files import make_gif


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Pictures in two levels of sub-folders, and what lies beside pictures."""
    for name in ("a.png", "2020/b.png", "2020/summer/c.png", "2021/b.png", ".hidden/d.png", "@eaDir/e.png",
                 "#recycle/f.png", "__MACOSX/g.png"):  # fmt: skip
        file = tmp_path / "album" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(file)
    (tmp_path / "album" / "2021" / "notes.txt").write_text("no picture")
    return tmp_path / "album"


def found_names(inputs: list[Path], out: Path, recursive: bool) -> list[str]:
    pictures, _ = find_pictures(inputs, out, recursive)
    return [str(picture.folder / picture.path.name) for picture in pictures]


def test_without_recursive_a_note_says_how_many_pictures_are_left_out(album: Path) -> None:
    pictures, notes = find_pictures([album], album.parent / "out", recursive=False)
    assert [picture.path.name for picture in pictures] == ["a.png"]
    assert notes == [f"3 images lie in sub-folders of {album} and were left out: add --recursive."]
    (album / "2020" / "b.png").unlink()
    (album / "2021" / "b.png").unlink()
    assert "1 image lies in" in find_pictures([album], album.parent / "out", recursive=False)[1][0]


def test_a_folder_without_sub_folders_has_no_note(album: Path) -> None:
    assert find_pictures([album / "2021"], album.parent / "out", recursive=False)[1] == []


def test_recursive_takes_all_sub_folders_and_remembers_them(album: Path) -> None:
    names = ["a.png", "2020/b.png", "2020/summer/c.png", "2021/b.png"]
    assert found_names([album], album.parent / "out", True) == names
    assert find_pictures([album], album.parent / "out", True)[1] == []


def test_an_output_folder_within_the_input_is_not_read(album: Path) -> None:
    for name in ("large/a.png", "large/2020/b.png"):
        (album / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(album / name)
    assert len(found_names([album], album / "large", True)) == 4
    assert "3 images lie" in find_pictures([album], album / "large", False)[1][0]
    os.symlink(album / "large", album.parent / "link")
    assert len(found_names([album], album.parent / "link", True)) == 4


def test_links_are_followed_and_loops_end(album: Path) -> None:
    other = album.parent / "other"
    other.mkdir()
    Image.new("RGB", (4, 4)).save(other / "z.png")
    os.symlink(other, album / "linked")
    os.symlink(album, album / "2020" / "loop")
    os.symlink(album / "2020", other / "back")
    os.symlink("self", album / "self")
    names = found_names([album], album.parent / "out", True)
    assert sorted(Path(name).name for name in names) == ["a.png", "b.png", "b.png", "c.png", "z.png"]
    assert "linked/z.png" in names


def test_a_folder_with_pictures_in_sub_folders_alone_names_the_flag(album: Path) -> None:
    (album / "a.png").unlink()
    with pytest.raises(UsageError, match=r"holds no image; 3 images lie in its sub-folders: add --recursive"):
        find_pictures([album], album.parent / "out", recursive=False)
    assert len(found_names([album], album.parent / "out", True)) == 3


@pytest.mark.parametrize("recursive", [False, True])
def test_a_folder_without_any_picture_is_refused(recursive: bool, tmp_path: Path) -> None:
    (tmp_path / "empty" / "sub").mkdir(parents=True)
    with pytest.raises(UsageError, match="holds no image"):
        find_pictures([tmp_path / "empty"], tmp_path / "out", recursive)


def test_a_file_is_taken_once_however_it_is_named(album: Path) -> None:
    os.symlink(album / "a.png", album / "same.png")
    assert found_names([album / "a.png", album, album / "a.png"], album.parent / "out", False) == ["a.png"]


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UsageError, match="no regular file"):
        find_pictures([tmp_path / "pipe.png"], tmp_path / "out", False)


def test_the_frames_of_an_animation_count(tmp_path: Path) -> None:
    (tmp_path / "x.gif").write_bytes(make_gif(0).data)
    (picture,), _ = find_pictures([tmp_path / "x.gif"], tmp_path / "out", False)
    assert picture.animation.frame_count == 6
    assert picture.pixels == 6 * 7 * 5

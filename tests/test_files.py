"""Atomic file writes."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gan_core.files import partial_path, write_atomically

pytestmark = pytest.mark.core


@pytest.mark.parametrize("sync", [False, True])
def test_a_file_is_replaced_as_a_whole(sync: bool, tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    for text in ("first", "second"):
        write_atomically(target, lambda path, text=text: path.write_text(text), sync=sync)
        assert target.read_text() == text
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")

    def fail_halfway(path: Path) -> None:
        path.write_text("ne")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_atomically(target, fail_halfway)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_partial_file_that_is_a_hard_link_to_another_is_not_written_through(tmp_path: Path) -> None:
    other, target = tmp_path / "other", tmp_path / "file"
    other.write_text("other")
    os.link(other, tmp_path / ".file.partial")
    write_atomically(target, lambda path: path.write_text("new"))
    assert (other.read_text(), target.read_text()) == ("other", "new")


@pytest.mark.parametrize("name", [b"a" * 255, b"a" * 250 + b".json", "é".encode() * 127, b"bad\xff" + b"x" * 250])
@pytest.mark.parametrize("concurrent", [False, True])
def test_names_up_to_the_limit_of_the_file_system_are_written(name: bytes, concurrent: bool, tmp_path: Path) -> None:
    target = tmp_path / os.fsdecode(name)
    write_atomically(target, lambda path: path.write_text("whole"), concurrent=concurrent)
    assert os.listdir(os.fsencode(tmp_path)) == [name]
    assert target.read_text() == "whole"


def test_a_long_name_has_a_temporary_one_of_its_own(tmp_path: Path) -> None:
    first, second = (partial_path(tmp_path / ("a" * 254 + end)) for end in "xy")
    assert first != second
    assert all(path.name.startswith(".") and path.name.endswith(".partial") for path in (first, second))
    assert partial_path(tmp_path / "x.json").name == ".x.json.partial"


def test_concurrent_writes_leave_one_of_the_texts_whole(tmp_path: Path) -> None:
    target, texts = tmp_path / "note.json", [str(number) * 100_000 for number in range(8)]

    def write(text: str) -> None:
        write_atomically(target, lambda path: path.write_text(text), concurrent=True)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, texts * 5))
    assert target.read_text() in texts
    assert list(tmp_path.iterdir()) == [target]

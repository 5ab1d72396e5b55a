"""Atomic file writes."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gan_core.files import write_atomically

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


def test_concurrent_writes_leave_one_of_the_texts_whole(tmp_path: Path) -> None:
    target, texts = tmp_path / "note.json", [str(number) * 100_000 for number in range(8)]

    def write(text: str) -> None:
        write_atomically(target, lambda path: path.write_text(text), concurrent=True)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, texts * 5))
    assert target.read_text() in texts
    assert list(tmp_path.iterdir()) == [target]

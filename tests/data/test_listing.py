"""Images are found by content as well as by ending, and what is left out is counted by ending."""

from pathlib import Path

import pytest
import torch

from gan_core.data.archives import open_archive
from gan_core.data.listing import count_endings, list_images
from tests.data.image_sets import load_images, png, write_dataset
from tests.images.image_files import encode_pillow, gradient_image

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(100)


@pytest.mark.parametrize(
    "name", ["a.jfif", "a.jpe", "a.JPG_large", "a.jpg_orig", "a", "a.png", "a.heic", "a.dat", "a.b.c"]
)
def test_a_jpeg_is_found_under_any_name(name: str, storage: str, tmp_path: Path) -> None:
    files = {name: png((200, 100, 50), (8, 8), "JPEG"), "b.png": png((200, 100, 50), (8, 8))}
    images = load_images(write_dataset(tmp_path, files, storage))
    assert (len(images), images.warnings) == (2, [])
    pixels = images.get_batch(torch.arange(2)).images.int()
    assert (pixels[0] - pixels[1]).abs().max() <= 3


@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
@pytest.mark.parametrize("name", ["a.avif", "a.heic", "a.hif", "a", "a.jpg"])
def test_pictures_of_phones_are_found_under_any_name(format: str, name: str, storage: str, tmp_path: Path) -> None:
    if format == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    images = load_images(write_dataset(tmp_path, {name: encode_pillow(gradient_image(), format)}, storage))
    assert (len(images), images.channels, images.warnings) == (1, 3, [])


def test_what_is_no_image_is_counted_by_ending(storage: str, tmp_path: Path) -> None:
    files = {f"{number}.txt": b"words" for number in range(9)} | {f"{number}.MP4": MP4 for number in range(3)}
    left_aside = {
        "metadata.jsonl": b"",
        "Thumbs.db": b"x",
        "@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg": png(),
        ".DS_Store": b"x",
    }
    path = write_dataset(tmp_path, files | left_aside | {"README": b"words", "a.png": png()}, storage)
    assert list_images(open_archive(path)).warnings == [
        "13 files that are no images were left out: 9 .txt, 3 .mp4, 1 without an ending."
    ]
    assert "13 files that are no images were left out: 9 .txt" in load_images(path).warnings[0]


def test_many_endings_are_taken_together() -> None:
    assert count_endings([f"a.x{number:02}" for number in range(12)]).endswith("1 .x06, 1 .x07, 4 others")
    assert count_endings(["a.tar.gz", "b.gz", "c.", "d.this is no ending", "e.\n"]) == "3 without an ending, 2 .gz"


def test_a_set_without_an_image_says_what_it_holds_instead(storage: str, tmp_path: Path) -> None:
    path = write_dataset(tmp_path, {"a.zip": b"PK\x03\x04", "b.pdf": b"%PDF-1.7"}, storage)
    text = list_images(open_archive(path)).explain_absence()
    assert "AVIF files are needed, and there are 1 .zip, 1 .pdf; unpack the archives in it first." in text


def test_a_file_with_the_ending_of_an_image_counts_as_an_unreadable_one(storage: str, tmp_path: Path) -> None:
    listing = list_images(open_archive(write_dataset(tmp_path, {"a.png": b"words", "b.png": png()}, storage)))
    assert (listing.images, listing.left_out) == (["a.png", "b.png"], [])

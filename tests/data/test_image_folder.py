"""Images, labels and metadata of folders and zips; broken images are skipped and named."""

import struct
import zipfile
from pathlib import Path

import pytest
import torch

from gan_core.data import image_folder
from gan_core.data.datasets import InMemoryImages, StreamingImages
from gan_core.errors import UsageError
from tests.data.image_sets import load_images, png, write_dataset


def test_images_of_all_formats_are_read_as_squares(storage: str, tmp_path: Path) -> None:
    forms = {"a.png": "PNG", "b.JPG": "JPEG", "c.webp": "WEBP", "d.bmp": "BMP", "e.gif": "GIF", "f.tiff": "TIFF"}
    files = {name: png((200, 100, 50), (12, 7), form) for name, form in forms.items()} | {"notes.txt": b"not a image"}
    images = load_images(write_dataset(tmp_path, files, storage))
    batch = images.get_batch(torch.arange(len(images)))
    assert batch.images.shape == (6, 3, 4, 4)
    assert batch.images.dtype == torch.uint8
    assert batch.labels is None
    assert (batch.images.float().mean(dim=(0, 2, 3)) - torch.tensor([200, 100, 50])).abs().max() < 8
    assert images.warnings == ["1 file that is no image was left out: 1 .txt."]
    assert images.classes == ()


def test_grey_images_stay_grey_unless_channels_are_given(storage: str, tmp_path: Path) -> None:
    path = write_dataset(tmp_path, {"a.png": png(7), "b.png": png(8)}, storage)
    assert load_images(path).channels == 1
    assert load_images(path, channels=3).channels == 3
    assert (
        load_images(write_dataset(tmp_path / "x", {"a.png": png(7), "b.png": png((1, 2, 3))}, "folder")).channels == 3
    )


def huge_png() -> bytes:
    """A PNG of 100 bytes that claims 60,000 pixels each way."""
    small = bytearray(png())
    small[16:24] = struct.pack(">II", 60_000, 60_000)
    header = bytes(small[12:29])
    small[29:33] = struct.pack(">I", zipfile.crc32(header))  # type: ignore[attr-defined]
    return bytes(small)


BROKEN_FILES = {
    "cut.jpg": png((9, 9, 9), (64, 64), "JPEG")[:400],
    "empty.png": b"",
    "huge.png": huge_png(),
    "text.png": b"no image",
}


REASONS = {
    "cut.jpg": "is damaged or cut off",
    "empty.png": "is an empty file",
    "huge.png": "has 3600 megapixels",
    "text.png": "is text, not a readable image",
}


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_image_is_named_and_skipped(
    name: str, in_memory: bool, storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_folder, "MAX_IN_MEMORY_BYTES", image_folder.MAX_IN_MEMORY_BYTES if in_memory else 0)
    path = write_dataset(tmp_path, {"good.png": png(5), f"sub/{name}": BROKEN_FILES[name], "z.png": png(6)}, storage)
    images = load_images(path)
    assert isinstance(images, InMemoryImages if in_memory else StreamingImages)
    assert images.get_batch(torch.tensor([0, 1])).images[:, 0, 0, 0].tolist() == [5, 6]
    (warning,) = images.warnings
    assert warning.startswith(f"1 of 3 images could not be read and were skipped: sub/{name} (")
    assert REASONS[name] in warning


def test_a_class_whose_images_are_all_broken_is_no_class(storage: str, tmp_path: Path) -> None:
    files = {"a/0.png": png(), "b/1.png": png(), "c/2.png": b""}
    assert load_images(write_dataset(tmp_path, files, storage)).classes == ("a", "b")


def test_a_data_set_without_a_usable_image_is_an_error(storage: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no usable image \(4 found, 4 of them unreadable\)"):
        load_images(write_dataset(tmp_path, BROKEN_FILES, storage))
    with pytest.raises(UsageError, match=r"holds no usable image \(0 found"):
        load_images(write_dataset(tmp_path / "x", {"notes.txt": b"nothing"}, storage))


def test_an_empty_zip_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no usable image"):
        load_images(write_dataset(tmp_path, {}, "zip"))

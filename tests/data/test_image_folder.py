"""Images, labels and metadata of folders and zips; broken images are skipped and named."""

import json
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
    assert (images.warnings, images.classes) == ([], ())


def test_grey_images_stay_grey_unless_channels_are_given(storage: str, tmp_path: Path) -> None:
    path = write_dataset(tmp_path, {"a.png": png(7), "b.png": png(8)}, storage)
    assert load_images(path).channels == 1
    assert load_images(path, channels=3).channels == 3
    assert (
        load_images(write_dataset(tmp_path / "x", {"a.png": png(7), "b.png": png((1, 2, 3))}, "folder")).channels == 3
    )


@pytest.mark.parametrize("prefix", ["", "shapes/", "a/b/"])
def test_sub_folders_are_labels_also_inside_a_wrapping_folder(prefix: str, storage: str, tmp_path: Path) -> None:
    files = {f"{prefix}{name}/{index}.png": png(index) for index, name in enumerate(("star", "circle", "star"))}
    images = load_images(write_dataset(tmp_path, files, storage))
    assert images.classes == ("circle", "star")
    batch = images.get_batch(torch.arange(3))
    assert batch.labels is not None
    assert dict(zip(batch.images[:, 0, 0, 0].tolist(), batch.labels.tolist(), strict=True)) == {0: 1, 1: 0, 2: 1}


def test_images_beside_the_sub_folders_or_one_folder_alone_make_no_labels(tmp_path: Path) -> None:
    loose = {"star/0.png": png(), "circle/1.png": png(), "2.png": png()}
    assert load_images(write_dataset(tmp_path, loose, "folder")).classes == ()
    assert load_images(write_dataset(tmp_path, {"star/0.png": png(), "star/1.png": png()}, "zip")).classes == ()


def metadata_lines(*lines: object) -> bytes:
    return "\n".join(json.dumps(line) for line in lines).encode()


@pytest.mark.parametrize(
    ("labels", "classes"),
    [(("dog", "cat", "dog"), ("cat", "dog")), ((10, 9, 10), ("9", "10"))],
)
def test_metadata_names_or_numbers_the_labels(
    labels: tuple[object, ...], classes: tuple, storage: str, tmp_path: Path
) -> None:
    lines = [{"file_name": f"images/{index}.png", "label": label} for index, label in enumerate(labels)]
    files = {f"in/images/{index}.png": png(index) for index in range(3)} | {
        "in/metadata.jsonl": metadata_lines(*lines) + b"\n\n"
    }
    images = load_images(write_dataset(tmp_path, files, storage))
    batch = images.get_batch(torch.arange(3))
    assert images.classes == classes
    assert batch.labels is not None
    assert batch.labels.tolist() == [1, 0, 1]


def test_metadata_wins_over_sub_folders_and_where_it_lacks_labels_there_are_none(storage: str, tmp_path: Path) -> None:
    files = {"x/0.png": png(), "y/1.png": png()}
    lines = [{"file_name": "x/0.png", "label": "a"}, {"file_name": "y/1.png", "text": "no label here"}]
    images = load_images(write_dataset(tmp_path, files | {"metadata.jsonl": metadata_lines(*lines)}, storage))
    assert images.classes == ()
    assert len(images) == 2


@pytest.mark.parametrize(
    "line",
    [b"{broken", b"[1]", b'{"label": 1}', b'{"file_name": 3}', b"\xff\xfe", b'{"file_name": "0.png", "label": [1]}'],
)
def test_a_broken_line_of_metadata_is_named(line: bytes, storage: str, tmp_path: Path) -> None:
    files = {"0.png": png(), "metadata.jsonl": metadata_lines({"file_name": "0.png", "label": 1}) + b"\n" + line}
    with pytest.raises(UsageError, match=r"metadata\.jsonl, line 2"):
        load_images(write_dataset(tmp_path, files, storage))


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
    assert images.warnings == [f"1 of 3 images could not be read and were skipped: sub/{name}."]


def test_a_class_whose_images_are_all_broken_is_no_class(storage: str, tmp_path: Path) -> None:
    files = {"a/0.png": png(), "b/1.png": png(), "c/2.png": b""}
    assert load_images(write_dataset(tmp_path, files, storage)).classes == ("a", "b")


def test_a_data_set_without_a_usable_image_is_an_error(storage: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no usable image \(4 found, 4 of them unreadable\)"):
        load_images(write_dataset(tmp_path, BROKEN_FILES, storage))
    with pytest.raises(UsageError, match=r"holds no usable image \(0 found"):
        load_images(write_dataset(tmp_path / "x", {"notes.txt": b"nothing"}, storage))


def test_hidden_files_are_ignored(storage: str, tmp_path: Path) -> None:
    hidden = ("__MACOSX/a/._0.png", "a/.0.png", ".cache/1.png")
    files = {"a/0.png": png(), "b/1.png": png()} | dict.fromkeys(hidden, b"rubbish")
    images = load_images(write_dataset(tmp_path, files | {".cache/metadata.jsonl": b"rubbish"}, storage))
    assert (len(images), images.warnings, images.classes) == (2, [], ("a", "b"))


def test_an_empty_zip_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no usable image"):
        load_images(write_dataset(tmp_path, {}, "zip"))

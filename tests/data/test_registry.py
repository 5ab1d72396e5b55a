"""Data sets by name: in the data folder, through torchvision, or with a message that says what to do."""

import gzip
import struct
import zipfile
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

from gan_core.data import registry
from gan_core.errors import ExternalError, UsageError
from tests.data.image_sets import png, write_dataset, write_zip


def test_a_name_is_found_in_the_data_folder_as_a_folder_or_a_zip(tmp_path: Path) -> None:
    write_dataset(tmp_path / "photos", {"a.png": png(3)}, "folder")
    assert len(registry.load_dataset("photos", tmp_path, size=4)) == 1
    write_dataset(tmp_path, {"a.png": png(3), "b.png": png(3)}, "zip").rename(tmp_path / "flowers.zip")
    assert len(registry.load_dataset("flowers", tmp_path, size=4)) == 2


def test_an_unknown_name_and_a_file_are_errors_that_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no data set 'cats': it is none of mnist, fashion-mnist.*Set --data-dir"):
        registry.load_dataset("cats", tmp_path, size=4)
    (tmp_path / "a.png").write_bytes(png())
    with pytest.raises(
        UsageError, match=r"a\.png is not a readable zip file, but one PNG image: a data set is a folder"
    ):
        registry.load_dataset(str(tmp_path / "a.png"), tmp_path, size=4)


def write_mnist(root: Path, count: int = 5) -> None:
    """MNIST's four files, tiny, as torchvision lays them."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        pixels = np.arange(count, dtype=np.uint8).repeat(784)
        images = struct.pack(">IIII", 0x803, count, 28, 28) + pixels.tobytes()
        labels = struct.pack(">II", 0x801, count) + bytes(range(count))
        (raw / f"{part}-images-idx3-ubyte").write_bytes(images)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(labels)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(("size", "channels"), [(28, None), (32, 1), (28, 3)])
def test_mnist_is_read_from_the_data_folder_without_a_download(
    size: int, channels: int | None, split: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchvision

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", lambda self: pytest.fail("asked for the network"))
    write_mnist(tmp_path)
    digits = registry.load_dataset("mnist", tmp_path, size=size, channels=channels, split=split)
    batch = digits.get_batch(torch.tensor([4, 2]))
    assert batch.images.shape == (2, channels or 1, size, size)
    assert batch.images[:, 0, 5, 5].tolist() == [4, 2]
    assert batch.labels is not None
    assert batch.labels.tolist() == [4, 2]
    assert digits.classes == tuple("0123456789")


@pytest.mark.parametrize(
    "error", [URLError("no route"), RuntimeError("Error downloading train-images"), OSError("read-only")]
)
def test_without_a_network_the_message_says_what_to_do(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchvision

    def download(self: object) -> None:
        raise error

    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "download", download)
    with pytest.raises(
        ExternalError, match=r"Connect once, or put torchvision's files into .*FashionMNIST/raw, or set"
    ):
        registry.load_dataset("fashion-mnist", tmp_path, size=28)


def test_a_damaged_file_of_mnist_is_an_error(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    for torn in (file.read_bytes()[:1000], b""):
        file.write_bytes(torn)
        with pytest.raises(UsageError, match=r"MNIST/raw cannot be read"):
            registry.load_dataset("mnist", tmp_path, size=28)


ZIP_LAYOUTS = {  # by name: where a file of a part lies in the zip
    "torchvision": "{folder}/raw/{part}-{content}-idx{dimensions}-ubyte",
    "torchvision in a folder": "data/{folder}/raw/{part}-{content}-idx{dimensions}-ubyte",
    "loose": "{part}-{content}-idx{dimensions}-ubyte",
    "compressed": "{folder}/raw/{part}-{content}-idx{dimensions}-ubyte.gz",
    "with dots": "{part}-{content}.idx{dimensions}-ubyte",
}


def pack_mnist(root: Path, name: str, folder: str, layout: str) -> None:
    """NAME.zip with the four files of `write_mnist`, whose images of digit d have the value d."""
    write_mnist(root / "unpacked")
    members = {}
    for content, dimensions in (("images", 3), ("labels", 1)):
        for part in ("train", "t10k"):
            file = root / "unpacked" / "MNIST" / "raw" / f"{part}-{content}-idx{dimensions}-ubyte"
            member = layout.format(folder=folder, part=part, content=content, dimensions=dimensions)
            members[member] = gzip.compress(file.read_bytes()) if member.endswith(".gz") else file.read_bytes()
    write_zip(root / f"{name}.zip", members, zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize("layout", ZIP_LAYOUTS)
@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")])
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_zip_of_torchvisions_files_in_the_data_folder_is_found_under_the_name(
    split: str, name: str, folder: str, layout: str, tmp_path: Path
) -> None:
    pack_mnist(tmp_path, name, folder, ZIP_LAYOUTS[layout])
    digits = registry.load_dataset(name, tmp_path, size=28, split=split)
    batch = digits.get_batch(torch.tensor([4, 2]))
    assert batch.images[:, 0, 5, 5].tolist() == [4, 2]
    assert batch.labels is not None
    assert batch.labels.tolist() == [4, 2]
    assert len(digits.classes) == 10
    write_mnist(tmp_path)
    assert registry.load_dataset("mnist", tmp_path, size=28).fingerprint is not None


def test_a_zip_gives_the_same_data_set_as_the_files_in_it(tmp_path: Path) -> None:
    pack_mnist(tmp_path, "mnist", "MNIST", ZIP_LAYOUTS["torchvision"])
    zipped = registry.load_dataset("mnist", tmp_path, size=28)
    loose = registry.load_dataset("mnist", tmp_path / "unpacked", size=28)
    assert zipped.fingerprint == loose.fingerprint


def test_a_zip_of_images_by_the_name_of_torchvisions_data_set_is_read_as_images(tmp_path: Path) -> None:
    write_zip(tmp_path / "mnist.zip", {"0/a.png": png(3), "1/b.png": png(4)})
    digits = registry.load_dataset("mnist", tmp_path, size=4)
    assert (len(digits), digits.classes) == (2, ("0", "1"))


@pytest.mark.parametrize("damage", ["cut", "no labels", "other numbers"])
def test_a_zip_of_damaged_files_is_an_error_that_names_them(damage: str, tmp_path: Path) -> None:
    write_mnist(tmp_path / "unpacked")
    raw = tmp_path / "unpacked" / "MNIST" / "raw"
    members = {file.name: file.read_bytes() for file in raw.iterdir()}
    if damage == "no labels":
        del members["train-labels-idx1-ubyte"]
    elif damage == "cut":
        members["train-images-idx3-ubyte"] = members["train-images-idx3-ubyte"][:1000]
    else:
        members["train-labels-idx1-ubyte"] = struct.pack(">II", 0x801, 2) + b"\x00\x01"
    write_zip(tmp_path / "mnist.zip", members)
    with pytest.raises(UsageError, match=r"mnist\.zip"):
        registry.load_dataset("mnist", tmp_path, size=28)


@pytest.mark.parametrize("below", ["", "MNIST", "MNIST/raw"])
def test_a_folder_of_torchvisions_files_says_how_to_name_it(below: str, tmp_path: Path) -> None:
    write_mnist(tmp_path)
    with pytest.raises(UsageError, match=r"raw files of MNIST.*Give the name mnist.*--data-dir the folder that holds"):
        registry.load_dataset(str(tmp_path / below), tmp_path, size=28)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_data_sets_are_complete(name: str, data_folder: Path) -> None:
    train, test = (registry.load_dataset(name, data_folder, size=28, split=split) for split in ("train", "test"))
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.channels == 1
    assert len(train.classes) == 10


def test_a_path_is_recorded_by_its_last_part_only() -> None:
    assert registry.dataset_info("/home/someone/private/cats.zip") == {"name": "cats", "title": "cats"}
    assert registry.dataset_info("fashion-mnist")["licence"] == "MIT"

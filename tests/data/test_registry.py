"""Data sets by name: in the data folder, through torchvision, or with a message that says what to do."""

import struct
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

from gan_core.data import registry
from gan_core.errors import ExternalError, UsageError
from tests.data.image_sets import png, write_dataset


def test_a_name_is_found_in_the_data_folder_as_a_folder_or_a_zip(tmp_path: Path) -> None:
    write_dataset(tmp_path / "photos", {"a.png": png(3)}, "folder")
    assert len(registry.load_dataset("photos", tmp_path, size=4)) == 1
    write_dataset(tmp_path, {"a.png": png(3), "b.png": png(3)}, "zip").rename(tmp_path / "flowers.zip")
    assert len(registry.load_dataset("flowers", tmp_path, size=4)) == 2


def test_an_unknown_name_and_a_file_are_errors_that_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no data set 'cats': it is none of mnist, fashion-mnist.*Set --data-dir"):
        registry.load_dataset("cats", tmp_path, size=4)
    (tmp_path / "a.png").write_bytes(png())
    with pytest.raises(UsageError, match="a.png is not a readable zip file, but one PNG image: a data set is a folder of images or a zip"):
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

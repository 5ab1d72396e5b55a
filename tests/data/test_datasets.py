"""Batches are the same from wherever they start, and anybody's pictures are taken, or it is told what is wrong."""

import json
import struct
import zipfile
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.data import archives, image_folder, registry
from gan_core.data.datasets import Dataset, InMemoryImages, StreamingImages
from gan_core.data.sampler import iterate_batches
from gan_core.errors import ExternalError, UsageError


def index_images(count: int) -> InMemoryImages:
    """Pictures of one pixel that are their own index."""
    return InMemoryImages("numbers", torch.arange(count, dtype=torch.uint8).reshape(-1, 1, 1, 1))


def batch_indices(dataset: InMemoryImages, count: int, *where: int, **more: Any) -> list[list[int]]:
    return [batch.images.flatten().tolist() for batch in islice(iterate_batches(dataset, *where, **more), count)]


def png(value: int | tuple[int, int, int] = 9, size: tuple[int, int] = (6, 6), image_format: str = "PNG") -> bytes:
    buffer = BytesIO()
    Image.new("L" if isinstance(value, int) else "RGB", size, value).save(buffer, image_format)
    return buffer.getvalue()


@pytest.fixture(params=["folder", "zip"])
def storage(request: pytest.FixtureRequest) -> str:
    return request.param


def write_dataset(root: Path, files: dict[str, bytes], storage: str) -> Path:
    """The files as a folder or as a zip."""
    root.mkdir(parents=True, exist_ok=True)
    path = root / ("set.zip" if storage == "zip" else "set")
    if storage == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def load_images(path: Path, **how: int) -> Dataset:
    return registry.load_dataset(str(path), path.parent, **{"size": 4} | how)  # type: ignore[arg-type]


# Batches -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "size"), [(10, 3), (10, 10), (10, 4), (3, 8), (1, 5)])
def test_batches_are_the_same_from_any_start(length: int, size: int) -> None:
    whole = batch_indices(index_images(length), 12, size, 7)
    for start in (1, 3, 11):
        assert batch_indices(index_images(length), 12 - start, size, 7, start) == whole[start:]


@pytest.mark.parametrize(("length", "size"), [(10, 3), (10, 10), (3, 8)])
def test_every_picture_is_seen_equally_often_each_epoch_in_a_new_order(length: int, size: int) -> None:
    flat = list(chain(*batch_indices(index_images(length), 60, size, 7)))
    epochs = [flat[first : first + length] for first in range(0, len(flat) - length + 1, length)]
    assert all(sorted(epoch) == list(range(length)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 3


def test_another_seed_is_another_order() -> None:
    assert batch_indices(index_images(50), 1, 50, 0) != batch_indices(index_images(50), 1, 50, 1)


def test_processes_split_one_order_among_them() -> None:
    shares = [batch_indices(index_images(24), 8, 3, 5, rank=rank, world_size=4) for rank in range(4)]
    joined = [list(chain(*(share[number] for share in shares))) for number in range(8)]
    assert joined == batch_indices(index_images(24), 8, 12, 5)
    assert all(sorted(joined[first] + joined[first + 1]) == list(range(24)) for first in (0, 2, 4, 6))


def test_labels_stay_with_their_pictures() -> None:
    images = torch.arange(20, dtype=torch.uint8).reshape(-1, 1, 1, 1)
    batch = next(iterate_batches(InMemoryImages("numbers", images, torch.arange(20) * 2), 15, 0))
    assert batch.labels is not None
    assert torch.equal(batch.images.flatten().long() * 2, batch.labels)


# Folders and zips ----------------------------------------------------------------------------------------------------


def test_pictures_of_all_formats_are_read_as_squares(storage: str, tmp_path: Path) -> None:
    forms = {"a.png": "PNG", "b.JPG": "JPEG", "c.webp": "WEBP", "d.bmp": "BMP", "e.gif": "GIF", "f.tiff": "TIFF"}
    files = {name: png((200, 100, 50), (12, 7), form) for name, form in forms.items()} | {"notes.txt": b"not a picture"}
    pictures = load_images(write_dataset(tmp_path, files, storage))
    batch = pictures.get_batch(torch.arange(len(pictures)))
    assert batch.images.shape == (6, 3, 4, 4)
    assert batch.images.dtype == torch.uint8
    assert batch.labels is None
    assert (batch.images.float().mean(dim=(0, 2, 3)) - torch.tensor([200, 100, 50])).abs().max() < 8
    assert (pictures.warnings, pictures.classes) == ([], ())


def test_grey_sets_stay_grey_unless_asked(storage: str, tmp_path: Path) -> None:
    path = write_dataset(tmp_path, {"a.png": png(7), "b.png": png(8)}, storage)
    assert load_images(path).channels == 1
    assert load_images(path, channels=3).channels == 3
    assert (
        load_images(write_dataset(tmp_path / "x", {"a.png": png(7), "b.png": png((1, 2, 3))}, "folder")).channels == 3
    )


@pytest.mark.parametrize("wrap", ["", "shapes/", "a/b/"])
def test_sub_folders_are_labels_also_inside_a_wrapping_folder(wrap: str, storage: str, tmp_path: Path) -> None:
    files = {f"{wrap}{name}/{index}.png": png(index) for index, name in enumerate(("star", "circle", "star"))}
    pictures = load_images(write_dataset(tmp_path, files, storage))
    assert pictures.classes == ("circle", "star")
    batch = pictures.get_batch(torch.arange(3))
    assert batch.labels is not None
    assert dict(zip(batch.images[:, 0, 0, 0].tolist(), batch.labels.tolist(), strict=True)) == {0: 1, 1: 0, 2: 1}


def test_pictures_beside_the_sub_folders_or_one_folder_alone_make_no_labels(tmp_path: Path) -> None:
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
    lines = [{"file_name": f"pictures/{index}.png", "label": label} for index, label in enumerate(labels)]
    files = {f"in/pictures/{index}.png": png(index) for index in range(3)} | {
        "in/metadata.jsonl": metadata_lines(*lines) + b"\n\n"
    }
    pictures = load_images(write_dataset(tmp_path, files, storage))
    batch = pictures.get_batch(torch.arange(3))
    assert pictures.classes == classes
    assert batch.labels is not None
    assert batch.labels.tolist() == [1, 0, 1]


def test_metadata_wins_over_sub_folders_and_where_it_lacks_labels_there_are_none(storage: str, tmp_path: Path) -> None:
    files = {"x/0.png": png(), "y/1.png": png()}
    lines = [{"file_name": "x/0.png", "label": "a"}, {"file_name": "y/1.png", "text": "no label here"}]
    pictures = load_images(write_dataset(tmp_path, files | {"metadata.jsonl": metadata_lines(*lines)}, storage))
    assert pictures.classes == ()
    assert len(pictures) == 2


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
    "cut.jpg": png((9, 9, 9), (64, 64), "JPEG")[:400], "empty.png": b"", "huge.png": huge_png(), "text.png": b"no picture",
}  # fmt: skip


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_picture_is_named_and_skipped(
    name: str, held: bool, storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_folder, "MAX_IN_MEMORY_BYTES", image_folder.MAX_IN_MEMORY_BYTES if held else 0)
    path = write_dataset(tmp_path, {"good.png": png(5), f"sub/{name}": BROKEN_FILES[name], "z.png": png(6)}, storage)
    pictures = load_images(path)
    assert isinstance(pictures, InMemoryImages if held else StreamingImages)
    assert pictures.get_batch(torch.tensor([0, 1])).images[:, 0, 0, 0].tolist() == [5, 6]
    assert pictures.warnings == [f"1 of 3 pictures could not be read and were skipped: sub/{name}."]


def test_a_class_whose_pictures_are_all_broken_is_no_class(storage: str, tmp_path: Path) -> None:
    files = {"a/0.png": png(), "b/1.png": png(), "c/2.png": b""}
    assert load_images(write_dataset(tmp_path, files, storage)).classes == ("a", "b")


def test_a_set_with_nothing_usable_is_an_error(storage: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no usable picture \(4 found, 4 of them unreadable\)"):
        load_images(write_dataset(tmp_path, BROKEN_FILES, storage))
    with pytest.raises(UsageError, match=r"holds no usable picture \(0 found"):
        load_images(write_dataset(tmp_path / "x", {"notes.txt": b"nothing"}, storage))


def test_an_empty_zip_and_a_zip_that_is_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no usable picture"):
        load_images(write_dataset(tmp_path, {}, "zip"))
    (tmp_path / "fake.zip").write_bytes(b"PK, but not really")
    with pytest.raises(UsageError, match=r"fake\.zip is not a readable zip file"):
        load_images(tmp_path / "fake.zip")


def test_a_zip_that_would_unpack_to_more_than_memory_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 10_000)
    bomb, fine = BytesIO(), BytesIO()
    Image.new("L", (3000, 3000)).save(bomb, "BMP")
    Image.new("L", (30, 30)).save(fine, "BMP")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.bmp", bomb.getvalue())
        archive.writestr("fine.bmp", fine.getvalue())
    loaded = registry.load_dataset(str(tmp_path / "bomb.zip"), tmp_path, size=28)
    assert (len(loaded), "bomb.bmp" in loaded.warnings[0]) == (1, True)
    with zipfile.ZipFile(tmp_path / "rows.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fine.bmp", fine.getvalue())
        archive.writestr("metadata.jsonl", b" " * 20_000)
    with pytest.raises(UsageError, match=r"metadata\.jsonl cannot be read"):
        registry.load_dataset(str(tmp_path / "rows.zip"), tmp_path, size=28)


def test_a_damaged_member_of_a_zip_is_skipped(tmp_path: Path) -> None:
    path = write_dataset(tmp_path, {"a.png": png(5), "b.png": png(6)}, "zip")
    torn = bytearray(path.read_bytes())
    torn[torn.index(b"IDAT") + 6] ^= 0xFF  # in the first picture: its checksum no longer fits
    path.write_bytes(torn)
    pictures = load_images(path)
    assert len(pictures) == 1
    assert "a.png" in pictures.warnings[0]


def test_hidden_files_are_no_pictures(storage: str, tmp_path: Path) -> None:
    hidden = ("__MACOSX/a/._0.png", "a/.0.png", ".cache/1.png")
    files = {"a/0.png": png(), "b/1.png": png()} | dict.fromkeys(hidden, b"rubbish")
    pictures = load_images(write_dataset(tmp_path, files | {".cache/metadata.jsonl": b"rubbish"}, storage))
    assert (len(pictures), pictures.warnings, pictures.classes) == (2, [], ("a", "b"))


def test_streamed_and_held_sets_give_the_same_batches(
    storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{'ab'[index % 2]}/{index}.png": png(10 * index, (8, 5)) for index in range(9)}
    path = write_dataset(tmp_path, files, storage)
    held = load_images(path)
    monkeypatch.setattr(image_folder, "MAX_IN_MEMORY_BYTES", 0)
    streamed = load_images(path)
    assert isinstance(streamed, StreamingImages)
    for one, other in islice(zip(iterate_batches(held, 4, 3), iterate_batches(streamed, 4, 3), strict=True), 6):
        assert torch.equal(one.images, other.images)
        assert one.labels is not None
        assert other.labels is not None
        assert torch.equal(one.labels, other.labels)


# Names ---------------------------------------------------------------------------------------------------------------


def test_a_name_is_looked_for_in_the_data_folder(tmp_path: Path) -> None:
    write_dataset(tmp_path / "photos", {"a.png": png(3)}, "folder")
    assert len(registry.load_dataset("photos", tmp_path, size=4)) == 1
    write_dataset(tmp_path, {"a.png": png(3), "b.png": png(3)}, "zip").rename(tmp_path / "flowers.zip")
    assert len(registry.load_dataset("flowers", tmp_path, size=4)) == 2


def test_an_unknown_name_and_a_file_are_answered_with_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no data set 'cats': it is none of mnist, fashion-mnist.*Set --data-dir"):
        registry.load_dataset("cats", tmp_path, size=4)
    (tmp_path / "a.png").write_bytes(png())
    with pytest.raises(UsageError, match="is a file, but neither a folder nor a zip"):
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
def test_mnist_is_found_where_it_lies_and_not_downloaded(
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


def test_a_torn_file_of_mnist_is_named(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    for torn in (file.read_bytes()[:1000], b""):
        file.write_bytes(torn)
        with pytest.raises(UsageError, match=r"MNIST/raw cannot be read"):
            registry.load_dataset("mnist", tmp_path, size=28)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_sets_are_whole(name: str, data_folder: Path) -> None:
    train, test = (registry.load_dataset(name, data_folder, size=28, split=split) for split in ("train", "test"))
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.channels == 1
    assert len(train.classes) == 10


def test_a_path_is_recorded_by_its_last_part_only() -> None:
    assert registry.dataset_info("/home/someone/private/cats.zip") == {"name": "cats", "title": "cats"}
    assert registry.dataset_info("fashion-mnist")["licence"] == "MIT"

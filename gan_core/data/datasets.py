"""Pictures to train on: named data sets, folders and zips of anybody's pictures, as an endless stream of batches.

What fits is decoded once and held as one uint8 tensor; a larger set streams from its files. Batch k of a seed is the
same however often and from wherever the stream is started, so a resumed training sees what an unbroken one would.
"""

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_core.errors import InputError, OutsideError
from gan_core.images.tensors import from_pil

HELD_BYTES = 2 * 1024**3  # larger sets are streamed
MEMBER_BYTES = 256 * 1024**2  # of one file in a zip, unpacked
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what Pillow raises on broken files
MNIST_CLASSES = tuple("0123456789")
FASHION_CLASSES = (
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Pictures (N, C, S, S) uint8 and, where the set knows them, labels (N,) int64, small versions (N, C, s, s), or
    the vectors of sentences (N, dim) float32."""

    images: Tensor
    labels: Tensor | None = None
    small: Tensor | None = None
    sentences: Tensor | None = None


class DataSet(Protocol):
    """Pictures of one size, by index."""

    name: str
    classes: tuple[str, ...]  # empty where there are no labels
    warnings: list[str]  # sentences on what was skipped

    @property
    def channels(self) -> int: ...

    def __len__(self) -> int: ...

    def take(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """The pictures of these indices; what is random about them (crops, noise) comes from `generator`."""
        ...


@dataclass
class HeldPictures:
    """A data set in memory, as one uint8 tensor (N, C, S, S)."""

    name: str
    images: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)  # of metadata.jsonl, one a picture, {} where it has none

    @property
    def channels(self) -> int:
        return self.images.shape[1]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        return Batch(self.images[indices], None if self.labels is None else self.labels[indices])

    def subset(self, places: list[int]) -> "HeldPictures":
        """Only the pictures of these indices."""
        labels = None if self.labels is None else self.labels[places]
        return replace(self, images=self.images[places], labels=labels, rows=[self.rows[place] for place in places])


@dataclass
class StreamedPictures:
    """A data set too large to hold: each batch is read and decoded, in threads, when it is asked for."""

    name: str
    files: list[str]
    read: Callable[[str], Tensor]  # one picture (C, S, S) uint8
    channels: int
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.threads = ThreadPoolExecutor(min(8, os.cpu_count() or 1))

    def __len__(self) -> int:
        return len(self.files)

    def take(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        images = torch.stack(list(self.threads.map(lambda index: self.read(self.files[index]), indices.tolist())))
        return Batch(images, None if self.labels is None else self.labels[indices])

    def subset(self, places: list[int]) -> "StreamedPictures":
        """Only the pictures of these indices."""
        files, rows = ([each[place] for place in places] for each in (self.files, self.rows))
        return replace(self, files=files, labels=None if self.labels is None else self.labels[places], rows=rows)


def batches(
    data: DataSet, size: int, seed: int, start: int = 0, rank: int = 0, world: int = 1, *, shown: Tensor | None = None
) -> Iterator[Batch]:
    """Batches of `size` without end from number `start` on, each epoch in an order of its own.

    With several processes, each takes its share of `size` from the same shuffle. A last, partial batch of an epoch is
    filled from the next epoch's order, so that every picture is seen equally often, or as often as `shown` (M,) says:
    the indices of one epoch.
    """
    position = start * size * world + rank * size
    length = len(data) if shown is None else len(shown)
    while True:
        indices = torch.cat([order[first:last] for order, first, last in spans(length, position, size, seed)])
        indices = indices if shown is None else shown[indices]
        yield data.take(indices, torch.Generator().manual_seed(seed * 1_000_003 + position))
        position += size * world


def spans(length: int, position: int, size: int, seed: int) -> Iterator[tuple[Tensor, int, int]]:
    """The pieces of the epochs' orders that cover [position, position + size) of the endless sequence."""
    while size:
        epoch, first = divmod(position, length)
        last = min(first + size, length)
        yield epoch_order(length, seed, epoch), first, last
        position, size = position + last - first, size - (last - first)


_orders: dict[tuple[int, int, int], Tensor] = {}


def epoch_order(length: int, seed: int, epoch: int) -> Tensor:
    """The permutation of one epoch, a function of its arguments alone; the last two are remembered."""
    key = (length, seed, epoch)
    if key not in _orders:
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        while len(_orders) > 1:
            _orders.pop(next(iter(_orders)))
        _orders[key] = torch.randperm(length, generator=generator)
    return _orders[key]


# Named sets ----------------------------------------------------------------------------------------------------------

NAMED: dict[str, tuple[str, tuple[str, ...]]] = {
    "mnist": ("MNIST", MNIST_CLASSES),
    "fashion-mnist": ("FashionMNIST", FASHION_CLASSES),
}
FACTS = {
    "mnist": {
        "title": "MNIST (LeCun, Cortes and Burges), handwritten digits",
        "licence": "CC BY-SA 3.0, as it is commonly passed on; its first page states none",
    },
    "fashion-mnist": {"title": "Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), photos of clothes", "licence": "MIT"},
    "lfw-faces": {
        "title": "Labeled Faces in the Wild (Huang et al. 2007; deep-funneled, cropped to the face)",
        "licence": "none stated: press photos, gathered for research",
        "caution": "The people on these photos were not asked, and no licence settles that. What is drawn is to be "
        "nobody: how near it comes to single photos is told where scores are. It draws whom the press showed around "
        "2004, mostly men and mostly light-skinned.",
    },
    "flowers102": {
        "title": "Oxford 102 Flowers (Nilsback and Zisserman 2008)",
        "licence": "none stated: photos from the web, gathered for research",
        "caution": "The photographers were not asked, and no licence settles that.",
    },
    "photos": {
        "title": "1,302 photos: BSDS500 (train and test), T91 and halved samples of ImageNet",
        "licence": "research sets, none stated",
    },
}


def facts_of(name: str) -> dict[str, str]:
    """Name, title and licence of a data set as a model card states them; of a path, its last part only."""
    return {"name": Path(name).stem, "title": Path(name).stem} | FACTS.get(name, {})


def load(name: str, folder: Path, *, size: int, channels: int | None = None, split: str = "train") -> DataSet:
    """A data set by name, or any folder or zip of pictures, as squares of `size` pixels.

    `folder` is where named sets lie (torchvision's layout, NAME.zip or a folder NAME); those of torchvision are
    downloaded there where they are missing. `channels` is 1 or 3, None for what the pictures have.
    Raises InputError where nothing usable is found, OutsideError where a download fails.
    """
    if name in NAMED:
        return load_torchvision(name, folder, size=size, channels=channels, split=split)
    if path := locate(name, folder):
        return load_pictures(path, size=size, channels=channels)
    if Path(name).is_file():
        raise InputError(f"{name} is a file, but neither a folder nor a zip of pictures.")
    raise InputError(
        f"There is no data set {name!r}: it is none of {', '.join(NAMED)}, no folder or zip of that path, "
        f"and {folder} holds neither {name}.zip nor a folder {name}. Set --data-dir to where data sets lie."
    )


def load_torchvision(name: str, folder: Path, *, size: int, channels: int | None, split: str) -> HeldPictures:
    """MNIST or Fashion-MNIST through torchvision, downloaded into `folder` where missing."""
    from torchvision import datasets  # costs a second and 160 MB: only where data are read

    attribute, classes = NAMED[name]
    kind = getattr(datasets, attribute)
    train = split == "train"
    try:
        source = kind(str(folder), train=train, download=False)
    except (RuntimeError, ValueError, AssertionError, OSError, IndexError, KeyError) as broken:
        if "not found" not in str(broken):  # torchvision's word for files that are not there
            raise InputError(
                f"{folder}/{attribute}/raw cannot be read ({broken}): delete it and try again."
            ) from broken
        try:
            source = kind(str(folder), train=train, download=True)
        except (OSError, RuntimeError) as error:
            raise OutsideError(
                f"{name} is not in {folder} and could not be downloaded ({error}). Connect once, or put torchvision's "
                f"files into {folder}/{attribute}/raw, or set --data-dir to where they are."
            ) from error
    images = source.data[:, None]  # (N, 1, 28, 28) uint8
    if size != images.shape[2]:
        resized = [from_pil(Image.fromarray(picture[0].numpy()), size, 1) for picture in images]
        images = torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2).contiguous()
    if channels == 3:
        images = images.expand(-1, 3, -1, -1)
    return HeldPictures(name, images, source.targets, classes)


# Anybody's pictures --------------------------------------------------------------------------------------------------


class Source(Protocol):
    """Named bytes: a folder or a zip."""

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...


class FolderSource:
    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        return sorted(file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file())

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class ZipSource:
    """A zip read in place: nothing is ever extracted."""

    def __init__(self, path: Path) -> None:
        try:
            self.archive = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise InputError(f"{path} is not a readable zip file: {error}.") from error

    def names(self) -> list[str]:
        return sorted(info.filename for info in self.archive.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        if self.archive.getinfo(name).file_size > MEMBER_BYTES:  # a small zip can hold a huge file
            raise OSError(f"{name} would take more than {MEMBER_BYTES // 1024**2} MB of memory")
        try:
            return self.archive.read(name)  # thread-safe: zipfile locks its file
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            # a bad checksum, torn data, a password, an odd compression
            raise OSError(str(error)) from error


def default_folder() -> Path:
    """Where data sets lie: GAN_CORE_DATA, or `data` where the program was started."""
    return Path(os.environ.get("GAN_CORE_DATA") or "data")


def locate(name: str, folder: Path) -> Path | None:
    """The folder or zip of a path, or of a name in the data folder."""
    for path in (Path(name), folder / f"{name}.zip", folder / name):
        if path.is_dir() or (path.suffix.lower() == ".zip" and path.is_file()):
            return path
    return None


def open_source(path: Path) -> Source:
    """Raises InputError where a file is no readable zip."""
    return ZipSource(path) if path.is_file() else FolderSource(path)


def shown_names(source: Source) -> list[str]:
    """All files but what hides: names with a leading dot, __MACOSX."""
    return [name for name in source.names() if not any(part.startswith((".", "__")) for part in name.split("/"))]


def picture_names(names: list[str]) -> list[str]:
    """Those that end like pictures."""
    return [name for name in names if PurePosixPath(name).suffix.lower() in SUFFIXES]


def first_few(names: list[str]) -> str:
    """Names for a sentence, three at most."""
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def load_pictures(path: Path, *, size: int, channels: int | None = None) -> DataSet:
    """Every picture of a folder or zip, labels from `metadata.jsonl` or else from sub-folders.

    What hides (names with a leading dot, __MACOSX) is not looked at.
    Unreadable pictures are skipped and named in `warnings`. Raises InputError when none is usable.
    """
    source = open_source(path)
    shown = shown_names(source)
    files = picture_names(shown)
    rows = metadata(source, shown)
    channels = channels or guess_channels(source, files)

    def read(name: str) -> Tensor:
        with Image.open(BytesIO(source.read(name))) as picture:
            return torch.from_numpy(from_pil(picture, size, channels)).permute(2, 0, 1).contiguous()

    held = len(files) * channels * size**2 <= HELD_BYTES
    kept, broken, images = decode_all(read, files, held=held)
    if not kept:
        raise InputError(f"{path} holds no usable picture ({len(files)} found, {len(broken)} of them unreadable).")
    marks, classes = labels_of(rows, kept)
    labels = torch.tensor([marks[name] for name in kept]) if marks else None
    skipped = f"{len(broken)} of {len(files)} pictures could not be read and were skipped: {first_few(broken)}."
    warnings = [skipped] if broken else []
    told = [rows.get(name, {}) for name in kept]
    if images is None:
        return StreamedPictures(path.stem, kept, read, channels, labels, classes, warnings, told)
    return HeldPictures(path.stem, images, labels, classes, warnings, told)


def decode_all(
    read: Callable[[str], Tensor], files: list[str], *, held: bool
) -> tuple[list[str], list[str], Tensor | None]:
    """Decode every picture once: names kept, names of the broken, and images (N, C, S, S) where they are to be held.

    A set that streams is decoded too: a torn picture must be found now, not in the midst of a training.
    """
    nothing = torch.empty(0, dtype=torch.uint8)

    def attempt(name: str) -> Tensor | None:
        try:
            picture = read(name)
        except UNREADABLE:
            return None
        return picture if held else nothing

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
        decoded = list(zip(files, threads.map(attempt, files), strict=True))
    kept = [name for name, image in decoded if image is not None]
    broken = [name for name, image in decoded if image is None]
    images = [image for _, image in decoded if image is not None]
    return kept, broken, torch.stack(images) if held and images else None


def guess_channels(source: Source, files: list[str]) -> int:
    """1 if the first readable pictures are all grey, else 3."""
    for name in files[:16]:
        try:
            with Image.open(BytesIO(source.read(name))) as picture:
                if picture.mode not in ("1", "L", "LA", "I", "I;16"):
                    return 3
        except UNREADABLE:
            continue
    return 1


def labels_of(rows: dict[str, dict[str, Any]], files: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """A label for every file and the classes' names; both empty where the set is unlabelled.

    `metadata.jsonl` wins (`label`, a number or a name); otherwise the folder that a picture lies in is its class, if
    there are two or more and every picture lies in one.
    """
    names: dict[str, Any] = {}
    if rows:
        names = {file: rows[file]["label"] for file in files if "label" in rows.get(file, {})}
    else:
        folders = {file: PurePosixPath(file).parts for file in files}
        names = {file: parts[-2] for file, parts in folders.items() if len(parts) > 1}
    if len(names) < len(files) or len(set(names.values())) < 2:
        return {}, ()
    order = sorted(set(names.values()), key=lambda name: (isinstance(name, str), name))
    return {file: order.index(name) for file, name in names.items()}, tuple(map(str, order))


def metadata(source: Source, names: list[str]) -> dict[str, dict[str, Any]]:
    """The rows of each `metadata.jsonl` of the set, by the picture's name; empty without one."""
    rows: dict[str, dict[str, Any]] = {}
    for file in (PurePosixPath(name) for name in names if PurePosixPath(name).name == "metadata.jsonl"):
        try:
            text = source.read(str(file))
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error}.") from error
        for number, line in enumerate(text.split(b"\n"), 1):
            try:
                row = json.loads(line.decode("utf-8-sig")) if line.strip() else None
                if row is not None:
                    rows[(file.parent / row["file_name"]).as_posix()] = row
                    label = row.get("label", "")
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{file}, line {number} is not a JSON object with a file_name.") from error
            if row is not None and not isinstance(label, (str, int)):
                raise InputError(f"{file}, line {number}: a label is a number or a name, not {label!r}.")
    return rows

"""Pictures that somebody wants to train on, looked at before a training begins: a folder, or a zip that may be hostile.

A zip is read in place. Nothing of it is ever unpacked to the disk, so no name in it can lead anywhere; those that try
are refused all the same, with links, passwords and bombs. Of large sets a part is looked at, spread over all.
"""

import hashlib
import stat
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, cast

from PIL import Image

from gan_core.data.archives import Archive, ZipArchive, abbreviate_names, open_archive, image_files, visible_files
from gan_core.data.image_folder import DECODE_ERRORS, infer_channels, infer_labels, read_metadata
from gan_core.data.registry import FASHION_CLASSES, MNIST_CLASSES, TORCHVISION_DATASETS
from gan_core.errors import InputError
from gan_core.text.captions import row_attributes

MOST_FILES = 200_000  # in a zip
MOST_BYTES = 20_000_000_000  # of all that is in it
MOST_TIMES = 100  # that its contents may be larger than itself; pictures hardly shrink
MOST_PIXELS = 50_000_000  # of one picture
SMALL_ZIP = 50_000_000  # bytes of contents below which no ratio is a bomb
LOOKED_AT = 3_000  # pictures
TOO_FEW = 8
FEW = 500


@dataclass(frozen=True)
class Report:
    """What a set holds. `troubles` forbid a training, `warnings` do not; sizes are sides in pixels, shorter ones."""

    name: str
    pictures: int
    channels: int = 1
    smallest: int = 0
    usual: int = 0
    labels: tuple[str, ...] = ()
    captions: bool = False
    formats: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def good(self) -> bool:
        return not self.troubles

    def image_size(self) -> int:
        """The side that a training may well take: no larger than the pictures are."""
        return next((side for side in (64, 32) if self.usual >= side), 28)


def named(name: str) -> Report:
    """A set that needs no look."""
    classes = {"mnist": MNIST_CLASSES, "fashion-mnist": FASHION_CLASSES}[name]
    assert name in TORCHVISION_DATASETS
    return Report(name, 60_000, 1, 28, 28, classes)


def inspect(path: Path) -> Report:
    """What the folder or zip holds. Raises InputError where it cannot be read at all, or is a hostile zip."""
    if not path.is_dir() and not path.is_file():
        raise InputError(f"There is no folder and no zip {path}.")
    source = open_archive(path)
    if isinstance(source, ZipArchive):
        demand_harmless(source.zip_file, path.stat().st_size)
    shown = visible_files(source)
    files = image_files(shown)
    if not files:
        raise InputError(f"{path.name} holds no pictures: PNG, JPEG, WebP, BMP, GIF or TIFF files are needed.")
    rows = read_metadata(source, shown)
    looked = files[:: max(len(files) // LOOKED_AT, 1)]
    with ThreadPoolExecutor(4) as threads:
        faces = list(threads.map(lambda name: face(source, name), looked))
    found = [each for each in faces if each is not None]
    broken = [name for name, each in zip(looked, faces, strict=True) if each is None]
    sides = sorted(each.side for each in found)
    marks, classes = infer_labels(rows, files)
    troubles, warnings = remarks(len(files), looked, found, broken, Counter(marks.values()), classes)
    return Report(
        path.stem, len(files), infer_channels(source, files), sides[0] if sides else 0,
        sides[len(sides) // 2] if sides else 0, classes, captioned(rows, files),
        tuple(sorted({each.format for each in found})), tuple(troubles), tuple(warnings),
    )  # fmt: skip


@dataclass(frozen=True)
class Face:
    """One picture: its shorter side, its format, and a hash of its file."""

    side: int
    format: str
    mark: bytes


def face(source: Archive, name: str) -> Face | None:
    """None where it cannot be read. Its head is read, then all of it: a torn file shows only then."""
    try:
        data = source.read(name)
        with Image.open(BytesIO(data)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("RGB", (64, 64))  # JPEG is decoded small
            picture.load()
            return Face(min(picture.size), str(picture.format), hashlib.sha1(data, usedforsecurity=False).digest())
    except DECODE_ERRORS:
        return None


def captioned(rows: dict[str, dict[str, Any]], files: list[str]) -> bool:
    """Whether most pictures come with words."""
    told = [name for name in files[:200] if rows.get(name) and row_attributes(rows[name])]
    return len(told) > len(files[:200]) / 2


def remarks(
    count: int, looked: list[str], found: list[Face], broken: list[str], sizes: Counter[int], classes: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """Sentences on what forbids a training, and on what the person who trains should know."""
    troubles, warnings = [], []
    usable = count * len(found) // len(looked)
    part = "" if len(looked) == count else f" of {len(looked):,} looked at"
    if usable < TOO_FEW:
        troubles.append(
            f"{usable} usable pictures are too few to learn from: bring {TOO_FEW} at least, better hundreds."
        )
    elif usable < FEW:
        warnings.append(f"{usable} pictures are few: without augmentation they will be learnt by heart.")
    if broken:
        warnings.append(f"{len(broken)}{part} cannot be read and will be skipped: {abbreviate_names(broken)}.")
    twice = sum(times - 1 for times in Counter(each.mark for each in found).values())
    if twice:
        warnings.append(f"{twice}{part} are copies of others: they count double in what is learnt.")
    small = sum(each.side < 28 for each in found)
    if small:
        warnings.append(f"{small}{part} are smaller than 28 pixels and will be enlarged.")
    if classes and min(sizes.values()) < TOO_FEW:
        poor = classes[min(sizes, key=lambda each: sizes[each])]
        warnings.append(f"Of {poor} there are only {min(sizes.values())}: it will hardly be learnt.")
    return troubles, warnings


# Hostile zips ---------------------------------------------------------------------------------------------------------


def demand_harmless(archive: zipfile.ZipFile, size: int) -> None:
    """Raise InputError for a zip that no program made for keeping pictures."""
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise InputError(f"This zip holds {len(members):,} files, and at most {MOST_FILES:,} are taken.")
    total = sum(each.file_size for each in members)
    if total > MOST_BYTES:
        raise InputError(f"This zip unpacks to {total / 1e9:.0f} GB, and at most {MOST_BYTES / 1e9:.0f} are taken.")
    if total > SMALL_ZIP and total > MOST_TIMES * size:
        raise InputError(f"This zip unpacks to {total // max(size, 1):,} times its size: that is a bomb, not pictures.")
    for each in members:
        if leads_out(each.orig_filename) or leads_out(each.filename):
            raise InputError("This zip names files outside of itself: nobody packs pictures like that.")
        if stat.S_ISLNK(each.external_attr >> 16):
            raise InputError("This zip holds links to other files: pack the pictures themselves.")
        if each.flag_bits & 1:
            raise InputError("This zip has a password: pack the pictures without one.")


def leads_out(name: str) -> bool:
    """Whether a name would lead out of the folder that it is unpacked into, on any system."""
    path = PurePosixPath(cast(str, name).replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":") or "\x00" in name

"""Pictures that somebody wants to train on, looked at before a training begins: a folder, or a zip that may be hostile.

A zip is read in place. Nothing of it is ever unpacked to the disk, so no name in it can lead anywhere; those that try
are refused all the same, with links, passwords and bombs. Of large sets a part is looked at, spread over all.
"""

import hashlib
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from gan_core.data.archives import Archive, ZipArchive, abbreviate_names, image_files, open_archive, visible_files
from gan_core.data.decoding import DECODE_ERRORS
from gan_core.data.image_folder import infer_channels, infer_labels, read_metadata
from gan_core.data.registry import FASHION_CLASSES, MNIST_CLASSES, TORCHVISION_DATASETS
from gan_core.errors import UsageError
from gan_core.text.captions import row_attributes

MAX_ZIP_FILES = 200_000  # in a zip
MAX_UNZIPPED_BYTES = 20_000_000_000  # of all that is in it
MAX_IMAGE_PIXELS = 50_000_000  # of one picture
MAX_INSPECTED_IMAGES = 3_000  # pictures
MIN_IMAGES = 8
RECOMMENDED_IMAGES = 500


@dataclass(frozen=True)
class DatasetReport:
    """What a set holds. `troubles` forbid a training, `warnings` do not; sizes are sides in pixels, shorter ones."""

    name: str
    image_count: int
    channels: int = 1
    min_side: int = 0
    median_side: int = 0
    classes: tuple[str, ...] = ()
    has_captions: bool = False
    formats: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def is_usable(self) -> bool:
        return not self.errors

    def training_size(self) -> int:
        """The side that a training may well take: no larger than the pictures are."""
        return next((side for side in (64, 32) if self.median_side >= side), 28)


def builtin_report(name: str) -> DatasetReport:
    """A set that needs no look."""
    classes = {"mnist": MNIST_CLASSES, "fashion-mnist": FASHION_CLASSES}[name]
    assert name in TORCHVISION_DATASETS
    return DatasetReport(name, 60_000, 1, 28, 28, classes)


def inspect_dataset(path: Path) -> DatasetReport:
    """What the folder or zip holds. Raises InputError where it cannot be read at all, or is a hostile zip."""
    if not path.is_dir() and not path.is_file():
        raise UsageError(f"There is no folder and no zip {path}.")
    source = open_archive(path)
    if isinstance(source, ZipArchive):
        reject_oversized_zip(source.zip_file)
    visible_names = visible_files(source)
    files = image_files(visible_names)
    if not files:
        raise UsageError(f"{path.name} holds no pictures: PNG, JPEG, WebP, BMP, GIF or TIFF files are needed.")
    rows = read_metadata(source, visible_names)
    inspected_names = files[:: max(len(files) // MAX_INSPECTED_IMAGES, 1)]
    with ThreadPoolExecutor(4) as threads:
        infos = list(threads.map(lambda name: inspect_image(source, name), inspected_names))
    readable = [info for info in infos if info is not None]
    unreadable = [name for name, info in zip(inspected_names, infos, strict=True) if info is None]
    sides = sorted(info.side for info in readable)
    labels, classes = infer_labels(rows, files)
    errors, warnings = find_issues(len(files), inspected_names, readable, unreadable, Counter(labels.values()), classes)
    return DatasetReport(
        path.stem, len(files), infer_channels(source, files), sides[0] if sides else 0,
        sides[len(sides) // 2] if sides else 0, classes, mostly_captioned(rows, files),
        tuple(sorted({info.format for info in readable})), tuple(errors), tuple(warnings),
    )  # fmt: skip


@dataclass(frozen=True)
class ImageInfo:
    """One picture: its shorter side, its format, and a hash of its file."""

    side: int
    format: str
    digest: bytes


def inspect_image(source: Archive, name: str) -> ImageInfo | None:
    """None where it cannot be read. Its head is read, then all of it: a torn file shows only then."""
    try:
        data = source.read(name)
        with Image.open(BytesIO(data)) as image:
            if image.width * image.height > MAX_IMAGE_PIXELS:
                return None
            image.draft("RGB", (64, 64))  # JPEG is decoded small
            image.load()
            return ImageInfo(min(image.size), str(image.format), hashlib.sha1(data, usedforsecurity=False).digest())
    except DECODE_ERRORS:
        return None


def mostly_captioned(rows: dict[str, dict[str, Any]], files: list[str]) -> bool:
    """Whether most pictures come with words."""
    captioned_files = [name for name in files[:200] if rows.get(name) and row_attributes(rows[name])]
    return len(captioned_files) > len(files[:200]) / 2


def find_issues(
    count: int,
    inspected_names: list[str],
    readable: list[ImageInfo],
    unreadable: list[str],
    class_sizes: Counter[int],
    classes: tuple[str, ...],
) -> tuple[list[str], list[str]]:
    """Sentences on what forbids a training, and on what the person who trains should know."""
    errors, warnings = [], []
    usable = count * len(readable) // len(inspected_names)
    share_text = "" if len(inspected_names) == count else f" of {len(inspected_names):,} looked at"
    if usable < MIN_IMAGES:
        errors.append(
            f"{usable} usable pictures are too few to learn from: bring {MIN_IMAGES} at least, better hundreds."
        )
    elif usable < RECOMMENDED_IMAGES:
        warnings.append(f"{usable} pictures are few: without augmentation they will be learnt by heart.")
    if unreadable:
        warnings.append(
            f"{len(unreadable)}{share_text} cannot be read and will be skipped: {abbreviate_names(unreadable)}."
        )
    duplicates = sum(count_of_digest - 1 for count_of_digest in Counter(info.digest for info in readable).values())
    if duplicates:
        warnings.append(f"{duplicates}{share_text} are copies of others: they count double in what is learnt.")
    small = sum(info.side < 28 for info in readable)
    if small:
        warnings.append(f"{small}{share_text} are smaller than 28 pixels and will be enlarged.")
    if classes and min(class_sizes.values()) < MIN_IMAGES:
        rarest = classes[min(class_sizes, key=lambda label: class_sizes[label])]
        warnings.append(f"Of {rarest} there are only {min(class_sizes.values())}: it will hardly be learnt.")
    return errors, warnings


def reject_oversized_zip(archive: zipfile.ZipFile) -> None:
    """Raises UsageError for more files, or more bytes in all, than a page takes."""
    members = archive.infolist()
    if len(members) > MAX_ZIP_FILES:
        raise UsageError(f"This zip holds {len(members):,} files, and at most {MAX_ZIP_FILES:,} are taken.")
    total = sum(member.file_size for member in members)
    if total > MAX_UNZIPPED_BYTES:
        raise UsageError(
            f"This zip unpacks to {total / 1e9:.0f} GB, and at most {MAX_UNZIPPED_BYTES / 1e9:.0f} are taken."
        )

"""Inspects a folder or zip of images before a training: what it holds, and what would forbid or spoil a training.

Zips are read in place, and `open_archive` refuses hostile ones. Of a large data set a part is inspected, evenly spread.
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
from gan_core.data.image_folder import infer_channels
from gan_core.data.labels import infer_labels
from gan_core.data.metadata import read_metadata
from gan_core.data.registry import FASHION_CLASSES, MNIST_CLASSES, TORCHVISION_DATASETS
from gan_core.errors import UsageError
from gan_core.text.captions import row_attributes

MAX_ZIP_FILES = 200_000
MAX_UNZIPPED_BYTES = 20_000_000_000  # of all files in a zip
MAX_IMAGE_PIXELS = 50_000_000  # of one image
MAX_INSPECTED_IMAGES = 3_000
MIN_IMAGES = 8  # that a training needs, and a class
RECOMMENDED_IMAGES = 500  # that a training without augmentation needs
MIN_SIDE_PX = 28  # the smallest training size
CAPTION_SAMPLE = 200  # files whose captions are looked for


@dataclass(frozen=True)
class DatasetReport:
    """What a data set holds. `errors` forbid a training, `warnings` do not. A side is the shorter one, in pixels."""

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

    @property
    def is_memorisable(self) -> bool:
        """Whether the images are so few that a training without augmentation learns them by heart."""
        return self.image_count < RECOMMENDED_IMAGES

    def training_size(self) -> int:
        """The recommended image size in pixels: no larger than most of the images."""
        return next((side for side in (64, 32) if self.median_side >= side), MIN_SIDE_PX)


def builtin_report(name: str) -> DatasetReport:
    """The report on one of torchvision's data sets, which need no inspection."""
    classes = {"mnist": MNIST_CLASSES, "fashion-mnist": FASHION_CLASSES}[name]
    assert name in TORCHVISION_DATASETS
    return DatasetReport(name, 60_000, 1, 28, 28, classes)


def inspect_dataset(path: Path) -> DatasetReport:
    """Inspects a folder or zip. Raises UsageError where it cannot be read, holds no images, or is a hostile zip."""
    if not path.is_dir() and not path.is_file():
        raise UsageError(f"There is no folder and no zip {path}.")
    source = open_archive(path)
    if isinstance(source, ZipArchive):
        reject_oversized_zip(source.zip_file)
    visible_names = visible_files(source)
    files = image_files(visible_names)
    if not files:
        raise UsageError(f"{path.name} holds no images: PNG, JPEG, WebP, BMP, GIF or TIFF files are needed.")
    metadata = read_metadata(source, visible_names, files)
    inspected_names = files[:: max(len(files) // MAX_INSPECTED_IMAGES, 1)]
    with ThreadPoolExecutor(4) as threads:
        infos = list(threads.map(lambda name: inspect_image(source, name), inspected_names))
    readable = [info for info in infos if info is not None]
    unreadable = [name for name, info in zip(inspected_names, infos, strict=True) if info is None]
    sides = sorted(info.side for info in readable)
    inferred = infer_labels(metadata, files)
    classes, class_sizes = inferred.classes, Counter(inferred.by_file.values())
    errors, warnings = find_issues(len(files), inspected_names, readable, unreadable, class_sizes, classes)
    return DatasetReport(
        name=path.stem,
        image_count=len(files),
        channels=infer_channels(source, files),
        min_side=sides[0] if sides else 0,
        median_side=sides[len(sides) // 2] if sides else 0,
        classes=classes,
        has_captions=mostly_captioned(metadata.rows, files),
        formats=tuple(sorted({info.format for info in readable})),
        errors=tuple(errors),
        warnings=(*inferred.warnings, *warnings),
    )


@dataclass(frozen=True)
class ImageInfo:
    """An image's shorter side in pixels, its file format, and a hash of its file."""

    side: int
    format: str
    digest: bytes


def inspect_image(source: Archive, name: str) -> ImageInfo | None:
    """Reads an image completely, for a truncated file shows only then; None where that fails."""
    try:
        data = source.read(name)
        with Image.open(BytesIO(data)) as image:
            if image.width * image.height > MAX_IMAGE_PIXELS:
                return None
            image.draft("RGB", (64, 64))  # decodes a JPEG at a reduced size
            image.load()
            return ImageInfo(min(image.size), str(image.format), hashlib.sha1(data, usedforsecurity=False).digest())
    except DECODE_ERRORS:
        return None


def mostly_captioned(rows: dict[str, dict[str, Any]], files: list[str]) -> bool:
    """Whether most of the first images have a caption or attributes."""
    sample = files[:CAPTION_SAMPLE]
    return sum(bool(rows.get(name) and row_attributes(rows[name])) for name in sample) > len(sample) / 2


def find_issues(
    count: int,
    inspected_names: list[str],
    readable: list[ImageInfo],
    unreadable: list[str],
    class_sizes: Counter[int],
    classes: tuple[str, ...],
) -> tuple[list[str], list[str]]:
    """Errors that forbid a training, and warnings, as sentences."""
    errors, warnings = [], []
    usable = count * len(readable) // len(inspected_names)
    share_text = "" if len(inspected_names) == count else f" of {len(inspected_names):,} inspected"
    if usable < MIN_IMAGES:
        errors.append(f"{usable} usable images are too few: a training needs at least {MIN_IMAGES}, better hundreds.")
    if unreadable:
        warnings.append(
            f"{len(unreadable)}{share_text} cannot be read and will be skipped: {abbreviate_names(unreadable)}."
        )
    duplicates = sum(count_of_digest - 1 for count_of_digest in Counter(info.digest for info in readable).values())
    if duplicates:
        warnings.append(f"{duplicates}{share_text} are copies of others: they weigh double in the training.")
    small = sum(info.side < MIN_SIDE_PX for info in readable)
    if small:
        warnings.append(f"{small}{share_text} are smaller than {MIN_SIDE_PX} pixels and will be enlarged.")
    if classes and min(class_sizes.values()) < MIN_IMAGES:
        rarest = classes[min(class_sizes, key=lambda label: class_sizes[label])]
        warnings.append(f"Of the class {rarest} there are only {min(class_sizes.values())}: too few to learn it.")
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

"""Inspects a folder or zip of images before a training: what it holds, and what would forbid or spoil a training.

Zips are read in place, and `open_archive` refuses hostile ones. Of a large data set a part is inspected, evenly spread.
"""

import hashlib
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from gan_core.data.archives import Archive, ZipArchive, open_archive
from gan_core.data.contrast import Contrast
from gan_core.data.decoding import DECODE_ERRORS, MAX_IMAGE_PIXELS, decode_opaque, to_tensor
from gan_core.data.labels import infer_labels
from gan_core.data.listing import list_images
from gan_core.data.metadata import read_metadata
from gan_core.data.registry import FASHION_CLASSES, MNIST_CLASSES, TORCHVISION_DATASETS
from gan_core.data.survey import Survey, survey_images
from gan_core.data.unreadable import list_unreadable, reason_without_name
from gan_core.errors import UsageError
from gan_core.images.sniffing import read_header
from gan_core.text.captions import row_attributes

MAX_ZIP_FILES = 200_000
MAX_UNZIPPED_BYTES = 20_000_000_000  # of all files in a zip
MAX_INSPECTED_IMAGES = 3_000
MIN_IMAGES = 8  # that a training needs, and a class
RECOMMENDED_IMAGES = 500  # that a training without augmentation needs
MIN_SIDE_PX = 28  # the smallest training size
THUMBNAIL_PX = 32  # a side of the images by which the contrast of a set is measured
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
    listing = list_images(source)
    files = listing.images
    if not files:
        raise UsageError(f"{path.name} holds no images: {listing.explain_absence()}")
    inspected_names = files[:: max(len(files) // MAX_INSPECTED_IMAGES, 1)]
    survey = survey_images(source, files, measured=inspected_names)
    with ThreadPoolExecutor(4) as threads:
        infos = list(threads.map(lambda name: inspect_image(source, name, survey), inspected_names))
    readable = [info for info in infos if isinstance(info, ImageInfo)]
    unreadable = {name: info for name, info in zip(inspected_names, infos, strict=True) if isinstance(info, str)}
    sides = sorted(info.side for info in readable)
    metadata = read_metadata(source, listing.visible, files)
    labels = infer_labels(metadata, files)
    errors, warnings = find_issues(
        len(files), inspected_names, readable, unreadable, Counter(labels.by_file.values()), labels.classes
    )
    contrast = Contrast()
    for info in readable:
        contrast.add(info.thumbnail.numpy())
    channels, mixture = survey.settle_channels(name for name in files if name not in unreadable)
    return DatasetReport(
        name=path.stem,
        image_count=len(files),
        channels=channels,
        min_side=sides[0] if sides else 0,
        median_side=sides[len(sides) // 2] if sides else 0,
        classes=labels.classes,
        has_captions=mostly_captioned(metadata.rows, files),
        formats=tuple(sorted({info.format for info in readable})),
        errors=tuple(errors),
        warnings=(*contrast.warnings(), *labels.warnings, *mixture, *survey.warnings, *warnings, *listing.warnings),
    )


@dataclass(frozen=True)
class ImageInfo:
    """An image's shorter side in pixels, its file format, a hash of its file, and a small grey version (1, S, S)."""

    side: int
    format: str
    digest: bytes
    thumbnail: Tensor


def inspect_image(source: Archive, name: str, survey: Survey) -> ImageInfo | str:
    """Reads an image completely, for a truncated file shows only then; where that fails, the reason."""
    try:
        survey.require_values(name)
        data = source.read(name)
        header = read_header(data, name, MAX_IMAGE_PIXELS)
        image = decode_opaque(data, 1, survey.ranges, name, MAX_IMAGE_PIXELS, draft_side=2 * THUMBNAIL_PX)
        small = image.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        return ImageInfo(min(header.width, header.height), header.format, digest, to_tensor(small))
    except DECODE_ERRORS as error:
        return reason_without_name(error, name)


def mostly_captioned(rows: dict[str, dict[str, Any]], files: list[str]) -> bool:
    """Whether most of the first images have a caption or attributes."""
    sample = files[:CAPTION_SAMPLE]
    return sum(bool(rows.get(name) and row_attributes(rows[name])) for name in sample) > len(sample) / 2


def find_issues(
    count: int,
    inspected_names: list[str],
    readable: list[ImageInfo],
    unreadable: dict[str, str],
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
            f"{len(unreadable)}{share_text} cannot be read and will be skipped: {list_unreadable(unreadable)}."
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

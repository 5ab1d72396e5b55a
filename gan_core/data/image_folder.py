"""Loads a folder or zip of images, with labels from sub-folders or from `metadata.jsonl`."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from gan_core.data.archives import Archive, abbreviate_names, image_files, open_archive, visible_files
from gan_core.data.datasets import Dataset, InMemoryImages, StreamingImages
from gan_core.data.decoding import DECODE_ERRORS, MAX_IN_MEMORY_BYTES, decoding_threads
from gan_core.errors import UsageError
from gan_core.images.tensors import from_pil

METADATA_FILE = "metadata.jsonl"
GREY_MODES = ("1", "L", "LA", "I", "I;16")  # of Pillow
INSPECTED_FILES = 16  # from whose modes the number of channels is inferred


def load_image_folder(path: Path, *, size: int, channels: int | None = None) -> Dataset:
    """All images of a folder or zip as squares of `size` pixels, in memory or streamed (MAX_IN_MEMORY_BYTES).

    `channels` is 1 or 3, None for those of the first images. Hidden files (names with a leading dot, __MACOSX) are
    ignored; unreadable images are skipped and named in `warnings`. Raises UsageError where none is usable.
    """
    archive = open_archive(path)
    visible = visible_files(archive)
    files = image_files(visible)
    rows = read_metadata(archive, visible)
    channels = channels or infer_channels(archive, files)

    def load_image(name: str) -> Tensor:
        with Image.open(BytesIO(archive.read(name))) as image:
            return torch.from_numpy(from_pil(image, size, channels)).permute(2, 0, 1).contiguous()

    in_memory = len(files) * channels * size**2 <= MAX_IN_MEMORY_BYTES
    readable, broken, images = decode_images(load_image, files, in_memory=in_memory)
    if not readable:
        raise UsageError(f"{path} holds no usable image ({len(files)} found, {len(broken)} of them unreadable).")
    labels_by_file, classes = infer_labels(rows, readable)
    labels = torch.tensor([labels_by_file[name] for name in readable]) if labels_by_file else None
    warning = f"{len(broken)} of {len(files)} images could not be read and were skipped: {abbreviate_names(broken)}."
    warnings = [warning] if broken else []
    readable_rows = [rows.get(name, {}) for name in readable]
    if images is None:
        return StreamingImages(path.stem, readable, load_image, channels, labels, classes, warnings, readable_rows)
    return InMemoryImages(path.stem, images, labels, classes, warnings, readable_rows)


def decode_images(
    load_image: Callable[[str], Tensor], files: list[str], *, in_memory: bool
) -> tuple[list[str], list[str], Tensor | None]:
    """Decodes every image once: names of readable files, of broken ones, and images (N, C, S, S) if `in_memory`.

    Images that will be streamed are decoded too, so that a broken one is found before training, not during it.
    """
    placeholder = torch.empty(0, dtype=torch.uint8)

    def try_load(name: str) -> Tensor | None:
        try:
            image = load_image(name)
        except DECODE_ERRORS:
            return None
        return image if in_memory else placeholder

    with decoding_threads() as executor:
        decoded = list(zip(files, executor.map(try_load, files), strict=True))
    readable = [name for name, image in decoded if image is not None]
    broken = [name for name, image in decoded if image is None]
    images = [image for _, image in decoded if image is not None]
    return readable, broken, torch.stack(images) if in_memory and images else None


def infer_channels(archive: Archive, files: list[str]) -> int:
    """1 if all readable ones of the first INSPECTED_FILES are greyscale, else 3."""
    for name in files[:INSPECTED_FILES]:
        try:
            with Image.open(BytesIO(archive.read(name))) as image:
                if image.mode not in GREY_MODES:
                    return 3
        except DECODE_ERRORS:
            continue
    return 1


def infer_labels(rows: dict[str, dict[str, Any]], files: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """A label for every file, and the names of the classes; both empty for an unlabelled data set.

    Labels come from the metadata (`label`, a number or a name). Without metadata, the folder of an image is its class,
    if there are at least two such folders and every image is in one.
    """
    label_names: dict[str, Any] = {}
    if rows:
        label_names = {file: rows[file]["label"] for file in files if "label" in rows.get(file, {})}
    else:
        folders = {file: PurePosixPath(file).parts for file in files}
        label_names = {file: parts[-2] for file, parts in folders.items() if len(parts) > 1}
    if len(label_names) < len(files) or len(set(label_names.values())) < 2:
        return {}, ()
    class_names = sorted(set(label_names.values()), key=lambda name: (isinstance(name, str), name))
    return {file: class_names.index(name) for file, name in label_names.items()}, tuple(map(str, class_names))


def read_metadata(archive: Archive, names: list[str]) -> dict[str, dict[str, Any]]:
    """The rows of each `metadata.jsonl` among these names, by the path of the image; empty without one.

    Raises UsageError, with file and line, where a row is no JSON object with a `file_name`.
    """
    rows: dict[str, dict[str, Any]] = {}
    for file in (PurePosixPath(name) for name in names if PurePosixPath(name).name == METADATA_FILE):
        try:
            text = archive.read(str(file))
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error}.") from error
        for number, line in enumerate(text.split(b"\n"), 1):
            try:
                row = json.loads(line.decode("utf-8-sig")) if line.strip() else None
                if row is not None:
                    rows[(file.parent / row["file_name"]).as_posix()] = row
                    label = row.get("label", "")
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(f"{file}, line {number} is not a JSON object with a file_name.") from error
            if row is not None and not isinstance(label, (str, int)):
                raise UsageError(f"{file}, line {number}: a label is a number or a name, not {label!r}.")
    return rows

"""A data set from a folder or zip of images."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from gan_core.data.archives import Archive, abbreviate_names, image_files, open_archive, visible_files
from gan_core.data.datasets import Dataset, InMemoryImages, StreamingImages
from gan_core.errors import UsageError
from gan_core.images.tensors import from_pil

MAX_IN_MEMORY_BYTES = 2 * 1024**3  # larger sets are streamed


DECODE_ERRORS = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what Pillow raises on broken files


def load_image_folder(path: Path, *, size: int, channels: int | None = None) -> Dataset:
    """Every picture of a folder or zip, labels from `metadata.jsonl` or else from sub-folders.

    What hides (names with a leading dot, __MACOSX) is not looked at.
    Unreadable pictures are skipped and named in `warnings`. Raises InputError when none is usable.
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
        raise UsageError(f"{path} holds no usable picture ({len(files)} found, {len(broken)} of them unreadable).")
    labels_by_file, classes = infer_labels(rows, readable)
    labels = torch.tensor([labels_by_file[name] for name in readable]) if labels_by_file else None
    warning = f"{len(broken)} of {len(files)} pictures could not be read and were skipped: {abbreviate_names(broken)}."
    warnings = [warning] if broken else []
    readable_rows = [rows.get(name, {}) for name in readable]
    if images is None:
        return StreamingImages(path.stem, readable, load_image, channels, labels, classes, warnings, readable_rows)
    return InMemoryImages(path.stem, images, labels, classes, warnings, readable_rows)


def decode_images(
    load_image: Callable[[str], Tensor], files: list[str], *, in_memory: bool
) -> tuple[list[str], list[str], Tensor | None]:
    """Decode every picture once: names kept, names of the broken, and images (N, C, S, S) where they are to be held.

    A set that streams is decoded too: a torn picture must be found now, not in the midst of a training.
    """
    placeholder = torch.empty(0, dtype=torch.uint8)

    def try_load(name: str) -> Tensor | None:
        try:
            image = load_image(name)
        except DECODE_ERRORS:
            return None
        return image if in_memory else placeholder

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as executor:
        decoded = list(zip(files, executor.map(try_load, files), strict=True))
    readable = [name for name, image in decoded if image is not None]
    broken = [name for name, image in decoded if image is None]
    images = [image for _, image in decoded if image is not None]
    return readable, broken, torch.stack(images) if in_memory and images else None


def infer_channels(archive: Archive, files: list[str]) -> int:
    """1 if the first readable pictures are all grey, else 3."""
    for name in files[:16]:
        try:
            with Image.open(BytesIO(archive.read(name))) as image:
                if image.mode not in ("1", "L", "LA", "I", "I;16"):
                    return 3
        except DECODE_ERRORS:
            continue
    return 1


def infer_labels(rows: dict[str, dict[str, Any]], files: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """A label for every file and the classes' names; both empty where the set is unlabelled.

    `metadata.jsonl` wins (`label`, a number or a name); otherwise the folder that a picture lies in is its class, if
    there are two or more and every picture lies in one.
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
    """The rows of each `metadata.jsonl` of the set, by the picture's name; empty without one."""
    rows: dict[str, dict[str, Any]] = {}
    for file in (PurePosixPath(name) for name in names if PurePosixPath(name).name == "metadata.jsonl"):
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

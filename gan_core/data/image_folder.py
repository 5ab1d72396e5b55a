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

from gan_core.data.archives import Source, first_few, open_source, picture_names, shown_names
from gan_core.data.datasets import DataSet, HeldPictures, StreamedPictures
from gan_core.errors import InputError
from gan_core.images.tensors import from_pil

HELD_BYTES = 2 * 1024**3  # larger sets are streamed


UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what Pillow raises on broken files


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

"""The pictures that `upscale` is given: files, folders and their sub-folders."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gan_core.errors import UsageError

AUTO_MODEL = "auto"  # the model that suits each picture


@dataclass(frozen=True, eq=False)
class Picture:
    """An input file: its place below the folder that was named, its cost, and why it cannot be read, if so.

    `format` is one of `sniffing.INPUT_FORMATS`; `animation` is an `images.animation.frames.Animation` for an animated
    picture; `pixels` counts all frames.
    """

    path: Path
    folder: Path = Path()
    pixels: int = 0
    format: str = ""
    animation: Any = None
    problem: str = ""


def find_pictures(inputs: list[Path], out: Path, recursive: bool) -> tuple[list[Picture], list[str]]:
    """The files among `inputs` and the images in the folders among them, each once, and notes on what is left out.

    `out` is never read as a part of a folder. Raises UsageError where a path does not exist, is no regular file, or a
    folder holds no image.
    """
    pictures: dict[str, Picture] = {}
    notes: list[str] = []
    for path in inputs:
        if not path.exists():
            raise UsageError(f"There is no file or folder {path}.")
        if path.is_dir():
            found = find_in_folder(path, out, recursive, notes)
        elif path.is_file():
            found = [Picture(path)]
        else:
            raise UsageError(f"{path} is no regular file: save the picture as a file first.")
        for picture in found:
            pictures.setdefault(os.path.realpath(picture.path), picture)
    return [inspect(picture) for picture in pictures.values()], notes


def find_in_folder(folder: Path, out: Path, recursive: bool, notes: list[str]) -> list[Picture]:
    """The pictures in a folder, with its sub-folders where `recursive`; else a note says how many lie there."""
    own = [Picture(path) for path in find_images(folder)]
    nested = walk_subfolders(folder, out)
    if recursive:
        own += [Picture(path, subfolder.relative_to(folder)) for subfolder in nested for path in find_images(subfolder)]
    else:
        left_out = sum(len(find_images(subfolder)) for subfolder in nested)
        if left_out and not own:
            raise UsageError(f"{folder} holds no image; {count_images(left_out)} in its sub-folders: add --recursive.")
        if left_out:
            notes.append(f"{count_images(left_out)} in sub-folders of {folder} and were left out: add --recursive.")
    if not own:
        raise UsageError(f"{folder} holds no image.")
    return own


def count_images(count: int) -> str:
    return f"{count} {'image lies' if count == 1 else 'images lie'}"


def find_images(folder: Path) -> list[Path]:
    """The image files in a folder, by suffix or content, without subfolders and hidden files.

    Raises UsageError where the folder may not be read.
    """
    from gan_core.images.sniffing import INPUT_SUFFIXES, is_image_file

    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be read: {error.strerror or error}.") from error
    files = (file for file in entries if file.is_file() and not file.name.startswith("."))
    return [file for file in files if file.suffix.lower() in INPUT_SUFFIXES or is_image_file(file)]


def walk_subfolders(folder: Path, out: Path) -> Iterator[Path]:
    """All folders below a folder, each once, links followed; without `out`, hidden ones and those of systems."""
    from gan_core.data.archives import SYSTEM_NAMES

    seen = {os.path.realpath(folder), os.path.realpath(out)}
    system_folders = {*SYSTEM_NAMES, "__macosx"}  # other names with two underscores may well be a user's own
    pending = [folder]
    while pending:
        current = pending.pop()
        if current != folder:
            yield current
        subfolders = []
        for entry in sorted(current.iterdir()) if os.access(current, os.R_OK | os.X_OK) else []:
            is_wanted = not entry.name.startswith(".") and entry.name.lower() not in system_folders
            if is_wanted and entry.is_dir() and (place := os.path.realpath(entry)) not in seen:
                seen.add(place)
                subfolders.append(entry)
        pending.extend(reversed(subfolders))


def inspect(picture: Picture) -> Picture:
    """The picture with its pixels and its animation, by its header alone, or with the reason why it cannot be read."""
    from gan_core.images import sniffing
    from gan_core.images.animation.frames import identify_animation

    try:
        header = sniffing.read_header(picture.path)
        animation = identify_animation(picture.path)
    except UsageError as error:
        return replace(picture, problem=str(error))
    frame_count = animation.frame_count if animation else 1
    pixels = header.width * header.height * frame_count
    return replace(picture, pixels=pixels, format=header.format, animation=animation)

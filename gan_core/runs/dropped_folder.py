"""What is known of the files of a dropped folder: their kinds, their metadata, and what could not be used of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from gan_core.data.archives import is_system_file
from gan_core.data.folder_classes import is_split_name, numbered_parts
from gan_core.data.labels import infer_labels
from gan_core.data.listing import is_metadata, list_images
from gan_core.data.metadata import Metadata, read_metadata
from gan_core.data.metadata_values import label_name
from gan_core.errors import UsageError


@dataclass(frozen=True)
class FolderContents:
    """By path: the files that are no metadata, the kinds of pictures ("" for none), and their rows of metadata."""

    files: list[tuple[str, bytes]]
    kinds: dict[str, str]
    rows: dict[str, dict[str, Any]]
    warnings: list[str] = field(default_factory=list)


class FilesInMemory:
    """An archive of files that were uploaded, by path."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def names(self) -> list[str]:
        return sorted(self.files)

    def read(self, name: str) -> bytes:
        return self.files[name]

    def open(self, name: str) -> BinaryIO:
        return BytesIO(self.files[name])

    def faults(self) -> list[str]:
        return []


def inspect_dropped_folder(files: Sequence[tuple[str, bytes]]) -> FolderContents:
    """What the paths and the metadata of a dropped folder say of its files, given by path and content.

    The kind of a picture is its label in the metadata; without metadata the folder that names its class in a data set
    of these files or, where they make no classes, the folder that it lies in. Files that lie in the dropped folder
    itself, in splits or in numbered parts have no kind.
    """
    named = {name.replace("\\", "/"): data for name, data in files if not is_system_file(name)}
    archive, warnings = FilesInMemory(named), []
    pictures = list_images(archive).images
    taken = [(name, data) for name, data in named.items() if not is_metadata(PurePosixPath(name).name)]
    try:
        metadata = read_metadata(archive, list(named), pictures)
    except UsageError as error:
        metadata = Metadata()
        warnings.append(f"{error} Its labels and captions are left out.")
    if metadata.source:
        labels = {name: label_name(metadata.rows.get(name, {}).get("label")) or "" for name in pictures}
        return FolderContents(taken, labels, metadata.rows, metadata.warnings)
    inferred = infer_labels(metadata, pictures)
    if inferred.classes:
        kinds = {name: inferred.classes[label] for name, label in inferred.by_file.items()}
    else:
        kinds = kinds_of_parents(pictures)
    return FolderContents(taken, kinds, {}, [*warnings, *inferred.warnings])


def kinds_of_parents(paths: Sequence[str]) -> dict[str, str]:
    """The folder that each file lies in, "" for the dropped folder itself and for folders that are no kinds."""
    parts = {path: PurePosixPath(path).parts for path in paths}
    dropped_folders = {folders[0] for folders in parts.values() if len(folders) > 1}
    depth = 2 if len(dropped_folders) == 1 else 1  # parts of a path that lies in no sub-folder
    are_numbered = bool(numbered_parts(list(paths)))
    return {
        path: "" if are_numbered or len(folders) <= depth or is_split_name(folders[-2]) else folders[-2]
        for path, folders in parts.items()
    }

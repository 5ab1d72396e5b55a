"""Labels of a folder or zip of images, from its metadata or from its sub-folders."""

from pathlib import PurePosixPath
from typing import Any


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

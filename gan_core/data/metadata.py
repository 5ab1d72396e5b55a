"""Reads the metadata beside images: one row an image, in `metadata.jsonl`."""

import json
from pathlib import PurePosixPath
from typing import Any

from gan_core.data.archives import Archive
from gan_core.errors import UsageError

METADATA_FILE = "metadata.jsonl"


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

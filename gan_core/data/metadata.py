"""The metadata of a data set: rows with labels and captions, one an image, and what is wrong with them."""

import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from gan_core.data.archives import Archive, printable_name
from gan_core.data.metadata_files import (
    CSV_TABLE,
    JSON_LINES,
    STYLEGAN_FILE,
    TSV_TABLE,
    NotMetadata,
    read_rows,
)
from gan_core.data.metadata_values import Row
from gan_core.data.row_matching import match_rows
from gan_core.errors import UsageError

METADATA_FILES = (JSON_LINES, CSV_TABLE, TSV_TABLE, STYLEGAN_FILE)  # of one folder, the first table alone is read
UNREAD_PATTERN = re.compile(  # files that look like metadata
    r"(metadata|labels?|annotations?|captions?)\.(parquet|arrow|jsonl?|csv|tsv|xlsx?|ods|ya?ml|txt)", re.IGNORECASE
)


@dataclass(frozen=True)
class Metadata:
    """Rows by the path of their image, and sentences on rows and files that could not be used."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    source: str = ""  # the file of metadata, or "the metadata" for several; "" where there is none


def read_metadata(archive: Archive, names: Sequence[str], files: list[str]) -> Metadata:
    """The metadata of these images (`files`) in the files of metadata among all `names`; no rows where there are none.

    Raises UsageError, with file and line, where a row has no file name, or a label that is no name and no number.
    """
    rows, sources, warnings = read_all_rows(archive, names)
    texts = {name.removesuffix(".txt") for name in names if name.endswith(".txt")}
    if sidecars := [file for file in files if texts and posixpath.splitext(file)[0] in texts]:
        warnings.append(
            f"{of_all(sidecars, files, 'image')} {agree(sidecars, 'has', 'have')} a text file of the same name, which "
            f"is not read: captions come from {JSON_LINES} or {CSV_TABLE}."
        )
    if not sources:
        return Metadata(warnings=warnings)
    source = sources[0] if len(sources) == 1 else "the metadata"
    matches = match_rows(rows, files)
    by_file: dict[str, dict[str, Any]] = {}
    stylegan_files = {name for name in sources if PurePosixPath(name).name.lower() == STYLEGAN_FILE}
    for match, row in zip(matches, rows, strict=True):
        if match is not None:
            is_table = row.source not in stylegan_files
            by_file[match] = row.values if is_table else {**row.values, **by_file.get(match, {})}  # tables know better
    if len(stylegan_files) == len(sources) and rows and not by_file:
        return Metadata(warnings=[*warnings, f"None of the {len(rows)} names in {source} is that of an image here."])
    warnings += matching_warnings(rows, matches, files, source)
    return Metadata(by_file, warnings, source)


def read_all_rows(archive: Archive, names: Sequence[str]) -> tuple[list[Row], list[str], list[str]]:
    """All rows, the paths of the files that they come from, and sentences on files that were not read."""
    rows, sources, warnings = [], [], []
    tables: dict[str, list[str]] = {}
    for name in names:
        folder, _, file = name.rpartition("/")
        if file.lower() in METADATA_FILES:
            tables.setdefault(folder, []).append(name)
        elif UNREAD_PATTERN.fullmatch(file):
            warnings.append(f"{name} is not read: labels and captions come from {JSON_LINES} or {CSV_TABLE}.")
    for beside in tables.values():
        beside.sort(key=lambda name: METADATA_FILES.index(PurePosixPath(name).name.lower()))
        found = ""  # the table of this folder
        for name in beside:
            is_table = PurePosixPath(name).name.lower() != STYLEGAN_FILE
            if is_table and found:
                warnings.append(f"{name} is not read, because {PurePosixPath(found).name} lies beside it.")
                continue
            try:
                new_rows, sentences = read_rows(name, archive.read(name))
            except OSError as error:
                raise UsageError(f"{name} cannot be read: {error}.") from error
            except NotMetadata as error:
                warnings += [f"{name} {error}."] if str(error) else []
                continue
            if is_table and not new_rows:
                warnings.append(f"{name} holds no rows, and is left out.")
                continue
            rows += new_rows
            sources.append(name)
            warnings += sentences
            found = name if is_table else found
    return rows, sources, warnings


def matching_warnings(rows: list[Row], matches: list[str | None], files: list[str], source: str) -> list[str]:
    """Sentences on rows without an image, images without a row, and images with several rows."""
    warnings = []
    lost = [row for row, match in zip(rows, matches, strict=True) if match is None]
    if lost:
        warnings.append(
            f"{of_all(lost, rows, 'row')} of {source} {agree(lost, 'matches', 'match')} no image and "
            f"{agree(lost, 'is', 'are')} left out, the first names {printable_name(lost[0].name)}."
        )
    counts = Counter(zip(matches, (row.source for row in rows), strict=True))
    repeated = [file for (file, _), count in counts.items() if file is not None and count > 1]
    if repeated:
        also = f" and {len(repeated) - 1:,} more have" if len(repeated) > 1 else " has"
        warnings.append(f"{printable_name(repeated[0])}{also} several rows in {source}, of which the last counts.")
    matched = set(matches)
    without = [file for file in files if file not in matched] if rows else []
    if without:
        warnings.append(
            f"{of_all(without, files, 'image')} {agree(without, 'has', 'have')} no row in {source}, the first is "
            f"{printable_name(without[0])}."
        )
    return warnings


def of_all(part: Sequence[Any], whole: Sequence[Any], noun: str) -> str:
    """The beginning of a sentence: "2 of 9 images"."""
    return f"{len(part):,} of {len(whole):,} {noun}s"


def agree(part: Sequence[Any], one: str, several: str) -> str:
    """The form of a verb for one or several."""
    return one if len(part) == 1 else several

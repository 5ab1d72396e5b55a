"""Finds the image that a row of metadata names, also where its path is written in another way.

Strict: the path from the folder of the metadata, in any form of Unicode, separator and case. Loose, where only one
image fits: the path of one lies inside that of the other ("images/1.png" or "C:/me/1.png" for "1.png"), or the name has
no ending.
"""

import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from gan_core.data.metadata_values import Row
from gan_core.images.sniffing import INPUT_SUFFIXES

MAX_DEPTH = 16  # parts at the end of a path that are compared loosely
MAX_CANDIDATES = 16  # images that are kept for one end of a path: more of them fit too many rows
Index = dict[str, list[str]]


def match_rows(rows: Sequence[Row], files: list[str]) -> list[str | None]:
    """The image of each row; None where there is none, or more than one."""
    matcher = Matcher(files)
    matches = [matcher.find_strictly(row) for row in rows]
    missing = [index for index, match in enumerate(matches) if match is None]
    if missing:
        matcher.index_ends()
        taken = set(matches)
        claims: dict[str, set[str]] = defaultdict(set)  # an image that several names fit is that of none
        for index in missing:
            match = matcher.find_loosely(rows[index])
            if match is not None and match not in taken:
                matches[index] = match
                claims[match].add(full_path(rows[index]))
        matches = [None if match and len(claims.get(match, ())) > 1 else match for match in matches]
    return matches


class Matcher:
    """The images of a data set by the forms of their paths."""

    def __init__(self, files: list[str]) -> None:
        self.files = files
        self.paths = set(files)
        self.composed: Index = index_of((composed(file), file) for file in files)
        self.folded: Index = index_of((folded(file), file) for file in files)
        self.folders = {folder for file in self.folded for folder in parents(file)}
        self.ends: Index = {}
        self.stems: Index = {}

    def find_strictly(self, row: Row) -> str | None:
        path = full_path(row)
        if path in self.paths:
            return path
        return only(self.composed.get(composed(path))) or only(self.folded.get(folded(path)))

    def index_ends(self) -> None:
        """Prepares `find_loosely`."""
        self.ends = index_of((end, file) for file in self.files for end in ends_of(folded(file)))
        self.stems = index_of((posixpath.splitext(folded(file))[0], file) for file in self.files)

    def find_loosely(self, row: Row) -> str | None:
        """The one image of a row that `find_strictly` does not find."""
        folder, name = folded(posixpath.dirname(row.source)), folded(clean_path(row.name))
        inside = f"{folder}/" if folder in self.folders else ""  # metadata beside no image speak of all
        candidates = self.ends.get(name, [])
        if len(candidates) < MAX_CANDIDATES:
            candidates = [file for file in candidates if folded(file).startswith(inside)]
        if candidates:
            return only(candidates)
        for end in (name, *ends_of(name)):
            if found := self.folded.get(inside + end):
                return only(found)
        if posixpath.splitext(name)[1] not in INPUT_SUFFIXES:
            return only(self.stems.get(inside + name))
        return None


def full_path(row: Row) -> str:
    """The path that a row names, from the root of the data set."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(row.source), clean_path(row.name)))


def clean_path(name: str) -> str:
    """A path without drive, leading slashes and detours. It is only compared, never opened."""
    return posixpath.normpath(re.sub(r"^([A-Za-z]:)?/+", "", name)).lstrip("/")


def composed(path: str) -> str:
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def folded(path: str) -> str:
    return composed(composed(path).casefold())


def ends_of(path: str) -> list[str]:
    """The last parts of a path, from most to one: "b/1.png" and "1.png" of "a/b/1.png"."""
    parts = path.split("/")
    return ["/".join(parts[-count:]) for count in range(min(len(parts) - 1, MAX_DEPTH), 0, -1)]


def parents(path: str) -> list[str]:
    """The folders that a path lies in, "" excepted, the innermost at most MAX_DEPTH."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(1, min(len(parts), MAX_DEPTH) + 1)]


def index_of(pairs: Iterable[tuple[str, str]]) -> Index:
    """The files of each key, at most MAX_CANDIDATES."""
    index: Index = {}
    for key, file in pairs:
        files = index.setdefault(key, [])
        if len(files) < MAX_CANDIDATES:
            files.append(file)
    return index


def only(files: list[str] | None) -> str | None:
    return files[0] if files and len(files) == 1 else None

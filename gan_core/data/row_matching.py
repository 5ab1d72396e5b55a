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
from functools import cached_property, lru_cache

from gan_core.data.metadata_values import Row
from gan_core.images.sniffing import INPUT_SUFFIXES

MAX_DEPTH = 16  # parts at the end of a path that are compared loosely
MAX_CANDIDATES = 16  # images that are kept for one end of a path: more of them fit too many rows
UNUSUAL_PATTERN = re.compile(r"^([A-Za-z]:)?/|//|(^|/)\.{1,2}(/|$)|/$")
Index = dict[str, list[str]]


def match_rows(rows: Sequence[Row], files: list[str]) -> list[str | None]:
    """The image of each row; None where there is none, or more than one."""
    matcher = Matcher(files)
    paths = [full_path(row) for row in rows]
    matches = [matcher.find_strictly(path) for path in paths]
    missing = [index for index, match in enumerate(matches) if match is None]
    if missing:
        names = {index: folded(clean_path(rows[index].name)) for index in missing}
        matcher.prepare(set(names.values()))
        taken = set(matches)
        claims: dict[str, set[str]] = defaultdict(set)  # an image that several names fit is that of none
        for index, name in names.items():
            match = matcher.find_loosely(folded(folder_of(rows[index].source)), name)
            if match is not None and match not in taken:
                matches[index] = match
                claims[match].add(paths[index])
        matches = [None if match and len(claims.get(match, ())) > 1 else match for match in matches]
    return matches


class Matcher:
    """The images of a data set by the forms of their paths."""

    def __init__(self, files: list[str]) -> None:
        self.paths = set(files)
        self.folders: set[str] = set()  # that images lie in
        self.ends: Index = {}
        self.stems: Index = {}

    @cached_property
    def composed(self) -> Index:
        return index_of((composed(file), file) for file in self.paths)

    @cached_property
    def folded_files(self) -> dict[str, str]:
        return {file: folded(file) for file in self.paths}

    @cached_property
    def folded(self) -> Index:
        return index_of((path, file) for file, path in self.folded_files.items())

    def find_strictly(self, path: str) -> str | None:
        if path in self.paths:
            return path
        return only(self.composed.get(composed(path))) or only(self.folded.get(folded(path)))

    def prepare(self, names: set[str]) -> None:
        """Prepares `find_loosely` for these folded names."""
        for file, path in self.folded_files.items():
            for end in ends_of(path):
                if end in names:
                    add_to_index(self.ends, end, file)
            add_to_index(self.stems, posixpath.splitext(path)[0], file)
        parents = {path.rpartition("/")[0] for path in self.folded}
        self.folders = parents.union(*map(ends_from_root, parents))

    def find_loosely(self, folder: str, name: str) -> str | None:
        """The one image that a folded name of the metadata in a folder means, where `find_strictly` finds none."""
        inside = f"{folder}/" if folder in self.folders and folder else ""  # metadata beside no image speak of all
        candidates = self.ends.get(name, [])
        if len(candidates) < MAX_CANDIDATES:
            candidates = [file for file in candidates if self.folded_files[file].startswith(inside)]
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
    folder, name = folder_of(row.source), clean_path(row.name)
    path = f"{folder}/{name}" if folder else name
    return posixpath.normpath(path) if name.startswith("..") else path


@lru_cache(maxsize=1024)  # the rows of a file share it
def folder_of(source: str) -> str:
    return posixpath.dirname(source)


def clean_path(name: str) -> str:
    """A path without drive, leading slashes and detours. It is only compared, never opened."""
    if not UNUSUAL_PATTERN.search(name):
        return name
    return posixpath.normpath(re.sub(r"^([A-Za-z]:)?/+", "", name)).lstrip("/")


def composed(path: str) -> str:
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def folded(path: str) -> str:
    """A path of which only what it says counts: not the case, not spaces around it."""
    return composed(composed(path.strip()).casefold())


def ends_of(path: str) -> list[str]:
    """The last parts of a path, from most to one: "b/1.png" and "1.png" of "a/b/1.png"."""
    parts = path.split("/")
    return ["/".join(parts[-count:]) for count in range(min(len(parts) - 1, MAX_DEPTH), 0, -1)]


def ends_from_root(folder: str) -> list[str]:
    """The folders that a folder lies in, at most MAX_DEPTH from the root on."""
    parts = folder.split("/")
    return ["/".join(parts[:count]) for count in range(1, min(len(parts), MAX_DEPTH) + 1)]


def index_of(pairs: Iterable[tuple[str, str]]) -> Index:
    index: Index = {}
    for key, file in pairs:
        add_to_index(index, key, file)
    return index


def add_to_index(index: Index, key: str, file: str) -> None:
    """Adds a file to those of a key, of which at most MAX_CANDIDATES are kept."""
    files = index.setdefault(key, [])
    if len(files) < MAX_CANDIDATES:
        files.append(file)


def only(files: list[str] | None) -> str | None:
    return files[0] if files and len(files) == 1 else None

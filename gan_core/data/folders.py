"""Lists the files of a folder and of the folders that it links to, safe from links that lead back into it."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gan_core.errors import UsageError

HIDDEN_PREFIXES = (".", "__")  # of names that no data set means: links and faults below them do not count


@dataclass
class FolderListing:
    """The files below a folder, as relative paths with forward slashes, and what could not be listed."""

    files: list[str] = field(default_factory=list)
    broken_links: list[str] = field(default_factory=list)
    repeated_links: list[str] = field(default_factory=list)  # to folders that are listed already, or that lie above
    unreadable: list[str] = field(default_factory=list)  # folders that may not be opened


def list_folder(root: Path) -> FolderListing:
    """All files below a folder. Links to files and folders are followed; each folder is listed once.

    A folder that lies in `root` itself is listed under its own name; one that is only linked to, under the name of the
    first link to it. Raises UsageError where `root` cannot be opened.
    """
    listing, links, seen = FolderListing(), [], set()
    try:
        os.scandir(root).close()
        folders = [root, *root.resolve().parents]
    except OSError as error:
        raise UsageError(f"{root} cannot be opened: {error.strerror or error}.") from error
    for folder in folders:
        with suppress(OSError):
            seen.add(identify(str(folder)))
    walk(str(root), "", seen, listing, links)
    while links:
        waiting, links = sorted(links), []
        for name in waiting:
            path = os.path.join(root, name)
            if (identity := identify(path)) in seen:
                listing.repeated_links.append(name)
            else:
                seen.add(identity)
                walk(path, f"{name}/", seen, listing, links)
    return listing


def walk(top: str, prefix: str, seen: set[tuple[int, int]], listing: FolderListing, links: list[str]) -> None:
    """Adds the files below the folder `top` to the listing; links to folders are added to `links`, not followed."""
    waiting = [(top, prefix)]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                content = list(entries)
        except OSError:
            if not is_hidden(prefix):
                listing.unreadable.append(prefix.rstrip("/"))
            continue
        for entry in content:
            name = prefix + entry.name
            if entry.is_symlink():
                list_link(entry, name, listing, links)
            elif entry.is_dir():
                with suppress(OSError):
                    seen.add(identify(entry.path))
                waiting.append((entry.path, f"{name}/"))
            elif entry.is_file():  # no pipe or device, from which a read might never return
                listing.files.append(name)


def list_link(entry: os.DirEntry[str], name: str, listing: FolderListing, links: list[str]) -> None:
    """Adds a link to the files, to the links to folders, or to the broken ones."""
    try:
        if entry.is_file():
            listing.files.append(name)
        elif is_hidden(name):
            return
        elif entry.is_dir():
            links.append(name)
        elif not os.path.exists(entry.path):
            listing.broken_links.append(name)
    except OSError:  # a link to itself
        listing.broken_links.append(name)


def identify(path: str) -> tuple[int, int]:
    """Device and number of what a path leads to: equal for two names of one folder."""
    stat = os.stat(path)
    return stat.st_dev, stat.st_ino


def is_hidden(name: str) -> bool:
    """Whether any part of a relative path is hidden."""
    return any(part.startswith(HIDDEN_PREFIXES) for part in name.split("/"))

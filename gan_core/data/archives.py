"""Reads folders and zip archives of images. Zips are read in place, never extracted, and hostile ones are refused."""

import errno
import os
import re
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

from gan_core.data.folders import HIDDEN_PREFIXES, FolderListing, list_folder
from gan_core.data.foreign_files import ZIP_WITHOUT_BEGINNING, explain_file, is_split_zip, is_zip
from gan_core.data.zips import (
    ZIP_ERRORS,
    describing_damage,
    member_name,
    reject_hostile_zip,
    reject_unsupported_method,
)
from gan_core.errors import UsageError
from gan_core.images.sniffing import HEAD_BYTES, INPUT_SUFFIXES

IMAGE_SUFFIXES = INPUT_SUFFIXES  # of images that are both trained on and upscaled
MAX_MEMBER_BYTES = 256 * 1024**2  # of one decompressed member of a zip
SYSTEM_PREFIXES = (*HIDDEN_PREFIXES, "synophoto_thumb_", "synofile_thumb_", "synovideo_")  # in lower case, as below
SYSTEM_NAMES = {  # files and folders of Windows, macOS, Linux, of image viewers and of network storages
    "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "autorun.inf", "$recycle.bin",
    "system volume information", "icon\r", "lost+found", "picasa.ini", "zbthumbnail.info", "@eadir", "@tmp",
    "@recycle", "@recently-snapshot", "@transcode", "@sharebin", "#recycle", "#snapshot",
}  # fmt: skip


class Archive(Protocol):
    """Read access to named files, of a folder or a zip."""

    def names(self) -> list[str]:
        """The paths of all files, relative, with forward slashes, sorted."""
        ...

    def read(self, name: str) -> bytes:
        """The content of one file. Raises OSError where it cannot be read. May be called from several threads."""
        ...


class ListableArchive(Archive, Protocol):
    """An archive whose files can be looked into, and that says what it could not list."""

    def open(self, name: str) -> BinaryIO:
        """The content of one file as a stream, of which only a part may be read. Raises OSError like `read`."""
        ...

    def faults(self) -> list[str]:
        """Sentences on what `names` leaves out."""
        ...


class FolderArchive:
    """The files of a folder and its sub-folders, those that it links to included."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.listing: FolderListing | None = None

    def names(self) -> list[str]:
        return sorted(self.listed().files)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def open(self, name: str) -> BinaryIO:
        return (self.path / name).open("rb")

    def faults(self) -> list[str]:
        listing = self.listed()
        faults = (
            (listing.broken_links, "1 link leads nowhere and was", "{} links lead nowhere and were"),
            (
                listing.repeated_links,
                "1 link leads to a folder that is read already, or back into itself, and was",
                "{} links lead to folders that are read already, or back into themselves, and were",
            ),
            (listing.unreadable, "1 folder may not be opened and was", "{} folders may not be opened and were"),
        )
        return [
            f"{(one if len(names) == 1 else several).format(len(names))} left out: {abbreviate_names(sorted(names))}."
            for names, one, several in faults
            if names
        ]

    def listed(self) -> FolderListing:
        """The folder as it was when it was first asked for."""
        self.listing = self.listing or list_folder(self.path)
        return self.listing


class ZipArchive:
    """The members of a zip, decompressed in memory, one at a time.

    Raises UsageError where the file is no readable zip, or a hostile one (`reject_hostile_zip`).
    """

    def __init__(self, path: Path) -> None:
        try:
            if is_split_zip(path):
                raise UsageError(explain_file(path))
            self.zip_file = zipfile.ZipFile(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be opened: {error.strerror or error}.") from error
        except UsageError:
            raise
        except ZIP_ERRORS as error:
            raise UsageError(explain_file(path)) from error
        try:
            if any(member.header_offset < 0 for member in self.zip_file.infolist()):
                raise UsageError(f"{path} is not a readable zip file: {ZIP_WITHOUT_BEGINNING}.")
            reject_hostile_zip(self.zip_file, path.stat().st_size)
        except UsageError:
            self.zip_file.close()
            raise
        self.members = {member_name(info): info for info in self.files()}

    def names(self) -> list[str]:
        return sorted(self.members)

    def read(self, name: str) -> bytes:
        member = self.member(name)
        if member.file_size > MAX_MEMBER_BYTES:  # a small zip can hold a huge file
            raise OSError(f"would take more than {MAX_MEMBER_BYTES // 1024**2} MB of memory")
        with describing_damage():
            return self.zip_file.read(member)  # thread-safe: zipfile locks its file

    def open(self, name: str) -> BinaryIO:
        with describing_damage():
            return cast(BinaryIO, self.zip_file.open(self.member(name)))

    def files(self) -> list[zipfile.ZipInfo]:
        """All members but folders; one without a name is none that can be read."""
        return [info for info in self.zip_file.infolist() if info.filename and not info.is_dir()]

    def member(self, name: str) -> zipfile.ZipInfo:
        """A member that can be read. Raises OSError where there is none of that name, or its compression is unknown."""
        if name not in self.members:
            raise FileNotFoundError(errno.ENOENT, "No such file in the zip")
        reject_unsupported_method(self.members[name])
        return self.members[name]

    def faults(self) -> list[str]:
        counts = Counter(map(member_name, self.files()))
        repeated = [name for name, count in counts.items() if count > 1]
        if not repeated:
            return []
        noun = "name stands" if len(repeated) == 1 else "names stand"
        return [
            f"{len(repeated)} {noun} in the zip more than once, and the last file of that name is read: "
            f"{abbreviate_names(repeated)}."
        ]


def open_archive(path: Path) -> ListableArchive:
    """A folder, or a zip. Raises UsageError where a file is no readable zip, or a hostile one."""
    return ZipArchive(path) if path.is_file() else FolderArchive(path)


def default_data_folder() -> Path:
    """The folder of data sets: the environment variable GAN_CORE_DATA, or `data` in the working directory."""
    return Path(os.environ.get("GAN_CORE_DATA") or "data")


def locate_dataset(name: str, folder: Path) -> Path | None:
    """The folder or zip at the path `name`, or else `folder`/NAME.zip or the folder `folder`/NAME; None without any.

    A zip may have any name.
    """
    for path in (Path(name), folder / f"{name}.zip", folder / name):
        if path.is_dir() or (path.is_file() and (path.suffix.lower() == ".zip" or is_zip(path))):
            return path
    return None


def visible_files(archive: Archive) -> list[str]:
    """All files except those that are hidden or that systems leave beside images (`is_system_file`)."""
    return [name for name in archive.names() if not is_system_file(name)]


def is_system_file(name: str) -> bool:
    """Whether a path is hidden, or left by a system, a file manager or a network storage.

    Hidden is what begins with a dot or with two underscores (`__MACOSX`), or lies in such a folder.
    """
    parts = [part.lower() for part in re.split(r"[/\\]", name)]
    return any(part.startswith(SYSTEM_PREFIXES) or part in SYSTEM_NAMES for part in parts)


def image_files(names: list[str]) -> list[str]:
    """Those with the suffix of an image format."""
    return [name for name in names if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES]


def read_head(archive: ListableArchive, name: str) -> bytes:
    """The first bytes of a file, by which its format is identified; empty where it cannot be read."""
    try:
        with archive.open(name) as file:
            return file.read(HEAD_BYTES)
    except (OSError, MemoryError, *ZIP_ERRORS):
        return b""


def abbreviate_names(names: list[str]) -> str:
    """The first three names, comma-separated, with an ellipsis where there are more."""
    return ", ".join(map(printable_name, names[:3])) + (", ..." if len(names) > 3 else "")


def printable_name(name: str) -> str:
    """A name for a sentence: line breaks and bytes that are no text are written as escapes."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8") if not name.isprintable() else name
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

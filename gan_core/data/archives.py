"""Reads folders and zip archives of images. Zips are read in place, never extracted, and hostile ones are refused."""

import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

from gan_core.data.folders import FolderListing, list_folder
from gan_core.data.foreign_files import explain_file, is_split_zip, is_zip
from gan_core.errors import UsageError
from gan_core.images.sniffing import HEAD_BYTES, INPUT_SUFFIXES

IMAGE_SUFFIXES = INPUT_SUFFIXES  # of images that are both trained on and upscaled
MAX_MEMBER_BYTES = 256 * 1024**2  # of one decompressed member of a zip
MAX_COMPRESSION_RATIO = 100  # of all decompressed members to the zip file; images hardly compress further
MIN_BOMB_BYTES = 50_000_000  # decompressed size below which no ratio is refused
ZIP_ERRORS = (  # what zipfile raises on damaged files
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, NotImplementedError, ValueError, OverflowError
)  # fmt: skip
SUPPORTED_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
SUPPORTED_METHODS |= {getattr(zipfile, "ZIP_ZSTANDARD", zipfile.ZIP_STORED)}  # since Python 3.14
REPACK_ADVICE = "unpack the zip and give the folder, or pack it again with Deflate"
UNSUPPORTED_METHODS = {  # methods of compression that the standard library does not read, by their number in a zip
    1: "Shrink", 2: "Reduce", 3: "Reduce", 4: "Reduce", 5: "Reduce", 6: "Implode", 9: "Deflate64", 10: "PKWARE DCL",
    16: "CMPSC", 18: "TERSE", 19: "LZ77", 20: "Zstandard", 93: "Zstandard", 94: "MP3", 95: "XZ", 96: "JPEG",
    97: "WavPack", 98: "PPMd", 99: "AES encryption",
}  # fmt: skip

HIDDEN_PREFIXES = (".", "__", "synophoto_thumb_", "synofile_thumb_", "synovideo_")  # in lower case, as the names below
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
        sentences = [
            (listing.broken_links, "{} to a missing file or folder {} left out: {}.", "link"),
            (listing.repeated_links, "{} to a folder that is read already, or that holds this one, {} left out: {}.",
             "link"),
            (listing.unreadable, "{} that may not be opened {} left out: {}.", "folder"),
        ]  # fmt: skip
        return [
            text.format(f"{len(names)} {noun}{'s' * (len(names) > 1)}", "were" if len(names) > 1 else "was",
                        abbreviate_names(sorted(names)))
            for names, text, noun in sentences if names
        ]  # fmt: skip

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
            reject_hostile_zip(self.zip_file, path.stat().st_size)
        except UsageError:
            self.zip_file.close()
            raise
        self.members = {member_name(info): info for info in self.zip_file.infolist() if not info.is_dir()}

    def names(self) -> list[str]:
        return sorted(self.members)

    def read(self, name: str) -> bytes:
        if self.members[name].file_size > MAX_MEMBER_BYTES:  # a small zip can hold a huge file
            raise OSError(f"{name} would take more than {MAX_MEMBER_BYTES // 1024**2} MB of memory")
        reject_unsupported_method(self.members[name])
        try:
            return self.zip_file.read(self.members[name])  # thread-safe: zipfile locks its file
        except (*ZIP_ERRORS, MemoryError) as error:  # a wrong checksum, truncated data, a huge dictionary
            raise OSError(f"its part of the zip is damaged ({error})") from error

    def open(self, name: str) -> BinaryIO:
        reject_unsupported_method(self.members[name])
        try:
            return cast(BinaryIO, self.zip_file.open(self.members[name]))
        except (*ZIP_ERRORS, MemoryError) as error:
            raise OSError(f"its part of the zip is damaged ({error})") from error

    def faults(self) -> list[str]:
        counts = Counter(member_name(info) for info in self.zip_file.infolist() if not info.is_dir())
        repeated = [name for name, count in counts.items() if count > 1]
        if not repeated:
            return []
        return [f"{len(repeated)} names stand in the zip more than once; the last file of each is read: "
                f"{abbreviate_names(repeated)}."]  # fmt: skip


def member_name(member: zipfile.ZipInfo) -> str:
    """The path of a member; some programs of Windows write it with backslashes."""
    is_from_windows = member.create_system == 0 and "/" not in member.filename
    return member.filename.replace("\\", "/") if is_from_windows else member.filename


def reject_unsupported_method(member: zipfile.ZipInfo) -> None:
    """Raises OSError, naming the method, where a member is compressed by one that the standard library cannot read."""
    if member.compress_type not in SUPPORTED_METHODS:
        method = UNSUPPORTED_METHODS.get(member.compress_type, f"the unknown method {member.compress_type}")
        raise OSError(f"its compression in the zip, {method}, cannot be read: {REPACK_ADVICE}")


def reject_hostile_zip(archive: zipfile.ZipFile, zip_bytes: int) -> None:
    """Raises UsageError for a zip bomb, path traversal, symbolic links and passwords.

    Only the directory of the zip is read. Limits on the number of files and on their total size are the page's
    (`gan_core.runs.dataset_inspection`): one's own data set may well be larger than what a visitor may upload.
    """
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > MIN_BOMB_BYTES and total > MAX_COMPRESSION_RATIO * zip_bytes:
        raise UsageError(
            f"This zip unpacks to {total // max(zip_bytes, 1):,} times its size: that is a bomb, not pictures."
        )
    for member in members:
        if escapes_root(member.orig_filename) or escapes_root(member.filename):
            raise UsageError("This zip names files outside of itself: nobody packs pictures like that.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise UsageError("This zip holds links to other files: pack the pictures themselves.")
        if member.flag_bits & 1:
            raise UsageError("This zip has a password: pack the pictures without one.")


def escapes_root(name: str) -> bool:
    """Whether a member's name would lead out of the folder it is extracted into, on any operating system."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":") or "\x00" in name


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
    return any(part.startswith(HIDDEN_PREFIXES) or part in SYSTEM_NAMES for part in parts)


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

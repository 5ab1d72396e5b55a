"""Reads folders and zip archives of images. Zips are read in place, never extracted, and hostile ones are refused."""

import os
import re
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Protocol

from gan_core.errors import UsageError

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
MAX_MEMBER_BYTES = 256 * 1024**2  # of one decompressed member of a zip
MAX_COMPRESSION_RATIO = 100  # of all decompressed members to the zip file; images hardly compress further
MIN_BOMB_BYTES = 50_000_000  # decompressed size below which no ratio is refused
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


class FolderArchive:
    """The files of a folder and its sub-folders."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        return sorted(file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file())

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class ZipArchive:
    """The members of a zip, decompressed in memory, one at a time.

    Raises UsageError where the file is no readable zip, or a hostile one (`reject_hostile_zip`).
    """

    def __init__(self, path: Path) -> None:
        try:
            self.zip_file = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise UsageError(f"{path} is not a readable zip file: {error}.") from error
        try:
            reject_hostile_zip(self.zip_file, path.stat().st_size)
        except UsageError:
            self.zip_file.close()
            raise

    def names(self) -> list[str]:
        return sorted(info.filename for info in self.zip_file.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        if self.zip_file.getinfo(name).file_size > MAX_MEMBER_BYTES:  # a small zip can hold a huge file
            raise OSError(f"{name} would take more than {MAX_MEMBER_BYTES // 1024**2} MB of memory")
        try:
            return self.zip_file.read(name)  # thread-safe: zipfile locks its file
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            # a wrong checksum, truncated data, a password, an unknown compression method
            raise OSError(str(error)) from error


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


def open_archive(path: Path) -> Archive:
    """A folder, or a zip. Raises UsageError where a file is no readable zip, or a hostile one."""
    return ZipArchive(path) if path.is_file() else FolderArchive(path)


def default_data_folder() -> Path:
    """The folder of data sets: the environment variable GAN_CORE_DATA, or `data` in the working directory."""
    return Path(os.environ.get("GAN_CORE_DATA") or "data")


def locate_dataset(name: str, folder: Path) -> Path | None:
    """The folder or zip at the path `name`, or else `folder`/NAME.zip or the folder `folder`/NAME; None without any."""
    for path in (Path(name), folder / f"{name}.zip", folder / name):
        if path.is_dir() or (path.suffix.lower() == ".zip" and path.is_file()):
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


def abbreviate_names(names: list[str]) -> str:
    """The first three names, comma-separated, with an ellipsis where there are more."""
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")

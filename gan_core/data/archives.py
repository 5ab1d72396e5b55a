"""Folders and zip archives of images."""

import os
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Protocol

from gan_core.errors import UsageError

MAX_MEMBER_BYTES = 256 * 1024**2  # of one file in a zip, unpacked


IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


class Archive(Protocol):
    """Named bytes: a folder or a zip."""

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...


class FolderArchive:
    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        return sorted(file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file())

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class ZipArchive:
    """A zip read in place: nothing is ever extracted."""

    def __init__(self, path: Path) -> None:
        try:
            self.zip_file = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise UsageError(f"{path} is not a readable zip file: {error}.") from error

    def names(self) -> list[str]:
        return sorted(info.filename for info in self.zip_file.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        if self.zip_file.getinfo(name).file_size > MAX_MEMBER_BYTES:  # a small zip can hold a huge file
            raise OSError(f"{name} would take more than {MAX_MEMBER_BYTES // 1024**2} MB of memory")
        try:
            return self.zip_file.read(name)  # thread-safe: zipfile locks its file
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            # a bad checksum, torn data, a password, an odd compression
            raise OSError(str(error)) from error


def default_data_folder() -> Path:
    """Where data sets lie: GAN_CORE_DATA, or `data` where the program was started."""
    return Path(os.environ.get("GAN_CORE_DATA") or "data")


def locate_dataset(name: str, folder: Path) -> Path | None:
    """The folder or zip of a path, or of a name in the data folder."""
    for path in (Path(name), folder / f"{name}.zip", folder / name):
        if path.is_dir() or (path.suffix.lower() == ".zip" and path.is_file()):
            return path
    return None


def open_archive(path: Path) -> Archive:
    """Raises InputError where a file is no readable zip."""
    return ZipArchive(path) if path.is_file() else FolderArchive(path)


def visible_files(archive: Archive) -> list[str]:
    """All files but what hides: names with a leading dot, __MACOSX."""
    return [name for name in archive.names() if not any(part.startswith((".", "__")) for part in name.split("/"))]


def image_files(names: list[str]) -> list[str]:
    """Those that end like pictures."""
    return [name for name in names if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES]


def abbreviate_names(names: list[str]) -> str:
    """Names for a sentence, three at most."""
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")

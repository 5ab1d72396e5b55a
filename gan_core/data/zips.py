"""What is refused of a zip: hostile ones as a whole, and members that the standard library cannot decompress."""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from gan_core.errors import UsageError

MAX_COMPRESSION_RATIO = 100  # of all decompressed members to the zip file; images hardly compress further
MIN_BOMB_BYTES = 50_000_000  # decompressed size below which no ratio is refused
ZIP_ERRORS = (  # what zipfile and its decompressors raise on damaged files, beside OSError
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, NotImplementedError,
    ValueError, OverflowError,
)  # fmt: skip
SUPPORTED_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
SUPPORTED_METHODS |= {getattr(zipfile, "ZIP_ZSTANDARD", zipfile.ZIP_STORED)}  # since Python 3.14
REPACK_ADVICE = "unpack the zip and give the folder, or pack it again with Deflate"
UNSUPPORTED_METHODS = {  # methods of compression that the standard library does not read, by their number in a zip
    1: "Shrink", 2: "Reduce", 3: "Reduce", 4: "Reduce", 5: "Reduce", 6: "Implode", 9: "Deflate64", 10: "PKWARE DCL",
    16: "CMPSC", 18: "TERSE", 19: "LZ77", 20: "Zstandard", 93: "Zstandard", 94: "MP3", 95: "XZ", 96: "JPEG",
    97: "WavPack", 98: "PPMd",
}  # fmt: skip
AES_METHOD = 99  # the "method of compression" of members that are encrypted by AES


def member_name(member: zipfile.ZipInfo) -> str:
    """The path of a member; some programs of Windows write it with backslashes."""
    is_from_windows = member.create_system == 0 and "/" not in member.filename
    return member.filename.replace("\\", "/") if is_from_windows else member.filename


def reject_unsupported_method(member: zipfile.ZipInfo) -> None:
    """Raises OSError, naming the method, where a member is compressed by one that the standard library cannot read."""
    if member.compress_type not in SUPPORTED_METHODS:
        method = UNSUPPORTED_METHODS.get(member.compress_type, f"an unknown method ({member.compress_type})")
        raise OSError(f"is compressed in the zip by {method}, which cannot be read: {REPACK_ADVICE}")


@contextmanager
def describing_damage() -> Iterator[None]:
    """Turns what zipfile and the decompressors raise into OSError, with the same words for all members of a fault."""
    try:
        yield
    except zipfile.BadZipFile as error:  # its messages name the member
        fault = "its checksum is wrong" if "CRC" in str(error) else "its header is missing"
        raise OSError(f"is damaged in the zip: {fault}") from error
    except (*ZIP_ERRORS, MemoryError, OSError) as error:  # truncated data, a huge dictionary
        if isinstance(error, OSError) and (error.errno or "in the zip" in str(error)):
            raise
        raise OSError(f"is damaged in the zip: {error or 'it is cut off'}") from error


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
        if member.flag_bits & 1 or member.compress_type == AES_METHOD:
            raise UsageError("This zip has a password: pack the pictures without one.")


def escapes_root(name: str) -> bool:
    """Whether a member's name would lead out of the folder it is extracted into, on any operating system."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":") or "\x00" in name

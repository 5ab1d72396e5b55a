"""Names what a file is that was given as a data set, but is no zip that can be read, and says what to do instead."""

import re
import struct
from pathlib import Path
from typing import BinaryIO

from gan_core.images.sniffing import HEAD_BYTES, INPUT_FORMATS, identify_format

END_RECORD = b"PK\x05\x06"  # ends a zip
END_RECORD_BYTES, MAX_COMMENT_BYTES = 22, 65_535
NO_DISK = 0xFFFF  # the number of a part in large zips, where it is written elsewhere
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
SPLIT_ZIP_STARTS = (b"PK\x07\x08", b"PK00PK\x03\x04")
SPLIT_NAME = re.compile(r"\.(zip|zipx|7z|rar|tar(\.\w+)?)\.\d{2,}$|\.z\d\d$|\.part\d+\.rar$", re.IGNORECASE)
SPLIT_ADVICE = (
    "one part of an archive that is split into several: join them first (`zip -s 0 first.zip --out whole.zip` for"
    " .z01, `cat whole.zip.* > whole.zip` for .001, or 7-Zip), or unpack them and give the folder"
)
PACKED, TABLE = "unpack it and give the folder, or pack its images as a zip", "write its images to files first"
KINDS: tuple[tuple[bytes, str, str], ...] = (  # first bytes, what the file is, what to do
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", PACKED),
    (b"Rar!\x1a\x07", "a RAR archive", PACKED),
    (b"\x1f\x8b", "a gzip file", PACKED),
    (b"BZh", "a bzip2 file", PACKED),
    (b"\xfd7zXZ\x00", "an xz file", PACKED),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", PACKED),
    (b"MSCF", "a cabinet file", PACKED),
    (b"PAR1", "a Parquet table", TABLE),
    (b"ARROW1", "an Arrow table", TABLE),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", TABLE),
    (b"MATLAB 5.0", "a MATLAB file", TABLE),
    (b"\x93NUMPY", "a NumPy array", TABLE),
    (b"SQLite format 3", "an SQLite database", TABLE),
    (b"\x00\x00\x08\x03", "a file of images in the form of MNIST", "give the name mnist or fashion-mnist"),
)
TAR_MAGIC, TAR_MAGIC_OFFSET = b"ustar", 257
ZIP_CUT = (
    "it is cut off, or other data follow it, for the list of its files is not at its end; copy or download it again"
    " (where it is the first of several parts, join them first)"
)
ZIP_WITHOUT_BEGINNING = (
    "it is incomplete, for its beginning is missing: it is the last of several parts, or was cut off; join all parts"
    " first, or copy or download it again"
)
ZIP_DAMAGE = "the list of its files is damaged; copy or download it again"
SINGLE_FILE_ADVICE = "a data set is a folder of images or a zip of them"


def explain_file(path: Path) -> str:
    """A sentence on a file that is no readable zip: what it is by its content, and what to do."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        tail = read_tail(file)
    return f"{path} is not a readable zip file{name_content(path.name, head, tail)}."


def name_content(name: str, head: bytes, tail: bytes) -> str:
    """What a file is by its name, its first and its last bytes, and what to do: the end of a sentence."""
    if SPLIT_NAME.search(name) or head.startswith(SPLIT_ZIP_STARTS) or is_part(tail):
        return f", but {SPLIT_ADVICE}"
    if head.startswith(ZIP_STARTS):
        return f": {ZIP_DAMAGE if END_RECORD in tail else ZIP_CUT}"
    for start, kind, advice in KINDS:
        if head.startswith(start):
            is_tar = ".tar" in name.lower() or name.lower().endswith((".tgz", ".tbz", ".txz"))
            return f", but {'a compressed tar archive' if is_tar else kind}: {advice}"
    if head[TAR_MAGIC_OFFSET:].startswith(TAR_MAGIC):
        return f", but a tar archive: {PACKED}"
    format = identify_format(head)
    if format in INPUT_FORMATS:
        return f", but one {format} image: {SINGLE_FILE_ADVICE}"
    return f", but {'a file ' * format.startswith('of ')}{format}: {SINGLE_FILE_ADVICE}"


def is_part(tail: bytes) -> bool:
    """Whether the end of a zip says that it has several parts."""
    start = tail.rfind(END_RECORD)
    if start < 0 or len(tail) < start + END_RECORD_BYTES:
        return False
    disk, first_disk = struct.unpack_from("<2H", tail, start + 4)
    return (disk, first_disk) != (0, 0) and NO_DISK not in (disk, first_disk)


def read_tail(file: BinaryIO) -> bytes:
    """The last bytes of an open file, as far as the end record of a zip may lie before them."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - END_RECORD_BYTES - MAX_COMMENT_BYTES))
    return file.read()


def is_zip(path: Path) -> bool:
    """Whether a file starts like a zip, whatever its name; False where it cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(len(ZIP_STARTS[0])).startswith(ZIP_STARTS)
    except OSError:
        return False


def is_split_zip(path: Path) -> bool:
    """Whether a file is one part of a zip that is split into several, by its end."""
    with path.open("rb") as file:
        return is_part(read_tail(file))

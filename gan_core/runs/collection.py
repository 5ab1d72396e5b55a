"""Pictures gathered one by one or in groups (dropped files, a dropped folder, a camera) into a data set of one's own.

They lie in a folder of their own until they are removed, so that neither a reload of the page nor a restart of the app
loses any. A training reads them from a zip, which `seal` writes beside the uploaded ones and which never changes.
"""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from gan_core.data.archives import IMAGE_SUFFIXES, is_system_file
from gan_core.data.folder_classes import is_split_name
from gan_core.data.metadata import JSON_LINES
from gan_core.errors import UsageError
from gan_core.files import write_atomically
from gan_core.images import sniffing
from gan_core.images.reading import read_image
from gan_core.images.tensors import to_opaque
from gan_core.runs import datasets
from gan_core.runs.dataset_inspection import MAX_IMAGE_PIXELS
from gan_core.runs.dropped_folder import inspect_dropped_folder
from gan_core.runs.storage import require_space
from gan_core.trash import move_to_trash

COLLECTION_FOLDER = ".collection"  # in the folder of uploads
ROWS_FILE = ".rows.json"  # in an addition: metadata by path
UNKEPT_COLUMNS = ("file_name", "label")  # of metadata: a label is the kind
SEALED_FILE = "sealed.json"  # in it: the zip that was written last, and what it was written from
MAX_PICTURES = 20_000
MAX_NAME_CHARACTERS = 60
NO_KIND = "_"  # the folder of pictures without a kind
SLOW_FORMATS = ("HEIC", "AVIF")  # which take a training long to decode: kept as JPEG
JPEG_QUALITY = 95  # of those


@dataclass(frozen=True)
class NewFile:
    """A file to be added: its name, with folders where it came from one, its content, its kind, "" for none, and its
    row of metadata, such as a caption."""

    name: str
    data: bytes
    kind: str = ""
    row: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """A gathered picture; its kind is "" where it has none, its row of metadata empty."""

    kind: str
    path: Path
    row: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AddResult:
    """How many pictures were added, and for each file that was not, a sentence that names it and says why."""

    added_count: int
    rejections: tuple[str, ...] = ()


class Collection:
    """The pictures that are being gathered in a folder of runs. Each addition can be taken back, the last one first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / datasets.UPLOADS_FOLDER / COLLECTION_FOLDER

    def pictures(self) -> list[Picture]:
        """All pictures, in the order in which they were added."""
        return [picture for addition in self.additions() for picture in pictures_in(addition)]

    def additions(self) -> list[Path]:
        """The folders of all additions, the first one first."""
        return sorted(folder for folder in self.folder.glob("[0-9]*") if folder.is_dir())

    def counts(self) -> dict[str, int]:
        """The number of pictures of each kind, in the order in which the kinds were begun."""
        return dict(Counter(picture.kind for picture in self.pictures()))

    def add(self, files: Sequence[NewFile], on_file: Callable[[int], None] = lambda count: None) -> AddResult:
        """Adds what can be read as a picture, as one addition. `on_file` gets the number of files that were looked at.

        Raises UsageError where the disk or the quota is full, or there would be more than MAX_PICTURES.
        """
        files = [file for file in files if not is_system_file(file.name)]
        require_space(self.root, sum(len(file.data) for file in files))
        present = len(self.pictures())
        if present + len(files) > MAX_PICTURES:
            raise UsageError(
                f"{present:,} pictures and {len(files):,} more are too many: at most {MAX_PICTURES:,} can be gathered"
                " here. Give a larger set as a zip, or as a folder of this machine."
            )
        numbers = [int(folder.name) for folder in self.additions()]
        target = self.folder / f"{max(numbers, default=0) + 1:06}"
        added, rejections, rows = 0, [], {}
        for looked_at, file in enumerate(files, 1):
            try:
                path = store_picture(file, target)
                added += 1
                if row := {name: value for name, value in file.row.items() if name not in UNKEPT_COLUMNS}:
                    rows[path.relative_to(target).as_posix()] = row
            except UsageError as error:
                rejections.append(str(error))
            on_file(looked_at)
        if rows:
            write_atomically(target / ROWS_FILE, lambda partial: partial.write_text(json.dumps(rows)))
        return AddResult(added, tuple(rejections))

    def undo(self) -> int:
        """Removes the last addition; returns how many pictures that were."""
        if not (additions := self.additions()):
            return 0
        count = len(list(pictures_in(additions[-1])))
        shutil.rmtree(additions[-1])
        return count

    def empty(self) -> Path | None:
        """Moves all pictures to the trash, from which `gan_core.trash.undo_delete` restores them within an hour."""
        return move_to_trash(self.folder) if self.folder.is_dir() else None

    def seal(self, name: str) -> Path:
        """The zip of all pictures as they are now, below `root`, its sub-folders named like the kinds.

        The zip that the same collection was sealed as before is deleted unless a run was trained on it. Raises
        UsageError where there are no pictures, or the disk or the quota is full.
        """
        state, note = self.fingerprint(name), self.sealed_note()
        if note.get("state") == state and Path(note["path"]).is_file():
            return Path(note["path"])
        with zip_of(self.pictures()) as (file, size):
            path = datasets.store_upload(file, f"{name}.zip", size, self.root)
        if note and Path(note["path"]) != path:
            with suppress(UsageError):  # a run needs it
                datasets.delete_upload(note["path"], self.root)
        text = json.dumps({"state": state, "path": str(path)})
        write_atomically(self.folder / SEALED_FILE, lambda partial: partial.write_text(text))
        return path

    def fingerprint(self, name: str) -> str:
        """A hash of the name and of each picture's path, size and modification time."""
        states = [(str(picture.path), picture.path.stat().st_size, picture.path.stat().st_mtime_ns)
                  for picture in self.pictures()]  # fmt: skip
        return hashlib.sha256(repr((name, states)).encode()).hexdigest()

    def sealed_note(self) -> dict[str, str]:
        """What SEALED_FILE holds; empty where nothing was sealed yet."""
        try:
            note = json.loads((self.folder / SEALED_FILE).read_text())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) and {"state", "path"} <= note.keys() else {}


# Files ----------------------------------------------------------------------------------------------------------------


def pictures_in(addition: Path) -> Iterator[Picture]:
    rows = read_rows(addition / ROWS_FILE)
    for path in sorted(addition.glob("*/*")):
        kind = path.parent.name
        yield Picture("" if kind == NO_KIND else kind, path, rows.get(f"{kind}/{path.name}", {}))


def read_rows(file: Path) -> dict[str, dict[str, Any]]:
    """The rows of metadata of an addition by path; empty where it has none."""
    try:
        rows = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return rows if isinstance(rows, dict) and all(isinstance(row, dict) for row in rows.values()) else {}


def store_picture(file: NewFile, folder: Path) -> Path:
    """Decodes a file completely and writes it below `folder`, in the folder of its kind; returns where.

    Raises UsageError, naming the file, where it is no picture, damaged, or larger than a training takes.
    """
    name = PurePosixPath(file.name).name
    format = sniffing.identify_format(file.data[: sniffing.HEAD_BYTES])
    decoded = read_image(file.data, file.name, MAX_IMAGE_PIXELS)
    data = file.data
    if format in SLOW_FORMATS:
        buffer = BytesIO()
        to_opaque(decoded.to_8_bit().to_pil(), "RGB").save(buffer, "JPEG", quality=JPEG_QUALITY)
        data, format = buffer.getvalue(), "JPEG"
    suffix = PurePosixPath(name).suffix.lower()
    suffix = suffix if suffix in IMAGE_SUFFIXES and data is file.data else sniffing.SUFFIXES_BY_FORMAT[format][0]
    target = folder / (clean_kind(file.kind) or NO_KIND)
    target.mkdir(parents=True, exist_ok=True)
    path = free_path(target, datasets.filename_stem(name), suffix)
    write_atomically(path, lambda partial: partial.write_bytes(data))
    return path


def free_path(folder: Path, stem: str, suffix: str) -> Path:
    """A path that does not exist yet: with a number where the name is taken."""
    names = (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}" for number in range(1, MAX_PICTURES + 2))
    return next(folder / name for name in names if not (folder / name).exists())


def clean_kind(kind: str) -> str:
    """A kind as the name of a folder: no separators, no leading dots and underscores, which would hide it."""
    printable = "".join(character if character.isprintable() else " " for character in kind)
    return " ".join(re.sub(r'[/\\:*?"<>|]+', " ", printable).split()).strip("._ ")[:MAX_NAME_CHARACTERS].strip()


def read_dropped_folder(files: Sequence[tuple[str, bytes]]) -> tuple[list[NewFile], list[str]]:
    """The files of a dropped folder, by path and content, with their kinds and captions.

    Also sentences on what could not be used of its folders and metadata.
    """
    contents = inspect_dropped_folder(files)
    new_files = [
        NewFile(name, data, contents.kinds.get(name, ""), contents.rows.get(name, {})) for name, data in contents.files
    ]
    return new_files, contents.warnings


@contextmanager
def zip_of(pictures: Sequence[Picture]) -> Iterator[tuple[BinaryIO, int]]:
    """A temporary zip of the pictures, and its size in bytes. The same pictures give the same bytes.

    It has a metadata.jsonl where there are captions, or kinds that sub-folders could not name.
    """
    kinds = {picture.kind for picture in pictures}
    has_metadata = any(picture.row for picture in pictures) or any(map(is_split_name, kinds))
    names: Counter[tuple[str, str]] = Counter()
    rows = []
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for picture in pictures:
                folder = picture.kind if kinds != {""} else ""
                names[folder, picture.path.name] += 1
                number = names[folder, picture.path.name]
                name = picture.path.name if number == 1 else f"{picture.path.stem}+{number}{picture.path.suffix}"
                path = f"{folder}/{name}".lstrip("/")
                archive.writestr(zipfile.ZipInfo(path), picture.path.read_bytes())
                rows.append(picture.row | {"file_name": path} | ({"label": picture.kind} if picture.kind else {}))
            if has_metadata:
                archive.writestr(zipfile.ZipInfo(JSON_LINES), "\n".join(map(json.dumps, rows)))
        size = file.tell()
        file.seek(0)
        yield file, size

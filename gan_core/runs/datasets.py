"""Data sets that the app offers for training: named ones, those in the data folder, and uploaded zips."""

import hashlib
import os
import re
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from gan_core.data import registry
from gan_core.data.archives import default_data_folder, locate_dataset
from gan_core.data.registry import TORCHVISION_DATASETS
from gan_core.errors import UsageError
from gan_core.runs import dataset_inspection
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.status import list_runs
from gan_core.runs.storage import require_space

UPLOADS_FOLDER = ".uploads"  # in the folder of runs
EVALUATION_ONLY = ("sr-benchmarks",)  # in the data folder, but not for training
BLOCK_BYTES = 1 << 20
MAX_LISTED_ENTRIES = 2_000  # of a folder, whose sub-folders' times are looked at


def data_folder() -> Path:
    return default_data_folder().resolve()


def available_datasets(root: Path) -> dict[str, str]:
    """Titles of data sets, each with the value of `--data`: named ones, those in the data folder, then uploads."""
    names = {name: name for name in TORCHVISION_DATASETS}
    folder = data_folder()
    if folder.is_dir():
        sets = [path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".zip" or is_dataset(path)]
        names |= {path.stem: path.stem for path in sets if path.stem not in EVALUATION_ONLY}
    for upload in sorted((root / UPLOADS_FOLDER).glob("*.zip")):
        names[f"{upload.stem.rpartition('-')[0]} (uploaded)"] = str(upload)
    return names


def is_dataset(folder: Path) -> bool:
    """Whether a folder may hold images; torchvision's folders hold none that can be read as files."""
    return folder.is_dir() and not folder.name.startswith(".") and not (folder / "raw").is_dir()


def dataset_report(data: str) -> DatasetReport:
    """The report on a data set. Raises UsageError where nothing can be trained on it."""
    if data in TORCHVISION_DATASETS and not registry.locate_own_images(data, data_folder()):
        return dataset_inspection.builtin_report(data)
    return dataset_inspection.inspect_dataset(resolve_path(data))


def resolve_path(data: str) -> Path:
    """The folder or zip that `--data` names."""
    folder = data_folder()
    own = registry.locate_own_images(data, folder) if data in TORCHVISION_DATASETS else None
    return own or locate_dataset(data, folder) or Path(data)


def fingerprint(data: str) -> tuple[str, int, int]:
    """Name, modification time and size: a cache key that changes with the data, as far as that is cheap to know.

    The time of a folder is the latest one of itself and its sub-folders, its size is their number.
    """
    path = resolve_path(data)
    try:
        file_stat = path.stat()
        if path.is_dir():
            entries = islice(path.iterdir(), MAX_LISTED_ENTRIES)
            times = [entry.stat().st_mtime_ns for entry in entries if entry.is_dir()]
            return data, max(file_stat.st_mtime_ns, *times, 0), len(times)
    except OSError:
        return data, 0, 0
    return data, file_stat.st_mtime_ns, file_stat.st_size


def store_upload(upload: BinaryIO, name: str, size: int, root: Path) -> Path:
    """Saves an uploaded zip under a name with a hash of its content; one that cannot be used is not kept.

    Raises UsageError where it is no zip, is hostile, or the disk or the quota is full.
    """
    require_space(root, size)
    folder = root / UPLOADS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    digest, upload_file = hashlib.sha256(), folder / f".incoming-{os.getpid()}-{id(upload)}"
    try:
        with upload_file.open("wb") as file:
            while block := upload.read(BLOCK_BYTES):
                digest.update(block)
                file.write(block)
        dataset_inspection.inspect_dataset(upload_file)
        target = folder / f"{filename_stem(name)}-{digest.hexdigest()[:8]}.zip"
        upload_file.replace(target)
        return target
    finally:
        upload_file.unlink(missing_ok=True)


def is_upload(data: str, root: Path) -> bool:
    """Whether `data` is the path of an uploaded zip."""
    return Path(data).parent == root / UPLOADS_FOLDER


def delete_upload(data: str, root: Path) -> None:
    """Deletes an uploaded zip. Raises UsageError where a run was trained on it, which could not be resumed."""
    dependent_runs = [run.title for run in list_runs(root) if run.config.get("data") == data]
    if dependent_runs:
        raise UsageError(
            f"{dependent_runs[0]} was trained on it and could not be resumed without it: delete the run first."
        )
    if is_upload(data, root):
        Path(data).unlink(missing_ok=True)


def filename_stem(name: str) -> str:
    """The name of an uploaded file as a safe stem of at most 40 characters."""
    return re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-")[:40] or "pictures"

"""Where a training's pictures come from: what lies on this machine, and zips that were uploaded."""

import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

from gan_core.data.archives import default_data_folder, locate_dataset
from gan_core.data.registry import TORCHVISION_DATASETS
from gan_core.errors import InputError
from gan_core.runs import dataset_inspection
from gan_core.runs.dataset_inspection import Report
from gan_core.runs.lifecycle import demand_room
from gan_core.runs.status import entries

UPLOADS = ".uploads"
NOT_FOR_TRAINING = ("sr-benchmarks",)
BLOCK = 1 << 20


def data_folder() -> Path:
    return default_data_folder().resolve()


def known(root: Path) -> dict[str, str]:
    """Data by what a person calls them: what `--data` takes. Named sets first, then those in the data folder, then what
    was uploaded before."""
    found = {name: name for name in TORCHVISION_DATASETS}
    folder = data_folder()
    if folder.is_dir():
        sets = [each for each in sorted(folder.iterdir()) if each.suffix.lower() == ".zip" or is_set(each)]
        found |= {each.stem: each.stem for each in sets if each.stem not in NOT_FOR_TRAINING}
    for each in sorted((root / UPLOADS).glob("*.zip")):
        found[f"{each.stem.rpartition('-')[0]} (uploaded)"] = str(each)
    return found


def is_set(folder: Path) -> bool:
    """Whether a folder may hold pictures: torchvision's own hold none that others can read."""
    return folder.is_dir() and not folder.name.startswith(".") and not (folder / "raw").is_dir()


def report(data: str) -> Report:
    """What there is to know before training on `data`. Raises InputError where nothing can be trained on."""
    if data in TORCHVISION_DATASETS:
        return dataset_inspection.named(data)
    return dataset_inspection.inspect(place(data))


def place(data: str) -> Path:
    """The folder or zip itself."""
    return locate_dataset(data, data_folder()) or Path(data)


def stamp(data: str) -> tuple[str, int, int]:
    """What changes when the data do, as far as that is cheap to know."""
    try:
        status = place(data).stat()
    except OSError:
        return data, 0, 0
    return data, status.st_mtime_ns, status.st_size


def keep(upload: BinaryIO, name: str, size: int, root: Path) -> Path:
    """An uploaded zip as a file of its own, named by what is in it; one that cannot be used is not kept.

    Raises InputError where it is no zip, is hostile, or there is no room.
    """
    demand_room(root, size)
    folder = root / UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    digest, upload_file = hashlib.sha256(), folder / f".incoming-{os.getpid()}-{id(upload)}"
    try:
        with upload_file.open("wb") as file:
            while block := upload.read(BLOCK):
                digest.update(block)
                file.write(block)
        dataset_inspection.inspect(upload_file)
        target = folder / f"{stem(name)}-{digest.hexdigest()[:8]}.zip"
        upload_file.replace(target)
        return target
    finally:
        upload_file.unlink(missing_ok=True)


def uploaded(data: str, root: Path) -> bool:
    """Whether `data` is one of the zips that were uploaded."""
    return Path(data).parent == root / UPLOADS


def forget(data: str, root: Path) -> None:
    """Delete an uploaded zip. Raises InputError where a run was trained on it: it could not go on without."""
    used = [each.title for each in entries(root) if each.plan.get("data") == data]
    if used:
        raise InputError(f"{used[0]} was trained on it and could not go on without: delete the run first.")
    if uploaded(data, root):
        Path(data).unlink(missing_ok=True)


def stem(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-")[:40] or "pictures"

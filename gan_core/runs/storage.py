"""The folder of all runs: where it is, how much disk it takes, and how much it may take."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from gan_core.errors import UsageError
from gan_core.trash import empty_trash

MIN_FREE_BYTES = 1_000_000_000  # that must stay free on the disk


def runs_root() -> Path:
    """The folder of runs: GAN_CORE_RUNS, or `runs` in the working directory."""
    return Path(os.environ.get("GAN_CORE_RUNS") or "runs").resolve()


def quota_bytes() -> int:
    """The bytes that all runs together may take: GAN_CORE_RUNS_GB, by default 20."""
    try:
        return int(float(os.environ.get("GAN_CORE_RUNS_GB") or 20) * 1e9)
    except ValueError as error:
        raise UsageError("GAN_CORE_RUNS_GB must be a number of gigabytes.") from error


def require_space(root: Path, extra_bytes: int = 0) -> None:
    """Raises UsageError where `extra_bytes` more would exceed the quota, or fill the disk. Empties the trash first."""
    root.mkdir(parents=True, exist_ok=True)
    empty_trash(root)
    used_bytes = disk_usage(root)
    if used_bytes + extra_bytes > quota_bytes():
        raise UsageError(
            f"The runs take {used_bytes / 1e9:.1f} of {quota_bytes() / 1e9:g} GB: delete some, or set GAN_CORE_RUNS_GB "
            "higher."
        )
    if shutil.disk_usage(root).free < MIN_FREE_BYTES + extra_bytes:
        raise UsageError("The disk is nearly full: a training could not save. Delete something first.")


def disk_usage(folder: Path) -> int:
    """The bytes of all files in a folder; a file with several names (hard links) counts once."""
    return sum({(file_stat.st_dev, file_stat.st_ino): file_stat.st_size for file_stat in file_stats(folder)}.values())


def file_stats(folder: Path) -> Iterator[os.stat_result]:
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(directory) / name).lstat()
            except OSError:  # deleted meanwhile
                continue

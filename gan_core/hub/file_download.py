"""Downloads one file of a repository: resumes what was interrupted, and verifies size and hash."""

import errno
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gan_core.errors import DiskFull, HashMismatch, IncompleteDownload
from gan_core.files import PARTIAL_SUFFIX
from gan_core.hub import client
from gan_core.hub.repository import RemoteFile, RepoInfo, file_url

MIN_FREE_BYTES = 50_000_000  # of the disk, that a download leaves free

Progress = Callable[[int, int], None]  # bytes received, bytes in all


def download_file(info: RepoInfo, file: RemoteFile, target: Path, progress: Progress, token: str | None = None) -> None:
    """Downloads a file of the repository to `target`, by way of `target`.partial, where the next attempt resumes.

    Raises IncompleteDownload, HashMismatch, DiskFull, and what `repo_info` raises.
    """
    partial = target.with_name(f"{target.name}{PARTIAL_SUFFIX}")
    with client.translate_errors(info.repository, info.commit, file.path), require_disk_space(partial, file.size):
        partial.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(client.MAX_ATTEMPTS):
            size_before = file_size(partial)
            try:
                resume_download(info, file, partial, progress, token)
                break
            except Exception as error:
                if attempt == client.MAX_ATTEMPTS - 1 or not client.is_retryable(error):
                    raise
                if file_size(partial) == size_before:  # nothing was received: wait for the connection
                    client.backoff(attempt)
        verify_download(file, partial)
        partial.replace(target)


def resume_download(info: RepoInfo, file: RemoteFile, partial: Path, progress: Progress, token: str | None) -> None:
    """Appends to `partial` what it lacks."""
    received = file_size(partial)
    if received > file.size:
        partial.unlink()
        received = 0
    progress(received, file.size)
    if received == file.size and partial.exists():
        return
    with client.stream_response(file_url(info, file.path), token, received) as response:
        received = received if response.status_code == 206 else 0  # without range requests the whole file comes
        with partial.open("ab" if received else "wb") as out:
            for chunk in response.iter_bytes():  # of any size: what was received before a break is kept
                out.write(chunk)
                received += len(chunk)
                if received > file.size:
                    break
                progress(received, file.size)


def verify_download(file: RemoteFile, partial: Path) -> None:
    """Raises IncompleteDownload where bytes are missing, HashMismatch where the content is wrong; that is deleted."""
    received = file_size(partial)
    if received < file.size:
        raise IncompleteDownload(
            f"{file.path} was interrupted at {received:,} of {file.size:,} bytes; try again, and it is resumed there."
        )
    if received == file.size and (file.sha256 is None or sha256_of(partial) == file.sha256):
        return
    partial.unlink()
    raise HashMismatch(f"{file.path} has other content than the Hub announced, and was deleted: try again.")


def sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def file_size(file: Path) -> int:
    """The size in bytes; 0 where there is no file."""
    return file.stat().st_size if file.exists() else 0


@contextmanager
def require_disk_space(file: Path, size: int) -> Iterator[None]:
    """Raises DiskFull where the disk has no room for a file of this size, at the start or when it runs full."""
    folder = next(parent for parent in file.parents if parent.exists())
    free, needed = shutil.disk_usage(folder).free, size - file_size(file)
    if free < needed + MIN_FREE_BYTES:
        raise DiskFull(f"There is no space for {size / 1e6:.0f} MB: the disk has {free / 1e6:.0f} MB left.")
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk is full: {size / 1e6:.0f} MB are needed. What was received is kept.") from error
        raise

"""The Hugging Face Hub: what a model there consists of, its files, and files sent there. Nothing else talks to it.

A listing is pinned to a commit, so all that is read later is of one state. Downloads go on where they broke off and
are held against the Hub's own hash. Every failure becomes one of our own errors, in a sentence.
"""

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gan_core import __version__
from gan_core.errors import (
    AuthenticationRequired,
    DiskFull,
    ExternalError,
    HashMismatch,
    IncompleteDownload,
    NotFound,
    RevisionNotFound,
    TimedOut,
    Unreachable,
    UsageError,
)

DEFAULT_ENDPOINT = "https://huggingface.co"
DEFAULT_TIMEOUT_S = 10.0  # seconds without a byte
MAX_ATTEMPTS = 4
FIRST_BACKOFF_S = 0.5  # seconds before the second attempt, twice as long before each further one
MAX_BACKOFF_S = 5.0
MIN_FREE_BYTES = 50_000_000  # bytes of the disk that are left free
MAX_FILES = 20_000  # of a listing
LOGIN_HINT = "log in by `hf auth login` on this machine, or set HF_TOKEN to a token that may"

Progress = Callable[[int, int], None]  # bytes that are here, bytes in all


@dataclass(frozen=True)
class RemoteFile:
    """A file of a model; `sha256` is there for all large ones."""

    path: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True)
class RepoInfo:
    """A model on the Hub at one commit: its files, and what its owner says of licence and data."""

    repository: str
    revision: str
    commit: str
    files: tuple[RemoteFile, ...]
    licence: str | None = None
    datasets: tuple[str, ...] = ()
    gated: bool = False
    private: bool = False
    repo_type: str = "model"  # or "space"

    def file(self, path: str) -> RemoteFile | None:
        return next((file for file in self.files if file.path == path), None)


def endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def web_url(repository: str, repo_type: str = "model") -> str:
    """Where people read about a model, or use a space."""
    return f"{endpoint()}/{'spaces/' if repo_type == 'space' else ''}{repository}"


# Reading -------------------------------------------------------------------------------------------------------------


def repo_info(
    repository: str, revision: str | None = None, token: str | None = None, *, repo_type: str = "model"
) -> RepoInfo:
    """What the model (or space) consists of at that revision (a branch, a tag, a commit; by default the main branch).

    Two small requests, nothing large. Raises NotFound, NoSuchRevision, LoginNeeded, Unreachable, TimedOut.
    """
    wanted_revision = revision or "main"
    with translate_errors(repository, wanted_revision):
        answer = get_json(f"/api/{repo_type}s/{repository}/revision/{quote(wanted_revision, safe='')}", token)
        if not isinstance(answer, dict) or not isinstance(answer.get("sha"), str):
            raise Unreachable(f"{endpoint()} does not answer like a Hub: no commit for {repository}.")
        commit = answer["sha"]
        files = tuple(
            RemoteFile(entry["path"], int((entry.get("lfs") or entry)["size"]), (entry.get("lfs") or {}).get("oid"))
            for entry in paginate(f"/api/{repo_type}s/{repository}/tree/{commit}?recursive=true", token)
            if entry.get("type") == "file" and is_safe_path(entry["path"])
        )
    card = answer.get("cardData") or {}
    return RepoInfo(
        repository, wanted_revision, commit, files, licence_of(card, answer.get("tags") or ()), as_names(card.get("datasets")),
        bool(answer.get("gated")), bool(answer.get("private")), repo_type,
    )  # fmt: skip


def is_safe_path(path: str) -> bool:
    """Whether a name stays in the folder it is put in."""
    parts = path.split("/")
    return not ({"", ".", ".."} & set(parts)) and "\\" not in path and ":" not in path


def licence_of(card: dict[str, Any], tags: Any) -> str | None:
    """The licence by its name on the Hub, or as the owner calls it where the Hub knows no such one."""
    stated = as_names(card.get("license")) or tuple(
        tag.removeprefix("license:") for tag in tags if str(tag).startswith("license:")
    )
    custom_name = card.get("license_name")
    if stated == ("other",) and isinstance(custom_name, str) and custom_name.strip():
        return custom_name.strip()[:100]
    return ", ".join(stated) or None


def as_names(value: Any) -> tuple[str, ...]:
    """A name or a list of names, as cards have both."""
    values = value if isinstance(value, list) else [value]
    return tuple(name.strip()[:100] for name in values if isinstance(name, str) and name.strip())


def paginate(path: str, token: str | None) -> Iterator[dict[str, Any]]:
    """A listing, page after page."""
    count, url = 0, endpoint() + path
    while url and count < MAX_FILES:
        response = get_with_retries(url, token)
        page = response.json()
        count += len(page)
        yield from page
        url = response.links.get("next", {}).get("url")


def get_json(path: str, token: str | None) -> Any:
    return get_with_retries(endpoint() + path, token).json()


def get_with_retries(url: str, token: str | None) -> Any:
    """A small answer; asked again where the Hub is busy."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    for attempt in range(MAX_ATTEMPTS):
        response = get_session().get(url, headers=request_headers(token), timeout=timeout_s())
        if not is_transient(response.status_code) or attempt == MAX_ATTEMPTS - 1:
            break
        backoff(attempt, response.headers.get("Retry-After"))
    hf_raise_for_status(response)
    return response


def request_headers(token: str | None) -> dict[str, str]:
    from huggingface_hub.utils import build_hf_headers

    hub_headers = build_hf_headers(token=token, library_name="gan-core", library_version=__version__)
    return hub_headers | {"Accept-Encoding": "identity"}


def timeout_s() -> float:
    return float(os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT") or DEFAULT_TIMEOUT_S)


def is_transient(status: int) -> bool:
    """Whether such trouble may pass by itself."""
    return status == 429 or status >= 500


def backoff(attempt: int, retry_after: str | None = None) -> None:
    requested_s = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
    time.sleep(min(max(FIRST_BACKOFF_S * 2**attempt, requested_s), MAX_BACKOFF_S))


def read_text(info: RepoInfo, path: str, max_bytes: int, token: str | None = None) -> str:
    """The text of a small file at the listing's commit; empty where there is none, or where it is longer."""
    file = info.file(path)
    if file is None or file.size > max_bytes:
        return ""
    with translate_errors(info.repository, info.commit, path):
        url = f"{web_url(info.repository, info.repo_type)}/resolve/{info.commit}/{quote(path)}"
        return get_with_retries(url, token).content[:max_bytes].decode("utf-8", "replace")


# Downloading ---------------------------------------------------------------------------------------------------------


def download_file(info: RepoInfo, file: RemoteFile, target: Path, progress: Progress, token: str | None = None) -> None:
    """A file of the listing as `target`; what an earlier attempt left beside it is gone on with.

    Raises Truncated, HashMismatch, DiskFull, and what `look` raises.
    """
    partial = target.with_name(f"{target.name}.partial")
    with translate_errors(info.repository, info.commit, file.path), require_disk_space(partial, file.size):
        partial.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(MAX_ATTEMPTS):
            size_before = file_size(partial)
            try:
                resume_download(info, file, partial, progress, token)
                break
            except Exception as error:
                can_retry = attempt < MAX_ATTEMPTS - 1 and is_retryable(error)
                if not can_retry:
                    raise
                if file_size(partial) == size_before:  # nothing came: give the line a moment
                    backoff(attempt)
        verify_download(file, partial)
        partial.replace(target)


def resume_download(info: RepoInfo, file: RemoteFile, partial: Path, progress: Progress, token: str | None) -> None:
    """All that is missing, appended to what is there."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    received = file_size(partial)
    if received > file.size:
        partial.unlink()
        received = 0
    progress(received, file.size)
    if received == file.size and partial.exists():
        return
    url = f"{endpoint()}/{info.repository}/resolve/{info.commit}/{quote(file.path)}"
    range_headers = request_headers(token) | ({"Range": f"bytes={received}-"} if received else {})
    with get_session().stream("GET", url, headers=range_headers, timeout=timeout_s()) as response:
        hf_raise_for_status(response)
        received = received if response.status_code == 206 else 0  # a server without ranges begins anew
        with partial.open("ab" if received else "wb") as out:
            for chunk in response.iter_bytes():  # as it comes: what is here when the line breaks is kept
                out.write(chunk)
                received += len(chunk)
                if received > file.size:
                    break
                progress(received, file.size)


def verify_download(file: RemoteFile, partial: Path) -> None:
    """Raises where the file is not the one that was announced; one that is wrong, not merely short, is thrown away."""
    received = file_size(partial)
    if received < file.size:
        raise IncompleteDownload(
            f"{file.path} broke off at {received:,} of {file.size:,} bytes; try again, and it goes on there."
        )
    if received == file.size and file.sha256:
        with partial.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256:
                return
    elif received == file.size:
        return
    partial.unlink()
    raise HashMismatch(f"{file.path} came with other content than the Hub announced; it was thrown away: try again.")


def file_size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def is_retryable(error: Exception) -> bool:
    """Whether another attempt makes sense at once: a line that broke, a Hub that is busy."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return is_transient(error.response.status_code)
    return isinstance(error, (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.TimeoutException))


@contextmanager
def require_disk_space(file: Path, size: int) -> Iterator[None]:
    """Raises DiskFull before or when the disk has no room."""
    folder = next(parent for parent in file.parents if parent.exists())
    free, needed = shutil.disk_usage(folder).free, size - file_size(file)
    if free < needed + MIN_FREE_BYTES:
        raise DiskFull(f"There is no room for {size / 1e6:.0f} MB: the disk has {free / 1e6:.0f} MB left.")
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk is full: {size / 1e6:.0f} MB are needed. What came is kept.") from error
        raise


# Sending -------------------------------------------------------------------------------------------------------------


def upload_files(
    repository: str, files: dict[str, bytes | Path], message: str, *, private: bool, parent: str | None = None,
    token: str | None = None, repo_type: str = "model", deleted: Iterable[str] = (),
) -> str:  # fmt: skip
    """One commit with these files by their names there and without those `gone`; the commit's address.

    A model is created where it is new, a space as one that runs a Dockerfile.

    `parent` is the commit that was looked at: what somebody else has sent since is not written over. Raises
    LoginNeeded, Unreachable and what else `look` does.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_session
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()  # who calls shows progress, or none
    get_session().timeout = 6 * timeout_s()
    api = HfApi(endpoint=endpoint(), token=token, library_name="gan-core", library_version=__version__)
    with translate_errors(repository, "main"):
        api.create_repo(
            repository, private=private or None, exist_ok=True, repo_type=repo_type,
            space_sdk="docker" if repo_type == "space" else None,
        )  # fmt: skip
        operations = [
            *(CommitOperationAdd(name, data) for name, data in files.items()),
            *map(CommitOperationDelete, deleted),
        ]
        try:
            commit = api.create_commit(
                repository, operations, commit_message=message, parent_commit=parent, repo_type=repo_type
            )
        except ValueError as error:  # the Hub's opinion of the card's front matter
            raise UsageError(f"The Hub does not take the card: {error}") from error
        except RuntimeError as error:  # storage of large files, whose errors have no type of their own
            raise ExternalError("A file could not be sent: the line broke, or the disk could not be read.") from error
        return str(commit.commit_url)


def require_token(token: str | None = None) -> None:
    """Raises LoginNeeded where there is no token at all."""
    from huggingface_hub import get_token

    if not (token or get_token()):
        raise AuthenticationRequired(f"Publishing needs an account on the Hub: {LOGIN_HINT} write.")


# Failures ------------------------------------------------------------------------------------------------------------


@contextmanager
def translate_errors(repository: str, revision: str, file: str = "") -> Iterator[None]:
    """What the client raises, as one of our errors. Never with a token in it: only we write the sentences."""
    import httpx2
    from huggingface_hub import errors

    model = f"{repository} on the Hub"
    try:
        yield
    except (UsageError, ExternalError):
        raise
    except errors.HFValidationError as error:
        raise UsageError(f"{repository!r} is no name of a model on the Hub: owner/name is.") from error
    except errors.GatedRepoError as error:
        raise AuthenticationRequired(
            f"{model} is gated: ask for access at {web_url(repository)}, then {LOGIN_HINT} read it."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise RevisionNotFound(
            f"{model} has no revision {revision!r}: a branch, a tag or a commit is needed."
        ) from error
    except errors.EntryNotFoundError as error:
        raise NotFound(f"{model} has no file {file!r}.") from error
    except errors.RepositoryNotFoundError as error:
        raise NotFound(
            f"There is no model {model}, or it is private: for a private one, {LOGIN_HINT} read it."
        ) from error
    except errors.HfHubHTTPError as error:
        raise error_for_status(error.response, model) from error
    except errors.LocalTokenNotFoundError as error:
        raise AuthenticationRequired(f"This needs an account on the Hub: {LOGIN_HINT}.") from error
    except errors.OfflineModeIsEnabled as error:
        raise Unreachable(f"There is no way to {model}: HF_HUB_OFFLINE forbids it.") from error
    except httpx2.TimeoutException as error:
        raise TimedOut(f"The Hub took longer than {timeout_s():g} seconds to answer about {repository}.") from error
    except httpx2.RemoteProtocolError as error:
        raise IncompleteDownload(
            f"The line to the Hub broke again and again; what came of {file or model} is kept."
        ) from error
    except httpx2.HTTPError as error:
        raise Unreachable(f"There is no connection to {endpoint()}: is the network on?") from error


def error_for_status(response: Any, model: str) -> UsageError | ExternalError:
    """The error for an answer that says no."""
    status = response.status_code
    if status == 401:
        return AuthenticationRequired(f"The Hub does not accept the token that was sent for {model}: {LOGIN_HINT}.")
    if status == 403:
        return AuthenticationRequired(f"The token may not do this to {model}: {LOGIN_HINT}.")
    if status == 412:
        return ExternalError(f"Somebody has changed {model} in the meantime: look at it, and try again.")
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        later = f"in {wait} seconds" if wait.isdecimal() else "in a few minutes"
        return Unreachable(f"The Hub has had too many requests from here: try again {later}.")
    if status >= 500:
        return Unreachable(f"The Hub has trouble of its own (status {status}): try again later.")
    return UsageError(f"The Hub refused the request for {model} (status {status}).")

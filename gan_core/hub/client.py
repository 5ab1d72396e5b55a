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
    DiskFull,
    HashMismatch,
    InputError,
    LoginNeeded,
    NoSuchRevision,
    NotFound,
    OutsideError,
    TimedOut,
    Truncated,
    Unreachable,
)

HOME = "https://huggingface.co"
PATIENCE = 10.0  # seconds without a byte
ATTEMPTS = 4
PAUSE = 0.5  # seconds before the second attempt, twice as long before each further one
LONGEST_PAUSE = 5.0
SPARE = 50_000_000  # bytes of the disk that are left free
MAX_FILES = 20_000  # of a listing
LOGIN = "log in by `hf auth login` on this machine, or set HF_TOKEN to a token that may"

Report = Callable[[int, int], None]  # bytes that are here, bytes in all


@dataclass(frozen=True)
class RemoteFile:
    """A file of a model; `sha256` is there for all large ones."""

    path: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True)
class Listing:
    """A model on the Hub at one commit: its files, and what its owner says of licence and data."""

    repository: str
    revision: str
    commit: str
    files: tuple[RemoteFile, ...]
    licence: str | None = None
    datasets: tuple[str, ...] = ()
    gated: bool = False
    private: bool = False
    kind: str = "model"  # or "space"

    def file(self, path: str) -> RemoteFile | None:
        return next((each for each in self.files if each.path == path), None)


def endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or HOME).rstrip("/")


def page_of(repository: str, kind: str = "model") -> str:
    """Where people read about a model, or use a space."""
    return f"{endpoint()}/{'spaces/' if kind == 'space' else ''}{repository}"


# Reading -------------------------------------------------------------------------------------------------------------


def look(repository: str, revision: str | None = None, token: str | None = None, *, kind: str = "model") -> Listing:
    """What the model (or space) consists of at that revision (a branch, a tag, a commit; by default the main branch).

    Two small requests, nothing large. Raises NotFound, NoSuchRevision, LoginNeeded, Unreachable, TimedOut.
    """
    wanted = revision or "main"
    with in_our_words(repository, wanted):
        facts = ask(f"/api/{kind}s/{repository}/revision/{quote(wanted, safe='')}", token)
        if not isinstance(facts, dict) or not isinstance(facts.get("sha"), str):
            raise Unreachable(f"{endpoint()} does not answer like a Hub: no commit for {repository}.")
        commit = facts["sha"]
        files = tuple(
            RemoteFile(each["path"], int((each.get("lfs") or each)["size"]), (each.get("lfs") or {}).get("oid"))
            for each in entries(f"/api/{kind}s/{repository}/tree/{commit}?recursive=true", token)
            if each.get("type") == "file" and harmless(each["path"])
        )
    card = facts.get("cardData") or {}
    return Listing(
        repository, wanted, commit, files, licence_of(card, facts.get("tags") or ()), names(card.get("datasets")),
        bool(facts.get("gated")), bool(facts.get("private")), kind,
    )  # fmt: skip


def harmless(path: str) -> bool:
    """Whether a name stays in the folder it is put in."""
    parts = path.split("/")
    return not ({"", ".", ".."} & set(parts)) and "\\" not in path and ":" not in path


def licence_of(card: dict[str, Any], tags: Any) -> str | None:
    """The licence by its name on the Hub, or as the owner calls it where the Hub knows no such one."""
    stated = names(card.get("license")) or tuple(
        tag.removeprefix("license:") for tag in tags if str(tag).startswith("license:")
    )
    own = card.get("license_name")
    if stated == ("other",) and isinstance(own, str) and own.strip():
        return own.strip()[:100]
    return ", ".join(stated) or None


def names(value: Any) -> tuple[str, ...]:
    """A name or a list of names, as cards have both."""
    many = value if isinstance(value, list) else [value]
    return tuple(each.strip()[:100] for each in many if isinstance(each, str) and each.strip())


def entries(path: str, token: str | None) -> Iterator[dict[str, Any]]:
    """A listing, page after page."""
    count, address = 0, endpoint() + path
    while address and count < MAX_FILES:
        response = request(address, token)
        page = response.json()
        count += len(page)
        yield from page
        address = response.links.get("next", {}).get("url")


def ask(path: str, token: str | None) -> Any:
    return request(endpoint() + path, token).json()


def request(address: str, token: str | None) -> Any:
    """A small answer; asked again where the Hub is busy."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    for attempt in range(ATTEMPTS):
        response = get_session().get(address, headers=headers(token), timeout=patience())
        if not passing(response.status_code) or attempt == ATTEMPTS - 1:
            break
        pause(attempt, response.headers.get("Retry-After"))
    hf_raise_for_status(response)
    return response


def headers(token: str | None) -> dict[str, str]:
    from huggingface_hub.utils import build_hf_headers

    made = build_hf_headers(token=token, library_name="gan-core", library_version=__version__)
    return made | {"Accept-Encoding": "identity"}


def patience() -> float:
    return float(os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT") or PATIENCE)


def passing(status: int) -> bool:
    """Whether such trouble may pass by itself."""
    return status == 429 or status >= 500


def pause(attempt: int, wish: str | None = None) -> None:
    wished = float(wish) if wish and wish.isdecimal() else 0.0
    time.sleep(min(max(PAUSE * 2**attempt, wished), LONGEST_PAUSE))


def read(listing: Listing, path: str, limit: int, token: str | None = None) -> str:
    """The text of a small file at the listing's commit; empty where there is none, or where it is longer."""
    file = listing.file(path)
    if file is None or file.size > limit:
        return ""
    with in_our_words(listing.repository, listing.commit, path):
        address = f"{page_of(listing.repository, listing.kind)}/resolve/{listing.commit}/{quote(path)}"
        return request(address, token).content[:limit].decode("utf-8", "replace")


# Downloading ---------------------------------------------------------------------------------------------------------


def download(listing: Listing, file: RemoteFile, target: Path, report: Report, token: str | None = None) -> None:
    """A file of the listing as `target`; what an earlier attempt left beside it is gone on with.

    Raises Truncated, HashMismatch, DiskFull, and what `look` raises.
    """
    partial = target.with_name(f"{target.name}.partial")
    with in_our_words(listing.repository, listing.commit, file.path), room_for(partial, file.size):
        partial.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            before = size_of(partial)
            try:
                receive(listing, file, partial, report, token)
                break
            except Exception as error:
                again = attempt < ATTEMPTS - 1 and may_pass(error)
                if not again:
                    raise
                if size_of(partial) == before:  # nothing came: give the line a moment
                    pause(attempt)
        check(file, partial)
        partial.replace(target)


def receive(listing: Listing, file: RemoteFile, partial: Path, report: Report, token: str | None) -> None:
    """All that is missing, appended to what is there."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    here = size_of(partial)
    if here > file.size:
        partial.unlink()
        here = 0
    report(here, file.size)
    if here == file.size and partial.exists():
        return
    address = f"{endpoint()}/{listing.repository}/resolve/{listing.commit}/{quote(file.path)}"
    sent = headers(token) | ({"Range": f"bytes={here}-"} if here else {})
    with get_session().stream("GET", address, headers=sent, timeout=patience()) as response:
        hf_raise_for_status(response)
        here = here if response.status_code == 206 else 0  # a server without ranges begins anew
        with partial.open("ab" if here else "wb") as out:
            for piece in response.iter_bytes():  # as it comes: what is here when the line breaks is kept
                out.write(piece)
                here += len(piece)
                if here > file.size:
                    break
                report(here, file.size)


def check(file: RemoteFile, partial: Path) -> None:
    """Raises where the file is not the one that was announced; one that is wrong, not merely short, is thrown away."""
    here = size_of(partial)
    if here < file.size:
        raise Truncated(f"{file.path} broke off at {here:,} of {file.size:,} bytes; try again, and it goes on there.")
    if here == file.size and file.sha256:
        with partial.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256:
                return
    elif here == file.size:
        return
    partial.unlink()
    raise HashMismatch(f"{file.path} came with other content than the Hub announced; it was thrown away: try again.")


def size_of(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def may_pass(error: Exception) -> bool:
    """Whether another attempt makes sense at once: a line that broke, a Hub that is busy."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return passing(error.response.status_code)
    return isinstance(error, (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.TimeoutException))


@contextmanager
def room_for(file: Path, size: int) -> Iterator[None]:
    """Raises DiskFull before or when the disk has no room."""
    place = next(each for each in file.parents if each.exists())
    free, needed = shutil.disk_usage(place).free, size - size_of(file)
    if free < needed + SPARE:
        raise DiskFull(f"There is no room for {size / 1e6:.0f} MB: the disk has {free / 1e6:.0f} MB left.")
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"The disk is full: {size / 1e6:.0f} MB are needed. What came is kept.") from error
        raise


# Sending -------------------------------------------------------------------------------------------------------------


def upload(
    repository: str, files: dict[str, bytes | Path], message: str, *, private: bool, parent: str | None = None,
    token: str | None = None, kind: str = "model", gone: Iterable[str] = (),
) -> str:  # fmt: skip
    """One commit with these files by their names there and without those `gone`; the commit's address.

    A model is created where it is new, a space as one that runs a Dockerfile.

    `parent` is the commit that was looked at: what somebody else has sent since is not written over. Raises
    LoginNeeded, Unreachable and what else `look` does.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_session
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()  # who calls shows progress, or none
    get_session().timeout = 6 * patience()
    api = HfApi(endpoint=endpoint(), token=token, library_name="gan-core", library_version=__version__)
    with in_our_words(repository, "main"):
        api.create_repo(
            repository, private=private or None, exist_ok=True, repo_type=kind,
            space_sdk="docker" if kind == "space" else None,
        )  # fmt: skip
        wanted = [*(CommitOperationAdd(name, data) for name, data in files.items()), *map(CommitOperationDelete, gone)]
        try:
            made = api.create_commit(repository, wanted, commit_message=message, parent_commit=parent, repo_type=kind)
        except ValueError as error:  # the Hub's opinion of the card's front matter
            raise InputError(f"The Hub does not take the card: {error}") from error
        except RuntimeError as error:  # storage of large files, whose errors have no type of their own
            raise OutsideError("A file could not be sent: the line broke, or the disk could not be read.") from error
        return str(made.commit_url)


def require_token(token: str | None = None) -> None:
    """Raises LoginNeeded where there is no token at all."""
    from huggingface_hub import get_token

    if not (token or get_token()):
        raise LoginNeeded(f"Publishing needs an account on the Hub: {LOGIN} write.")


# Failures ------------------------------------------------------------------------------------------------------------


@contextmanager
def in_our_words(repository: str, revision: str, file: str = "") -> Iterator[None]:
    """What the client raises, as one of our errors. Never with a token in it: only we write the sentences."""
    import httpx2
    from huggingface_hub import errors

    model = f"{repository} on the Hub"
    try:
        yield
    except (InputError, OutsideError):
        raise
    except errors.HFValidationError as error:
        raise InputError(f"{repository!r} is no name of a model on the Hub: owner/name is.") from error
    except errors.GatedRepoError as error:
        raise LoginNeeded(
            f"{model} is gated: ask for access at {page_of(repository)}, then {LOGIN} read it."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise NoSuchRevision(f"{model} has no revision {revision!r}: a branch, a tag or a commit is needed.") from error
    except errors.EntryNotFoundError as error:
        raise NotFound(f"{model} has no file {file!r}.") from error
    except errors.RepositoryNotFoundError as error:
        raise NotFound(f"There is no model {model}, or it is private: for a private one, {LOGIN} read it.") from error
    except errors.HfHubHTTPError as error:
        raise by_status(error.response, model) from error
    except errors.LocalTokenNotFoundError as error:
        raise LoginNeeded(f"This needs an account on the Hub: {LOGIN}.") from error
    except errors.OfflineModeIsEnabled as error:
        raise Unreachable(f"There is no way to {model}: HF_HUB_OFFLINE forbids it.") from error
    except httpx2.TimeoutException as error:
        raise TimedOut(f"The Hub took longer than {patience():g} seconds to answer about {repository}.") from error
    except httpx2.RemoteProtocolError as error:
        raise Truncated(f"The line to the Hub broke again and again; what came of {file or model} is kept.") from error
    except httpx2.HTTPError as error:
        raise Unreachable(f"There is no connection to {endpoint()}: is the network on?") from error


def by_status(response: Any, model: str) -> InputError | OutsideError:
    """The error for an answer that says no."""
    status = response.status_code
    if status == 401:
        return LoginNeeded(f"The Hub does not accept the token that was sent for {model}: {LOGIN}.")
    if status == 403:
        return LoginNeeded(f"The token may not do this to {model}: {LOGIN}.")
    if status == 412:
        return OutsideError(f"Somebody has changed {model} in the meantime: look at it, and try again.")
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        later = f"in {wait} seconds" if wait.isdecimal() else "in a few minutes"
        return Unreachable(f"The Hub has had too many requests from here: try again {later}.")
    if status >= 500:
        return Unreachable(f"The Hub has trouble of its own (status {status}): try again later.")
    return InputError(f"The Hub refused the request for {model} (status {status}).")

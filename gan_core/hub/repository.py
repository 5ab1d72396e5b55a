"""Repositories on the Hub: what a model or Space consists of at one commit, and its small text files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gan_core.errors import NotFound, Unreachable, UsageError
from gan_core.hub import client

MAX_FILES = 20_000  # of a listing; further ones are left out
MAX_PART_BYTES = 200  # of a folder or file in a path, with room for an ending; file systems allow 255
MAX_NAME_CHARACTERS = 100  # of names that a card states


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository; the Hub states a `sha256` for all large ones."""

    path: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True)
class RepoInfo:
    """A repository at one commit: its files, and the licence and data sets that its owner states."""

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


def repo_info(
    repository: str, revision: str | None = None, token: str | None = None, *, repo_type: str = "model"
) -> RepoInfo:
    """The repository at a revision (branch, tag or commit; by default the main branch), pinned to its commit.

    Makes two small requests. Raises NotFound, RevisionNotFound, AuthenticationRequired, Unreachable, TimedOut.
    """
    revision = revision or "main"
    with client.translate_errors(repository, revision):
        answer = get_json(f"/api/{repo_type}s/{repository}/revision/{quote(revision, safe='')}", token)
        if not isinstance(answer, dict) or not isinstance(answer.get("sha"), str):
            raise Unreachable(f"{client.endpoint()} does not answer like a Hub: it names no commit of {repository}.")
        commit = answer["sha"]
        entries = paginate(f"/api/{repo_type}s/{repository}/tree/{quote(commit, safe='')}?recursive=true", token)
        files = tuple(file for entry in entries if (file := read_entry(entry)) and is_safe_path(file.path))
    card = answer["cardData"] if isinstance(answer.get("cardData"), dict) else {}
    return RepoInfo(
        repository, revision, commit, files, licence_of(card, answer.get("tags")), as_names(card.get("datasets")),
        bool(answer.get("gated")), bool(answer.get("private")), repo_type,
    )  # fmt: skip


def read_entry(entry: Any) -> RemoteFile | None:
    """A file in a listing; None for a folder. Raises Unreachable where it is no entry of a listing."""
    if isinstance(entry, dict) and entry.get("type") == "file":
        large = entry["lfs"] if isinstance(entry.get("lfs"), dict) else {}
        path, size, sha256 = entry.get("path"), (large or entry).get("size"), large.get("oid")
        if isinstance(path, str) and isinstance(size, int) and size >= 0 and isinstance(sha256, str | None):
            return RemoteFile(path, size, sha256)
    elif isinstance(entry, dict):
        return None
    raise Unreachable(f"{client.endpoint()} does not answer like a Hub: its listing of files cannot be read.")


def find_upload_target(
    repository: str, token: str | None, *, private: bool, repo_type: str = "model"
) -> RepoInfo | None:
    """The repository to upload to, None where it is new.

    Raises UsageError where it is public and `private` is wanted, and what `repo_info` raises.
    """
    try:
        existing = repo_info(repository, None, token, repo_type=repo_type)
    except NotFound:
        return None
    if private and not existing.private:
        raise UsageError(
            f"{repository} is on the Hub already, and public: choose another name, or make it private there."
        )
    return existing


def read_text(info: RepoInfo, path: str, max_bytes: int, token: str | None = None) -> str:
    """The text of a small file at the commit; empty where there is none, or it is larger than `max_bytes`."""
    file = info.file(path)
    if file is None or file.size > max_bytes:
        return ""
    with client.translate_errors(info.repository, info.commit, path):
        return client.get_with_retries(file_url(info, path), token).content[:max_bytes].decode("utf-8", "replace")


def file_url(info: RepoInfo, path: str) -> str:
    """The address of a file at the commit."""
    return f"{client.web_url(info.repository, info.repo_type)}/resolve/{quote(info.commit, safe='')}/{quote(path)}"


def is_safe_path(path: str) -> bool:
    """Whether a path stays in the folder that it is written to, on any operating system."""
    parts = path.split("/")
    is_short = all(len(part.encode("utf-8", "replace")) <= MAX_PART_BYTES for part in parts)
    return is_short and not ({"", ".", ".."} & set(parts)) and not set(path) & set("\\:\0")


def licence_of(card: dict[str, Any], tags: Any) -> str | None:
    """The licence in a card's metadata or tags, by its identifier; for "other", by the name that the card gives."""
    tags = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    stated = as_names(card.get("license")) or tuple(
        tag.removeprefix("license:") for tag in tags if tag.startswith("license:")
    )
    custom_name = card.get("license_name")
    if stated == ("other",) and isinstance(custom_name, str) and custom_name.strip():
        return custom_name.strip()[:MAX_NAME_CHARACTERS]
    return ", ".join(stated) or None


def as_names(value: Any) -> tuple[str, ...]:
    """The names in a value of a card, which is one name, a list of names, or anything else."""
    values = value if isinstance(value, list) else [value]
    return tuple(name.strip()[:MAX_NAME_CHARACTERS] for name in values if isinstance(name, str) and name.strip())


def paginate(path: str, token: str | None) -> Iterator[Any]:
    """The entries of a listing, page by page, at most about MAX_FILES. Raises Unreachable where it is none."""
    count, url = 0, client.endpoint() + path
    while url and count < MAX_FILES:
        response = client.get_with_retries(url, token)
        page = client.read_json(response)
        if not isinstance(page, list):
            raise Unreachable(f"{client.endpoint()} does not answer like a Hub: it sends no listing of files.")
        count += len(page)
        yield from page
        url = response.links.get("next", {}).get("url")


def get_json(path: str, token: str | None) -> Any:
    return client.read_json(client.get_with_retries(client.endpoint() + path, token))

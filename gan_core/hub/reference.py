"""References to models on the Hub: hub:OWNER/NAME[/FILE][@REVISION], and what people paste in their place."""

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from gan_core.checkpoints.description import HUB_PREFIX
from gan_core.errors import UsageError

MAX_REFERENCE_CHARACTERS = 400
MAX_ADDRESS_CHARACTERS = 2000
HUB_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
ADDRESS_START = re.compile(rf"[a-z][a-z0-9+.-]*://|({'|'.join(re.escape(host) for host in HUB_HOSTS)})/", re.IGNORECASE)
WITH_REVISION = ("tree", "blob", "resolve", "raw", "commit", "commits")  # in addresses, before the revision
WITH_FILE = ("blob", "resolve", "raw")  # after which comes a revision, and then a file
OTHER_PAGES = {  # the first part of addresses on the Hub that are not of a model
    "spaces": "a Space, an app that runs on the Hub",
    "datasets": "a data set",
    "collections": "a collection",
    "papers": "a paper",
    "blog": "an article",
    "docs": "a page of documentation",
    "learn": "a course",
    "posts": "a post",
    "api": "the Hub's interface for programs",
}
REPOSITORY_PATTERN = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)


@dataclass(frozen=True)
class Reference:
    """A parsed reference: the repository OWNER/NAME, a file of weights in it, and a branch, tag or commit."""

    repository: str
    file: str | None = None
    revision: str | None = None

    def __str__(self) -> str:
        file, revision = (f"/{self.file}" if self.file else ""), (f"@{self.revision}" if self.revision else "")
        return f"{HUB_PREFIX}{self.repository}{file}{revision}"


def validate_repository(repository: str) -> None:
    """Raises UsageError where the text is not a repository's name, OWNER/NAME."""
    if not REPOSITORY_PATTERN.fullmatch(repository) or ".." in repository or "--" in repository:
        raise UsageError(
            f"{repository[:80]!r} is not a name on the Hub: OWNER/NAME is needed, of letters, digits, -, _ and dots."
        )


def parse_reference(text: str) -> Reference:
    """The reference in a text. Raises UsageError where it is none."""
    path, _, revision = text.strip().removeprefix(HUB_PREFIX).partition("@")
    owner, name, file = [*path.split("/", 2), "", "", ""][:3]
    is_valid = (
        text.strip().startswith(HUB_PREFIX)
        and REPOSITORY_PATTERN.fullmatch(f"{owner}/{name}")
        and ".." not in path
        and text.strip().isprintable()
    )
    if not is_valid or file.startswith("/") or len(text) > MAX_REFERENCE_CHARACTERS or ("@" in text and not revision):
        raise UsageError(
            "That is not a reference to the Hub: hub:OWNER/NAME is, followed by /FILE where the repository holds "
            "several models, and by @REVISION where it should not be the newest."
        )
    return Reference(f"{owner}/{name}", file or None, revision or None)


# What people paste ----------------------------------------------------------------------------------------------------


def parse_pasted(text: str) -> Reference:
    """The reference in what a visitor enters: hub:OWNER/NAME, OWNER/NAME, or the address of a model's page on the Hub.

    The command line takes the first form alone, as OWNER/NAME could be a folder there. Raises UsageError where it is
    none, saying what it is.
    """
    text = text.strip().strip("<>\"'")
    if not ADDRESS_START.match(text):
        return parse_reference(text if text.startswith(HUB_PREFIX) else f"{HUB_PREFIX}{text}")
    return parse_address(text)


def parse_address(text: str) -> Reference:
    """The reference in the address of a model's page, of one of its files, or of one of its revisions."""
    try:
        address = urlsplit(text if "://" in text else f"https://{text}")
        host = (address.hostname or "").lower()
    except ValueError:
        host, address = "", urlsplit("")
    endpoint_host = urlsplit(os.environ.get("HF_ENDPOINT", "")).hostname
    if address.scheme not in ("http", "https") or host not in (*HUB_HOSTS, endpoint_host) or not host:
        raise UsageError(
            f"That is not an address on the Hugging Face Hub: those begin with https://{HUB_HOSTS[0]}/. OWNER/NAME does"
            " as well."
        )
    parts = [unquote(part) for part in address.path.split("/") if part]
    if parts and parts[0] in OTHER_PAGES:
        raise UsageError(f"That is the address of {OTHER_PAGES[parts[0]]}: needed is that of a model, OWNER/NAME.")
    if len(parts) < 2 or len(text) > MAX_ADDRESS_CHARACTERS:
        raise UsageError("That address names no model: those on the Hub have an owner and a name, OWNER/NAME.")
    owner, name, *rest = parts
    validate_repository(f"{owner}/{name}")
    kind, revision, *file = [*rest, "", ""][: max(len(rest), 2)]
    reference = f"{HUB_PREFIX}{owner}/{name}"
    if kind in WITH_FILE and file:
        reference += f"/{'/'.join(file)}"
    if kind in WITH_REVISION and revision not in ("", "main"):
        reference += f"@{revision}"
    return parse_reference(reference)

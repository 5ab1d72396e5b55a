"""References to models on the Hub: hub:OWNER/NAME[/FILE][@REVISION]."""

import re
from dataclasses import dataclass

from gan_core.checkpoints.description import HUB_PREFIX
from gan_core.errors import UsageError

MAX_REFERENCE_CHARACTERS = 400
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
        text.strip().startswith(HUB_PREFIX) and REPOSITORY_PATTERN.fullmatch(f"{owner}/{name}") and ".." not in path
    )
    if not is_valid or file.startswith("/") or len(text) > MAX_REFERENCE_CHARACTERS or ("@" in text and not revision):
        raise UsageError(
            "That is not a reference to the Hub: hub:OWNER/NAME is, followed by /FILE where the repository holds "
            "several models, and by @REVISION where it should not be the newest."
        )
    return Reference(f"{owner}/{name}", file or None, revision or None)

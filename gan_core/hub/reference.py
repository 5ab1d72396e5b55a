"""References to models on the Hub."""

import re
from dataclasses import dataclass

from gan_core.checkpoints.description import HUB_PREFIX
from gan_core.errors import UsageError

REPOSITORY_PATTERN = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)


@dataclass(frozen=True)
class Reference:
    """A model on the Hub, as somebody named it."""

    repository: str
    file: str | None = None
    revision: str | None = None

    def __str__(self) -> str:
        file, revision = (f"/{self.file}" if self.file else ""), (f"@{self.revision}" if self.revision else "")
        return f"{HUB_PREFIX}{self.repository}{file}{revision}"


def validate_repository(repository: str) -> None:
    """Raises InputError on what the Hub would take for no name."""
    if not REPOSITORY_PATTERN.fullmatch(repository) or ".." in repository or "--" in repository:
        raise UsageError(f"{repository[:80]!r} is no name on the Hub: OWNER/NAME is, of letters, digits, - _ and dots.")


def parse_reference(text: str) -> Reference:
    """Raises InputError where the text is no reference to the Hub."""
    path, _, revision = text.strip().removeprefix(HUB_PREFIX).partition("@")
    owner, name, file = [*path.split("/", 2), "", "", ""][:3]
    is_valid = (
        text.strip().startswith(HUB_PREFIX) and REPOSITORY_PATTERN.fullmatch(f"{owner}/{name}") and ".." not in path
    )
    if not is_valid or file.startswith("/") or len(text) > 400 or ("@" in text and not revision):
        raise UsageError(
            "That is no reference to the Hub: hub:OWNER/NAME is, with /FILE behind it where there are several, and "
            "@REVISION where it should not be the newest."
        )
    return Reference(f"{owner}/{name}", file or None, revision or None)

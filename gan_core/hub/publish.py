"""A checkpoint to the Hub: config, weights, critic and card in one commit, and nothing else of the folder.

The card that goes out ends in a mark, a hash of what stands above it. A card there that carries its own mark is as we
wrote it; any other was written or edited by a human, and is replaced only where that human's agreement is given.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CARD, CONFIG, CRITIC, ENCODER, WEIGHTS
from gan_core.checkpoints.model_card import card
from gan_core.errors import InputError, NotFound
from gan_core.hub import client, licenses
from gan_core.hub.client import Listing
from gan_core.hub.preview import SMALL
from gan_core.hub.reference import check_name
from gan_core.models import FAMILIES

MARK = re.compile(r"\n*<!-- written by gan-core: ([0-9a-f]{16}) -->\s*\Z")
LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]{1,49}")


@dataclass(frozen=True)
class Published:
    """Where it is now, and whether a human's card was left in its place."""

    address: str
    kept_card: bool
    files: tuple[str, ...]


def publish(
    checkpoint: Checkpoint, repository: str, *, licence: str, private: bool = False,
    replace_card: Callable[[], bool] = lambda: False, token: str | None = None,
) -> Published:  # fmt: skip
    """Send the checkpoint to OWNER/NAME on the Hub. `replace_card` is asked before a human's card would be replaced.

    Raises InputError on a name or licence that is none, LoginNeeded, and what else `hub.upload` does.
    """
    check(repository, licence)
    client.require_token(token)
    try:
        there = client.look(repository, None, token)
    except NotFound:
        there = None
    if there and private and not there.private:
        raise InputError(
            f"{repository} is on the Hub already, and public: choose another name, or make it private there."
        )
    kept = there is not None and edited(there, token) and not replace_card()
    files = contents(checkpoint, licence) | ({} if kept else {CARD: marked(card_for(checkpoint, licence)).encode()})
    message = f"{checkpoint.name}, weights {checkpoint.weights_hash}"
    address = client.upload(
        repository, files, message, private=private, parent=there.commit if there else None, token=token
    )
    return Published(address, kept, tuple(sorted(files)))


def check(repository: str, licence: str) -> None:
    check_name(repository)
    if not LICENCE.fullmatch(licence):
        raise InputError(
            f"{licence[:60]!r} is no licence as the Hub names them: mit, apache-2.0, cc-by-4.0, cc-by-nc-4.0 are some."
        )


def suggested(checkpoint: Checkpoint) -> str | None:
    """The licence that the checkpoint states, in the form that the Hub takes; None where it states none."""
    stated = (checkpoint.licence or "").lower()
    return stated if LICENCE.fullmatch(stated) and stated not in licenses.UNSTATED else None


def contents(checkpoint: Checkpoint, licence: str) -> dict[str, bytes | Path]:
    """What goes out by name, the card aside: never a run's state, nor anything else that happens to lie there."""
    description = replace(checkpoint.description, licence=licence)
    files: dict[str, bytes | Path] = {CONFIG: description.to_json().encode(), WEIGHTS: checkpoint.folder / WEIGHTS}
    beside = (checkpoint.folder / name for name in (CRITIC, ENCODER))
    return files | {file.name: file for file in beside if file.is_file()}


# The card -------------------------------------------------------------------------------------------------------------


def card_for(checkpoint: Checkpoint, licence: str) -> str:
    """The folder's own card, which somebody may have edited, with the licence; a new one where there is none."""
    file = checkpoint.folder / CARD
    if file.is_file():
        text = MARK.sub("", file.read_text(encoding="utf-8"))
    elif checkpoint.description.family in FAMILIES:
        text = card(asdict(checkpoint.description))
    else:
        text = f"# {checkpoint.name}\n"
    return licensed(text, licence) + origin(checkpoint, text)


def licensed(text: str, licence: str) -> str:
    """The card with this licence in its front matter."""
    line = f"license: {licence}"
    if not text.startswith("---\n") or "\n---" not in text[4:]:
        return f"---\n{line}\n---\n\n{text.lstrip()}"
    front, rest = text[4:].split("\n---", 1)
    lines = [each for each in front.split("\n") if not re.match(r"license(_name|_link)?:", each)]
    return "---\n" + "\n".join([line, *lines]) + f"\n---{rest}"


def origin(checkpoint: Checkpoint, text: str) -> str:
    """Whose model it is, where it was fetched."""
    source = checkpoint.source
    if source is None or source.commit in text:
        return ""
    return f"\n\nMade from {source.repository}, commit {source.commit}, licence {source.licence or 'not stated'}.\n"


def marked(text: str) -> str:
    text = text.rstrip() + "\n"
    return f"{text}\n<!-- written by gan-core: {digest(text)} -->\n"


def edited(there: Listing, token: str | None) -> bool:
    """Whether a human wrote or changed the card there. One too long to be looked at is no work of ours."""
    file = there.file(CARD)
    return file is not None and (file.size > SMALL or not unedited(client.read(there, CARD, SMALL, token)))


def unedited(text: str) -> bool:
    """Whether a card is one that we wrote, to the letter; the Hub's own empty one is nobody's."""
    found = MARK.search(text)
    if found is None:
        return not re.sub(r"\A---\n.*?\n---", "", text, flags=re.DOTALL).strip()
    return digest(text[: found.start()].rstrip() + "\n") == found[1]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

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
from gan_core.checkpoints.description import CARD_FILE, CONFIG_FILE, DISCRIMINATOR_FILE, TEXT_ENCODER_FILE, WEIGHTS_FILE
from gan_core.checkpoints.model_card import render_card
from gan_core.errors import NotFound, UsageError
from gan_core.hub import client, licenses
from gan_core.hub.client import RepoInfo
from gan_core.hub.preview import MAX_TEXT_BYTES
from gan_core.hub.reference import validate_repository
from gan_core.models import FAMILIES

SIGNATURE = re.compile(r"\n*<!-- written by gan-core: ([0-9a-f]{16}) -->\s*\Z")
LICENCE_ID = re.compile(r"[a-z0-9][a-z0-9.+-]{1,49}")


@dataclass(frozen=True)
class PublishedModel:
    """Where it is now, and whether a human's card was left in its place."""

    commit_url: str
    kept_card: bool
    files: tuple[str, ...]


def publish_checkpoint(
    checkpoint: Checkpoint, repository: str, *, licence: str, private: bool = False,
    replace_card: Callable[[], bool] = lambda: False, token: str | None = None,
) -> PublishedModel:  # fmt: skip
    """Send the checkpoint to OWNER/NAME on the Hub. `replace_card` is asked before a human's card would be replaced.

    Raises InputError on a name or licence that is none, LoginNeeded, and what else `hub.upload` does.
    """
    validate_target(repository, licence)
    client.require_token(token)
    try:
        existing = client.repo_info(repository, None, token)
    except NotFound:
        existing = None
    if existing and private and not existing.private:
        raise UsageError(
            f"{repository} is on the Hub already, and public: choose another name, or make it private there."
        )
    keeps_card = existing is not None and is_human_edited(existing, token) and not replace_card()
    files = files_to_upload(checkpoint, licence) | (
        {} if keeps_card else {CARD_FILE: with_signature(build_card(checkpoint, licence)).encode()}
    )
    message = f"{checkpoint.name}, weights {checkpoint.weights_hash}"
    commit_url = client.upload_files(
        repository, files, message, private=private, parent=existing.commit if existing else None, token=token
    )
    return PublishedModel(commit_url, keeps_card, tuple(sorted(files)))


def validate_target(repository: str, licence: str) -> None:
    validate_repository(repository)
    if not LICENCE_ID.fullmatch(licence):
        raise UsageError(
            f"{licence[:60]!r} is no licence as the Hub names them: mit, apache-2.0, cc-by-4.0, cc-by-nc-4.0 are some."
        )


def default_licence(checkpoint: Checkpoint) -> str | None:
    """The licence that the checkpoint states, in the form that the Hub takes; None where it states none."""
    stated = (checkpoint.licence or "").lower()
    return stated if LICENCE_ID.fullmatch(stated) and stated not in licenses.UNSTATED else None


def files_to_upload(checkpoint: Checkpoint, licence: str) -> dict[str, bytes | Path]:
    """What goes out by name, the card aside: never a run's state, nor anything else that happens to lie there."""
    description = replace(checkpoint.description, licence=licence)
    files: dict[str, bytes | Path] = {
        CONFIG_FILE: description.to_json().encode(),
        WEIGHTS_FILE: checkpoint.folder / WEIGHTS_FILE,
    }
    optional_files = (checkpoint.folder / name for name in (DISCRIMINATOR_FILE, TEXT_ENCODER_FILE))
    return files | {file.name: file for file in optional_files if file.is_file()}


# The card -------------------------------------------------------------------------------------------------------------


def build_card(checkpoint: Checkpoint, licence: str) -> str:
    """The folder's own card, which somebody may have edited, with the licence; a new one where there is none."""
    file = checkpoint.folder / CARD_FILE
    if file.is_file():
        text = SIGNATURE.sub("", file.read_text(encoding="utf-8"))
    elif checkpoint.description.family in FAMILIES:
        text = render_card(asdict(checkpoint.description))
    else:
        text = f"# {checkpoint.name}\n"
    return with_licence(text, licence) + provenance_note(checkpoint, text)


def with_licence(text: str, licence: str) -> str:
    """The card with this licence in its front matter."""
    licence_line = f"license: {licence}"
    if not text.startswith("---\n") or "\n---" not in text[4:]:
        return f"---\n{licence_line}\n---\n\n{text.lstrip()}"
    front_matter, rest = text[4:].split("\n---", 1)
    lines = [line for line in front_matter.split("\n") if not re.match(r"license(_name|_link)?:", line)]
    return "---\n" + "\n".join([licence_line, *lines]) + f"\n---{rest}"


def provenance_note(checkpoint: Checkpoint, card_text: str) -> str:
    """Whose model it is, where it was fetched."""
    source = checkpoint.source
    if source is None or source.commit in card_text:
        return ""
    return f"\n\nMade from {source.repository}, commit {source.commit}, licence {source.licence or 'not stated'}.\n"


def with_signature(text: str) -> str:
    text = text.rstrip() + "\n"
    return f"{text}\n<!-- written by gan-core: {digest(text)} -->\n"


def is_human_edited(info: RepoInfo, token: str | None) -> bool:
    """Whether a human wrote or changed the card there. One too long to be looked at is no work of ours."""
    file = info.file(CARD_FILE)
    return file is not None and (
        file.size > MAX_TEXT_BYTES or not is_unedited(client.read_text(info, CARD_FILE, MAX_TEXT_BYTES, token))
    )


def is_unedited(text: str) -> bool:
    """Whether a card is one that we wrote, to the letter; the Hub's own empty one is nobody's."""
    signature = SIGNATURE.search(text)
    if signature is None:
        return not re.sub(r"\A---\n.*?\n---", "", text, flags=re.DOTALL).strip()
    return digest(text[: signature.start()].rstrip() + "\n") == signature[1]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

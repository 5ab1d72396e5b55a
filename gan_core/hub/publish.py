"""Uploads a checkpoint to the Hub in one commit: config, weights, discriminator and card, and no other files.

A card on the Hub that was written or edited by a human (see `cards`) is replaced only on request.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import (
    CARD_FILE,
    CONFIG_FILE,
    DISCRIMINATOR_FILE,
    LICENCE_PATTERN,
    TEXT_ENCODER_FILE,
    WEIGHTS_FILE,
    validate_licence,
)
from gan_core.checkpoints.model_card import LICENCE_SECTION, render_card
from gan_core.hub import client, licenses
from gan_core.hub.cards import is_unedited, with_licence, with_signature, without_signature
from gan_core.hub.preview import MAX_TEXT_BYTES
from gan_core.hub.reference import validate_repository
from gan_core.hub.repository import RepoInfo, find_upload_target, read_text
from gan_core.models import FAMILIES


@dataclass(frozen=True)
class PublishedModel:
    """The address of the commit, the names of the uploaded files, and whether the card on the Hub was kept."""

    commit_url: str
    kept_card: bool
    files: tuple[str, ...]


def publish_checkpoint(
    checkpoint: Checkpoint, repository: str, *, licence: str, private: bool = False,
    replace_card: Callable[[], bool] = lambda: False, token: str | None = None,
) -> PublishedModel:  # fmt: skip
    """Uploads the checkpoint to OWNER/NAME on the Hub, which is created where it is new.

    `replace_card` decides whether a card that a human edited is replaced. Raises UsageError on an invalid name or
    licence, AuthenticationRequired, and what `client.upload_files` raises.
    """
    validate_target(repository, licence)
    client.require_token(token)
    existing = find_upload_target(repository, token, private=private)
    keeps_card = existing is not None and is_human_edited(existing, token) and not replace_card()
    files = files_to_upload(checkpoint, licence)
    if not keeps_card:
        files[CARD_FILE] = with_signature(build_card(checkpoint, licence)).encode()
    message = f"{checkpoint.name}, weights {checkpoint.weights_hash}"
    commit_url = client.upload_files(
        repository, files, message, private=private, parent=existing.commit if existing else None, token=token
    )
    return PublishedModel(commit_url, keeps_card, tuple(sorted(files)))


def validate_target(repository: str, licence: str) -> None:
    """Raises UsageError where the name or the licence is none that the Hub accepts."""
    validate_repository(repository)
    validate_licence(licence)


def default_licence(checkpoint: Checkpoint) -> str | None:
    """The licence that the checkpoint states, as an identifier of the Hub; None where it states none."""
    stated = (checkpoint.licence or "").lower()
    return stated if LICENCE_PATTERN.fullmatch(stated) and stated not in licenses.UNSTATED else None


def files_to_upload(checkpoint: Checkpoint, licence: str) -> dict[str, bytes | Path]:
    """The files by their names on the Hub, without the card; other files of the folder are never uploaded."""
    description = replace(checkpoint.description, licence=licence)
    files: dict[str, bytes | Path] = {
        CONFIG_FILE: description.to_json().encode(),
        WEIGHTS_FILE: checkpoint.folder / WEIGHTS_FILE,
    }
    optional_files = (checkpoint.folder / name for name in (DISCRIMINATOR_FILE, TEXT_ENCODER_FILE))
    return files | {file.name: file for file in optional_files if file.is_file()}


# The card -------------------------------------------------------------------------------------------------------------


def build_card(checkpoint: Checkpoint, licence: str) -> str:
    """The card in the folder, or a new one where there is none, with this licence and a note on the source."""
    file = checkpoint.folder / CARD_FILE
    if file.is_file():
        text = without_signature(file.read_text(encoding="utf-8")).replace(LICENCE_SECTION, "")
    elif checkpoint.description.family in FAMILIES:
        text = render_card(asdict(checkpoint.description) | {"licence": licence}, checkpoint.title)
    else:
        text = f"# {checkpoint.name}\n"
    return with_licence(text, licence) + provenance_note(checkpoint, text)


def provenance_note(checkpoint: Checkpoint, card_text: str) -> str:
    """A paragraph on the repository that the model was fetched from; empty where it was not, or the card names it."""
    source = checkpoint.source
    if source is None or source.commit in card_text:
        return ""
    return f"\n\nMade from {source.repository}, commit {source.commit}, licence {source.licence or 'not stated'}.\n"


def is_human_edited(info: RepoInfo, token: str | None) -> bool:
    """Whether a human wrote or changed the card on the Hub; one of more than MAX_TEXT_BYTES was written by a human."""
    file = info.file(CARD_FILE)
    if file is None:
        return False
    return file.size > MAX_TEXT_BYTES or not is_unedited(read_text(info, CARD_FILE, MAX_TEXT_BYTES, token))

"""One's own models, as opposed to those that come with the project and those fetched from the Hub.

`export` writes an own.json beside the weights (`gan_core.checkpoints.description.OwnModel`). It is neither committed
nor published, and versions that do not know it ignore it. A model that an earlier version exported has none: it is
one's own as well, and strangers go on seeing it until its owner says otherwise.
"""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from gan_core import trash
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CARD_FILE, CONFIG_FILE, OWN_FILE, OwnModel
from gan_core.checkpoints.model_card import render_card
from gan_core.checkpoints.naming import name_and_title
from gan_core.checkpoints.store import find_checkpoint, list_checkpoints, open_checkpoint
from gan_core.errors import UsageError
from gan_core.files import write_atomically

# The models that come with the project: they are not deleted, renamed or hidden. Whoever exports one of them anew, to
# replace it, makes it a model of one's own.
PROJECT_MODELS = frozenset(
    {
        "faces-r3gan", "fashion-cgan", "fashion-dcgan", "fashion-text", "flowers-r3gan", "flowers-text", "mnist-cgan",
        "mnist-dcgan", "mnist-vanilla", "photo-sr-x4", "photo-srgan-x2", "photo-srgan-x4", "photo-srgan-x4-real",
    }
)  # fmt: skip


def is_own(checkpoint: Checkpoint) -> bool:
    """Whether a model was exported by the user of this machine."""
    return checkpoint.source is None and (checkpoint.own is not None or checkpoint.name not in PROJECT_MODELS)


def find_own(name: str, root: Path) -> Checkpoint:
    """The model of one's own that has this name in `root`. Raises UsageError where it is none, saying what it is."""
    own = {checkpoint.name: checkpoint for checkpoint in list_checkpoints(root) if is_own(checkpoint)}
    if name in own:
        return own[name]
    checkpoint = find_checkpoint(name, root)  # raises UsageError where there is none at all
    if checkpoint.source:
        raise UsageError(f"{checkpoint.name} was fetched from the Hub: it can be deleted by `forget`, and not changed.")
    if checkpoint.name in PROJECT_MODELS:
        raise UsageError(f"{checkpoint.name} comes with the project: only models of your own can be changed.")
    raise UsageError(f"{name!r} is no model in {root}; of your own there are: {', '.join(own) or 'none'}.")


def delete_own(name: str, root: Path) -> Path:
    """Moves a model of one's own to the trash, from which `trash.undo_delete` restores it; returns its path there.

    Raises UsageError where it is not one's own.
    """
    return trash.move_to_trash(find_own(name, root).folder)


def rename_own(name: str, text: str, root: Path) -> Checkpoint:
    """Renames a model of one's own; `text` becomes name and title by `naming.name_and_title`. Links to it end.

    Its card follows, unless somebody has edited it. Raises UsageError where the model is not one's own, or the new name
    is none or taken.
    """
    checkpoint = find_own(name, root)
    note = noted(checkpoint)  # read before the folder moves
    new_name, title = name_and_title(text)
    folder = checkpoint.folder.with_name(new_name)
    if new_name != checkpoint.name:
        if folder.exists():
            raise UsageError(f"There is a model {new_name} already: choose another name.")
        checkpoint.folder.rename(folder)
    write_name(open_checkpoint(folder), checkpoint, title)
    return write_note(open_checkpoint(folder), replace(note, title=title))


def write_name(renamed: Checkpoint, former: Checkpoint, title: str | None) -> None:
    """Writes the new name into config and card."""
    description = replace(former.description, name=renamed.name)
    card = renamed.folder / CARD_FILE
    is_unedited = card.is_file() and card.read_text(encoding="utf-8", errors="replace") == card_text(former)
    write_text(renamed.folder / CONFIG_FILE, description.to_json())
    if is_unedited:
        write_text(card, render_card(asdict(description), title))


def card_text(checkpoint: Checkpoint) -> str | None:
    """The card as it is written here; None where the config was edited so that there is none."""
    try:
        return render_card(asdict(checkpoint.description), checkpoint.title)
    except UsageError:
        return None


def set_public(name: str, public: bool, root: Path) -> Checkpoint:
    """Sets whether strangers see a model of one's own in a hosted app. Raises UsageError where it is not one's own."""
    checkpoint = find_own(name, root)
    return write_note(checkpoint, replace(noted(checkpoint), public=public))


def noted(checkpoint: Checkpoint) -> OwnModel:
    """What is noted of the model; for an export of an earlier version, what was true without a note."""
    return checkpoint.own or OwnModel(public=True)


def write_note(checkpoint: Checkpoint, note: OwnModel) -> Checkpoint:
    write_text(checkpoint.folder / OWN_FILE, note.to_json())
    return open_checkpoint(checkpoint.folder)


def write_text(file: Path, text: str) -> None:
    write_atomically(file, partial(Path.write_text, data=text, encoding="utf-8", errors="backslashreplace"))

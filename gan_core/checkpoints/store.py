"""Finds, lists and writes checkpoints.

A checkpoint is a folder: config.json (architecture, recipe, data, scores), model.safetensors (the generator), README.md
(the model card), and where the model has them critic.safetensors (the discriminator) and text.safetensors (the text
encoder). The text of config.json is also in the metadata of the safetensors files. Weights are safetensors only;
nothing is unpickled. A folder is written under another name and renamed when complete, so an interrupted process never
leaves half a checkpoint. Models fetched from the Hub have a folder of their own in a cache, with a source.json.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import (
    CARD_FILE,
    CONFIG_FILE,
    DISCRIMINATOR_FILE,
    HUB_PREFIX,
    OWN_FILE,
    TEXT_ENCODER_FILE,
    WEIGHTS_FILE,
    Description,
    OwnModel,
)
from gan_core.checkpoints.model_card import render_card
from gan_core.errors import UsageError
from gan_core.files import partial_path, write_atomically
from gan_core.paths import PROJECT_ROOT
from gan_core.text.encoder import TextEncoder

DEFAULT_ROOT = PROJECT_ROOT / "checkpoints"

# Former names of the checkpoints that come with the project. A folder that has such a name goes before the alias.
ALIASES = {"faces-dcgan": "faces-r3gan", "flowers-dcgan": "flowers-r3gan"}


# Finding -------------------------------------------------------------------------------------------------------------


def resolve_root(path: str | Path | None = None) -> Path:
    """The folder of checkpoints: the given one, or GAN_CORE_CHECKPOINTS, or the project's own."""
    return Path(path or os.environ.get("GAN_CORE_CHECKPOINTS") or DEFAULT_ROOT)


def hub_cache_dir() -> Path:
    """The folder of fetched models: GAN_CORE_FETCHED, or `gan-core` in the Hugging Face cache."""
    if path := os.environ.get("GAN_CORE_FETCHED"):
        return Path(path)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return Path(os.environ.get("HF_HOME") or cache / "huggingface").expanduser() / "gan-core"


def find_checkpoint(reference: str, root: Path) -> Checkpoint:
    """A checkpoint by its path, or by its name under `root` or in the Hub cache.

    An existing path goes before a name, and both before an alias. Raises UsageError that lists the known names, or
    where `reference` is one to the Hub: those are fetched by `gan_core.hub.download`.
    """
    if reference.startswith(HUB_PREFIX):
        raise UsageError(f"{reference} must be fetched first: `python -m gan_core fetch {reference}`.")
    folders = (Path(reference), root / reference, hub_cache_dir() / reference)
    for folder in (*folders, *(follow_alias(folder) for folder in folders)):
        if is_checkpoint(folder):
            return open_checkpoint(folder)
    if reference and os.path.exists(reference):
        raise UsageError(f"{reference} exists, but is no checkpoint: it has no {CONFIG_FILE}.")
    if "/" in reference:
        raise UsageError(
            f"There is no folder {reference}. For a model on the Hugging Face Hub write {HUB_PREFIX}{reference}."
        )
    names = ", ".join(checkpoint.name for checkpoint in list_checkpoints(root)) or f"none in {root}"
    raise UsageError(f"There is no model {reference!r}; there are: {names}.")


def canonical_name(name: str, root: Path | None = None) -> str:
    """The present name of a checkpoint: ALIASES applied, unless `root` or the Hub cache has a folder of that name."""
    if name not in ALIASES or any(is_checkpoint(folder / name) for folder in (resolve_root(root), hub_cache_dir())):
        return name
    return ALIASES[name]


def follow_alias(folder: Path) -> Path:
    """The folder that a checkpoint's folder was renamed to: ALIASES applied, where `folder` is missing."""
    if folder.name not in ALIASES or os.path.exists(folder):
        return folder
    return folder.with_name(ALIASES[folder.name])


def is_checkpoint(folder: Path) -> bool:
    """Whether the folder holds a config.json. False for a name that is too long for a path (`os.path` never raises)."""
    return os.path.isfile(folder / CONFIG_FILE)


def open_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint in a folder. Raises UsageError where its config cannot be used."""
    folder = folder.resolve()
    file = folder / CONFIG_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as the config of a checkpoint: {error}.") from error
    return Checkpoint(folder, Description.from_json(text, file))


def list_checkpoints(root: Path) -> list[Checkpoint]:
    """All checkpoints of generators under `root`, by name; a folder that cannot be used is skipped."""
    return [
        checkpoint
        for file in sorted(root.glob(f"[!.]*/{CONFIG_FILE}"))
        if (checkpoint := try_open_checkpoint(file.parent))
    ]


def list_all_checkpoints(root: Path) -> list[Checkpoint]:
    """The checkpoints under `root`, then those in the Hub cache that have other names."""
    local = list_checkpoints(root)
    names = {checkpoint.name for checkpoint in local}
    return local + [checkpoint for checkpoint in list_checkpoints(hub_cache_dir()) if checkpoint.name not in names]


def try_open_checkpoint(folder: Path) -> Checkpoint | None:
    """The checkpoint in a folder; None where its config or weights are missing or cannot be used."""
    try:
        checkpoint = open_checkpoint(folder)
        return checkpoint if checkpoint.config and (folder / WEIGHTS_FILE).is_file() else None
    except UsageError:
        return None


# Writing -------------------------------------------------------------------------------------------------------------


def write_checkpoint(
    folder: Path,
    description: Description,
    weights: dict[str, torch.Tensor],
    discriminator: dict[str, torch.Tensor] | None = None,
    text_encoder: TextEncoder | None = None,
    *,
    own: OwnModel | None = None,
    force: bool = False,
) -> Checkpoint:
    """Write a checkpoint atomically; `own` is the note on a model of one's own.

    Raises UsageError where the folder exists, unless `force`.
    """
    text = description.to_json()
    with atomic_folder(folder, force=force) as temporary:
        (temporary / CONFIG_FILE).write_text(text, encoding="utf-8")
        (temporary / CARD_FILE).write_text(
            render_card(asdict(description), own.title if own else None), "utf-8", "backslashreplace"
        )  # names of files, which the card may tell, can hold bytes that are no UTF-8
        if own:
            (temporary / OWN_FILE).write_text(own.to_json(), encoding="utf-8")
        save_weights(weights, temporary / WEIGHTS_FILE, text)
        if discriminator is not None:
            save_weights(discriminator, temporary / DISCRIMINATOR_FILE, text)
        if text_encoder is not None:
            text_encoder.save(temporary / TEXT_ENCODER_FILE)
    return open_checkpoint(folder)


@contextmanager
def atomic_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder to fill; it is renamed to `folder` at the end, in place of what was there.

    Raises UsageError where `folder` exists, unless `force`.
    """
    if folder.exists() and not force:
        raise UsageError(f"{folder} exists: overwrite it with --force, or choose another name.")
    temporary, old = partial_path(folder), partial_path(folder, ".old")
    for leftover in (temporary, old):
        shutil.rmtree(leftover, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if folder.exists():
        folder.rename(old)
    temporary.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def save_weights(weights: dict[str, torch.Tensor], file: Path, config: str) -> None:
    """Write tensors as safetensors, with the text of config.json in the metadata."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    save_file(tensors, file, metadata={"format": "pt", "config": config})
    file.chmod(0o644)  # safetensors makes files that only their owner can read


def save_scores(checkpoint: Checkpoint, scores: dict[str, Any]) -> Checkpoint:
    """Write measured scores into a checkpoint's config and card; the files of weights stay as they are.

    Raises UsageError for a fetched model, whose card belongs to its author.
    """
    if checkpoint.source:
        raise UsageError(f"{checkpoint.name} is a fetched model, which is never changed: evaluate it without --save.")
    description = replace(checkpoint.description, scores=scores)
    card = render_card(asdict(description), checkpoint.title)
    for name, text in ((CONFIG_FILE, description.to_json()), (CARD_FILE, card)):
        write = partial(Path.write_text, data=text, encoding="utf-8", errors="backslashreplace")
        write_atomically(checkpoint.folder / name, write)
    return open_checkpoint(checkpoint.folder)


def read_safetensors_metadata(file: Path) -> dict[str, str]:
    """The metadata of a safetensors file; `config` is the text of the config.json it was written with."""
    with safe_open(file, "pt") as tensors_file:
        return tensors_file.metadata() or {}

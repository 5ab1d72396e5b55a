"""A folder <-> a model: config.json, model.safetensors, README.md, text.safetensors where it reads sentences and,
where the critic was kept, critic.safetensors.

config.json names the architecture and holds everything known about the model; the same JSON travels in the metadata
of the safetensors file. Weights are safetensors only; nothing is ever unpickled. A folder is written beside its place
and renamed into it, so a stopped process never leaves half a checkpoint. What came from the Hub lies in a folder of its
own, with a source.json beside the rest.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
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
    TEXT_ENCODER_FILE,
    WEIGHTS_FILE,
    Description,
)
from gan_core.checkpoints.model_card import render_card
from gan_core.errors import UsageError
from gan_core.paths import PROJECT_ROOT
from gan_core.text.encoder import TextEncoder

DEFAULT_ROOT = PROJECT_ROOT / "checkpoints"

# Former names of the checkpoints that come with the project. A folder that has such a name goes before the alias.
ALIASES = {"faces-dcgan": "faces-r3gan", "flowers-dcgan": "flowers-r3gan"}


# Finding -------------------------------------------------------------------------------------------------------------


def resolve_root(path: str | Path | None = None) -> Path:
    """Where checkpoints lie: as given, or GAN_CORE_CHECKPOINTS, or those that came along."""
    return Path(path or os.environ.get("GAN_CORE_CHECKPOINTS") or DEFAULT_ROOT)


def hub_cache_dir() -> Path:
    """Where models from the Hub lie: GAN_CORE_FETCHED, or a folder in the Hub client's own."""
    if path := os.environ.get("GAN_CORE_FETCHED"):
        return Path(path)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return Path(os.environ.get("HF_HOME") or cache / "huggingface").expanduser() / "gan-core"


def find_checkpoint(reference: str, root: Path) -> Checkpoint:
    """A checkpoint by path or by its name under `root` or among the fetched. An existing path wins; nothing is guessed.

    Raises InputError naming what there is. A reference to the Hub is for `gan_core.hub.download`.
    """
    if reference.startswith(HUB_PREFIX):
        raise UsageError(f"{reference} must be fetched first: `python -m gan_core fetch {reference}`.")
    folders = (Path(reference), root / reference, hub_cache_dir() / reference)
    for folder in (*folders, *(follow_alias(folder) for folder in folders)):
        if is_checkpoint(folder):
            return open_checkpoint(folder)
    if reference and os.path.exists(reference):
        raise UsageError(f"{reference} exists, but is no checkpoint: it holds no {CONFIG_FILE}.")
    if "/" in reference:
        raise UsageError(
            f"{reference} is no folder here. If you mean a model on the Hugging Face Hub, write {HUB_PREFIX}{reference}."
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
    """The checkpoint in a folder. Raises InputError where its config cannot be used."""
    folder = folder.resolve()
    file = folder / CONFIG_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as a checkpoint's config: {error}.") from error
    return Checkpoint(folder, Description.from_json(text, file))


def list_checkpoints(root: Path) -> list[Checkpoint]:
    """All checkpoints of generators under `root`, by name; a folder that cannot be used is left out."""
    return [
        checkpoint
        for file in sorted(root.glob(f"[!.]*/{CONFIG_FILE}"))
        if (checkpoint := try_open_checkpoint(file.parent))
    ]


def list_all_checkpoints(root: Path) -> list[Checkpoint]:
    """All that can be used: the checkpoints under `root`, then what was fetched."""
    local = list_checkpoints(root)
    names = {checkpoint.name for checkpoint in local}
    return local + [checkpoint for checkpoint in list_checkpoints(hub_cache_dir()) if checkpoint.name not in names]


def try_open_checkpoint(folder: Path) -> Checkpoint | None:
    """The checkpoint in a folder, or None where its config or its weights are not there or not ours."""
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
    force: bool = False,
) -> Checkpoint:
    """A whole checkpoint, at once. Raises InputError where the folder exists, unless `force`."""
    text = description.to_json()
    with atomic_folder(folder, force=force) as partial:
        (partial / CONFIG_FILE).write_text(text)
        (partial / CARD_FILE).write_text(render_card(asdict(description)))
        save_weights(weights, partial / WEIGHTS_FILE, text)
        if discriminator is not None:
            save_weights(discriminator, partial / DISCRIMINATOR_FILE, text)
        if text_encoder is not None:
            text_encoder.save(partial / TEXT_ENCODER_FILE)
    return open_checkpoint(folder)


@contextmanager
def atomic_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """A folder to fill, renamed to `folder` when it is whole; what was there goes last.

    Raises InputError where `folder` exists, unless `force`.
    """
    if folder.exists() and not force:
        raise UsageError(f"{folder} exists: overwrite it by --force, or choose another name.")
    partial, old = (folder.with_name(f".{folder.name}.{state}") for state in ("partial", "old"))
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def save_weights(weights: dict[str, torch.Tensor], file: Path, config: str) -> None:
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    save_file(tensors, file, metadata={"format": "pt", "config": config})
    file.chmod(0o644)  # safetensors writes for the owner's eyes only


def save_scores(checkpoint: Checkpoint, scores: dict[str, Any]) -> Checkpoint:
    """The same checkpoint with measured scores, in config and card; the weights stay, byte for byte.

    Raises InputError for a fetched one: its card is its owner's.
    """
    if checkpoint.source:
        raise UsageError(f"{checkpoint.name} was fetched and stays as its owner made it: measure it without --save.")
    description = replace(checkpoint.description, scores=scores)
    for name, text in ((CONFIG_FILE, description.to_json()), (CARD_FILE, render_card(asdict(description)))):
        partial = checkpoint.folder / f".{name}.partial"
        partial.write_text(text)
        partial.replace(checkpoint.folder / name)
    return open_checkpoint(checkpoint.folder)


def read_safetensors_metadata(file: Path) -> dict[str, str]:
    """The metadata of a safetensors file: `config` holds the config.json it was written with."""
    with safe_open(file, "pt") as tensors_file:
        return tensors_file.metadata() or {}

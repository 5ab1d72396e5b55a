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
from gan_core.checkpoints.description import CARD, CONFIG, CRITIC, ENCODER, WEIGHTS, Description
from gan_core.checkpoints.model_card import card
from gan_core.errors import InputError
from gan_core.text.encoder import TextEncoder

ROOT = Path(__file__).resolve().parents[2] / "checkpoints"


# Finding -------------------------------------------------------------------------------------------------------------


def root_folder(given: str | Path | None = None) -> Path:
    """Where checkpoints lie: as given, or GAN_CORE_CHECKPOINTS, or the repository's own folder."""
    return Path(given or os.environ.get("GAN_CORE_CHECKPOINTS") or ROOT)


def fetched_folder() -> Path:
    """Where models from the Hub lie: GAN_CORE_FETCHED, or a folder in the Hub client's own."""
    if given := os.environ.get("GAN_CORE_FETCHED"):
        return Path(given)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return Path(os.environ.get("HF_HOME") or cache / "huggingface").expanduser() / "gan-core"


def find(reference: str, root: Path) -> Checkpoint:
    """A checkpoint by path or by its name under `root` or among the fetched. An existing path wins; nothing is guessed.

    Raises InputError naming what there is. A reference to the Hub is for `gan_core.hub.download`.
    """
    if reference.startswith("hub:"):
        raise InputError(f"{reference} must be fetched first: `python -m gan_core fetch {reference}`.")
    for folder in (Path(reference), root / reference, fetched_folder() / reference):
        if os.path.isfile(folder / CONFIG):  # of os.path: a name too long for a path is simply none
            return read(folder)
    if reference and os.path.exists(reference):
        raise InputError(f"{reference} exists, but is no checkpoint: it holds no {CONFIG}.")
    if "/" in reference:
        raise InputError(
            f"{reference} is no folder here. If you mean a model on the Hugging Face Hub, write hub:{reference}."
        )
    names = ", ".join(each.name for each in available(root)) or f"none in {root}"
    raise InputError(f"There is no model {reference!r}; there are: {names}.")


def read(folder: Path) -> Checkpoint:
    """The checkpoint in a folder. Raises InputError where its config cannot be used."""
    folder = folder.resolve()
    file = folder / CONFIG
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as a checkpoint's config: {error}.") from error
    return Checkpoint(folder, Description.from_json(text, file))


def available(root: Path) -> list[Checkpoint]:
    """All checkpoints of generators under `root`, by name; a folder that cannot be used is left out."""
    return [checkpoint for file in sorted(root.glob(f"[!.]*/{CONFIG}")) if (checkpoint := usable(file.parent))]


def everything(root: Path) -> list[Checkpoint]:
    """All that can be used: the checkpoints under `root`, then what was fetched."""
    own = available(root)
    names = {each.name for each in own}
    return own + [each for each in available(fetched_folder()) if each.name not in names]


def usable(folder: Path) -> Checkpoint | None:
    """The checkpoint in a folder, or None where its config or its weights are not there or not ours."""
    try:
        checkpoint = read(folder)
        return checkpoint if checkpoint.config and (folder / WEIGHTS).is_file() else None
    except InputError:
        return None


# Writing -------------------------------------------------------------------------------------------------------------


def write(
    folder: Path,
    description: Description,
    weights: dict[str, torch.Tensor],
    critic: dict[str, torch.Tensor] | None = None,
    encoder: TextEncoder | None = None,
    *,
    force: bool = False,
) -> Checkpoint:
    """A whole checkpoint, at once. Raises InputError where the folder exists, unless `force`."""
    text = description.to_json()
    with new_folder(folder, force=force) as partial:
        (partial / CONFIG).write_text(text)
        (partial / CARD).write_text(card(asdict(description)))
        save_weights(weights, partial / WEIGHTS, text)
        if critic is not None:
            save_weights(critic, partial / CRITIC, text)
        if encoder is not None:
            encoder.save(partial / ENCODER)
    return read(folder)


@contextmanager
def new_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """A folder to fill, renamed to `folder` when it is whole; what was there goes last.

    Raises InputError where `folder` exists, unless `force`.
    """
    if folder.exists() and not force:
        raise InputError(f"{folder} exists: overwrite it by --force, or choose another name.")
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
    plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    save_file(plain, file, metadata={"format": "pt", "config": config})
    file.chmod(0o644)  # safetensors writes for the owner's eyes only


def save_scores(checkpoint: Checkpoint, scores: dict[str, Any]) -> Checkpoint:
    """The same checkpoint with measured scores, in config and card; the weights stay, byte for byte.

    Raises InputError for a fetched one: its card is its owner's.
    """
    if checkpoint.source:
        raise InputError(f"{checkpoint.name} was fetched and stays as its owner made it: measure it without --save.")
    description = replace(checkpoint.description, scores=scores)
    for name, text in ((CONFIG, description.to_json()), (CARD, card(asdict(description)))):
        partial = checkpoint.folder / f".{name}.partial"
        partial.write_text(text)
        partial.replace(checkpoint.folder / name)
    return read(checkpoint.folder)


def metadata(file: Path) -> dict[str, str]:
    """The metadata of a safetensors file: `config` holds the config.json it was written with."""
    with safe_open(file, "pt") as opened:
        return opened.metadata() or {}

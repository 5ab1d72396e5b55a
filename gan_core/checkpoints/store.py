"""A folder <-> a model: config.json, model.safetensors, README.md, text.safetensors where it reads sentences and,
where the critic was kept, critic.safetensors.

config.json names the architecture and holds everything known about the model; the same JSON travels in the metadata
of the safetensors file. Weights are safetensors only; nothing is ever unpickled. A folder is written beside its place
and renamed into it, so a stopped process never leaves half a checkpoint. What came from the Hub lies in a folder of its
own, with a source.json beside the rest.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from gan_core.checkpoints.model_card import card
from gan_core.errors import InputError
from gan_core.models import Family, ModelConfig, find_family
from gan_core.text.encoder import TextEncoder

FORMAT = 1
CONFIG, WEIGHTS, CRITIC, CARD = "config.json", "model.safetensors", "critic.safetensors", "README.md"
SOURCE = "source.json"
REFERENCE = "reference.png"  # what the model drew when it was published
ENCODER = "text.safetensors"
ROOT = Path(__file__).resolve().parents[2] / "checkpoints"


@dataclass(frozen=True)
class Description:
    """What config.json holds. `model`, `objective` and `training` are plain JSON; `data` names set, licence and count;
    `text_encoder` is the fingerprint of the encoder beside it; `scores` is what `evaluate --save` measured."""

    name: str
    family: str
    model: dict[str, Any]
    objective: dict[str, Any]
    training: dict[str, Any]
    data: dict[str, Any]
    classes: tuple[str, ...] = ()
    text_encoder: str | None = None
    scores: dict[str, Any] = field(default_factory=dict)
    licence: str = "mit"
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, where: Path) -> Self:
        """Raises InputError with a readable reason for anything that is not such a file."""
        try:
            values = json.loads(text)
            if values.get("kind", "generator") != "generator":
                raise InputError(f"{where.parent.name} is a {values['kind']}, not a generator: it draws nothing.")
            if values["format"] > FORMAT:
                raise InputError(f"{where} is of format {values['format']}; this version reads up to {FORMAT}: update.")
            description = cls(**values | {"classes": tuple(values.get("classes", ()))})
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            raise InputError(f"{where} is no checkpoint's config: {error!r}.") from error
        objects = ("model", "objective", "training", "data", "scores")
        odd = [name for name in objects if not isinstance(getattr(description, name), dict)]
        odd += [name for name in ("name", "family") if not isinstance(getattr(description, name), str)]
        if odd:
            raise InputError(f"{where} is no checkpoint's config: {odd[0]} is {getattr(description, odd[0])!r}.")
        return description


@dataclass(frozen=True)
class Source:
    """Where a fetched model comes from. `revisions` tells when each branch or tag was last seen at this commit, in
    seconds since 1970; `file` names the weights where the model has several; `notes` are sentences for people."""

    repository: str
    commit: str
    revisions: dict[str, float]
    file: str | None = None
    licence: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """What fetches exactly this again."""
        return f"hub:{self.repository}{f'/{self.file}' if self.file else ''}@{self.commit}"

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


@dataclass(frozen=True)
class Checkpoint:
    """A folder that holds a model; nothing is loaded until asked for."""

    folder: Path
    description: Description

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def family(self) -> Family:
        return find_family(self.description.family)

    @cached_property
    def config(self) -> ModelConfig:
        """Raises InputError where the family has no such settings, or not as many classes as there are names."""
        config = self.family.config.from_dict(self.description.model)
        named = len(self.description.classes)
        if self.family.condition == "label" and named != config.classes:
            raise InputError(f"{self.name} names {named} classes, and its model has {config.classes}.")
        return config

    @cached_property
    def weights_hash(self) -> str:
        """The first 8 hex digits of the weights' SHA-256, nothing else in the file, and of the spread of the latents
        where that is not 1: equal ones draw the same."""
        with (self.folder / WEIGHTS).open("rb") as file:
            header = int.from_bytes(file.read(8), "little")  # names and metadata, in an order that differs by chance
            file.seek(8 + header)
            digest = hashlib.file_digest(file, "sha256")
        spread = self.description.model.get("latent_spread", 1.0)
        if spread != 1:
            digest.update(str(spread).encode())
        return digest.hexdigest()[:8]

    @cached_property
    def source(self) -> Source | None:
        """Where it was fetched from; None for one of this machine's own."""
        try:
            values = json.loads((self.folder / SOURCE).read_text(encoding="utf-8"))
            return Source(**values | {"notes": tuple(values.get("notes", ()))})
        except (OSError, ValueError, TypeError):
            return None

    @property
    def licence(self) -> str | None:
        """As its source states it; None where that states none."""
        return self.source.licence if self.source else self.description.licence

    @property
    def size(self) -> int:
        """Bytes of the generator's weights."""
        return (self.folder / WEIGHTS).stat().st_size

    @property
    def has_critic(self) -> bool:
        return (self.folder / CRITIC).is_file()

    def load_generator(self, device: str | torch.device = "cpu") -> nn.Module:
        """The generator, frozen and in evaluation mode: shared by all who draw from it."""
        return self.load(self.family.generator, WEIGHTS, device)

    def load_critic(self, device: str | torch.device = "cpu") -> nn.Module:
        """The discriminator. Raises InputError where none was kept."""
        if not self.has_critic:
            raise InputError(f"{self.name} has no critic: it was exported without --critic.")
        return self.load(self.family.discriminator, CRITIC, device)

    def load_encoder(self) -> TextEncoder | None:
        """What reads the sentences that it draws; None where it draws from none. Raises InputError where the file is
        missing, torn, or not the one that the model was trained with."""
        if self.family.condition != "text":
            return None
        encoder = TextEncoder.load(self.folder / ENCODER)
        if encoder.fingerprint != self.description.text_encoder:
            raise InputError(f"{self.folder / ENCODER} is not the encoder that {self.name} was trained with.")
        return encoder

    def load(self, build: Callable[[Any], nn.Module], file: str, device: str | torch.device) -> nn.Module:
        with torch.random.fork_rng(devices=[]):  # first weights are drawn, only to be replaced: no one's seed moves
            network = build(self.config)
        return load_network(network, self.folder / file, device)


def load_network(network: nn.Module, file: Path, device: str | torch.device = "cpu") -> nn.Module:
    """Weights into a network, frozen. Raises InputError where they are missing, torn, of other shapes or not finite."""
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{file} cannot be read as safetensors: {error}.") from error
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if wanted != found:
        odd = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise InputError(
            f"{file} does not fit its config: {odd[0]} should be {wanted.get(odd[0])} and is {found.get(odd[0])}"
            f" ({len(odd)} such)."
        )
    broken = [name for name, value in weights.items() if not value.isfinite().all()]
    if broken:
        raise InputError(f"{file} holds values that are not finite, first in {broken[0]}.")
    network.load_state_dict(weights)
    return network.to(device).eval().requires_grad_(False)


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

"""What a fetch from the Hub would bring: a reference, and everything known before anything large is downloaded."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gan_core.checkpoints.description import (
    CARD_FILE,
    CONFIG_FILE,
    DISCRIMINATOR_FILE,
    TEXT_ENCODER_FILE,
    WEIGHTS_FILE,
    Description,
)
from gan_core.devices import free_memory_bytes
from gan_core.errors import NotFound, TooLarge, UnknownArchitecture, UsageError
from gan_core.hub import client, licenses
from gan_core.hub.client import RemoteFile, RepoInfo
from gan_core.hub.reference import Reference
from gan_core.importers.weights import MAX_WEIGHTS_BYTES, WEIGHTS_SUFFIXES

MAX_TEXT_BYTES = 1_000_000  # bytes of what is read before it is asked for: config and card
MEMORY_FACTOR = 3  # times the file: its tensors, the same as float32, the network
NOT_A_GENERATOR = re.compile(r"discrim|critic|netd|optim|sched|training_args|rng_state|scaler|(^|[_-])d($|[_-])")
MAX_LISTED_FILES = 8  # files that a refusal names


@dataclass(frozen=True)
class Preview:
    """What a fetch will bring: pinned to a commit, nothing large loaded yet. `config` is ours, or what lies there."""

    reference: Reference
    info: RepoInfo
    files: tuple[RemoteFile, ...]
    is_native: bool
    licence: str | None
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def summary(self) -> str:
        """What is known of it before it is loaded."""
        if self.is_native:
            return f"a checkpoint of the family {self.config['family']}"
        return "a file of weights, whose kind shows when it is read"

    @property
    def name(self) -> str:
        """The folder's name: nothing else has it."""
        file = f"--{Path(self.reference.file).stem}" if self.reference.file else ""
        return f"{self.info.repository.replace('/', '--')}{file}@{self.info.commit[:7]}"


def preview_model(reference: Reference, token: str | None = None) -> Preview:
    """What a fetch would bring. Raises what `hub.look` does, InputError where nothing there can be used, TooLarge."""
    info = client.repo_info(reference.repository, reference.revision, token)
    config = read_json(info, CONFIG_FILE, token)
    licence = info.licence or licence_from_card(client.read_text(info, CARD_FILE, MAX_TEXT_BYTES, token))
    is_native = reference.file is None and {"format", "family"} <= config.keys()
    if is_native or "kind" in config:
        Description.from_json(
            json.dumps(config), Path(reference.repository) / CONFIG_FILE
        )  # raises where it is no generator
        names = [
            name
            for name in (CONFIG_FILE, WEIGHTS_FILE, CARD_FILE, DISCRIMINATOR_FILE, TEXT_ENCODER_FILE)
            if info.file(name) or name == WEIGHTS_FILE
        ]
    else:
        names = [select_weights_file(info, reference), *([CARD_FILE] if info.file(CARD_FILE) else [])]
    files = tuple(require_file(info, name) for name in names)
    require_memory(max(files, key=lambda file: file.size))
    return Preview(reference, info, files, is_native, licence, config)


def read_json(info: RepoInfo, name: str, token: str | None) -> dict[str, Any]:
    """A small file's JSON; empty where there is none, or none of use."""
    try:
        values = json.loads(client.read_text(info, name, MAX_TEXT_BYTES, token) or "{}")
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def licence_from_card(card: str) -> str | None:
    """The licence in a card's front matter, where the Hub itself names none."""
    front_matter = re.match(r"\s*---\n(.*?)\n---", card, re.DOTALL)
    match = re.search(r"^license:[ \t]*['\"]?([\w .+-]+)", front_matter[1], re.MULTILINE) if front_matter else None
    return match[1].strip() if match else None


def require_file(info: RepoInfo, name: str) -> RemoteFile:
    file = info.file(name)
    if file is None:
        raise NotFound(f"{info.repository} on the Hub has no file {name!r}.")
    return file


def select_weights_file(info: RepoInfo, reference: Reference) -> str:
    """The one file of weights that is meant. Raises InputError where there is none, or a choice."""
    if reference.file:
        if not reference.file.lower().endswith(WEIGHTS_SUFFIXES):
            raise UsageError(
                f"{reference.file} is no file of weights: its name must end in {', '.join(WEIGHTS_SUFFIXES)}."
            )
        return reference.file
    readable = [file.path for file in info.files if file.path.lower().endswith(WEIGHTS_SUFFIXES)]
    if not readable:
        listed = ", ".join(file.path for file in info.files[:MAX_LISTED_FILES]) or "nothing"
        raise UnknownArchitecture(
            f"{info.repository} holds no weights that can be read here: it has {listed}; needed is one of our "
            f"checkpoints, or a file that ends in {', '.join(WEIGHTS_SUFFIXES)}."
        )
    generators = [path for path in readable if not NOT_A_GENERATOR.search(Path(path).stem.lower())] or readable
    safetensors_stems = {weights_stem(path) for path in generators if path.endswith(".safetensors")}
    candidates = [
        path for path in generators if path.endswith(".safetensors") or weights_stem(path) not in safetensors_stems
    ]
    if len(candidates) > 1:
        more = f" and {len(candidates) - MAX_LISTED_FILES} more" if len(candidates) > MAX_LISTED_FILES else ""
        raise UsageError(
            f"{info.repository} holds several files of weights ({', '.join(candidates[:MAX_LISTED_FILES])}{more}): name one, as "
            f"{replace(reference, file=candidates[0])}."
        )
    return candidates[0]


def weights_stem(path: str) -> str:
    """Equal for two files of the same weights, one pickled, one not."""
    return str(Path(path).with_suffix("")).replace("pytorch_model", "model")


def require_memory(largest: RemoteFile) -> None:
    """Raises TooLarge where the file would not fit into this machine's memory."""
    if largest.size > MAX_WEIGHTS_BYTES:
        raise TooLarge(
            f"{largest.path} is {largest.size / 1e9:.1f} GB large; at most {MAX_WEIGHTS_BYTES / 1e9:.1f} GB can be read."
        )
    free = free_memory_bytes()
    if free is not None and largest.size * MEMORY_FACTOR > free:
        raise TooLarge(
            f"{largest.path} needs about {largest.size * MEMORY_FACTOR / 1e9:.1f} GB of memory, and this machine has "
            f"{free / 1e9:.1f} GB left."
        )


def as_lines(preview: Preview) -> list[str]:
    """A preview in plain words, one fact a line."""
    file_sizes = [f"{file.path} ({file.size / 1e6:.1f} MB)" for file in preview.files]
    return [
        f"{preview.info.repository} at {preview.info.revision}, commit {preview.info.commit}: {preview.summary}",
        f"{preview.size / 1e6:.1f} MB: {', '.join(file_sizes)}",
        licenses.describe_licence(preview.licence),
    ]

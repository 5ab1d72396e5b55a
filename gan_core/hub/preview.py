"""Previews a download from the Hub: commit, files, size and licence, before anything large is downloaded."""

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
from gan_core.hub import licenses, repository
from gan_core.hub.cards import read_licence
from gan_core.hub.reference import Reference
from gan_core.hub.repository import RemoteFile, RepoInfo
from gan_core.importers.file_types import OTHER_SUFFIXES
from gan_core.importers.shards import shard_names
from gan_core.importers.state_dicts import AVERAGE_WORDS, words
from gan_core.importers.weights import MAX_WEIGHTS_BYTES, WEIGHTS_SUFFIXES
from gan_core.json_text import parse_json

MAX_TEXT_BYTES = 1_000_000  # of config and card, which are read for the preview
MEMORY_FACTOR = 3  # times the size of the file: its tensors, the same as float32, the network
NOT_A_GENERATOR = re.compile(r"discrim|critic|netd|optim|sched|training_args|rng_state|scaler|(^|[_-])d($|[_-])")
MAX_LISTED_FILES = 8  # in an error message
SUFFIXES_TO_NAME = (".tar", ".pkl", ".pickle", ".npz")  # of files of weights that are read where they are named


@dataclass(frozen=True)
class Preview:
    """What a download will consist of, pinned to a commit.

    `is_native` marks checkpoints of this package; `config` is the repository's config.json, of whatever kind. `notes`
    are sentences on the choice among several files.
    """

    reference: Reference
    info: RepoInfo
    files: tuple[RemoteFile, ...]
    is_native: bool
    licence: str | None
    config: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def summary(self) -> str:
        """What is known of the model before it is downloaded."""
        if self.is_native:
            return f"a checkpoint of the family {self.config['family']}"
        return "a file of weights, whose architecture is detected after the download"

    @property
    def name(self) -> str:
        """The name of the folder, unique by repository, file and commit."""
        file = f"--{Path(self.reference.file).stem}" if self.reference.file else ""
        return f"{self.info.repository.replace('/', '--')}{file}@{self.info.commit[:7]}"


def preview_model(reference: Reference, token: str | None = None) -> Preview:
    """The preview of a reference.

    Raises what `repository.repo_info` raises, UsageError where the repository holds nothing usable, TooLarge.
    """
    info = repository.repo_info(reference.repository, reference.revision, token)
    config = read_json(info, CONFIG_FILE, token)
    licence = info.licence or read_licence(repository.read_text(info, CARD_FILE, MAX_TEXT_BYTES, token))
    if reference.file == WEIGHTS_FILE and {"format", "family"} <= config.keys():
        reference = replace(reference, file=None)  # the address of its weights names a checkpoint of this package
    notes: tuple[str, ...] = ()
    is_native = reference.file is None and {"format", "family"} <= config.keys()
    if is_native or "kind" in config:
        # raises UsageError where it is no generator
        Description.from_json(json.dumps(config), Path(reference.repository) / CONFIG_FILE)
        names = [
            name
            for name in (CONFIG_FILE, WEIGHTS_FILE, CARD_FILE, DISCRIMINATOR_FILE, TEXT_ENCODER_FILE)
            if info.file(name) or name == WEIGHTS_FILE
        ]
    else:
        weights, notes = select_weights_files(info, reference)
        names = [*weights, *([CARD_FILE] if info.file(CARD_FILE) else [])]
    files = tuple(require_file(info, name) for name in names)
    largest = max(files, key=lambda file: file.size)
    require_memory(largest if is_native else replace(largest, size=sum(file.size for file in files)))
    return Preview(reference, info, files, is_native, licence, config, notes)


def read_json(info: RepoInfo, name: str, token: str | None) -> dict[str, Any]:
    """The JSON object in a small file; empty where there is none."""
    try:
        values = parse_json(repository.read_text(info, name, MAX_TEXT_BYTES, token) or "{}")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def require_file(info: RepoInfo, name: str) -> RemoteFile:
    """The file of this path. Raises NotFound where there is none."""
    file = info.file(name)
    if file is None:
        raise NotFound(f"{info.repository} on the Hub has no file {name!r}.")
    return file


def select_weights_files(info: RepoInfo, reference: Reference) -> tuple[list[str], tuple[str, ...]]:
    """The paths of the generator's weights, several where it is in parts, and a note on the choice.

    Raises UsageError where there are none, or several to choose from.
    """
    if reference.file:
        if not reference.file.lower().endswith((*WEIGHTS_SUFFIXES, *SUFFIXES_TO_NAME)):
            raise UsageError(describe_other_file(reference.file))
        return [*parts_of(info, reference.file)], ()
    readable = [file.path for file in info.files if file.path.lower().endswith(WEIGHTS_SUFFIXES)]
    if not readable:
        listed = ", ".join(file.path for file in info.files[:MAX_LISTED_FILES]) or "nothing"
        raise UnknownArchitecture(
            f"{info.repository} holds no weights that can be read: it has {listed}; needed is a checkpoint of GAN "
            f"Atelier, or a file that ends in {', '.join(WEIGHTS_SUFFIXES)}."
        )
    generators = [path for path in readable if not NOT_A_GENERATOR.search(Path(path).stem.lower())] or readable
    safetensors_stems = {weights_stem(path) for path in generators if path.endswith(".safetensors")}
    candidates = [
        path for path in generators if path.endswith(".safetensors") or weights_stem(path) not in safetensors_stems
    ]
    if parts := parts_of(info, candidates[0]):
        candidates = [path for path in candidates if path not in parts[1:]]
    if len(candidates) == 1:
        return parts, ()
    averages = [path for path in candidates if words(path) & AVERAGE_WORDS]
    if len(averages) == 1 and len({frozenset(words(path) - AVERAGE_WORDS) for path in candidates}) == 1:
        others = ", ".join(path for path in candidates if path not in averages)
        return averages, (f"Chosen: {averages[0]}, the moving average of the weights (EMA), before {others}.",)
    more = f" and {len(candidates) - MAX_LISTED_FILES} more" if len(candidates) > MAX_LISTED_FILES else ""
    raise UsageError(
        f"{info.repository} holds several files of weights ({', '.join(candidates[:MAX_LISTED_FILES])}{more}): "
        f"name one, as {replace(reference, file=candidates[0])}."
    )


def describe_other_file(name: str) -> str:
    """Why a file that is named is not read."""
    if known := OTHER_SUFFIXES.get(Path(name).suffix.lower()):
        return f"{name} is {known[0]}: {known[1]}."
    return f"{name} is not a file of weights: its name must end in {', '.join(WEIGHTS_SUFFIXES)}."


def parts_of(info: RepoInfo, path: str) -> list[str]:
    """The paths of all parts of a network that is in parts, of which this is one; else the path alone."""
    folder, _, name = path.rpartition("/")
    names = [f"{folder}/{part}" if folder else part for part in shard_names(name)]
    return names if names and all(info.file(part) for part in names) else [path]


def weights_stem(path: str) -> str:
    """A key that is equal for two files of the same weights, one pickled and one of safetensors."""
    return str(Path(path).with_suffix("")).replace("pytorch_model", "model")


def require_memory(largest: RemoteFile) -> None:
    """Raises TooLarge where loading the file would take more memory than allowed, or than is free."""
    if largest.size > MAX_WEIGHTS_BYTES:
        raise TooLarge(
            f"{largest.path} has {largest.size / 1e9:.1f} GB; at most {MAX_WEIGHTS_BYTES / 1e9:.1f} GB can be read."
        )
    free = free_memory_bytes()
    if free is not None and largest.size * MEMORY_FACTOR > free:
        raise TooLarge(
            f"{largest.path} needs about {largest.size * MEMORY_FACTOR / 1e9:.1f} GB of memory, and this machine has "
            f"{free / 1e9:.1f} GB left."
        )


def as_lines(preview: Preview) -> list[str]:
    """The preview for people to read, one fact a line."""
    file_sizes = [f"{file.path} ({file.size / 1e6:.1f} MB)" for file in preview.files]
    return [
        f"{preview.info.repository} at {preview.info.revision}, commit {preview.info.commit}: {preview.summary}",
        f"{preview.size / 1e6:.1f} MB: {', '.join(file_sizes)}",
        licenses.describe_licence(preview.licence),
        *preview.notes,
    ]

"""What a fetch from the Hub would bring: a reference, and everything known before anything large is downloaded."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gan_core.checkpoints.description import CARD, CONFIG, CRITIC, ENCODER, WEIGHTS, Description
from gan_core.devices import free_memory
from gan_core.errors import InputError, NotFound, TooLarge, UnknownArchitecture
from gan_core.hub import client, licenses
from gan_core.hub.client import Listing, RemoteFile
from gan_core.hub.reference import Reference
from gan_core.importers.weights import MAX_BYTES, SUFFIXES

SMALL = 1_000_000  # bytes of what is read before it is asked for: config and card
NEEDED_MEMORY = 3  # times the file: its tensors, the same as float32, the network
NO_GENERATOR = re.compile(r"discrim|critic|netd|optim|sched|training_args|rng_state|scaler|(^|[_-])d($|[_-])")
SHOWN = 8  # files that a refusal names


@dataclass(frozen=True)
class Preview:
    """What a fetch will bring: pinned to a commit, nothing large loaded yet. `config` is ours, or what lies there."""

    reference: Reference
    listing: Listing
    files: tuple[RemoteFile, ...]
    ours: bool
    licence: str | None
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.files)

    @property
    def kind(self) -> str:
        """What is known of it before it is loaded."""
        if self.ours:
            return f"a checkpoint of the family {self.config['family']}"
        return "a file of weights, whose kind shows when it is read"

    @property
    def name(self) -> str:
        """The folder's name: nothing else has it."""
        file = f"--{Path(self.reference.file).stem}" if self.reference.file else ""
        return f"{self.listing.repository.replace('/', '--')}{file}@{self.listing.commit[:7]}"


def preview(reference: Reference, token: str | None = None) -> Preview:
    """What a fetch would bring. Raises what `hub.look` does, InputError where nothing there can be used, TooLarge."""
    listing = client.look(reference.repository, reference.revision, token)
    config = small_json(listing, CONFIG, token)
    licence = listing.licence or licence_in(client.read(listing, CARD, SMALL, token))
    ours = reference.file is None and {"format", "family"} <= config.keys()
    if ours or "kind" in config:
        Description.from_json(
            json.dumps(config), Path(reference.repository) / CONFIG
        )  # raises where it is no generator
        names = [name for name in (CONFIG, WEIGHTS, CARD, CRITIC, ENCODER) if listing.file(name) or name == WEIGHTS]
    else:
        names = [weights_file(listing, reference), *([CARD] if listing.file(CARD) else [])]
    files = tuple(file_of(listing, name) for name in names)
    check_size(max(files, key=lambda each: each.size))
    return Preview(reference, listing, files, ours, licence, config)


def small_json(listing: Listing, name: str, token: str | None) -> dict[str, Any]:
    """A small file's JSON; empty where there is none, or none of use."""
    try:
        values = json.loads(client.read(listing, name, SMALL, token) or "{}")
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def licence_in(card: str) -> str | None:
    """The licence in a card's front matter, where the Hub itself names none."""
    front = re.match(r"\s*---\n(.*?)\n---", card, re.DOTALL)
    found = re.search(r"^license:[ \t]*['\"]?([\w .+-]+)", front[1], re.MULTILINE) if front else None
    return found[1].strip() if found else None


def file_of(listing: Listing, name: str) -> RemoteFile:
    file = listing.file(name)
    if file is None:
        raise NotFound(f"{listing.repository} on the Hub has no file {name!r}.")
    return file


def weights_file(listing: Listing, reference: Reference) -> str:
    """The one file of weights that is meant. Raises InputError where there is none, or a choice."""
    if reference.file:
        if not reference.file.lower().endswith(SUFFIXES):
            raise InputError(f"{reference.file} is no file of weights: its name must end in {', '.join(SUFFIXES)}.")
        return reference.file
    readable = [each.path for each in listing.files if each.path.lower().endswith(SUFFIXES)]
    if not readable:
        there = ", ".join(each.path for each in listing.files[:SHOWN]) or "nothing"
        raise UnknownArchitecture(
            f"{listing.repository} holds no weights that can be read here: it has {there}; needed is one of our "
            f"checkpoints, or a file that ends in {', '.join(SUFFIXES)}."
        )
    drawing = [each for each in readable if not NO_GENERATOR.search(Path(each).stem.lower())] or readable
    safe = {stem(each) for each in drawing if each.endswith(".safetensors")}
    left = [each for each in drawing if each.endswith(".safetensors") or stem(each) not in safe]
    if len(left) > 1:
        more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
        raise InputError(
            f"{listing.repository} holds several files of weights ({', '.join(left[:SHOWN])}{more}): name one, as "
            f"{replace(reference, file=left[0])}."
        )
    return left[0]


def stem(path: str) -> str:
    """Equal for two files of the same weights, one pickled, one not."""
    return str(Path(path).with_suffix("")).replace("pytorch_model", "model")


def check_size(largest: RemoteFile) -> None:
    """Raises TooLarge where the file would not fit into this machine's memory."""
    if largest.size > MAX_BYTES:
        raise TooLarge(
            f"{largest.path} is {largest.size / 1e9:.1f} GB large; at most {MAX_BYTES / 1e9:.1f} GB can be read."
        )
    free = free_memory()
    if free is not None and largest.size * NEEDED_MEMORY > free:
        raise TooLarge(
            f"{largest.path} needs about {largest.size * NEEDED_MEMORY / 1e9:.1f} GB of memory, and this machine has "
            f"{free / 1e9:.1f} GB left."
        )


def lines(wanted: Preview) -> list[str]:
    """A preview in plain words, one fact a line."""
    shown = [f"{each.path} ({each.size / 1e6:.1f} MB)" for each in wanted.files]
    return [
        f"{wanted.listing.repository} at {wanted.listing.revision}, commit {wanted.listing.commit}: {wanted.kind}",
        f"{wanted.size / 1e6:.1f} MB: {', '.join(shown)}",
        licenses.says(wanted.licence),
    ]

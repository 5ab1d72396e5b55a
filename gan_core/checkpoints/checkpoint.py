"""A checkpoint on disk, and its networks."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from gan_core.checkpoints.description import CRITIC, ENCODER, SOURCE, WEIGHTS, Description, Source
from gan_core.errors import InputError
from gan_core.models import Family, ModelConfig, find_family
from gan_core.text.encoder import TextEncoder


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

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

from gan_core.checkpoints.description import (
    DISCRIMINATOR_FILE,
    SOURCE_FILE,
    TEXT_ENCODER_FILE,
    WEIGHTS_FILE,
    Description,
    HubSource,
)
from gan_core.errors import UsageError
from gan_core.models import Family, ModelConfig, Task, find_family
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
        name_count = len(self.description.classes)
        if self.family.task == Task.CLASS_CONDITIONAL and name_count != config.classes:
            raise UsageError(f"{self.name} names {name_count} classes, and its model has {config.classes}.")
        return config

    @cached_property
    def weights_hash(self) -> str:
        """The first 8 hex digits of the weights' SHA-256, nothing else in the file, and of the spread of the latents
        where that is not 1: equal ones draw the same."""
        with (self.folder / WEIGHTS_FILE).open("rb") as file:
            header_bytes = int.from_bytes(
                file.read(8), "little"
            )  # names and metadata, in an order that differs by chance
            file.seek(8 + header_bytes)
            digest = hashlib.file_digest(file, "sha256")
        latent_std = self.description.model.get("latent_spread", 1.0)
        if latent_std != 1:
            digest.update(str(latent_std).encode())
        return digest.hexdigest()[:8]

    @cached_property
    def source(self) -> HubSource | None:
        """Where it was fetched from; None for one of this machine's own."""
        try:
            values = json.loads((self.folder / SOURCE_FILE).read_text(encoding="utf-8"))
            return HubSource(**values | {"notes": tuple(values.get("notes", ()))})
        except (OSError, ValueError, TypeError):
            return None

    @property
    def licence(self) -> str | None:
        """As its source states it; None where that states none."""
        return self.source.licence if self.source else self.description.licence

    @property
    def weights_bytes(self) -> int:
        """Bytes of the generator's weights."""
        return (self.folder / WEIGHTS_FILE).stat().st_size

    @property
    def has_discriminator(self) -> bool:
        return (self.folder / DISCRIMINATOR_FILE).is_file()

    def load_generator(self, device: str | torch.device = "cpu") -> nn.Module:
        """The generator, frozen and in evaluation mode: shared by all who draw from it."""
        return self.load_weights(self.family.generator, WEIGHTS_FILE, device)

    def load_discriminator(self, device: str | torch.device = "cpu") -> nn.Module:
        """The discriminator. Raises InputError where none was kept."""
        if not self.has_discriminator:
            raise UsageError(f"{self.name} has no critic: it was exported without --critic.")
        return self.load_weights(self.family.discriminator, DISCRIMINATOR_FILE, device)

    def load_text_encoder(self) -> TextEncoder | None:
        """What reads the sentences that it draws; None where it draws from none. Raises InputError where the file is
        missing, torn, or not the one that the model was trained with."""
        if self.family.task != Task.TEXT_TO_IMAGE:
            return None
        encoder = TextEncoder.load(self.folder / TEXT_ENCODER_FILE)
        if encoder.fingerprint != self.description.text_encoder:
            raise UsageError(f"{self.folder / TEXT_ENCODER_FILE} is not the encoder that {self.name} was trained with.")
        return encoder

    def load_weights(self, build: Callable[[Any], nn.Module], file_name: str, device: str | torch.device) -> nn.Module:
        with torch.random.fork_rng(devices=[]):  # first weights are drawn, only to be replaced: no one's seed moves
            network = build(self.config)
        return load_network(network, self.folder / file_name, device)


def load_network(network: nn.Module, file: Path, device: str | torch.device = "cpu") -> nn.Module:
    """Weights into a network, frozen. Raises InputError where they are missing, torn, of other shapes or not finite."""
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise UsageError(f"{file} cannot be read as safetensors: {error}.") from error
    expected_shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found_shapes = {name: tuple(value.shape) for name, value in weights.items()}
    if expected_shapes != found_shapes:
        mismatched = sorted(
            name
            for name in expected_shapes.keys() | found_shapes.keys()
            if expected_shapes.get(name) != found_shapes.get(name)
        )
        raise UsageError(
            f"{file} does not fit its config: {mismatched[0]} should be {expected_shapes.get(mismatched[0])} and is {found_shapes.get(mismatched[0])}"
            f" ({len(mismatched)} such)."
        )
    nonfinite = [name for name, value in weights.items() if not value.isfinite().all()]
    if nonfinite:
        raise UsageError(f"{file} holds values that are not finite, first in {nonfinite[0]}.")
    network.load_state_dict(weights)
    return network.to(device).eval().requires_grad_(False)

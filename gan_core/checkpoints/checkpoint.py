"""A checkpoint on disk: its description, and its networks, which are loaded on request."""

import hashlib
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
    OWN_FILE,
    SOURCE_FILE,
    TEXT_ENCODER_FILE,
    WEIGHTS_FILE,
    Description,
    HubSource,
    OwnModel,
)
from gan_core.errors import UsageError
from gan_core.models import Family, ModelConfig, Task, find_family
from gan_core.text.encoder import TextEncoder


@dataclass(frozen=True)
class Checkpoint:
    """A folder with a model. Weights are read only by the `load_` methods."""

    folder: Path
    description: Description

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @cached_property
    def family(self) -> Family:
        """Raises UsageError where the family is unknown."""
        return find_family(self.description.family)

    @cached_property
    def config(self) -> ModelConfig:
        """Raises UsageError where a setting is unknown or out of range, or class names and classes differ in number."""
        config = self.family.config.from_dict(self.description.model)
        name_count = len(self.description.classes)
        if self.family.task == Task.CLASS_CONDITIONAL and name_count != config.classes:
            raise UsageError(f"{self.name} names {name_count} classes, and its model has {config.classes}.")
        return config

    @cached_property
    def weights_hash(self) -> str:
        """8 hex digits that identify the images a model generates.

        The start of the SHA-256 of the weights without the file's header, and of `latent_spread` where it is not 1.
        """
        with (self.folder / WEIGHTS_FILE).open("rb") as file:
            header_bytes = int.from_bytes(file.read(8), "little")  # the header has metadata, in an arbitrary order
            file.seek(min(8 + header_bytes, self.weights_bytes))  # a damaged file is refused when it is loaded
            digest = hashlib.file_digest(file, "sha256")
        latent_std = self.description.model.get("latent_spread", 1.0)
        if latent_std != 1:
            digest.update(str(latent_std).encode())
        return digest.hexdigest()[:8]

    @cached_property
    def source(self) -> HubSource | None:
        """The origin of a fetched model; None for a local one."""
        try:
            return HubSource.from_json((self.folder / SOURCE_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    @cached_property
    def own(self) -> OwnModel | None:
        """What is noted of a model that was exported on this machine; None for any other."""
        try:
            return OwnModel.from_json((self.folder / OWN_FILE).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return None

    @property
    def title(self) -> str | None:
        """The name that its owner gave it, where that could not be the folder's name; else None."""
        return self.own.title if self.own else None

    @property
    def is_public(self) -> bool:
        """Whether strangers see it in a hosted app: all models but those of one's own that are not marked so."""
        return self.own is None or self.own.public

    @property
    def licence(self) -> str | None:
        """The licence as its source states it; None where that states none."""
        return self.source.licence if self.source else self.description.licence

    @property
    def weights_bytes(self) -> int:
        """Size of the generator's file."""
        return (self.folder / WEIGHTS_FILE).stat().st_size

    @property
    def has_discriminator(self) -> bool:
        """Whether the discriminator was exported too."""
        return (self.folder / DISCRIMINATOR_FILE).is_file()

    def load_generator(self, device: str | torch.device = "cpu") -> nn.Module:
        """The generator, frozen and in evaluation mode, so that it can be shared."""
        return self.load_weights(self.family.generator, WEIGHTS_FILE, device)

    def load_discriminator(self, device: str | torch.device = "cpu") -> nn.Module:
        """The discriminator, frozen and in evaluation mode. Raises UsageError where it was not exported."""
        if not self.has_discriminator:
            raise UsageError(f"{self.name} has no discriminator: it was exported without --critic.")
        return self.load_weights(self.family.discriminator, DISCRIMINATOR_FILE, device)

    def load_text_encoder(self) -> TextEncoder | None:
        """The text encoder of a text-to-image model; None for other tasks.

        Raises UsageError where the file is missing, truncated, or not the one that the model was trained with.
        """
        if self.family.task != Task.TEXT_TO_IMAGE:
            return None
        encoder = TextEncoder.load(self.folder / TEXT_ENCODER_FILE)
        if encoder.fingerprint != self.description.text_encoder:
            raise UsageError(f"{self.folder / TEXT_ENCODER_FILE} is not the encoder that {self.name} was trained with.")
        return encoder

    def load_weights(self, build: Callable[[Any], nn.Module], file_name: str, device: str | torch.device) -> nn.Module:
        """The network that `build` makes from the config, with the weights of a file of this checkpoint."""
        with torch.random.fork_rng(devices=[]):  # initial weights use the random generator, and are replaced
            network = build(self.config)
        return load_network(network, self.folder / file_name, device)


def load_network(network: nn.Module, file: Path, device: str | torch.device = "cpu") -> nn.Module:
    """Load weights into a network and freeze it.

    Raises UsageError where the file is missing or truncated, or its tensors have other shapes or are not finite.
    """
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise UsageError(f"{file} cannot be read as safetensors: {error}.") from error
    expected_shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found_shapes = {name: tuple(value.shape) for name, value in weights.items()}
    if expected_shapes != found_shapes:
        names = sorted(expected_shapes.keys() | found_shapes.keys())
        mismatched = [name for name in names if expected_shapes.get(name) != found_shapes.get(name)]
        expected, found = expected_shapes.get(mismatched[0]), found_shapes.get(mismatched[0])
        raise UsageError(
            f"{file} does not fit its config: {mismatched[0]} should be {expected} and is {found} "
            f"({len(mismatched)} such tensors)."
        )
    nonfinite = [name for name, value in weights.items() if not value.isfinite().all()]
    if nonfinite:
        raise UsageError(f"{file} has values that are not finite, first in {nonfinite[0]}.")
    network.load_state_dict(weights)
    return network.to(device).eval().requires_grad_(False)

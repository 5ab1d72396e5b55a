"""Loads super-resolution networks of other projects through spandrel, which finds the architecture from the weights."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_core.errors import UnknownArchitecture, UsageError
from gan_core.importers.state_dicts import Network, likeliest_networks, prepare_upscaler, several_networks
from gan_core.importers.weights import load_state

UNSUPPORTED_PURPOSES = {  # spandrel's name of a purpose -> what such a network does instead of upscaling
    "FaceSR": "restores single aligned faces",
    "Inpainting": "fills in holes",
    "Restoration": "restores images without enlarging them",
}


@dataclass(frozen=True)
class LoadedNetwork:
    """spandrel's descriptor, the weights that it was built from, the licence that the file states, and notes."""

    descriptor: Any
    weights: dict[str, Tensor]
    licence: str | None = None
    notes: tuple[str, ...] = ()


def load_network(source: Path | bytes, name: str) -> LoadedNetwork:
    """The network of a weights file, in evaluation mode and frozen; notes say which of several weights were taken.

    Raises UsageError or one of its subclasses where the file holds no weights, holds code, is damaged, has values that
    are not finite, is of an unknown architecture, or is no network that upscales grey or RGB images.
    """
    contents, licence = load_state(source, name)
    networks = [prepare_upscaler(network, contents, name) for network in likeliest_networks(contents, name)]
    selected, descriptor = identify_network(networks, name)
    purpose = UNSUPPORTED_PURPOSES.get(descriptor.purpose)
    if purpose is not None or descriptor.scale < 2:
        purpose = purpose or UNSUPPORTED_PURPOSES["Restoration"]
        raise UsageError(
            f"{name} is a network ({descriptor.architecture.name}) that {purpose}; upscalers are supported."
        )
    channels = (descriptor.input_channels, descriptor.output_channels)
    if channels not in ((1, 1), (3, 3)):
        raise UsageError(
            f"{name} maps {channels[0]} channels to {channels[1]}; supported are grey to grey and RGB to RGB."
        )
    descriptor.model.eval().requires_grad_(False)
    return LoadedNetwork(descriptor, selected.tensors, licence, selected.notes)


def identify_network(networks: list[Network], name: str) -> tuple[Network, Any]:
    """The one of several networks that is of a known architecture, and its descriptor.

    Raises UnknownArchitecture where the only one is not, UsageError where several are or none is.
    """
    known: list[tuple[Network, Any]] = []
    for network in networks:
        try:
            known.append(identify_without_prefix(network, name))
        except UnknownArchitecture:
            if len(networks) == 1:
                raise
    if len(known) != 1:
        raise several_networks(networks, name)
    return known[0]


def identify_without_prefix(network: Network, name: str, prefixes: int = 3) -> tuple[Network, Any]:
    """A network and its descriptor; prefixes that all names have (Lightning's `model.`) are dropped if need be.

    Raises UnknownArchitecture.
    """
    try:
        return network, identify_architecture(network.tensors, name)
    except UnknownArchitecture:
        heads = {key.partition(".")[0] for key in network.tensors}
        inner = {key.partition(".")[2]: value for key, value in network.tensors.items()}
        if len(heads) > 1 or "" in inner or not prefixes:
            raise
        try:
            return identify_without_prefix(replace(network, tensors=inner), name, prefixes - 1)
        except UnknownArchitecture:
            pass  # the names as they are in the file tell more
        raise


def identify_architecture(state: dict[str, Tensor], name: str) -> Any:
    """spandrel's descriptor of the network with these weights. Raises UnknownArchitecture."""
    from spandrel import MAIN_REGISTRY, ModelLoader, UnsupportedModelError

    try:
        with torch.random.fork_rng(devices=[]):  # the random initialisation before loading must not move anyone's seed
            return ModelLoader(device="cpu").load_from_state_dict(state)
    except UnsupportedModelError as error:
        architecture_count = len(list(MAIN_REGISTRY.architectures()))
        raise UnknownArchitecture(
            f"{name} is of an unknown architecture (its weights begin with {next(iter(state))!r}). Supported are the "
            f"{architecture_count} that spandrel reads, such as ESRGAN, Compact or SwinIR."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # the loader of an architecture fails on weights that resemble its own
        raise UnknownArchitecture(
            f"{name} resembles a known architecture, but its weights do not fit it: {error}."
        ) from error

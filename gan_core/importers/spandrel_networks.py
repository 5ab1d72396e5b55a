"""Loads super-resolution networks of other projects through spandrel, which finds the architecture from the weights."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_core.errors import UnknownArchitecture, UsageError
from gan_core.importers.weights import load_weights

UNSUPPORTED_PURPOSES = {  # spandrel's name of a purpose -> what such a network does instead of upscaling
    "FaceSR": "restores single aligned faces",
    "Inpainting": "fills in holes",
    "Restoration": "restores images without enlarging them",
}


def load_spandrel_model(source: Path | bytes, name: str) -> tuple[Any, str | None]:
    """spandrel's descriptor of the network, in evaluation mode and frozen, and the licence that the file states.

    Raises UsageError or one of its subclasses where the file holds no weights, holds code, is damaged, has values that
    are not finite, is of an unknown architecture, or is no network that upscales grey or RGB images.
    """
    state, licence = load_weights(source, name)
    descriptor = identify_architecture(state, name)
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
    return descriptor, licence


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

"""A super-resolution network that somebody else trained: a .pth or .safetensors file -> spandrel's description of it.

Weights only: nothing in the file is ever run. What cannot be used is refused with the reason.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_core.errors import UnknownArchitecture, UsageError
from gan_core.importers.weights import load_weights

UNSUPPORTED_PURPOSES = {
    "FaceSR": "restores single aligned faces",
    "Inpainting": "fills in holes",
    "Restoration": "cleans pictures without enlarging them",
}


def load_spandrel_model(source: Path | bytes, name: str) -> tuple[Any, str | None]:
    """spandrel's descriptor of the network, in evaluation mode and frozen, and its licence where the file states one.

    Raises InputError where the file is no weights, holds code, is torn, has values that are not finite, is of an
    architecture nobody here knows, or is no network that enlarges grey or RGB pictures.
    """
    state, licence = load_weights(source, name)
    descriptor = identify_architecture(state, name)
    purpose = UNSUPPORTED_PURPOSES.get(descriptor.purpose)
    if purpose is not None or descriptor.scale < 2:
        raise UsageError(
            f"{name} is a {descriptor.architecture.name} that {purpose or UNSUPPORTED_PURPOSES['Restoration']}."
        )
    channels = (descriptor.input_channels, descriptor.output_channels)
    if channels not in ((1, 1), (3, 3)):
        raise UsageError(f"{name} maps {channels[0]} channels to {channels[1]}; grey to grey or RGB to RGB is needed.")
    descriptor.model.eval().requires_grad_(False)
    return descriptor, licence


def identify_architecture(state: dict[str, Tensor], name: str) -> Any:
    """spandrel's network for such weights."""
    from spandrel import MAIN_REGISTRY, ModelLoader, UnsupportedModelError

    try:
        with torch.random.fork_rng(devices=[]):  # first weights are drawn, only to be replaced: no one's seed moves
            return ModelLoader(device="cpu").load_from_state_dict(state)
    except UnsupportedModelError as error:
        architecture_count = len(list(MAIN_REGISTRY.architectures()))
        raise UnknownArchitecture(
            f"{name} is of an architecture that is not known here (its weights begin with {next(iter(state))!r}): "
            f"it would need to be one of the {architecture_count} that spandrel reads, such as ESRGAN, Compact or SwinIR."
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # an architecture's reader trips over weights that only look like its own
        raise UnknownArchitecture(
            f"{name} looks like a known network, but its weights do not fit one: {error}."
        ) from error

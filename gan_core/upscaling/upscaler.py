"""Loads super-resolution networks, native and imported, as an Upscaler.

Native ones are checkpoints of the super-resolution families, imported ones files that spandrel reads. What tiling must
know about a network, its receptive radius and its memory, is measured when it is loaded.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CONFIG_FILE, WEIGHTS_FILE
from gan_core.devices import default_device
from gan_core.errors import UsageError
from gan_core.importers.spandrel_networks import load_network
from gan_core.tasks import Task
from gan_core.upscaling.layer_progress import LayerProgress
from gan_core.upscaling.probing import (
    PROBE_SIDE_PX,
    compute_receptive_radius,
    count_parameters,
    estimate_bytes_per_pixel,
    noise_image,
    validate_network,
)


@dataclass(frozen=True)
class Upscaler:
    """A network (N, C, h, w) in [-1, 1] -> (N, C, scale h, scale w) about in [-1, 1], and its properties.

    `channels` C is 1 or 3. `receptive_radius` is how many pixels of the input to each side an output depends on, None
    where that is too many or unknown. `untileable` networks cut images into tiles themselves and take them whole. Those
    for which `tiling_discouraged` give the best result on a whole image: larger ones are cut into tiles that overlap
    widely. Windows should begin at multiples of `multiple_of`; other sizes are padded by the network itself, where
    `needs_square` to squares.
    `bytes_per_pixel` is the working memory per pixel of the input. `is_native` networks are checkpoints of this
    package. `supports_bfloat16` says whether the network can compute in bfloat16 at all.
    """

    name: str
    architecture: str
    scale: int
    channels: int
    network: Callable[[Tensor], Tensor] = field(repr=False)
    device: torch.device
    receptive_radius: int | None
    bytes_per_pixel: int
    licence: str | None = None
    is_native: bool = True
    untileable: bool = False
    tiling_discouraged: bool = False
    needs_square: bool = False
    multiple_of: int = 1
    supports_bfloat16: bool = True
    parameter_count: int = 0
    layer_progress: LayerProgress | None = field(default=None, repr=False)  # of the network, where it is followed
    notes: tuple[str, ...] = ()  # on which of several weights in a file were taken


def open_upscaler(reference: str, root: Path, device: str | None = None) -> Upscaler:
    """Loads a checkpoint by name or folder, as `store.find_checkpoint`, or a weights file through spandrel.

    The content of a file decides, not what its name ends in. Raises UsageError where there is none, or where it is no
    upscaler.
    """
    file = Path(reference)
    if file.is_file():
        is_own = file.name == WEIGHTS_FILE and (file.parent / CONFIG_FILE).is_file()
        if not is_own and not (file.suffix == ".safetensors" and store.try_open_checkpoint(file.parent)):
            return load_imported_upscaler(file, file.name, device)
        reference = str(file.parent)  # the weights of a checkpoint
    elif (file / "saved_model.pb").is_file():
        raise UsageError(
            f"{file} is a network of TensorFlow (SavedModel): save its weights from PyTorch, as a state_dict in a .pth "
            f"or .safetensors file."
        )
    return load_native_upscaler(store.find_checkpoint(reference, root), device)


def load_native_upscaler(checkpoint: Checkpoint, device: str | None = None) -> Upscaler:
    """Loads a checkpoint of this package, trained or fetched. Raises UsageError where it is no upscaler."""
    family = checkpoint.family
    if family.task != Task.SUPER_RESOLUTION:
        raise UsageError(
            f"{checkpoint.name} is a {family.title}, which generates images and does not upscale: choose a "
            f"super-resolution model."
        )
    if checkpoint.description.family == "foreign_upscaler":
        loaded = load_imported_upscaler(checkpoint.folder / WEIGHTS_FILE, WEIGHTS_FILE, device)
        return replace(loaded, name=checkpoint.name, licence=checkpoint.licence)
    config: Any = checkpoint.config
    torch_device = torch.device(device or default_device())
    generator: Any = checkpoint.load_generator(torch_device).to(memory_format=torch.channels_last)
    probe = noise_image(config.image_channels, PROBE_SIDE_PX, torch_device)
    return Upscaler(
        name=checkpoint.name,
        architecture=family.title,
        scale=config.scale,
        channels=config.image_channels,
        network=lambda small: generator(None, small),
        device=torch_device,
        receptive_radius=config.receptive_radius(),
        bytes_per_pixel=estimate_bytes_per_pixel(
            generator, lambda small: generator(None, small), config.image_channels, PROBE_SIDE_PX
        ),
        licence=checkpoint.licence,
        parameter_count=count_parameters(generator),
        layer_progress=follow_layers(generator, lambda: generator(None, probe)),
    )


def load_imported_upscaler(source: Path | bytes, name: str, device: str | None = None) -> Upscaler:
    """Loads a network of another project from its path or its bytes; `name` is what messages call it.

    Raises UsageError as `load_network` does, and where the network fails on a trial image.
    """
    from spandrel import ModelTiling

    loaded = load_network(source, name)
    descriptor = loaded.descriptor
    requirements = descriptor.size_requirements
    side = max(PROBE_SIDE_PX, requirements.minimum, requirements.multiple_of)
    descriptor.model.to(memory_format=torch.channels_last)

    def network(small: Tensor) -> Tensor:
        return descriptor(small / 2 + 0.5) * 2 - 1

    validate_network(network, name, descriptor.input_channels, descriptor.scale, side)
    radius = (
        None
        if requirements.multiple_of > 1
        else compute_receptive_radius(descriptor.model, network, descriptor.input_channels)
    )
    bytes_per_pixel = estimate_bytes_per_pixel(descriptor.model, network, descriptor.input_channels, side)
    is_tiling_discouraged = descriptor.tiling is ModelTiling.DISCOURAGED
    torch_device = torch.device(device or default_device())
    descriptor.to(torch_device)
    probe = noise_image(descriptor.input_channels, side, torch_device)
    return Upscaler(
        name=Path(name).stem,
        architecture=" ".join([descriptor.architecture.name, *descriptor.tags]),
        scale=descriptor.scale,
        channels=descriptor.input_channels,
        network=network,
        device=torch_device,
        receptive_radius=radius,
        bytes_per_pixel=bytes_per_pixel,
        licence=loaded.licence,
        notes=loaded.notes,
        is_native=False,
        untileable=descriptor.tiling is ModelTiling.INTERNAL,
        tiling_discouraged=is_tiling_discouraged,
        needs_square=requirements.square,
        multiple_of=math.lcm(
            requirements.multiple_of, attention_window(descriptor.model) if is_tiling_discouraged else 1
        ),
        supports_bfloat16=descriptor.supports_bfloat16,
        parameter_count=count_parameters(descriptor.model),
        layer_progress=follow_layers(descriptor.model, lambda: network(probe)),
    )


def attention_window(module: nn.Module) -> int:
    """The side of the windows in which a network computes attention, 1 where it says none: tiles begin at multiples of
    it, so that they are cut as the whole image would be."""
    side = getattr(module, "window_size", 1)
    return side if isinstance(side, int) and side > 0 else 1


@torch.inference_mode()
def follow_layers(module: nn.Module, run_once: Callable[[], object]) -> LayerProgress:
    """The progress of a network's forward passes; `run_once` runs it on a trial image."""
    return LayerProgress(module, run_once)

"""Every network that enlarges pictures, ours or foreign, as one thing: an Upscaler.

Ours are checkpoints of super-resolution families; foreign ones are files that spandrel reads. Loading finds out what
the upscaling must know: how far the network looks, how much memory a pixel takes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CONFIG_FILE, WEIGHTS_FILE
from gan_core.devices import default_device
from gan_core.errors import UsageError
from gan_core.images import tensors
from gan_core.importers.spandrel_networks import load_spandrel_model
from gan_core.importers.weights import WEIGHTS_SUFFIXES
from gan_core.tasks import Task
from gan_core.upscaling.probing import (
    PROBE_SIDE_PX,
    compute_receptive_radius,
    count_parameters,
    estimate_bytes_per_pixel,
    validate_network,
)

ROWS_PER_BAND = 32  # rows that are rounded at once


@dataclass(frozen=True)
class Upscaler:
    """A network (N, C, h, w) in [-1, 1] -> (N, C, scale h, scale w) about [-1, 1], and what is known about it.

    `channels` C is 1 or 3. `reach` is how far it looks to each side, in small pixels, None where that is too far or
    unknown. `whole` networks draw worse by tiles. Windows should begin at multiples of `multiple_of`; other sizes are
    padded by the network itself, as are those below `minimum`. `bytes_per_pixel` is working memory a small pixel.
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
    multiple_of: int = 1
    min_size: int = 1
    supports_bfloat16: bool = True  # whether it can compute in bfloat16 at all
    parameter_count: int = 0


def open_upscaler(reference: str, root: Path, device: str | None = None) -> Upscaler:
    """A checkpoint by name or folder (as `checkpoints.find`), or a .pth or .safetensors file through spandrel.

    Raises InputError where there is none, or where it does not enlarge pictures, saying what it is.
    """
    file = Path(reference)
    if file.suffix.lower() in WEIGHTS_SUFFIXES and file.is_file():
        if not (file.parent / CONFIG_FILE).is_file():
            return load_imported_upscaler(file, file.name, device)
        reference = str(file.parent)  # the weights of one of ours
    return load_native_upscaler(store.find_checkpoint(reference, root), device)


def load_native_upscaler(checkpoint: Checkpoint, device: str | None = None) -> Upscaler:
    """One of ours, or one that was fetched. Raises InputError where it draws from noise."""
    family = checkpoint.family
    if family.task != Task.SUPER_RESOLUTION:
        raise UsageError(
            f"{checkpoint.name} is a {family.title}, which draws new pictures and enlarges none: choose a "
            f"super-resolution model."
        )
    if checkpoint.description.family == "foreign_upscaler":
        loaded = load_imported_upscaler(checkpoint.folder / WEIGHTS_FILE, WEIGHTS_FILE, device)
        return replace(loaded, name=checkpoint.name, licence=checkpoint.licence)
    config: Any = checkpoint.config
    torch_device = torch.device(device or default_device())
    generator: Any = checkpoint.load_generator(torch_device).to(memory_format=torch.channels_last)
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
    )


def load_imported_upscaler(source: Path | bytes, name: str, device: str | None = None) -> Upscaler:
    """A foreign network from a file or, as an upload comes, its bytes; `name` with its ending tells the kind of file.

    Raises InputError as `foreign_networks.read_network` does, and where the network does not do what it should.
    """
    from spandrel import ModelTiling

    descriptor, licence = load_spandrel_model(source, name)
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
    torch_device = torch.device(device or default_device())
    descriptor.to(torch_device)
    return Upscaler(
        name=Path(name).stem,
        architecture=" ".join([descriptor.architecture.name, *descriptor.tags]),
        scale=descriptor.scale,
        channels=descriptor.input_channels,
        network=network,
        device=torch_device,
        receptive_radius=radius,
        bytes_per_pixel=bytes_per_pixel,
        licence=licence,
        is_native=False,
        untileable=descriptor.tiling is not ModelTiling.SUPPORTED or requirements.square,
        multiple_of=requirements.multiple_of,
        min_size=max(requirements.minimum, 1),
        supports_bfloat16=descriptor.supports_bfloat16,
        parameter_count=count_parameters(descriptor.model),
    )


# Drawing one window -------------------------------------------------------------------------------------------------


@torch.inference_mode()
def upscale_window(upscaler: Upscaler, window: NDArray[Any], *, use_bfloat16: bool) -> Tensor:
    """A window (h, w, C) -> (1, C, scale h, scale w) in float32 on the CPU, whatever channels the network has.

    Grey goes through an RGB network as three equal channels, their mean is kept; colours through a grey one singly.
    """
    small = pixels_to_tensor(window)  # (1, C, h, w)
    channels = small.shape[1]
    if channels < upscaler.channels:
        small = small.expand(-1, upscaler.channels, -1, -1)
    elif channels > upscaler.channels:
        small = small.transpose(0, 1)  # (C, 1, h, w)
    small = small.to(upscaler.device).contiguous(memory_format=torch.channels_last)
    with torch.autocast(upscaler.device.type, torch.bfloat16, enabled=use_bfloat16):
        large = upscaler.network(small)
    large = large.float().cpu()
    if channels < upscaler.channels:
        return large.mean(1, keepdim=True)
    return large.transpose(0, 1) if channels > upscaler.channels else large


def pixels_to_tensor(pixels: NDArray[Any]) -> Tensor:
    """(h, w, C) of 8 or 16 bits -> (1, C, h, w) float32 in [-1, 1]."""
    if pixels.dtype == np.uint8:
        return tensors.to_float(torch.from_numpy(np.ascontiguousarray(pixels))).permute(2, 0, 1)[None]
    return torch.from_numpy(pixels.astype(np.float32) / 32_767.5 - 1).permute(2, 0, 1)[None]


def tensor_to_pixels(large: Tensor, dtype: Any) -> NDArray[Any]:
    """(1, C, H, W) about [-1, 1] -> (H, W, C) of 8 or 16 bits, what lies outside clipped."""
    if dtype == np.uint8:  # in bands that the processor's cache holds: three times as fast as all at once
        bands = [tensors.to_pixels(band)[0] for band in large.split(ROWS_PER_BAND, 2)]
        return np.concatenate(bands)
    values = (large[0].permute(1, 2, 0).numpy() + 1) * 32_767.5
    return values.round().clip(0, 65_535).astype(np.uint16)


def has_overflowed(large: Tensor, window: NDArray[Any]) -> bool:
    """Whether a result is not finite, or black where the picture is not: what half precision does when it overflows."""
    is_black = bool(large.max() <= -1 + 1 / 127.5) and window.max() > 0.05 * np.iinfo(window.dtype).max
    return is_black or not is_finite(large)


def is_finite(large: Tensor) -> bool:
    """Whether all values are: one that is not spoils their sum, which is found faster than it."""
    return bool(large.sum().isfinite())

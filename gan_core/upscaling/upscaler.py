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
from gan_core.importers.spandrel_networks import read_network
from gan_core.importers.weights import SUFFIXES
from gan_core.upscaling.probing import PROBE, check_network, count, memory_per_pixel, reach_of

BAND = 32  # rows that are rounded at once


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
    reach: int | None
    bytes_per_pixel: int
    licence: str | None = None
    ours: bool = True
    whole: bool = False
    multiple_of: int = 1
    minimum: int = 1
    bfloat16: bool = True  # whether it can compute in bfloat16 at all
    parameters: int = 0


def load_network(reference: str, root: Path, device: str | None = None) -> Upscaler:
    """A checkpoint by name or folder (as `checkpoints.find`), or a .pth or .safetensors file through spandrel.

    Raises InputError where there is none, or where it does not enlarge pictures, saying what it is.
    """
    file = Path(reference)
    if file.suffix.lower() in SUFFIXES and file.is_file():
        if not (file.parent / CONFIG_FILE).is_file():
            return load_foreign(file, file.name, device)
        reference = str(file.parent)  # the weights of one of ours
    return load_checkpoint(store.find_checkpoint(reference, root), device)


def load_checkpoint(checkpoint: Checkpoint, device: str | None = None) -> Upscaler:
    """One of ours, or one that was fetched. Raises InputError where it draws from noise."""
    family = checkpoint.family
    if family.task != "picture":
        raise UsageError(
            f"{checkpoint.name} is a {family.title}, which draws new pictures and enlarges none: choose a "
            f"super-resolution model."
        )
    if checkpoint.description.family == "foreign_upscaler":
        loaded = load_foreign(checkpoint.folder / WEIGHTS_FILE, WEIGHTS_FILE, device)
        return replace(loaded, name=checkpoint.name, licence=checkpoint.licence)
    config: Any = checkpoint.config
    place = torch.device(device or default_device())
    generator: Any = checkpoint.load_generator(place).to(memory_format=torch.channels_last)
    return Upscaler(
        name=checkpoint.name,
        architecture=family.title,
        scale=config.scale,
        channels=config.image_channels,
        network=lambda small: generator(None, small),
        device=place,
        reach=config.reach(),
        bytes_per_pixel=memory_per_pixel(generator, lambda small: generator(None, small), config.image_channels, PROBE),
        licence=checkpoint.licence,
        parameters=count(generator),
    )


def load_foreign(source: Path | bytes, name: str, device: str | None = None) -> Upscaler:
    """A foreign network from a file or, as an upload comes, its bytes; `name` with its ending tells the kind of file.

    Raises InputError as `foreign_networks.read_network` does, and where the network does not do what it should.
    """
    from spandrel import ModelTiling

    found, licence = read_network(source, name)
    needs = found.size_requirements
    side = max(PROBE, needs.minimum, needs.multiple_of)
    found.model.to(memory_format=torch.channels_last)

    def network(small: Tensor) -> Tensor:
        return found(small / 2 + 0.5) * 2 - 1

    check_network(network, name, found.input_channels, found.scale, side)
    reach = None if needs.multiple_of > 1 else reach_of(found.model, network, found.input_channels)
    memory = memory_per_pixel(found.model, network, found.input_channels, side)
    place = torch.device(device or default_device())
    found.to(place)
    return Upscaler(
        name=Path(name).stem,
        architecture=" ".join([found.architecture.name, *found.tags]),
        scale=found.scale,
        channels=found.input_channels,
        network=network,
        device=place,
        reach=reach,
        bytes_per_pixel=memory,
        licence=licence,
        ours=False,
        whole=found.tiling is not ModelTiling.SUPPORTED or needs.square,
        multiple_of=needs.multiple_of,
        minimum=max(needs.minimum, 1),
        bfloat16=found.supports_bfloat16,
        parameters=count(found.model),
    )


# Drawing one window -------------------------------------------------------------------------------------------------


@torch.inference_mode()
def draw(network: Upscaler, window: NDArray[Any], *, half: bool) -> Tensor:
    """A window (h, w, C) -> (1, C, scale h, scale w) in float32 on the CPU, whatever channels the network has.

    Grey goes through an RGB network as three equal channels, their mean is kept; colours through a grey one singly.
    """
    small = to_tensor(window)  # (1, C, h, w)
    channels = small.shape[1]
    if channels < network.channels:
        small = small.expand(-1, network.channels, -1, -1)
    elif channels > network.channels:
        small = small.transpose(0, 1)  # (C, 1, h, w)
    small = small.to(network.device).contiguous(memory_format=torch.channels_last)
    with torch.autocast(network.device.type, torch.bfloat16, enabled=half):
        large = network.network(small)
    large = large.float().cpu()
    if channels < network.channels:
        return large.mean(1, keepdim=True)
    return large.transpose(0, 1) if channels > network.channels else large


def to_tensor(pixels: NDArray[Any]) -> Tensor:
    """(h, w, C) of 8 or 16 bits -> (1, C, h, w) float32 in [-1, 1]."""
    if pixels.dtype == np.uint8:
        return tensors.to_float(torch.from_numpy(np.ascontiguousarray(pixels))).permute(2, 0, 1)[None]
    return torch.from_numpy(pixels.astype(np.float32) / 32_767.5 - 1).permute(2, 0, 1)[None]


def to_array(large: Tensor, dtype: Any) -> NDArray[Any]:
    """(1, C, H, W) about [-1, 1] -> (H, W, C) of 8 or 16 bits, what lies outside clipped."""
    if dtype == np.uint8:  # in bands that the processor's cache holds: three times as fast as all at once
        bands = [tensors.to_pixels(band)[0] for band in large.split(BAND, 2)]
        return np.concatenate(bands)
    values = (large[0].permute(1, 2, 0).numpy() + 1) * 32_767.5
    return values.round().clip(0, 65_535).astype(np.uint16)


def spoilt(large: Tensor, window: NDArray[Any]) -> bool:
    """Whether a result is not finite, or black where the picture is not: what half precision does when it overflows."""
    black = bool(large.max() <= -1 + 1 / 127.5) and window.max() > 0.05 * np.iinfo(window.dtype).max
    return black or not finite(large)


def finite(large: Tensor) -> bool:
    """Whether all values are: one that is not spoils their sum, which is found faster than it."""
    return bool(large.sum().isfinite())

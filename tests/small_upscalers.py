"""Networks that enlarge pictures, so small that a test takes a blink: ours, foreign ones, and plain enlargement."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from gan_core.checkpoints import store
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import Description
from gan_core.models import FAMILIES, Task, srgan
from gan_core.upscaling.upscaler import Upscaler


def make_upscaler_checkpoint(root: Path, name: str = "tiny-sr", **changes: Any) -> Checkpoint:
    """A super-resolution checkpoint whose random weights are strong enough that a missing neighbour shows."""
    settings: dict[str, Any] = {"image_size": 24, "features": 8, "blocks": 2, "critic_width": 4}
    config = srgan.Config(**settings | changes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = srgan.Generator(config)
        for parameter in network.parameters():
            if parameter.dim() > 1:
                torch.nn.init.kaiming_normal_(parameter.data, a=0.5)
        network.tail.weight.data /= 8
    description = Description(
        name=name,
        family="srgan",
        model=config.to_dict(),
        objective={"name": "restoration"},
        training={"steps": 0, "batch_size": 4, "seconds": 0, "hardware": "none", "preset": "faithful", "settings": {}},
        data={"name": "shapes", "title": "Shapes", "licence": "none", "pictures": 14},
    )
    assert FAMILIES["srgan"].task == Task.SUPER_RESOLUTION
    return store.write_checkpoint(root / name, description, network.state_dict())


def compact_network(features: int = 8, convolutions: int = 2, scale: int = 2) -> torch.nn.Module:
    """A foreign network of the Real-ESRGAN compact architecture with random weights."""
    from spandrel.architectures.Compact import Compact

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return Compact(num_feat=features, num_conv=convolutions, upscale=scale)


def nearest_upscaler(network: Callable[[Tensor], Tensor] | None = None, **changes: Any) -> Upscaler:
    """Each pixel as a square of 2 x 2, or what `network` makes of it."""
    fields: dict[str, Any] = {
        "name": "plain",
        "architecture": "Squares",
        "scale": 2,
        "channels": 3,
        "network": network or (lambda small: interpolate(small, scale_factor=2, mode="nearest")),
        "device": torch.device("cpu"),
        "receptive_radius": 0,
        "bytes_per_pixel": 100,
    }
    return Upscaler(**fields | changes)


def noise_pixels(height: int = 60, width: int = 75, channels: int = 3, seed: int = 1) -> NDArray[np.uint8]:
    """Noise: where every pixel is a surprise, a seam cannot hide."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)

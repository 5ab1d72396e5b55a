"""Super-resolution networks small enough for unit tests: native, imported, and nearest-neighbour interpolation."""

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
from gan_core.images.reading import DecodedImage
from gan_core.models import FAMILIES, Task, srgan
from gan_core.upscaling.events import Finished, Notice
from gan_core.upscaling.pipeline import upscale
from gan_core.upscaling.upscaler import Upscaler
from gan_core.upscaling.windows import tensor_to_pixels, upscale_window


def make_upscaler_checkpoint(root: Path, name: str = "tiny-sr", **changes: Any) -> Checkpoint:
    """A super-resolution checkpoint with random weights so large that a missing neighbour changes the output."""
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
        licence="mit",
    )
    assert FAMILIES["srgan"].task == Task.SUPER_RESOLUTION
    return store.write_checkpoint(root / name, description, network.state_dict())


def compact_network(features: int = 8, convolutions: int = 2, scale: int = 2) -> torch.nn.Module:
    """A network of the Real-ESRGAN compact architecture with random weights, as spandrel builds it."""
    from spandrel.architectures.Compact import Compact

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return Compact(num_feat=features, num_conv=convolutions, upscale=scale)


def swin_network() -> torch.nn.Module:
    """A network of the SwinIR architecture with random weights, four layers deep with windows of 8 pixels, for x 2."""
    from spandrel.architectures.SwinIR import SwinIR

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = SwinIR(
            window_size=8, embed_dim=12, depths=[2, 2], num_heads=[2, 2], mlp_ratio=2, upscale=2,
            upsampler="pixelshuffledirect",
        )  # fmt: skip
        for parameter in network.parameters():  # by default its layers change the image by less than a rounding
            if parameter.dim() == 2:
                torch.nn.init.normal_(parameter.data, std=0.15)
        return network


def nearest_upscaler(network: Callable[[Tensor], Tensor] | None = None, **changes: Any) -> Upscaler:
    """Nearest-neighbour interpolation to twice the size, or `network`."""
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
    """Noise, in which every seam is visible."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def upscale_to_end(
    upscaler: Upscaler, image: DecodedImage, scale: float | None = None, **options: Any
) -> tuple[DecodedImage, list[str]]:
    """The result, and the texts of the notices."""
    events = list(upscale(upscaler, image, scale, **options))
    assert isinstance(events[-1], Finished)
    return events[-1].image, [event.text for event in events if isinstance(event, Notice)]


def upscale_untiled(upscaler: Upscaler, pixels: np.ndarray) -> np.ndarray:
    """The output of the network on the whole image at once."""
    return tensor_to_pixels(upscale_window(upscaler, pixels, use_bfloat16=False), pixels.dtype)


def max_difference(first: np.ndarray, second: np.ndarray) -> int:
    return int(np.abs(first.astype(int) - second.astype(int)).max())


def memory_limited_network(limit: int, error: Callable[[], Exception]) -> Callable[[Tensor], Tensor]:
    """A network that fails on more than `limit` pixels."""

    def network(small: Tensor) -> Tensor:
        if small.shape[2] * small.shape[3] > limit:
            raise error()
        return interpolate(small, scale_factor=2, mode="nearest")

    return network


def network_breaking_in_bfloat16(broken: float) -> Callable[[Tensor], Tensor]:
    """A network that yields `broken` under autocast."""

    def network(small: Tensor) -> Tensor:
        large = interpolate(small, scale_factor=2, mode="nearest")
        return torch.full_like(large, broken) if torch.is_autocast_enabled("cpu") else large

    return network
